/**
 * What an event loop needs of its kernel: epoll's four calls.
 *
 * A loop that takes a reactor by injection runs on Linux through any binding to these calls, and here
 * under test: `Sys` is a Reactor and `AsyncSys` an AsyncReactor as they are.
 */
import type { epoll_event } from '../kernel/uaccess.ts';
import type { Code, Interest } from '../syscalls/sys.ts';

/** What epoll_wait() has filled in, and its raw result: how many they are, or -errno. */
export type Events = readonly epoll_event[] & {
  /** How many there are, or -errno. */
  readonly ret: number;
};

/**
 * In generator style: `yield* reactor.epoll_wait(…)`. A binding's calls are generators that yield
 * nothing.
 */
export interface Reactor {
  /** epoll_create1(2): a descriptor, or -errno. */
  epoll_create1(flags: number): Code<number>;
  /** epoll_ctl(2): 0, or -errno. */
  epoll_ctl(epfd: number, op: number, fd: number, event?: Interest | null): Code<number>;
  /** epoll_wait(2): up to `maxevents` events. `timeout` in ms, -1 for ever. */
  epoll_wait(epfd: number, maxevents: number, timeout: number): Code<Events>;
  /** close(2): 0, or -errno. */
  close(fd: number): Code<number>;
}

/** The same in promise style: `await reactor.epoll_wait(…)`. */
export interface AsyncReactor {
  /** epoll_create1(2): a descriptor, or -errno. */
  epoll_create1(flags: number): Promise<number>;
  /** epoll_ctl(2): 0, or -errno. */
  epoll_ctl(epfd: number, op: number, fd: number, event?: Interest | null): Promise<number>;
  /** epoll_wait(2): up to `maxevents` events. `timeout` in ms, -1 for ever. */
  epoll_wait(epfd: number, maxevents: number, timeout: number): Promise<Events>;
  /** close(2): 0, or -errno. */
  close(fd: number): Promise<number>;
}
