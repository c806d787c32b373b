/** Looking into an epoll instance, and holding a scan of it open. */
import { current } from '../../src/kernel/current.ts';
import { runSyscall } from '../../src/kernel/entry.ts';
import type { epitem, eventpoll } from '../../src/kernel/eventpoll/types.ts';
import type { file } from '../../src/kernel/file.ts';
import { rbNodes } from '../../src/kernel/rbtree.ts';
import type { EventBuffer, epoll_data_t } from '../../src/kernel/uaccess.ts';
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from '../../src/kernel/uapi/eventpoll.ts';
import type { wait_queue_entry, wait_queue_head } from '../../src/kernel/wait.ts';
import { sys_epoll_wait } from '../../src/syscalls/epoll.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

export const fileOf = (fd: number): file => current.files.fd[fd] as file;
export const epOf = (epfd: number): eventpoll => fileOf(epfd).private_data as eventpoll;

/** The item that was added as `fd`. */
export function itemOf(epfd: number, fd: number): epitem {
  const found = rbNodes(epOf(epfd).rbr).find((epi) => epi.ffd.fd === fd);
  if (found === undefined) throw new Error(`${fd} is not in epoll ${epfd}`);
  return found;
}

/** The descriptors on the ready list, in order. */
export const readyList = (epfd: number): number[] =>
  [...epOf(epfd).rdllist].map((epi) => epi.ffd.fd);

/** The wait queue of an eventfd. */
export const queueOf = (efd: number): wait_queue_head =>
  (fileOf(efd).private_data as { wqh: wait_queue_head }).wqh;

/** The entry by which an item hangs on its file's wait queue. */
export const entryOf = (epfd: number, fd: number): wait_queue_entry => {
  const { pwqlist } = itemOf(epfd, fd);
  if (pwqlist === null) throw new Error(`item ${fd} is on no wait queue`);
  return pwqlist.wait;
};

export const add = (
  sys: Sys,
  epfd: number,
  fd: number,
  events: number,
  data: epoll_data_t = fd,
): Code<number> => sys.epoll_ctl(epfd, EPOLL_CTL_ADD, fd, { events, data });

export const mod = (
  sys: Sys,
  epfd: number,
  fd: number,
  events: number,
  data: epoll_data_t = fd,
): Code<number> => sys.epoll_ctl(epfd, EPOLL_CTL_MOD, fd, { events, data });

export const del = (sys: Sys, epfd: number, fd: number): Code<number> =>
  sys.epoll_ctl(epfd, EPOLL_CTL_DEL, fd);

/** epoll_wait into a buffer of the test's choice, which may be unmapped or on a missing page. */
export const waitInto = (
  epfd: number,
  events: EventBuffer,
  maxevents: number,
  timeout: number,
): Code<number> => runSyscall(() => sys_epoll_wait(epfd, events, maxevents, timeout));

/** The data of the events that are reported: at once, unless a timeout is given. */
export function* harvest(
  sys: Sys,
  epfd: number,
  maxevents = 16,
  timeout = 0,
): Code<epoll_data_t[]> {
  return (yield* sys.epoll_wait(epfd, maxevents, timeout)).map((event) => event.data);
}

/** Eventfds with these counts. */
export function* eventfds(sys: Sys, ...counts: number[]): Code<number[]> {
  const fds: number[] = [];
  for (const count of counts) fds.push(yield* sys.eventfd2(count, 0));
  return fds;
}
