/**
 * Plays a program: runs it on a machine of its own, to its end.
 */
import { KernelBug } from '../kernel/bug.ts';
import { Machine } from '../sim/machine.ts';
import type { Program } from '../syscalls/sys.ts';
import type { Format } from '../trace/format.ts';
import { failureText, runTraced } from '../trace/run.ts';
import { type TaskView, viewOf } from '../trace/view.ts';
import { type ExitCode, exitCodes, FileError, say } from './errors.ts';
import type { Input } from './input.ts';
import { loadProgram, ProgramError } from './loader.ts';
import { framesOf } from './stack.ts';
import type { Stage } from './stage.ts';
import { ProgramTranscript } from './transcript.ts';

export async function playProgram(path: string, input: Input, stage: Stage): Promise<ExitCode> {
  stage.saySeed();
  const format = (await stage.format()) ?? new ProgramTranscript(stage.output.write);
  try {
    const program = await loadProgram(path, input);
    return run(program, path === '-' ? null : path, stage, format);
  } catch (error) {
    if (error instanceof FileError || !(error instanceof ProgramError)) throw error;
    say(`${input.name}: ${error.message}`);
    for (const frame of error.frames) say(`  ${frame}`);
    return exitCodes.failed;
  }
}

function run(program: Program, name: string | null, stage: Stage, format: Format): ExitCode {
  const title = name ?? 'standard input';
  const machine = new Machine(stage.machineOptions());
  machine.spawn(program);
  try {
    const { asleep, recorder } = runTraced(machine, format, name);
    if (asleep.length === 0) return exitCodes.done;
    stage.output.flush();
    say(`${title}: every thread that is left sleeps for ever`);
    for (const task of viewOf(machine.kernel, recorder.names).tasks) {
      if (asleep.some(({ pid }) => pid === task.pid)) say(`  ${whereabouts(task)}`);
    }
  } catch (error) {
    stage.output.flush();
    say(`${title}: ${failureText(error)}`);
    const inKernel = error instanceof KernelBug ? error.backtrace.map((fn) => `in ${fn}`) : [];
    for (const frame of [...inKernel, ...framesOf(error)]) say(`  ${frame}`);
  }
  return exitCodes.failed;
}

/** Who sleeps where. */
function whereabouts({ name, pid, call, waitsOn }: TaskView): string {
  const where = call === null ? '' : ` in ${call}`;
  const on = waitsOn.length === 0 ? '' : `, on ${waitsOn.join(' and ')}`;
  return `${name} (${pid}) sleeps${where}${on}`;
}
