/** What the programs of these tests are made of, beside test/support/programs.ts. */

import { decodeText } from '../../src/kernel/bytes.ts';
import { EFD_NONBLOCK } from '../../src/kernel/uapi/eventfd.ts';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
} from '../../src/kernel/uapi/eventpoll.ts';
import { POLLIN } from '../../src/kernel/uapi/poll.ts';
import { AF_UNIX, SOCK_NONBLOCK, SOCK_STREAM } from '../../src/kernel/uapi/socket.ts';
import type { Code, Filled, Sys } from '../../src/syscalls/sys.ts';
import { pause } from '../support/programs.ts';

/** Adds a descriptor to an instance; the event's data is the descriptor. */
export const add = (sys: Sys, ep: number, fd: number, events: number): Code<number> =>
  sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });

/** Changes what is asked of a descriptor. */
export const modify = (sys: Sys, ep: number, fd: number, events: number): Code<number> =>
  sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events, data: fd });

export const remove = (sys: Sys, ep: number, fd: number): Code<number> =>
  sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);

/** Whom an instance reports at once, in order. */
export function* ready(sys: Sys, ep: number, maxevents = 16): Code<number[]> {
  const found = yield* sys.epoll_wait(ep, maxevents, 0);
  return found.map((event) => Number(event.data));
}

/** Reads up to `length` bytes of text; -errno where there are none. */
export function* readText(sys: Sys, fd: number, length = 64): Code<string | number> {
  const buffer = new Uint8Array(length);
  const ret = yield* sys.read(fd, buffer);
  return ret < 0 ? ret : decodeText(buffer.subarray(0, ret));
}

/** Two connected stream sockets that do not block. */
export const unixPair = (sys: Sys): Code<Filled<[number, number]>> =>
  sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);

/** An instance with three eventfds that nobody has written yet. */
export function* threeEventfds(sys: Sys, events: number): Code<[number, number, number, number]> {
  const ep = yield* sys.epoll_create1(0);
  const fds = [0, 0, 0];
  for (let i = 0; i < 3; i++) {
    fds[i] = yield* sys.eventfd2(0, EFD_NONBLOCK);
    yield* add(sys, ep, fds[i] as number, events);
  }
  return [ep, ...(fds as [number, number, number])];
}

/** Is the descriptor readable, as poll() sees it? */
export function* readable(sys: Sys, fd: number): Code<boolean> {
  const entry = { fd, events: POLLIN, revents: 0 };
  yield* sys.poll([entry], 0);
  return (entry.revents & POLLIN) !== 0;
}

/**
 * Parks a thread in epoll_wait. When the call has returned, `woken` has the thread's name and the
 * descriptors that it was told of, as in `t1: 4 5`.
 */
export function* park(
  sys: Sys,
  ep: number,
  woken: string[],
  name: string,
  { maxevents = 8, timeout = -1 }: { maxevents?: number; timeout?: number } = {},
): Code<number> {
  const tid = yield* sys.pthread_create(function* (self) {
    const found = yield* self.epoll_wait(ep, maxevents, timeout);
    const told = found.map((event) => Number(event.data));
    woken.push(`${name}: ${found.ret < 0 ? found.ret : told.join(' ')}`);
  }, name);
  yield* pause(sys);
  return tid;
}

/** An instance of its own that watches `fd`, with a thread in it. */
export function* parkAlone(
  sys: Sys,
  fd: number,
  woken: string[],
  name: string,
  events: number = EPOLLIN,
): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  yield* add(sys, ep, fd, events);
  yield* park(sys, ep, woken, name);
  return ep;
}
