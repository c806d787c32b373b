/** epoll_wait into an array that ends where the memory does. */
import { EventBuffer } from '../../src/kernel/uaccess.ts';
import { sys_epoll_wait } from '../../src/syscalls/epoll.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

/** Asks for up to 8 events with memory for `room`; whom it was told of, or -errno. */
export function* waitInto(_sys: Sys, ep: number, room: number): Code<number[] | number> {
  const buffer = new EventBuffer(room);
  const ret = yield* sys_epoll_wait(ep, buffer, 8, 0);
  return ret < 0 ? ret : buffer.entries.map((event) => Number(event.data));
}
