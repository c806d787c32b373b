/**
 * How tasks end. Linux: kernel/exit.c.
 *
 * A task that has ended is a zombie until somebody has taken note: its parent, by wait4(); the
 * kernel itself where the parent does not want to know, and for all threads but the first. The
 * first thread of a process stays until the others are gone, and is what its parent waits for.
 *
 * Invariants: `exit_code` is a status as wait4() has it: a signal, or an exit code times 256.
 * Differs from Linux: no child subreapers; nobody is stopped, so an orphaned group gets no signal.
 */
import { current } from './current.ts';
import { ERESTARTSYS } from './errno.ts';
import { inOneStep } from './execute.ts';
import { exit_files } from './fdtable.ts';
import { looksAt, writesTo } from './footprint.ts';
import { complete_vfork_done } from './fork.ts';
import { do_notify_parent, do_notify_pidfd } from './notify_parent.ts';
import { type Kernel, Op } from './op.ts';
import { detach_pid, type pid, task_pgrp, task_session } from './pid.ts';
import { refcount_dec_and_test } from './refcount.ts';
import { write_lock_irq, write_unlock_irq } from './rwlock.ts';
import {
  EXIT_DEAD,
  EXIT_ZOMBIE,
  PF_EXITING,
  schedule,
  signal_pending,
  TASK_DEAD,
  TASK_INTERRUPTIBLE,
  type task_struct,
  wake_up_process,
} from './sched.ts';
import { retarget_shared_pending, sigmask, signal_wake_up } from './signal.ts';
import { signalfd_cleanup } from './signalfd.ts';
import { spin_lock, spin_lock_irq, spin_unlock, spin_unlock_irq } from './spinlock.ts';
import { task_work_run } from './task_work.ts';
import { __fentry__ } from './trace.ts';
import { disassociate_ctty } from './tty/tty_jobctrl.ts';
import { SIGCHLD, SIGKILL } from './uapi/signal.ts';
import {
  autoremove_wake_function,
  finish_wait,
  prepare_to_wait,
  wait_queue_entry,
  wake_up_all,
} from './wait.ts';

export const thread_group_leader = (p: task_struct): boolean => p.exit_signal >= 0;
export const thread_group_empty = (p: task_struct): boolean =>
  thread_group_leader(p) && p.signal.threads.length === 1;
/** Has it ended before other threads of its process? */
export const delay_group_leader = (p: task_struct): boolean =>
  thread_group_leader(p) && !thread_group_empty(p);

/** The status of a process that has ended. */
export const statusOf = ({ signal, exit_code }: task_struct): number =>
  signal.group_exit ? signal.group_exit_code : exit_code;

/** The last thread to begin its end says what the process ends with, unless that was said before. */
function* synchronize_group_exit({ sighand, signal }: task_struct, code: number): Kernel<void> {
  yield spin_lock_irq(sighand.siglock);
  if (--signal.quick_threads === 0 && !signal.group_exit) {
    signal.group_exit = true;
    signal.group_exit_code = code;
  }
  spin_unlock_irq(sighand.siglock);
}

/** From now on no signal is for this task; another one takes what it would have taken. */
function* exit_signals(tsk: task_struct): Kernel<void> {
  const { sighand, signal } = tsk;
  if (thread_group_empty(tsk) || signal.group_exit) {
    writesTo(tsk.identity);
    tsk.flags |= PF_EXITING;
    return;
  }
  yield spin_lock_irq(sighand.siglock);
  tsk.flags |= PF_EXITING;
  if (signal_pending(tsk)) retarget_shared_pending(tsk, ~tsk.blocked);
  spin_unlock_irq(sighand.siglock);
}

