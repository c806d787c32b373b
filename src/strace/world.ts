/**
 * What the rebuild of a log has in common: the kernel's side, the threads, what cannot be explained.
 *
 * What happened outside of the log (a client connects, sends, closes) is inferred: it happens just
 * before the first result that needs it.
 */

import { eventfd_ctx, eventfd_signal_mask } from '../kernel/eventfd.ts';
import { do_epoll_create } from '../kernel/eventpoll/index.ts';
import { type epitem, type eppoll_entry, eventpoll } from '../kernel/eventpoll/types.ts';
import type { file } from '../kernel/file.ts';
import type { Kernel } from '../kernel/op.ts';
import { pipe_inode_info } from '../kernel/pipe_fs_i.ts';
import { vfs_poll } from '../kernel/poll.ts';
import { TASK_NORMAL } from '../kernel/sched.ts';
import { spin_lock_irqsave, spin_unlock_irqrestore } from '../kernel/spinlock.ts';
import { iov_iter } from '../kernel/uaccess.ts';
import {
  EPOLLERR,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
} from '../kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../kernel/uapi/fcntl.ts';
import type { Call, Pending, Thread } from './call.ts';
import { behindOf, maskOf } from './descriptors.ts';
import { Items } from './items.ts';
import type { Mirror } from './mirror.ts';
import {
  change,
  readBits,
  type StandIn,
  type StandInKind,
  standInFile,
  standInOf,
  tell,
  writeBits,
} from './standin.ts';
import type { FdText } from './text.ts';
import type { Threads } from './threads.ts';
import type { Watch } from './watch.ts';

/** The model's answer differs from the log's. */
export interface Unexplained {
  /** The line of the log, from 1. */
  readonly line: number;
  /** The name of the call. */
  readonly call: string;
  /** What the model answers. */
  readonly model: string;
  /** What the log has. */
  readonly log: string;
}

/** No log needs more of them to be looked into. */
const mostUnexplained = 1000;

export class World {
  readonly mirror: Mirror;
  readonly threads: Threads;
  readonly items: Items = new Items();
  readonly watch: Watch;
  /** The line that is being read. */
  line = 0;
  /** What the line shows to have happened outside. */
  outside: string[] = [];
  /** What of the line cannot be explained. */
  odd: Unexplained[] = [];
  readonly unexplained: Unexplained[] = [];
  unexplainedCount = 0;
  /** Files that may hold something, for the table. */
  readonly holding: Set<file> = new Set();
  readonly epolls: Set<file> = new Set();
  /** Carries out a call that is under way. */
  carryOut: (pending: Pending) => void = () => {};
  /** Lines that could not be read: what they did is not known. */
  unreadLines = 0;

  constructor(mirror: Mirror, threads: Threads, watch: Watch) {
    this.mirror = mirror;
    this.threads = threads;
    this.watch = watch;
  }

  cannotExplain(call: string, model: string, log: string): void {
    const found: Unexplained = { line: this.line, call, model, log };
    this.unexplainedCount++;
    this.odd.push(found);
    if (this.unexplained.length < mostUnexplained) this.unexplained.push(found);
  }

  happens(what: string): void {
    if (!this.outside.includes(what)) this.outside.push(what);
  }

  // ── Descriptors ────────────────────────────────────────────────────────────────────────────────

  /** The file behind a descriptor; one that was opened before the log began is made. */
  fileOf(thread: Thread, { fd, behind }: FdText): file | null {
    if (fd < 0 || fd > 1_048_575) return null;
    const { mirror } = this;
    const known = mirror.fileOf(thread.task, fd);
    const said = behindOf(behind);
    if (known !== null && (said === null || this.fits(known, said.kind))) return known;
    if (known !== null && isPlain(known) && said?.kind === 'fd') return known;
    const made =
      said?.kind === 'epoll'
        ? this.newEpoll(thread)
        : this.newFile(thread, said?.kind ?? 'fd', behind ?? 'fd', said?.mask ?? maskOf.fd);
    const stand = standInOf(made);
    if (stand !== null && said !== null) stand.messages = said.messages;
    mirror.install(thread.task, fd, made, false);
    return made;
  }

  /** Is a file what -y says that it is? */
  private fits(f: file, kind: StandInKind | 'epoll'): boolean {
    const inside = f.private_data;
    if (kind === 'epoll') return inside instanceof eventpoll;
    if (inside instanceof eventfd_ctx) return kind === 'eventfd';
    if (inside instanceof pipe_inode_info) return kind === 'pipe';
    const stand = standInOf(f);
    if (stand === null) return kind === 'file' || kind === 'fd' || kind === 'tty';
    if (stand.kind === kind || kind === 'fd' || stand.kind === 'fd') return true;
    return sockets.has(stand.kind) && sockets.has(kind);
  }

  newFile(thread: Thread, kind: StandInKind, label: string, mask: number): file {
    return this.mirror.drive(thread.task, makeFile(kind, label, mask));
  }

