/**
 * Plays a program: runs it on a machine of its own, to its end.
 */
import { KernelBug } from '../kernel/bug.ts';
import { TASK_DEAD } from '../kernel/sched.ts';
import { Machine } from '../sim/machine.ts';
import { AssertionFailed, type Program } from '../syscalls/sys.ts';
import type { Ending, Format } from '../trace/format.ts';
import { Recorder } from '../trace/recorder.ts';
import { type TaskView, viewOf } from '../trace/view.ts';
import { type ExitCode, exitCodes, FileError, say } from './errors.ts';
import { showsFunctions } from './formats.ts';
import type { Input } from './input.ts';
import { loadProgram, ProgramError } from './loader.ts';
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
    return exitCodes.failed;
  }
}

function run(program: Program, name: string | null, stage: Stage, format: Format): ExitCode {
  const title = name ?? 'standard input';
  const functions = showsFunctions(stage.formatName);
  const recorder = new Recorder((event) => format.event(event), { functions });
  const machine = new Machine({ ...stage.machineOptions(), tracer: recorder });
  const { kernel } = machine;
  const task = machine.spawn(program);
  const tasks = [recorder.refOf(task)];
  format.begin({ kind: 'program', name, about: '', tasks, kernel, recorder });
  const problem = failureOf(() => machine.run(), title);
  const asleep = [...kernel.tasks.values()].filter(({ __state }) => __state !== TASK_DEAD);
  const blocked = asleep.map(({ comm }) => comm);
  const ending: Ending = { blocked, error: problem[0] ?? null };
  format.end(ending);
  stage.output.flush();
  if (problem.length > 0) {
    for (const line of problem) say(`${title}: ${line}`);
    return exitCodes.failed;
  }
  if (asleep.length === 0) return exitCodes.done;
  say(`${title}: every thread that is left sleeps for ever`);
  for (const view of viewOf(kernel, recorder.names, (of) => recorder.callOf(of)).tasks) {
    if (blocked.includes(view.name)) say(`  ${whereabouts(view)}`);
  }
  return exitCodes.failed;
}

/** Who sleeps where. */
function whereabouts({ name, pid, call, waitsOn }: TaskView): string {
  const where = call === null ? '' : ` in ${call}`;
  const on = waitsOn.length === 0 ? '' : `, on ${waitsOn.join(' and ')}`;
  return `${name} (${pid}) sleeps${where}${on}`;
}

/** Runs something; in lines, what went wrong. */
function failureOf(action: () => void, path: string): string[] {
  try {
    action();
    return [];
  } catch (error) {
    if (error instanceof KernelBug) {
      return [`kernel bug: ${error.message}`, ...error.backtrace.map((fn) => `  in ${fn}`)];
    }
    if (error instanceof AssertionFailed) return [error.message, ...framesIn(error, path)];
    if (!(error instanceof Error)) return [`the program threw ${String(error)}`];
    return [`the program threw ${error.name}: ${error.message}`, ...framesIn(error, path)];
  }
}

/** The lines of a stack that are in the program's own file. */
function framesIn(error: Error, path: string): string[] {
  const file = path.split('/').at(-1) ?? path;
  const lines = (error.stack ?? '').split('\n').filter((line) => /^\s*at /.test(line));
  return lines
    .filter((line) => line.includes(`/${file}:`))
    .slice(0, 5)
    .map((line) => `  ${line.trim()}`);
}
