/** What the programs of races share. */
import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Program, type Sys } from 'epollsim';

export type { Race, RaceModule } from '../src/check/race.ts';

/** Runs programs in threads of those names, all at the same time, to their end. */
export function* together(sys: Sys, threads: Readonly<Record<string, Program>>): Code<void> {
  const tids: number[] = [];
  for (const [name, program] of Object.entries(threads)) {
    tids.push(yield* sys.pthread_create(program, name));
  }
  for (const tid of tids) yield* sys.pthread_join(tid);
}

/** What write() adds to the count of an eventfd. */
export const one: Uint8Array = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** A new epoll instance that watches a descriptor, which is its data. */
export function* watch(sys: Sys, fd: number, events: number): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  yield* add(sys, ep, fd, events);
  return ep;
}

export function add(sys: Sys, ep: number, fd: number, events: number): Code<number> {
  return sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });
}

/** Epolls of which each watches the next one. */
export function* chain(sys: Sys, length: number): Code<number[]> {
  const epolls = [yield* sys.epoll_create1(0)];
  while (epolls.length < length) {
    epolls.push(yield* sys.epoll_create1(0));
    yield* add(sys, epolls.at(-2) ?? -1, epolls.at(-1) ?? -1, EPOLLIN);
  }
  return epolls;
}
