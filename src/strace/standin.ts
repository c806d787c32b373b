/**
 * Stands in for a file whose other end is not in the log: a socket with a client somewhere, a
 * terminal, a timer. It has a wait queue, and says to poll what it is told to say.
 *
 * epoll sees `file_operations.poll` and a wait queue and no more, so what the model of eventpoll
 * does with a stand-in is what it does with the real thing.
 *
 * Differs from Linux: what is in it is known only as far as results of calls have shown it.
 */
import { current } from '../kernel/current.ts';
import { file, type file_operations } from '../kernel/file.ts';
import type { Kernel } from '../kernel/op.ts';
import { type poll_table, poll_wait, wantsQueue } from '../kernel/poll.ts';
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  EPOLLRDNORM,
  EPOLLWRBAND,
  EPOLLWRNORM,
} from '../kernel/uapi/eventpoll.ts';
import { O_RDWR } from '../kernel/uapi/fcntl.ts';
import { wait_queue_head, wake_up_interruptible_all, wake_up_poll } from '../kernel/wait.ts';

/** What is behind a descriptor, in a word. */
export type StandInKind =
  | 'tcp'
  | 'udp'
  | 'unix'
  | 'netlink'
  | 'socket'
  | 'pipe'
  | 'eventfd'
  | 'timerfd'
  | 'signalfd'
  | 'inotify'
  | 'pidfd'
  | 'uring'
  | 'tty'
  | 'fd'
  | 'file';

export const readBits: number = EPOLLIN | EPOLLRDNORM;
export const writeBits: number = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;

export class StandIn {
  readonly wait: wait_queue_head;
  readonly kind: StandInKind;
  /** What poll says. */
  mask: number;
  /** Is it certain that there is something to read, or that there is not? */
  sure = false;
  /** What is known to wait, in bytes; null where nobody knows. */
  unread: number | null = null;
  /** A message at a time: a read that is short says nothing of what is behind it. */
  messages = false;
  listens = false;
  /** The other end, if it is in the log too. */
  peer: StandIn | null = null;
  /** Nothing will come any more. */
  ended = false;
  /** Of a timer: will it expire? Null where nobody knows. */
  armed: boolean | null = null;
  /** The file that it is in. */
  file: file | null = null;

  constructor(kind: StandInKind, mask: number) {
    this.kind = kind;
    this.mask = mask;
    this.wait = new wait_queue_head(kind);
  }

  get readable(): boolean {
    return (this.mask & EPOLLIN) !== 0;
  }
}

export const standInOf = (f: file): StandIn | null =>
  f.private_data instanceof StandIn ? f.private_data : null;

function* pollStandIn(f: file, pt: poll_table | null): Kernel<number> {
  const stand = f.private_data as StandIn;
  if (wantsQueue(pt)) yield* poll_wait(f, stand.wait, pt);
  return stand.mask;
}

/** The other end hears of it. */
function* releaseStandIn(f: file): Kernel<void> {
  const { peer } = f.private_data as StandIn;
  if (peer === null) return;
  peer.peer = null;
  peer.ended = true;
  peer.mask |= readBits | EPOLLRDHUP | EPOLLHUP;
  peer.sure = true;
  yield* wake_up_interruptible_all(peer.wait);
}

const endings: readonly (readonly [number, string])[] = [
  [EPOLLERR, 'error'],
  [EPOLLHUP, 'hung up'],
  [EPOLLRDHUP, 'no more to come'],
];

/** For views. */
function shown(f: file): Record<string, string | number> {
  const { listens, mask, unread, readable, sure } = f.private_data as StandIn;
  const state: Record<string, string | number> = {};
  if (listens) state['waiting'] = readable ? (sure ? 'some' : '?') : 0;
  else if (unread !== null) state['unread'] = unread;
  else state['unread'] = readable && (mask & EPOLLRDHUP) === 0 ? (sure ? 'some' : '?') : 0;
  const ending = endings.find(([bit]) => (mask & bit) !== 0);
  if (ending !== undefined) state['state'] = ending[1];
  if ((mask & EPOLLOUT) === 0 && !listens) state['room'] = 'none';
  return state;
}

const operationsOf = (name: StandInKind): file_operations => ({
  name,
  poll: pollStandIn,
  release: releaseStandIn,
  shown,
});

/** One set a kind: views name a file after it. */
const operations: Readonly<Record<StandInKind, file_operations>> = {
  tcp: operationsOf('tcp'),
  udp: operationsOf('udp'),
  unix: operationsOf('unix'),
  netlink: operationsOf('netlink'),
  socket: operationsOf('socket'),
  pipe: operationsOf('pipe'),
  eventfd: operationsOf('eventfd'),
  timerfd: operationsOf('timerfd'),
  signalfd: operationsOf('signalfd'),
  inotify: operationsOf('inotify'),
  pidfd: operationsOf('pidfd'),
  uring: operationsOf('uring'),
  tty: operationsOf('tty'),
  fd: operationsOf('fd'),
  // epoll refuses it with EPERM.
  file: { name: 'file' },
};

/** A file for a descriptor, of the running machine. */
export function standInFile(kind: StandInKind, label: string, mask: number): file {
  const inode = current.kernel.anon_inode_inode;
  const inside = kind === 'file' ? null : new StandIn(kind, mask);
  const made = new file(operations[kind], label, inode, O_RDWR, inside);
  if (inside !== null) inside.file = made;
  return made;
}

/** Sets and clears bits; who waits hears of those that are new. */
export function* change(stand: StandIn, on: number, off: number): Kernel<void> {
  const fresh = on & ~stand.mask;
  stand.mask = (stand.mask | on) & ~off;
  if (fresh !== 0) yield* tell(stand, fresh);
}

/** Wakes as the kernel does: an end of the connection concerns everybody. */
export function* tell(stand: StandIn, bits: number): Kernel<void> {
  if ((bits & (EPOLLRDHUP | EPOLLHUP)) !== 0) yield* wake_up_interruptible_all(stand.wait);
  else yield* wake_up_poll(stand.wait, bits);
}
