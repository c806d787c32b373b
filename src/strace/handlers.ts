/** Which call of a log is rebuilt by what. */
import { epollWaits } from '../trace/calls/kinds.ts';
import type { Call, Pending } from './call.ts';
import { controlBegun, controlled, created } from './epoll_calls.ts';
import * as fd from './fd_calls.ts';
import * as io from './io_calls.ts';
import { polled, selected } from './poll_calls.ts';
import * as process from './process_calls.ts';
import type { World } from './world.ts';

export interface Handler {
  /** What the call does, when others have seen that it has done it and its result is not there yet. */
  readonly begun?: (world: World, pending: Pending) => void;
  readonly ended: (world: World, call: Call) => void;
  /** Of no interest to whoever reads: it gets no row of its own. */
  readonly quiet?: boolean;
}

const write: Handler = { begun: io.writeBegun, ended: io.hasWritten };
const read: Handler = { ended: io.hasRead };
const open: Handler = { ended: fd.opened, quiet: true };
const made: Handler = { ended: fd.opened };
const clone: Handler = { ended: process.cloned };

function all(names: string, handler: Handler): [string, Handler][] {
  return names.split(' ').map((name) => [name, handler]);
}

/** By the name of the call; epoll_wait() and its kin are in Waits. */
export const handlers: ReadonlyMap<string, Handler> = new Map([
  ...all('epoll_create epoll_create1', { ended: created }),
  ...all('epoll_ctl', { begun: controlBegun, ended: controlled }),
  ...all('read readv recv recvfrom recvmsg recvmmsg', read),
  ...all('write writev send sendto sendmsg sendmmsg', write),
  ...all('sendfile sendfile64 splice tee', { ended: io.moved }),
  ...all('accept accept4', { ended: io.accepted }),
  ...all('connect', { ended: io.connected }),
  ...all('listen', { ended: io.listened }),
  ...all('shutdown', { begun: io.shutdownBegun, ended: io.shutDown }),
  ...all('getsockopt', { ended: io.looked, quiet: true }),
  ...all('poll ppoll', { ended: polled }),
  ...all('select pselect6 _newselect', { ended: selected }),
  ...all('socket', { ended: fd.socketMade }),
  ...all('socketpair', { ended: fd.socketpairMade }),
  ...all('pipe pipe2', { ended: fd.pipeMade }),
  ...all('eventfd eventfd2', { ended: fd.eventfdMade }),
  ...all('timerfd_create signalfd signalfd4 inotify_init inotify_init1 fanotify_init', made),
  ...all('pidfd_open pidfd_getfd io_uring_setup userfaultfd perf_event_open', made),
  ...all('timerfd_settime', { ended: fd.timerSet }),
  ...all('open openat openat2 creat memfd_create open_by_handle_at memfd_secret mq_open', open),
  ...all('dup dup2 dup3', { ended: fd.copied }),
  ...all('fcntl fcntl64', { ended: fd.controlledFd, quiet: true }),
  ...all('close', { begun: fd.closeBegun, ended: fd.closed }),
  ...all('close_range', { ended: fd.closedRange }),
  ...all('clone clone3 fork vfork', clone),
  ...all('unshare', { ended: process.unshared, quiet: true }),
  ...all('execve execveat', { ended: process.executed }),
  ...all('exit_group', { ended: process.exitedGroup }),
  ...all('exit', { ended: process.exitedThread }),
]);

const byRequest: readonly (readonly [RegExp, Handler['ended']])[] = [
  [/^FIONREAD|^TIOCINQ|^SIOCINQ/, io.counted],
  [/^FIOCLEX/, (world, call) => fd.setByIoctl(world, call, true)],
  [/^FIONCLEX/, (world, call) => fd.setByIoctl(world, call, false)],
];

/** ioctl(), by its request; null for one that changes nothing here. */
export function ioctlHandler(request: string | undefined): Handler | null {
  const found = byRequest.find(([pattern]) => pattern.test(request ?? ''));
  return found === undefined ? null : { ended: found[1], quiet: true };
}

export const isWait = (name: string): boolean => epollWaits.has(name);
