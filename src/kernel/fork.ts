/**
 * New tasks. Linux: kernel/fork.c.
 *
 * A thread shares all with the one that makes it. A process has a copy of its parent's descriptors
 * and signal handlers; the open files behind the descriptors are the same.
 *
 * Differs from Linux: memory is not modelled, so it is neither copied nor shared. What a new task
 * runs is its maker's to say: a generator cannot be duplicated.
 */
import { current } from './current.ts';
import { ERESTARTNOINTR } from './errno.ts';
import { dup_fd, put_files_struct } from './fdtable.ts';
import type { files_struct } from './file.ts';
import { writesTo } from './footprint.ts';
import type { Kernel } from './op.ts';
import { alloc_pid, attach_pid, task_pgrp, task_session } from './pid.ts';
import { refcount_inc } from './refcount.ts';
import { write_lock_irq, write_unlock_irq } from './rwlock.ts';
import {
  fatal_signal_pending,
  PF_FORKNOEXEC,
  schedule,
  TASK_KILLABLE,
  task_struct,
} from './sched.ts';
import { recalc_sigpending, sighand_struct, signal_struct, sigpending } from './signal.ts';
import { spin_lock, spin_lock_irq, spin_unlock, spin_unlock_irq } from './spinlock.ts';
import { EINTR, EINVAL } from './uapi/errno.ts';
import { CLONE_FILES, CLONE_PARENT, CLONE_VFORK, CLONE_VM, CSIGNAL } from './uapi/sched.ts';
import { finish_wait, init_wait, prepare_to_wait, wait_queue_head, wake_up_all } from './wait.ts';

/** Makes a task known: by its numbers, and to its parent. Called with tasklist_lock held. */
export function linkTask(p: task_struct): void {
  const { kernel, signal } = p;
  if (p.group_leader === p) {
    p.real_parent.children.push(p);
    attach_pid(p, 'PIDTYPE_TGID');
    attach_pid(p, 'PIDTYPE_PGID');
    attach_pid(p, 'PIDTYPE_SID');
  }
  signal.quick_threads++;
  signal.threads.push(p);
  attach_pid(p, 'PIDTYPE_PID');
  kernel.tasks.set(p.pid, p);
  kernel.live++;
  kernel.alone = kernel.live === 1 && (kernel.alone || !kernel.exact) && kernel.liberties === null;
}

/** Ours: a thread of the process of `of`, which nobody knows yet. */
export function newThread(of: task_struct, comm: string): task_struct {
  const { tgid, kernel, files, sighand, signal, user, net_ns } = of;
  const pid = alloc_pid(kernel);
  const p = new task_struct({
    pid,
    tgid,
    comm,
    kernel,
    files,
    sighand,
    signal,
    pending: new sigpending(),
    user,
    net_ns,
  });
  writesTo(sighand.identity); // As if under siglock.
  refcount_inc(files.count);
  refcount_inc(sighand.count);
  refcount_inc(signal.live);
  p.group_leader = of.group_leader;
  p.real_parent = of.real_parent;
  p.blocked = of.blocked;
  return p;
}

function* copy_sighand(): Kernel<sighand_struct> {
  const { sighand } = current;
  const copy = new sighand_struct();
  yield spin_lock_irq(sighand.siglock);
  sighand.action.forEach((act, sig) => {
    copy.action[sig] = act;
  });
  spin_unlock_irq(sighand.siglock);
  return copy;
}

/** A process that is a copy of the running one, which nobody knows yet. */
function* newProcess(clone_flags: number): Kernel<task_struct> {
  const { kernel, user, net_ns, comm } = current;
  let files: files_struct = current.files;
  if ((clone_flags & CLONE_FILES) !== 0) refcount_inc(files.count);
  else files = yield* dup_fd(files);
  const sighand = yield* copy_sighand();
  const pid = alloc_pid(kernel);
  const signal = new signal_struct({
    PIDTYPE_TGID: pid,
    PIDTYPE_PGID: task_pgrp(current),
    PIDTYPE_SID: task_session(current),
  });
  signal.tty = current.signal.tty;
  const pending = new sigpending();
  const own = { pid, tgid: pid.nr, comm, files, sighand, signal, pending };
  return new task_struct({ kernel, user, net_ns, ...own });
}

/** A new process; -errno where a signal or the flags forbid it. It has no code yet. */
function* copy_process(clone_flags: number): Kernel<task_struct | number> {
  const { kernel, sighand, signal, group_leader } = current;
  // Signals that are there by now come first; one for many processes that comes from here on is
  // for the child too.
  const delayed = { signal: 0n };
  yield spin_lock_irq(sighand.siglock);
  recalc_sigpending(current);
  if (current.sigpending) {
    spin_unlock_irq(sighand.siglock);
    return -ERESTARTNOINTR;
  }
  signal.multiprocess.push(delayed);
  spin_unlock_irq(sighand.siglock);
  const p = yield* newProcess(clone_flags);
  p.flags |= PF_FORKNOEXEC;
  p.blocked = current.blocked;
  p.timer_slack_ns = current.timer_slack_ns;
  p.nice = current.nice;
  yield write_lock_irq(kernel.tasklist_lock);
  const sibling = (clone_flags & CLONE_PARENT) !== 0;
  p.real_parent = sibling ? current.real_parent : current;
  p.exit_signal = sibling ? group_leader.exit_signal : clone_flags & CSIGNAL;
  yield spin_lock(sighand.siglock);
  signal.multiprocess.splice(signal.multiprocess.indexOf(delayed), 1);
  const killed = fatal_signal_pending(current); // Else the child of a killed group would survive.
  if (!killed) {
    p.signal.shared_pending.signal = delayed.signal;
    recalc_sigpending(p);
    linkTask(p);
  }
  spin_unlock(sighand.siglock);
  write_unlock_irq(kernel.tasklist_lock);
  return killed ? undoCopy(p) : p;
}

/** Nobody has seen the process yet. */
function undoCopy(p: task_struct): number {
  p.kernel.pids.delete(p.pid);
  put_files_struct(p.files);
  return -EINTR;
}

const knownFlags = CSIGNAL | CLONE_FILES | CLONE_PARENT | CLONE_VFORK | CLONE_VM;

/**
 * Makes a process, which `start` gives its code; its number, or -errno. With CLONE_VFORK the caller
 * sleeps until the child has called execve() or has ended.
 */
export function* kernel_clone(
  clone_flags: number,
  start: (child: task_struct) => void,
): Kernel<number> {
  if ((clone_flags & ~knownFlags) !== 0) return -EINVAL;
  const p = yield* copy_process(clone_flags);
  if (typeof p === 'number') return p;
  const vfork = (clone_flags & CLONE_VFORK) !== 0;
  if (vfork) p.vfork_done = new wait_queue_head('vfork_done');
  start(p);
  if (vfork) yield* wait_for_vfork_done(p);
  return p.pid;
}

/** Sleeps until the child needs its parent's memory no more, or a signal kills the caller. */
function* wait_for_vfork_done(child: task_struct): Kernel<void> {
  const done = child.vfork_done as wait_queue_head;
  const wait = init_wait();
  for (;;) {
    yield* prepare_to_wait(done, wait, TASK_KILLABLE);
    if (child.vfork_done === null || fatal_signal_pending(current)) break;
    yield schedule(current);
  }
  yield* finish_wait(done, wait);
}

/** The running task has given its memory up: who has made it by vfork() goes on. */
export function* complete_vfork_done(tsk: task_struct): Kernel<void> {
  const done = tsk.vfork_done;
  tsk.vfork_done = null;
  if (done !== null) yield* wake_up_all(done);
}
