/**
 * Tasks, run queues, sleeping and waking. Linux: include/linux/sched.h, kernel/sched/core.c.
 *
 * A CPU runs `rq.curr`; runnable tasks wait in `rq.queue`, first come first served. A task goes to
 * sleep by setting `__state` and calling `schedule()`; whoever wakes it puts it on a run queue.
 *
 * Invariants: a task is `curr` of one CPU, or in one queue, or asleep.
 * Differs from Linux: no priorities and no time slices: who is preempted when is the schedule's
 * choice (see sim/); `p->pi_lock` and `rq->lock` are not modelled, waking is one step.
 */
import Denque from 'denque';
import { current } from './current.ts';
import { ERESTART_RESTARTBLOCK } from './errno.ts';
import type { files_struct } from './file.ts';
import { Changes, Looks, looksAt, newIdentity } from './footprint.ts';
import type { Globals } from './globals.ts';
import { type held_lock, might_sleep } from './lockdep.ts';
import { type Execution, type Kernel, type Named, Op } from './op.ts';
import type { pid } from './pid.ts';
import type { sighand_struct, signal_struct, sigpending } from './signal.ts';
import type { StoreBuffer } from './store_buffer.ts';
import type { task_work_func_t } from './task_work.ts';
import { mayKeep } from './trace.ts';
import type { user_struct } from './user.ts';
import { wait_queue_head } from './wait.ts';

export const TASK_RUNNING = 0;
export const TASK_INTERRUPTIBLE = 1;
export const TASK_UNINTERRUPTIBLE = 2;
export const TASK_WAKEKILL = 0x100;
export const TASK_DEAD = 0x80;
/** In task_struct.exit_state: nobody is to hear of its end any more. */
export const EXIT_DEAD = 0x10;
/** It has ended, and its parent has not taken note. */
export const EXIT_ZOMBIE = 0x20;
export const TASK_KILLABLE: number = TASK_WAKEKILL | TASK_UNINTERRUPTIBLE;
export const TASK_NORMAL: number = TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE;

/** In task_struct.flags: it is on its way out. */
export const PF_EXITING = 0x4;
/** It was forked, and has not called execve(). */
export const PF_FORKNOEXEC = 0x40;

/** Wake flags: the waker is about to sleep, so the woken task need not run at once. */
export const WF_SYNC = 0x10;

/** What a new task starts with. */
export interface TaskInit {
  pid: pid;
  tgid: number;
  comm: string;
  kernel: Globals;
  files: files_struct;
  sighand: sighand_struct;
  signal: signal_struct;
  pending: sigpending;
  user: user_struct;
  net_ns: unknown;
}

export class task_struct implements Named {
  __state: number = TASK_RUNNING;
  /** Another one only when execve() makes it the first thread. */
  pid: number;
  thread_pid: pid;
  readonly tgid: number;
  comm: string;
  // Under tasklist_lock:
  group_leader: task_struct;
  real_parent: task_struct;
  /** Processes, the oldest first. */
  readonly children: task_struct[] = [];
  /** What its end sends to its parent; -1 for a thread that is not the first. */
  exit_signal = -1;

  /** The CPU it runs on, or ran on last. */
  cpu = 0;
  /** It is `curr` of its CPU. */
  on_cpu = false;
  /** Waiting in a run queue. */
  on_rq = false;
  files: files_struct;
  sighand: sighand_struct;
  readonly signal: signal_struct;
  readonly pending: sigpending;
  readonly user: user_struct;
  /** nsproxy->net_ns: the network that its sockets belong to, see net/. */
  readonly net_ns: unknown;
  timer_slack_ns = 50_000;
  nice = 0;
  in_eventfd = false;
  /** PF_* bits. */
  flags = 0;
  /** How to go on with a call that returned -ERESTART_RESTARTBLOCK. */
  restart_block: (() => Kernel<number>) | null = null;

  // Under sighand.siglock; a mask has one bit a signal, from bit 0 (= signal 1):
  blocked = 0n;
  saved_sigmask = 0n;
  /** TIF_RESTORE_SIGMASK: `saved_sigmask` comes back when a handler has run, or at the end. */
  restore_sigmask = false;
  /** TIF_SIGPENDING. */
  sigpending = false;

  // What it may not do at the moment:
  preempt_count = 0;
  irqs_disabled = 0;
  rcu_read_lock_nesting = 0;
  readonly held_locks: held_lock[] = [];
  lockdep_depth = 0;
  /** How many locks it held when the interrupt that runs on top of it came. */
  irq_context = 0;

  /** Work to do before it returns to user mode. */
  task_works: task_work_func_t[] = [];
  exit_code = 0;
  /** EXIT_* once it has ended. */
  exit_state = 0;
  /** __exit_signal() has come by: it has no number, no sighand and no signal any more. */
  released = false;

