/** Work on the model: what bench/linux.c does on the running kernel, by the same names. */
import { type Code, EFD_NONBLOCK, EPOLL_CTL_ADD, type Sys } from 'epollsim';

/** What a number of rounds came to: how long they took, and how many events there were. */
export interface Played {
  readonly ns: number;
  readonly events: number;
}

/**
 * Plays rounds. `which`: what of the work is measured, where that has more than one part. What takes
 * no part in a measurement is done outside of its time.
 */
export type Play = (rounds: number, which: number) => Code<Played>;

/** Sets up what is to be played, as the words of the command line say. */
export type Work = (sys: Sys, args: readonly string[]) => Code<Play>;

/** What is written to an eventfd: 1, the lowest byte first. */
export const one: Uint8Array = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** In nanoseconds, from any moment on. */
export const now = (): number => Number(process.hrtime.bigint());

/** What a call returned; a measurement that does not go as it should is none. */
export function must(ret: number, what: string): number {
  if (ret < 0) throw new Error(`${what}: ${ret}`);
  return ret;
}

export function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected ${what}`);
}

export const newEventfd = function* (sys: Sys): Code<number> {
  return must(yield* sys.eventfd2(0, EFD_NONBLOCK), 'eventfd2');
};

export function* watch(sys: Sys, ep: number, fd: number, events: number): Code<void> {
  must(yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd }), 'EPOLL_CTL_ADD');
}
