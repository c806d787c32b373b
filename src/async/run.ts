/**
 * Machines with programs that are async functions.
 *
 * Between two steps all promises of one thread go on as far as they can; then it is known what the
 * thread calls next. So only one thread's JavaScript runs at a time, and the same seed or schedule
 * gives the same bytes, as with generators; both may run on one machine.
 */
import type { Machine, MachineOptions, SpawnOptions } from '../sim/machine.ts';
import { running } from '../sim/pause.ts';
import type { Report, Spawned } from '../sim/report.ts';
import type { Format } from '../trace/format.ts';
import { runningTraced, type TracedReport } from '../trace/run.ts';
import { simulating } from '../why/simulate.ts';
import type { AsyncProgram } from './sys.ts';
import { asProgram, checkAsyncProgram } from './thread.ts';
import { inFakeTime, type TimeOptions } from './timed.ts';
import { withPauses } from './turn.ts';

/**
 * As simulate(), of an async function: runs it and all its threads on a machine of its own; what it
 * resolves to.
 *
 * @throws What the program rejects with; an Error that says who sleeps where, and why, where it never
 * comes to its end; a TypeError that says what it awaits, where nothing on the machine settles that;
 * OutOfSteps where it loops.
 * @throws RangeError for options that are out of bounds
 */
export async function simulateAsync<T>(
  program: AsyncProgram<T>,
  { fakeTime = false, ...options }: MachineOptions & TimeOptions = {},
): Promise<T> {
  checkAsyncProgram('simulateAsync', program);
  return inFakeTime(fakeTime, program, (timed) => withPauses(simulating(timed, options)));
}

/**
 * As `machine.spawn`, of an async function: a new process, which ends when the function's promise is
 * settled.
 *
 * @throws TypeError for what is no function, or options that are wrong
 * @throws RangeError for a host of another machine
 */
export function spawnAsync<T>(
  machine: Machine,
  program: AsyncProgram<T>,
  as: string | SpawnOptions = 'main',
): Spawned<T> {
  checkAsyncProgram('spawnAsync', program);
  return machine.spawn(asProgram(program), as);
}

/**
 * As `machine.run`: runs until nothing is left that could happen, or to `until`, in ns of the virtual
 * clock; who sleeps for ever.
 *
 * @throws What a program throws, and a TypeError for a call whose promise nobody awaits.
 * @throws OutOfSteps where it loops
 */
export async function runAsync(machine: Machine, until?: number): Promise<Report> {
  return withPauses(running(machine, until));
}

/**
 * As runTraced(): runAsync(), written down in a format; `name` is its title.
 *
 * @throws What a program throws, and a TypeError for a call whose promise nobody awaits
 * @throws OutOfSteps where it loops
 */
export async function runTracedAsync(
  machine: Machine,
  format: Format,
  name: string | null = null,
): Promise<TracedReport> {
  return withPauses(runningTraced(machine, format, name));
}
