/** The checker, for programs that are async functions. */
import { type CheckOptions, checkingOf, runCheck, type Verdict } from '../check/check.ts';
import type { AsyncProgram } from './sys.ts';
import { checkAsyncProgram } from './thread.ts';
import { inFakeTime, type TimeOptions } from './timed.ts';
import { withPauses } from './turn.ts';

/**
 * As check(), of an async function: runs it again and again from its start, each time along another
 * schedule. An async function takes the steps that a generator with the same calls takes, so the
 * verdict, its schedules and what replays them are the same.
 *
 * @throws {TypeError} if `program` is no function, or an option is wrong.
 * @throws RangeError for numbers that are out of bounds, and a kernel that is not known
 * @throws ScheduleError for a schedule that cannot be read
 * @throws OutOfSteps where the program goes on for ever
 * @throws NotDeterministic where the program goes another way when it is run again
 * @throws {ScheduleMismatch} where a schedule to replay does not fit.
 */
export async function checkAsync(
  program: AsyncProgram,
  { fakeTime = false, ...options }: CheckOptions & TimeOptions = {},
): Promise<Verdict> {
  checkAsyncProgram('checkAsync', program);
  // What goes on by promises tells nothing of what it shares.
  const sharedMemory = options.sharedMemory === 'told' ? true : options.sharedMemory;
  const asked = { ...options, sharedMemory };
  return inFakeTime(fakeTime, program, (timed) => withPauses(runCheck(checkingOf(timed, asked))));
}
