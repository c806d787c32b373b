/**
 * The threads of a log: which line is whose, who made whom, and with which descriptors.
 *
 * strace leaves the column of pids out while it traces one process, and a new thread's first line
 * may stand before the clone() that made it has returned.
 */
import type { Call, Pending, Thread } from './call.ts';
import type { Mirror } from './mirror.ts';
import { hasFlag } from './text.ts';

export class Threads {
  /** Those that have not ended. */
  readonly alive: Set<Thread> = new Set();
  /** The program was running when the log began: much was done before. */
  attached = false;
  /** A process or thread was made that is not in the log. */
  private untraced = 0;
  private readonly byPid: Map<number, Thread> = new Map();
  /** Children that clone() has returned and no line has come from. */
  private readonly expected: Map<number, Thread> = new Map();
  private readonly announced: Set<number> = new Set();
  private readonly mirror: Mirror;
  private readonly appeared: (thread: Thread) => void;
  private last: Thread | null = null;
  /** The process whose threads strace has attached to. */
  private sharer: Thread | null = null;

  constructor(mirror: Mirror, appeared: (thread: Thread) => void) {
    this.mirror = mirror;
    this.appeared = appeared;
  }

  /** Is there somebody who acts without a line in the log? */
  get hasOutsiders(): boolean {
    return this.attached || this.untraced > 0 || this.expected.size > 0;
  }

  /** Whose line it is; a thread that nobody has heard of is made. */
  of(pid: number | null): Thread {
    const thread = pid === null ? this.withoutColumn() : (this.byPid.get(pid) ?? this.first(pid));
    this.last = thread;
    return thread;
  }

  /** While one process is left there is no column. */
  private withoutColumn(): Thread {
    if (this.last !== null && !this.last.ended && this.alive.size === 1) return this.last;
    if (this.alive.size > 0) {
      const [only] = this.alive;
      if (this.alive.size === 1) return only as Thread;
      return this.last?.ended === false ? this.last : (only as Thread);
    }
    return this.add(null, this.mirror.newProcess('main', 0));
  }

  private first(pid: number): Thread {
    const child = this.expected.get(pid);
    if (child !== undefined) {
      this.expected.delete(pid);
      return this.known(pid, child);
    }
    const maker = this.makerOf();
    if (maker !== null) return this.make(maker, pid);
    const [unnamed] = [...this.alive].filter((thread) => thread.pid === null);
    if (unnamed !== undefined && !this.announced.has(pid)) {
      unnamed.pid = pid;
      return this.known(pid, unnamed);
    }
    if (this.alive.size === 0) return this.add(pid, this.mirror.newProcess(String(pid), pid));
    // Nobody has made it: strace has attached to several threads.
    this.attached = true;
    const [first] = this.alive;
    const of = (this.sharer?.ended === false ? this.sharer : (first as Thread)).task;
    return this.add(pid, this.mirror.newThread(of, String(pid), pid));
  }

  private known(pid: number, thread: Thread): Thread {
    this.byPid.set(pid, thread);
    return thread;
  }

  private add(pid: number | null, task: Thread['task']): Thread {
    const name = pid === null ? 'main' : String(pid);
    const thread: Thread = { pid, name, task, pending: null, ended: false };
    this.alive.add(thread);
    if (pid !== null) this.byPid.set(pid, thread);
    this.appeared(thread);
    return thread;
  }

  /** `strace: Process N attached`; `isFirst`: before any call, so that it was running (-p). */
  attach(pid: number, threads: number, isFirst: boolean): void {
    if (!isFirst) {
      this.announced.add(pid);
      return;
    }
    this.attached = true;
    const thread = this.add(pid, this.mirror.newProcess(String(pid), pid));
    if (threads > 1) this.sharer = thread;
    this.last = thread;
  }

  /** A clone that is under way, and whose child has not been seen. */
  private makerOf(): Pending | null {
    for (const { pending } of this.alive) {
      if (pending !== null && !pending.done && makers.has(pending.name)) return pending;
    }
    return null;
  }

  private make(pending: Pending, pid: number): Thread {
    pending.done = true;
    return this.child(pending.thread, pending.name, pending.args, pid);
  }

  /** clone() has returned the number of a child. */
  cloned(call: Call, args: string, pid: number): void {
    if (call.done || this.byPid.get(pid)?.ended === false) return;
    const child = this.child(call.thread, call.name, args, pid);
    this.expected.set(pid, child);
    this.byPid.delete(pid);
    if (this.expected.size <= mostExpected) return;
    for (const [oldest, unseen] of this.expected) {
      this.expected.delete(oldest);
      this.untraced++;
      this.end(unseen);
      break;
    }
  }

  private child(parent: Thread, name: string, args: string, pid: number): Thread {
    const isThread = hasFlag(args.replace(/flags=/g, ' '), 'CLONE_THREAD', 'CLONE_FILES');
    const { mirror } = this;
    const task =
      isThread && name !== 'fork' && name !== 'vfork'
        ? mirror.newThread(parent.task, String(pid), pid)
        : mirror.newChild(parent.task, String(pid), pid);
    const existing = this.byPid.get(pid);
    if (existing !== undefined && !existing.ended) this.alive.delete(existing);
    return this.add(pid, task);
  }

  end(thread: Thread): void {
    if (thread.ended) return;
    thread.ended = true;
    thread.pending = null;
    this.alive.delete(thread);
    this.mirror.exit(thread.task);
  }

  /** No line of it comes any more: its number may be another's. */
  forget(thread: Thread): void {
    if (thread.pid !== null && this.byPid.get(thread.pid) === thread) this.byPid.delete(thread.pid);
    if (this.last === thread) this.last = null;
  }

  /** execve() by another thread: the others are gone, and the caller goes on as the first one. */
  supersede(thread: Thread, by: number): void {
    const caller = this.byPid.get(by);
    if (caller === undefined || caller === thread) return;
    this.end(thread);
    this.byPid.delete(by);
    caller.pid = thread.pid;
    if (caller.pid !== null) this.byPid.set(caller.pid, caller);
  }
}

/** A log without -f has the numbers of children and nothing else of them. */
const mostExpected = 64;

const makers: ReadonlySet<string> = new Set(['clone', 'clone3', 'fork', 'vfork']);

export const makesChildren = (name: string): boolean => makers.has(name);