  /** Who has made it by vfork() and sleeps; null once that one may go on. */
  vfork_done: wait_queue_head | null = null;

  // Ours:
  readonly kernel: Globals;
  /** Of its state; of its pending signals. */
  readonly identity: number = newIdentity();
  readonly signalsIdentity: number = newIdentity();
  /** Its code, while it has any to run. */
  execution: Execution | null = null;
  /** What others do not see yet of what it wrote; null where all is seen at once. */
  stores: StoreBuffer | null = null;
  schedule: Op | null = null;
  /** Who waits for its end. */
  readonly exited: wait_queue_head = new wait_queue_head('exited');
  /** Changes whenever it becomes runnable, so that the longest waiting task can be found. */
  runnableSince = 0;

  constructor(init: TaskInit) {
    this.pid = init.pid.nr;
    this.thread_pid = init.pid;
    this.group_leader = this;
    this.real_parent = this;
    this.tgid = init.tgid;
    this.comm = init.comm;
    this.kernel = init.kernel;
    this.files = init.files;
    this.sighand = init.sighand;
    this.signal = init.signal;
    this.pending = init.pending;
    this.user = init.user;
    this.net_ns = init.net_ns;
  }

  get name(): string {
    return this.comm;
  }
}

/** A CPU and what it has to run. */
export class rq {
  readonly cpu: number;
  curr: task_struct;
  readonly idle: task_struct;
  // Ours:
  readonly queue: Denque<task_struct> = new Denque();
  /** An interrupt handler that runs on top of `curr`. */
  irq: Execution | null = null;

  constructor(cpu: number, idle: task_struct) {
    this.cpu = cpu;
    this.idle = idle;
    this.curr = idle;
    idle.on_cpu = true;
  }
}

export function signal_pending(p: task_struct): boolean {
  looksAt(p.signalsIdentity);
  return p.sigpending;
}

const isKilled = (p: task_struct): boolean =>
  p.sigpending && (p.pending.signal & (1n << 8n)) !== 0n;

/** SIGKILL is pending. */
export function fatal_signal_pending(p: task_struct): boolean {
  looksAt(p.signalsIdentity);
  return isKilled(p);
}

/** A signal is pending that ends a sleep in `state`. The machine asks too, so it is no look. */
export const signal_pending_state = (state: number, p: task_struct): boolean =>
  p.sigpending &&
  ((state & TASK_INTERRUPTIBLE) !== 0 || ((state & TASK_WAKEKILL) !== 0 && isKilled(p)));

/** Leaves word how the call is to go on after signals that no handler runs for. */
export function set_restart_fn(fn: () => Kernel<number>): number {
  current.restart_block = fn;
  return -ERESTART_RESTARTBLOCK;
}

/** Sets the state in which the running task goes to sleep; who would wake it may come before. */
export function set_current_state(state: number): void {
  looksAt(current.identity);
  current.__state = state;
}

/** Gives the CPU away; comes back when `__state` is TASK_RUNNING again. */
export function schedule(task: task_struct): Op {
  if (task.__state !== TASK_DEAD) might_sleep(task, 'schedule');
  return task.schedule ?? makeSchedule(task);
}

function makeSchedule(task: task_struct): Op {
  const op = new Op('schedule', { name: 'schedule', identity: task.identity });
  if (mayKeep(op)) task.schedule = op;
  return op;
}

/** The CPU where `p` ran last if that is idle, else any idle one, else the former all the same. */
function select_task_rq(p: task_struct): rq {
  const { runqueues } = p.kernel;
  const previous = runqueues[p.cpu] as rq;
  if (isIdle(previous)) return previous;
  for (const candidate of runqueues) if (isIdle(candidate)) return candidate;
  return previous;
}
const isIdle = (queue: rq): boolean => queue.curr === queue.idle && queue.queue.isEmpty();

/** Makes `p` runnable if it sleeps in one of the states of `state`; 1 if it did. */
export function try_to_wake_up(p: task_struct, state: number): number {
  const { footprint, tracer } = p.kernel;
  const sleeps = (p.__state & state) !== 0;
  if (footprint !== null) footprint.add(p.identity, sleeps ? Changes : Looks);
  if (!sleeps) return 0;
  p.__state = TASK_RUNNING;
  if (tracer !== null) tracer.wakeup(p);
  if (!p.on_cpu && !p.on_rq) enqueue_task(select_task_rq(p), p);
  else p.kernel.wakeups++; // It was about to sleep, or has a CPU to itself.
  return 1;
}

export const wake_up_process = (p: task_struct): number => try_to_wake_up(p, TASK_NORMAL);

export function enqueue_task(queue: rq, p: task_struct): void {
  p.cpu = queue.cpu;
  p.on_rq = true;
  p.runnableSince = ++p.kernel.wakeups;
  queue.queue.push(p);
}
