/**
 * Where a listener hears what the kernel does. Linux: include/linux/tracepoint.h, kernel/trace/.
 *
 * Without a listener `current.kernel.tracer` is null and nothing is built.
 */
import { current } from './current.ts';
import type { Op } from './op.ts';
import type { task_struct } from './sched.ts';
import type { kernel_siginfo } from './signal.ts';

/** What a listener is told. The calls come in the order of the execution. */
export interface Tracer {
  /** A kernel function, `fn`, has been entered. That it was left shows at the next event. */
  enter(fn: string): void;
  /**
   * A branch was taken that decides something, `what`: `ep_poll_callback: onto ovflist`. `fact` is
   * what it comes to for the object, and `detail` the number that belongs to it.
   */
  note(what: string, about: object, fact: Fact | null, detail: number): void;
  /**
   * What causes are made of, where no branch has to be told of in words; `detail` belongs to
   * `fact`.
   */
  fact?(fact: Fact, about: object, detail: number): void;
  /** `op` is announced by the function that is running; a listener may learn its place. */
  announce?(op: Op): void;
  /** The machine is about to let `task`, or the interrupt on top of it, run on. */
  resume?(task: task_struct): void;
  /** `task` carried an operation out, or found that it cannot proceed: `done` tells which. */
  op(task: task_struct, op: Op, done: boolean): void;
  /** A lock was given back. */
  release(lock: { readonly name: string }): void;
  /** `current` made `task` runnable. */
  wakeup(task: task_struct): void;
  /** A CPU goes from one task to another. */
  switch(cpu: number, from: task_struct, to: task_struct): void;
  /** The interrupt handler `name` starts (`entered`) or ends on top of `task`. */
  irq(name: string, entered: boolean): void;
  /** The system call `name` starts; the arguments as the caller gave them. */
  sysEnter(task: task_struct, name: string, args: readonly unknown[]): void;
  /** The system call `name` ends; what it gives back. */
  sysExit(task: task_struct, name: string, result: unknown): void;
  /** A call came back with `ret`, and signals are looked at before user mode sees it. */
  sysReturn?(task: task_struct, ret: number): void;
  /** A signal handler runs in user mode, before the call that it interrupted returns. */
  signal(task: task_struct, info: kernel_siginfo): void;
  /** A signal was sent to `task`, or to its process; `fate` is what becomes of it. */
  sent?(task: task_struct, info: kernel_siginfo, fate: SignalFate): void;
  /** The handler is done; `mask` blocks from here on. */
  sigreturn?(task: task_struct, mask: bigint): void;
}

/**
 * What becomes of a signal when it is sent: it does nothing; it is the end of the process of the task,
 * which takes it; the task is told, and takes it; it stays pending, as nobody whom it is for may take
 * it now; one like it is pending already, and it is lost.
 */
export type SignalFate = 'ignored' | 'fatal' | 'taken' | 'pending' | 'merged';

/** What the compiler puts at the start of each function when a kernel is built for ftrace. */
export function __fentry__(fn: string): void {
  const { tracer } = current.kernel;
  if (tracer !== null) tracer.enter(fn);
}

/**
 * What has happened to an object, in a word: from these src/why puts together why an event came, or
 * did not. Each says what it is about, and what its number (`detail`) is.
 */
export type Fact =
  // A wait queue. The key of the wakeup, as poll bits; 0 for none.
  | 'wake'
  // A waiter, or an item that watches: a wakeup ended before it, as enough exclusive ones were awake.
  | 'spared'
  // An item, told of a wakeup of its file. The key.
  | 'disabled'
  | 'masked'
  | 'queued'
  | 'overflowed'
  | 'queued already'
  // An item that epoll_ctl() looks after. Its mask; what was ready of it; the same; nothing.
  | 'added'
  | 'polled'
  | 'found'
  | 'changed'
  | 'removed'
  // An epoll instance whose ready list is taken over by a scan.
  | 'scan'
  // An item in a scan: found ready (for what), told to the user (its events), disarmed, back onto the list, no longer ready,
  // put back as there was no room for it, moved from ovflist to rdllist.
  | 'has'
  | 'told'
  | 'disarmed'
  | 'again'
  | 'gone'
  | 'left'
  | 'moved'
  // An epoll instance: the running task sleeps in epoll_wait().
  | 'sleeps'
  // A timer that is waited for as a file. When it fired: its period in ns.
  | 'armed'
  | 'disarmed'
  | 'fired'
  | Silence;

/** Why nobody is woken where somebody might expect it; about what the file stands for. */
export type Silence =
  // A pipe: a read that freed no slot, or that found it not full; a write that found it not empty, and
  // that found that nobody has ever polled it.
  | 'still full'
  | 'was not full'
  | 'was not empty'
  | 'never polled'
  // A sender whose peer has read: a packet is not used up; there is too little room yet.
  | 'packet left'
  | 'no room yet'
  // A sender over TCP: there may be more room, and nobody had asked for it.
  | 'not asked for room'
  // A receiver over TCP: there are fewer bytes than SO_RCVLOWAT. A listener: TCP_DEFER_ACCEPT.
  | 'too few bytes'
  | 'deferred'
  // A receiver of datagrams: its buffer is full.
  | 'dropped'
  // A terminal: the line is not over. A queue of inotify: no watch has the event in its mask;
  // it is as the last one that waits.
  | 'line not over'
  | 'not watched'
  | 'merged';

/** Ours: marks a branch that decides something; `about` is the object it decides about. */
export function traceNote(what: string, about: object, fact: Fact | null = null, detail = 0): void {
  const { tracer } = current.kernel;
  if (tracer !== null) tracer.note(what, about, fact, detail);
}

/** Ours: tells of what has happened to an object, where no branch has to be told of in words. */
export function traceFact(fact: Fact, about: object, detail = 0): void {
  const { tracer } = current.kernel;
  if (tracer !== null) tracer.fact?.(fact, about, detail);
}

/**
 * Ours: says that an operation is announced, and where. False while somebody listens: whoever makes
 * operations keeps them only if nobody does, so that every announcement comes by here.
 */
export function mayKeep(op: Op): boolean {
  const { tracer } = current.kernel;
  if (tracer === null) return true;
  tracer.announce?.(op);
  return false;
}