/** Takes a task out of all lists. Called with siglock held. */
function* __unhash_process(p: task_struct, group_dead: boolean): Kernel<void> {
  const { thread_pid, signal, real_parent } = p;
  detach_pid(p, 'PIDTYPE_PID');
  p.kernel.tasks.delete(p.pid);
  yield* wake_up_all(thread_pid.wait_pidfd);
  if (group_dead) {
    detach_pid(p, 'PIDTYPE_TGID');
    detach_pid(p, 'PIDTYPE_PGID');
    detach_pid(p, 'PIDTYPE_SID');
    real_parent.children.splice(real_parent.children.indexOf(p), 1);
  }
  signal.threads.splice(signal.threads.indexOf(p), 1);
}

/** Takes the task out of its process; the last one takes what they shared along. */
function* __exit_signal(tsk: task_struct): Kernel<void> {
  const { sighand, signal } = tsk;
  const group_dead = thread_group_leader(tsk);
  yield spin_lock(sighand.siglock);
  if (!group_dead) {
    if (signal.notify_count > 0 && --signal.notify_count === 0) {
      wake_up_process(signal.group_exec_task as task_struct);
    }
    const next = signal.threads[signal.threads.indexOf(tsk) + 1] ?? null;
    if (signal.curr_target === tsk) signal.curr_target = next;
  }
  yield* __unhash_process(tsk, group_dead);
  tsk.released = true;
  spin_unlock(sighand.siglock);
  if (refcount_dec_and_test(sighand.count)) yield* signalfd_cleanup(sighand);
}

/** Nobody asks about the task any more. With the last thread goes a first one that has waited. */
export function* release_task(p: task_struct): Kernel<void> {
  __fentry__('release_task');
  const { tasklist_lock } = current.kernel;
  const leader = p.group_leader;
  yield write_lock_irq(tasklist_lock);
  yield* __exit_signal(p);
  let zap_leader = false;
  if (leader !== p && thread_group_empty(leader) && leader.exit_state === EXIT_ZOMBIE) {
    leader.exit_code = statusOf(leader);
    zap_leader = yield* do_notify_parent(leader, leader.exit_signal);
    if (zap_leader) leader.exit_state = EXIT_DEAD;
  }
  write_unlock_irq(tasklist_lock);
  if (zap_leader) yield* release_task(leader);
}

function find_alive_thread(p: task_struct): task_struct | null {
  for (const t of p.signal.threads) {
    looksAt(t.identity);
    if ((t.flags & PF_EXITING) === 0) return t;
  }
  return null;
}

/** A child of a process that has ended goes to init, which may not want to know of its end. */
function* reparent_leader(p: task_struct, dead: task_struct[]): Kernel<void> {
  if (p.exit_state === EXIT_DEAD) return;
  p.exit_signal = SIGCHLD;
  if (p.exit_state !== EXIT_ZOMBIE || !thread_group_empty(p)) return;
  if (!(yield* do_notify_parent(p, SIGCHLD))) return;
  p.exit_state = EXIT_DEAD;
  dead.unshift(p);
}

/** The children go to another thread of their parent, or else to init. */
function* forget_original_parent(father: task_struct, dead: task_struct[]): Kernel<void> {
  if (father.children.length === 0) return;
  const sibling = find_alive_thread(father);
  const reaper = sibling ?? (father.kernel.child_reaper as task_struct);
  for (const p of father.children) {
    for (const t of p.signal.threads) t.real_parent = reaper;
    if (sibling === null) yield* reparent_leader(p, dead);
  }
  writesTo(reaper.identity); // The order shows, and ends of threads do not see each other's locks.
  reaper.children.push(...father.children.splice(0));
}

/** Has a process group nobody outside of it, in its session, who could take care of it? */
function will_become_orphaned_pgrp(pgrp: pid): boolean {
  for (const p of pgrp.tasks.PIDTYPE_PGID) {
    const { real_parent } = p;
    if ((p.exit_state !== 0 && thread_group_empty(p)) || real_parent.tgid === 1) continue;
    if (task_pgrp(real_parent) !== pgrp && task_session(real_parent) === task_session(p)) {
      return false;
    }
  }
  return true;
}

export const is_current_pgrp_orphaned = (): boolean =>
  will_become_orphaned_pgrp(task_pgrp(current));

