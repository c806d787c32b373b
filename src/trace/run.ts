/**
 * A run of a machine in one of the formats, from its first line to its last.
 */
import { KernelBug } from '../kernel/bug.ts';
import { OutOfSteps } from '../kernel/steps.ts';
import type { Machine } from '../sim/machine.ts';
import { type Pausing, running, withoutPause } from '../sim/pause.ts';
import type { Report } from '../sim/report.ts';
import { ScheduleMismatch } from '../sim/schedule.ts';
import { AssertionFailed } from '../syscalls/sys.ts';
import type { Format } from './format.ts';
import { Recorder } from './recorder.ts';

/**
 * Runs a machine on which programs have been spawned, while a format writes down what happens, under
 * the title `name`, if there is one.
 * Throws what a program throws, when the format has come to its end.
 *
 * @throws TypeError for a call that was made without its `yield*`
 * @throws OutOfSteps after `maxSteps` steps
 */
export const runTraced = (
  machine: Machine,
  format: Format,
  name: string | null = null,
): TracedReport => withoutPause(runningTraced(machine, format, name));

/** What came of a run, and what listened to it. */
export type TracedReport = Report & {
  /** What has listened. */
  readonly recorder: Recorder;
};

/** As runTraced(), with pauses. */
export function* runningTraced(
  machine: Machine,
  format: Format,
  name: string | null = null,
): Pausing<TracedReport> {
  const { functions = true } = format;
  const recorder = new Recorder((event) => format.event(event), { functions });
  const { kernel } = machine;
  const tasks = [...kernel.tasks.values()].map((task) => recorder.refOf(task));
  format.begin({ kind: 'program', name, about: '', tasks, kernel, recorder });
  const { tracer } = kernel;
  kernel.tracer = recorder;
  let error: string | null = null;
  try {
    return { ...(yield* running(machine)), recorder };
  } catch (thrown) {
    error = failureText(thrown);
    throw thrown;
  } finally {
    kernel.tracer = tracer;
    format.end({ blocked: machine.asleep().map((sleeper) => sleeper.name), error });
  }
}

/** What came out of a run, in a line. */
export function failureText(error: unknown): string {
  if (error instanceof KernelBug) return `kernel bug: ${error.message}`;
  if (error instanceof AssertionFailed) return error.message;
  if (error instanceof OutOfSteps || error instanceof ScheduleMismatch) return error.message;
  if (!(error instanceof Error)) return `the program threw ${String(error)}`;
  return `the program threw ${error.name}: ${error.message}`;
}