  newEpoll(thread: Thread): file {
    const { mirror } = this;
    const fd = mirror.drive(thread.task, do_epoll_create(0));
    const made = mirror.fileOf(thread.task, fd) as file;
    mirror.take(thread.task, fd);
    this.epolls.add(made);
    return made;
  }

  /** The instance behind a descriptor; null where it is something else. */
  epollOf(thread: Thread, text: FdText): eventpoll | null {
    const { mirror } = this;
    let f = this.fileOf(thread, text);
    if (f === null || (standInOf(f)?.kind === 'fd' && text.behind === null)) {
      if (text.fd < 0) return null;
      f = this.newEpoll(thread);
      mirror.install(thread.task, text.fd, f, false);
    }
    return f.private_data instanceof eventpoll ? f.private_data : null;
  }

  // ── What poll says ─────────────────────────────────────────────────────────────────────────────

  maskOf(f: file): number {
    const stand = standInOf(f);
    if (stand !== null) return stand.mask;
    return f.f_op.poll === undefined
      ? readBits | writeBits
      : this.mirror.outside(vfs_poll(f, null));
  }

  /** A stand-in's bits change, and who waits hears of it. */
  setBits(stand: StandIn, on: number, off: number): void {
    this.mirror.outside(change(stand, on, off));
  }

  /** As if more had come: who waits is told again. */
  again(f: file, bits: number): void {
    const stand = standInOf(f);
    if (stand !== null) this.mirror.outside(tell(stand, bits));
  }

  /** Tells one item, and whoever waits for it: also if another would have been chosen. */
  wake(epi: epitem, bits: number): void {
    const entry = epi.pwqlist;
    if (entry !== null) this.mirror.outside(callBack(entry, bits));
  }

  /** Calls by others that are under way on a file, or on its other end. */
  inFlight(f: file, by: Thread | null): Pending[] {
    const found: Pending[] = [];
    for (const thread of this.threads.alive) {
      const { pending } = thread;
      if (pending === null || thread === by) continue;
      const fd = /^\d+/.exec(pending.args)?.[0];
      const other = fd === undefined ? null : this.mirror.fileOf(thread.task, Number(fd));
      if (other !== null && isTheSame(f, other)) found.push(pending);
    }
    return found;
  }

  /** What is under way happens now: somebody has seen that it did. */
  hurry(by: Thread | null, fits: (pending: Pending) => boolean): boolean {
    let some = false;
    for (const thread of this.threads.alive) {
      const { pending } = thread;
      if (pending === null || pending.done || thread === by || !fits(pending)) continue;
      pending.done = true;
      this.carryOut(pending);
      some = true;
    }
    return some;
  }

  /**
   * A result says which of `interest` a file has. Makes it so, as far as somebody outside may have
   * done it; what remains is the model's own word against the log's.
   */
  shows(thread: Thread, f: file, interest: number, bits: number): void {
    const stand = standInOf(f);
    if (stand !== null) {
      // Of those who are woken alone it was the one who says so, see wake().
      const isExclusive = (interest & EPOLLEXCLUSIVE) !== 0;
      this.showsStandIn(thread, f, stand, interest, bits, isExclusive);
      return;
    }
    const missing = bits & interest & ~this.maskOf(f);
    if (missing === 0) return;
    if (this.hurry(thread, (pending) => writers.has(pending.name))) {
      if ((bits & interest & ~this.maskOf(f)) === 0) return;
    }
    if (this.threads.hasOutsiders) this.fromOutside(f, missing);
  }

  private showsStandIn(
    thread: Thread,
    f: file,
    stand: StandIn,
    interest: number,
    bits: number,
    isExclusive: boolean,
  ): void {
    let on = 0;
    let off = 0;
    for (const [bit, group] of groups) {
      if ((interest & bit) === 0 && bit !== EPOLLERR && bit !== EPOLLHUP) continue;
      if ((bits & bit) !== 0) on |= group;
      else if (bit !== EPOLLIN || this.mayHaveGone(thread, f, stand)) off |= group;
    }
    if ((on & EPOLLRDHUP) !== 0) on |= readBits;
    off &= ~on;
    const fresh = on & ~stand.mask;
    if (fresh !== 0 && stand.peer !== null) {
      this.hurry(thread, (pending) => writers.has(pending.name));
    }
    const news = on & ~stand.mask;
    if (news !== 0) this.sayArrival(f, stand, news);
    if ((news & EPOLLIN) !== 0 && stand.peer === null) stand.unread = null;
    if ((on & EPOLLIN) !== 0) stand.sure = true;
    if ((off & EPOLLIN) !== 0) {
      stand.sure = true;
      if (stand.unread !== null) stand.unread = 0;
    }
    if (isExclusive) stand.mask = (stand.mask | on) & ~off;
    else if (news !== 0 || (stand.mask & off) !== 0) this.setBits(stand, on, off);
    if (news !== 0) this.holding.add(f);
  }

  /** Can what there was to read be gone without a line that takes it? */
  private mayHaveGone(thread: Thread, f: file, stand: StandIn): boolean {
    if (!stand.readable) return true;
    if (stand.ended) return false;
    if (!stand.sure || this.threads.hasOutsiders) return true;
    return this.inFlight(f, thread).length > 0;
  }

