/**
 * Plays a program: runs it on a machine of its own, to its end.
 */
import { withPauses } from '../async/turn.ts';
import { KernelBug } from '../kernel/bug.ts';
import { OutOfSteps } from '../kernel/steps.ts';
import { Machine } from '../sim/machine.ts';
import type { Format } from '../trace/format.ts';
import { failureText, runningTraced, type TracedReport } from '../trace/run.ts';
import { type TaskView, viewOf } from '../trace/view.ts';
import { checkRan, type GivenProgram } from './default_export.ts';
import { type ExitCode, exitCodes, Interrupted, say } from './errors.ts';
import { withProgram } from './given_program.ts';
import type { Input } from './input.ts';
import { loadProgram } from './loader.ts';
import { framesOf } from './stack.ts';
import type { Stage } from './stage.ts';
import { ProgramTranscript } from './transcript.ts';

export async function playProgram(path: string, input: Input, stage: Stage): Promise<ExitCode> {
  stage.saySeed();
  const format = (await stage.format()) ?? new ProgramTranscript(stage.output.write);
  const loading = (): Promise<GivenProgram> => loadProgram(path, input);
  return withProgram(input.name, loading, (given) =>
    run(given, path === '-' ? null : path, stage, format),
  );
}

async function run(
  given: GivenProgram,
  name: string | null,
  stage: Stage,
  format: Format,
): Promise<ExitCode> {
  const title = name ?? 'standard input';
  const machine = new Machine(stage.machineOptions());
  machine.spawn(given.program);
  try {
    const { asleep, recorder } = await runBounded(machine, stage, format, name);
    stage.endSchedule();
    stage.sayDepartures();
    if (asleep.length === 0) return exitCodes.done;
    stage.output.flush();
    say(`${title}: every thread that is left sleeps for ever`);
    for (const task of viewOf(machine.kernel, recorder.names).tasks) {
      if (asleep.some(({ pid }) => pid === task.pid)) say(`  ${whereabouts(task)}`);
    }
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    stage.output.flush();
    checkRan(given);
    stage.sayDepartures();
    say(`${title}: ${failureText(error)}`);
    const inKernel = error instanceof KernelBug ? error.backtrace.map((fn) => `in ${fn}`) : [];
    for (const frame of [...inKernel, ...framesOf(error)]) say(`  ${frame}`);
  }
  return exitCodes.failed;
}

/** As runTraced(), with the middle left out of what a loop without end prints. */
async function runBounded(
  machine: Machine,
  stage: Stage,
  format: Format,
  name: string | null,
): Promise<TracedReport> {
  const note = leftOut(stage);
  let endless = false;
  if (note !== null) stage.output.holdBack(note);
  try {
    return await withPauses(runningTraced(machine, format, name));
  } catch (error) {
    endless = error instanceof OutOfSteps;
    throw error;
  } finally {
    stage.output.release(endless);
  }
}

/** The note that something is missing; null where a format has to be whole. */
function leftOut({ formatName, json }: Stage): ((pieces: number) => string) | null {
  if (formatName === 'transcript') return (pieces) => `,{"leftOut":${pieces}}`;
  if (json) return (pieces) => `{"leftOut":${pieces}}\n`;
  if (formatName === 'perfetto' || formatName === 'mermaid') return null;
  return (pieces) => `… ${pieces} of these left out …\n`;
}

/** Who sleeps where. */
function whereabouts({ name, pid, call, waitsOn }: TaskView): string {
  const where = call === null ? '' : ` in ${call}`;
  const on = waitsOn.length === 0 ? '' : `, on ${waitsOn.join(' and ')}`;
  return `${name} (${pid}) sleeps${where}${on}`;
}