/** Tells whom it concerns that the task has ended. */
function* exit_notify(tsk: task_struct): Kernel<void> {
  const { tasklist_lock } = tsk.kernel;
  const dead: task_struct[] = [];
  yield write_lock_irq(tasklist_lock);
  yield* forget_original_parent(tsk, dead);
  writesTo(tsk.identity); // Who kills the process looks without the lock.
  tsk.exit_state = EXIT_ZOMBIE;
  let autoreap = true;
  if (thread_group_leader(tsk)) {
    autoreap = thread_group_empty(tsk) && (yield* do_notify_parent(tsk, tsk.exit_signal));
  } else yield* do_notify_pidfd(tsk);
  if (autoreap) {
    tsk.exit_state = EXIT_DEAD;
    dead.unshift(tsk);
  }
  const { notify_count, group_exec_task } = tsk.signal;
  if (notify_count < 0) wake_up_process(group_exec_task as task_struct);
  write_unlock_irq(tasklist_lock);
  for (const p of dead) yield* release_task(p);
}

/** Ends the running task; never returns. `code` is a status as wait4() has it. */
export function* do_exit(code: number): Kernel<void> {
  yield* giveUpAll(code);
  yield schedule(current);
}

/** Ours: the end of a thread, in one step of an exact schedule; never returns. */
export function* exitInOneStep(code: number): Kernel<void> {
  const last = current.signal.live.refs === 1; // What it closes may have to be waited for.
  yield* inOneStep(giveUpAll, code, !last);
  yield schedule(current);
}

/** Ours: do_exit() up to where the task leaves its CPU for ever. */
function* giveUpAll(code: number): Kernel<void> {
  const task = current;
  yield* synchronize_group_exit(task, code);
  yield* exit_signals(task);
  task.exit_code = code;
  yield* complete_vfork_done(task);
  const group_dead = refcount_dec_and_test(task.signal.live);
  exit_files();
  if (group_dead) yield* disassociate_ctty(true);
  yield* task_work_run(); // The files are closed here, the one of the highest descriptor first.
  yield* exit_notify(task);
  task.__state = TASK_DEAD;
  yield* wake_up_all(task.exited);
}

/** Tells all other threads to die; how many there are. Called with siglock held. */
export function zap_other_threads(p: task_struct): number {
  for (const thread of p.signal.threads) {
    looksAt(thread.identity);
    if (thread === p || thread.exit_state !== 0) continue;
    thread.pending.signal |= sigmask(SIGKILL);
    signal_wake_up(thread, true);
  }
  return p.signal.threads.length - 1;
}

/** Ends all threads of the process with the same status, unless that is under way. */
export function* do_group_exit(exit_code: number): Kernel<void> {
  const { sighand, signal } = current;
  if (!signal.group_exit && signal.group_exec_task === null) {
    yield spin_lock_irq(sighand.siglock);
    if (!signal.group_exit && signal.group_exec_task === null) {
      signal.group_exit_code = exit_code;
      signal.group_exit = true;
      zap_other_threads(current);
    }
    spin_unlock_irq(sighand.siglock);
  }
  yield* do_exit(signal.group_exit ? signal.group_exit_code : 0);
}

/**
 * Ours: sleeps until a task has ended (what pthread_join() does with a futex); 0, or -ERESTARTSYS
 * for a signal.
 */
export function* waitForExit(task: task_struct): Kernel<number> {
  if (task.kernel.exact) {
    yield new Op('join', task);
    return 0;
  }
  const wait = new wait_queue_entry(autoremove_wake_function, current);
  let ret = 0;
  for (;;) {
    yield* prepare_to_wait(task.exited, wait, TASK_INTERRUPTIBLE);
    if (task.__state === TASK_DEAD) break;
    if (signal_pending(current)) {
      ret = -ERESTARTSYS;
      break;
    }
    yield schedule(current);
  }
  yield* finish_wait(task.exited, wait);
  return ret;
}
