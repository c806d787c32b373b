/** Small pieces that the programs of tests are made of. */
import type { timespec } from '../../src/kernel/time.ts';
import { putU64 } from '../../src/kernel/u64.ts';
import { EPOLL_CTL_ADD } from '../../src/kernel/uapi/eventpoll.ts';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../src/kernel/uapi/poll.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

export const ms = (n: number): timespec => ({
  tv_sec: Math.floor(n / 1000),
  tv_nsec: (n % 1000) * 1_000_000,
});

/** A bound for SO_RCVTIMEO and SO_SNDTIMEO. */
export const timeval = (n: number): { tv_sec: number; tv_usec: number } => ({
  tv_sec: Math.floor(n / 1000),
  tv_usec: (n % 1000) * 1000,
});

/** Lets everybody else run until they sleep, and time pass. */
export const pause = (sys: Sys, milliseconds = 1): Code<number> => sys.nanosleep(ms(milliseconds));

/** A new epoll instance that watches one file; the event's data is its descriptor. */
export function* watch(sys: Sys, fd: number, events: number): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });
  return ep;
}

/** The flag words of what an instance reports at once. */
export function* reported(sys: Sys, ep: number): Code<number[]> {
  const found = yield* sys.epoll_wait(ep, 8, 0);
  return found.map((event) => event.events);
}

/** What poll() says of a descriptor that is asked for reading and writing. */
export function* polled(sys: Sys, fd: number): Code<number> {
  const entry = { fd, events: POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, revents: 0 };
  yield* sys.poll([entry], 0);
  return entry.revents;
}

/** Reads the counter of an eventfd or a timerfd; -errno if there is none. */
export function* readCount(sys: Sys, fd: number): Code<number> {
  const bytes = new Uint8Array(8);
  const ret = yield* sys.read(fd, bytes);
  return ret < 0 ? ret : Number(new DataView(bytes.buffer).getBigUint64(0, true));
}

/** Adds to an eventfd's counter. */
export const writeCount = (sys: Sys, fd: number, count: bigint): Code<number> =>
  sys.write(fd, putU64(count));

/** Runs a call in a new thread, and puts what it returned into `results`. */
export const inThread = (
  sys: Sys,
  results: unknown[],
  call: (sys: Sys) => Code<unknown>,
): Code<number> =>
  sys.pthread_create(function* (self) {
    results.push(yield* call(self));
  });

/** What /proc/PID/fdinfo/FD shows of a descriptor beyond the lines that all have. */
export function* fdinfo(sys: Sys, fd: number): Code<string[]> {
  const lines: string[] = [];
  const file = sys.task.files.fd[fd];
  if (file?.f_op.show_fdinfo !== undefined) yield* file.f_op.show_fdinfo(lines, file);
  return lines;
}
