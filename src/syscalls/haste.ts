/**
 * How often programs ask and do not wait: a loop that does so until time has gone by goes on for ever,
 * as none goes by; see OutOfSteps.
 */
import { current } from '../kernel/current.ts';
import type { timespec } from '../kernel/time.ts';

/** A program looks for events, and waits for at most `timeout`; null for ever. */
export function notePoll(timeout: number | timespec | null): void {
  const isNow =
    typeof timeout === 'number' || timeout === null
      ? timeout === 0
      : timeout.tv_sec === 0 && timeout.tv_nsec === 0;
  if (isNow) current.kernel.polls++;
}