  sayArrival(f: file, stand: StandIn, bits: number): void {
    const name = this.nameOf(f);
    if ((bits & EPOLLERR) !== 0) this.happens(`${name}: an error`);
    if ((bits & EPOLLHUP) !== 0) this.happens(`${name}: hung up`);
    else if ((bits & EPOLLRDHUP) !== 0) this.happens(`${name}: the peer sends no more`);
    else if ((bits & EPOLLPRI) !== 0) this.happens(`${name}: urgent data`);
    else if ((bits & EPOLLIN) !== 0) this.happens(`${name}: ${arrivalAt(stand)}`);
    else if ((bits & EPOLLOUT) !== 0 && !stand.listens) this.happens(`${name}: room to write`);
  }

  /** Somebody who is not in the log has written to what the model holds itself. */
  fromOutside(f: file, bits: number): void {
    const inside = f.private_data;
    if ((bits & EPOLLIN) === 0) return;
    if (inside instanceof eventfd_ctx) {
      this.happens(`${this.nameOf(f)}: somebody outside adds`);
      this.mirror.outside(eventfd_signal_mask(inside, 0));
    } else if (inside instanceof pipe_inode_info) {
      this.happens(`${this.nameOf(f)}: somebody outside writes`);
      this.feedPipe(inside, 1);
    }
    this.holding.add(f);
  }

  /** So many bytes more in a pipe. */
  feedPipe(pipe: pipe_inode_info, bytes: number): void {
    const f = this.pipeEnds.get(pipe)?.deref();
    if (f !== undefined && !f.freed) this.mirror.outside(writeNow(f, bytes));
  }

  /** The writing ends of pipes. */
  readonly pipeEnds: WeakMap<pipe_inode_info, WeakRef<file>> = new WeakMap();

  /** What a file is called; set by whoever shows the state. */
  nameOf: (f: file) => string = (f) => f.name;
}

const isPlain = (f: file): boolean => f.f_op.poll === undefined;

const isTheSame = (a: file, b: file): boolean =>
  a === b ||
  (a.private_data !== null && a.private_data === b.private_data) ||
  (standInOf(a)?.peer ?? null) === b.private_data;

const sockets: ReadonlySet<string> = new Set(['tcp', 'udp', 'unix', 'netlink', 'socket']);

/** Calls whose effect others can see before they return. */
export const writers: ReadonlySet<string> = new Set(
  'write writev pwritev send sendto sendmsg sendmmsg sendfile splice close shutdown epoll_ctl tgkill kill'.split(
    ' ',
  ),
);

const arrivals: Partial<Record<StandInKind, string>> = {
  timerfd: 'it expires',
  signalfd: 'a signal',
  inotify: 'an event',
  pidfd: 'the process ends',
  tty: 'input',
  udp: 'a message',
};

const arrivalAt = ({ kind, listens }: StandIn): string =>
  listens ? 'a connection' : (arrivals[kind] ?? 'data');

/** Bits of a result, and what else poll says with them. */
const groups: readonly (readonly [number, number])[] = [
  [EPOLLIN, readBits],
  [EPOLLOUT, writeBits],
  [EPOLLPRI, EPOLLPRI],
  [EPOLLERR, EPOLLERR],
  [EPOLLHUP, EPOLLHUP],
  [EPOLLRDHUP, EPOLLRDHUP],
];

function* callBack(entry: eppoll_entry, bits: number): Kernel<void> {
  const { whead } = entry;
  if (whead === null) return;
  yield spin_lock_irqsave(whead.lock);
  yield* entry.func(entry, TASK_NORMAL, 0, bits);
  spin_unlock_irqrestore(whead.lock);
}

/** A generator, so that the machine's file numbering is that of the task. */
function* makeFile(kind: StandInKind, label: string, mask: number): Kernel<file> {
  return standInFile(kind, label.length > 80 ? `${label.slice(0, 80)}…` : label, mask);
}

/** Reads or writes without sleeping, whatever the descriptor's own flags say. */
export function* writeNow(f: file, bytes: number, data?: Uint8Array): Kernel<number> {
  if (f.f_op.write_iter === undefined) return bytes;
  const flags = f.f_flags;
  f.f_flags |= O_NONBLOCK;
  const ret = yield* f.f_op.write_iter(f, new iov_iter(data ?? new Uint8Array(bytes)));
  f.f_flags = flags;
  return ret;
}

export function* readNow(f: file, bytes: number): Kernel<number> {
  if (f.f_op.read_iter === undefined) return bytes;
  const flags = f.f_flags;
  f.f_flags |= O_NONBLOCK;
  const ret = yield* f.f_op.read_iter(f, new iov_iter(new Uint8Array(bytes)));
  f.f_flags = flags;
  return ret;
}

/** A call without -y's additions, for messages. */
export const briefName = ({ name, args }: Pick<Call, 'name' | 'args'>): string =>
  `${name}(${args.map((arg) => arg.replace(/<[\s\S]*>$/, '')).join(', ')})`.slice(0, 160);
