/** Programs that take their timers and clocks from globalThis. */
import type { Code, Sys } from '../syscalls/sys.ts';
import type { AsyncProgram } from './sys.ts';
import { asProgram } from './thread.ts';
import { FakeTime } from './time.ts';

/** Whose clock and timers the program takes. */
export interface TimeOptions {
  /**
   * Puts timers and clocks in step with the machine's onto `globalThis`, for as long as the program
   * runs, and undoes that afterwards; see fakeTime(). Whatever else runs in this process meanwhile
   * sees them too. Only one program at a time can have them there.
   */
  readonly fakeTime?: boolean | undefined;
}

/** Does `work` with the program as a generator; its time is on globalThis if that is asked for. */
export async function inFakeTime<T, W>(
  isAsked: boolean,
  program: AsyncProgram<T>,
  work: (program: (sys: Sys) => Code<T>) => Promise<W>,
): Promise<W> {
  const code = asProgram(program);
  if (!isAsked) return work(code);
  const time = new FakeTime(null);
  return time.during(() =>
    work((sys) => {
      time.follow(sys.task.kernel);
      return code(sys);
    }),
  );
}
