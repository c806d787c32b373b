/**
 * A process goes on with another program. Linux: fs/exec.c.
 *
 * Differs from Linux: there are no files to load programs from, so nothing can fail on the way.
 */
import { current } from './current.ts';
import {
  release_task,
  thread_group_empty,
  thread_group_leader,
  zap_other_threads,
} from './exit.ts';
import { do_close_on_exec, unshare_files } from './fdtable.ts';
import { complete_vfork_done } from './fork.ts';
import type { Kernel } from './op.ts';
import { exchange_tids, transfer_pid } from './pid.ts';
import { write_lock_irq, write_unlock_irq } from './rwlock.ts';
import {
  EXIT_DEAD,
  fatal_signal_pending,
  PF_FORKNOEXEC,
  schedule,
  set_current_state,
  TASK_KILLABLE,
  type task_struct,
} from './sched.ts';
import { SIG_DFL, SIG_IGN, type sigaction } from './signal.ts';
import { spin_lock_irq, spin_unlock_irq } from './spinlock.ts';
import { __fentry__ } from './trace.ts';
import { EAGAIN } from './uapi/errno.ts';
import { SIGCHLD } from './uapi/signal.ts';

/** Waits until the first thread has ended. With tasklist_lock held at the end; -EAGAIN without. */
function* waitForLeader(tsk: task_struct, leader: task_struct): Kernel<number> {
  const { tasklist_lock } = tsk.kernel;
  for (;;) {
    yield write_lock_irq(tasklist_lock);
    tsk.signal.notify_count = -1;
    if (leader.exit_state !== 0) return 0;
    set_current_state(TASK_KILLABLE);
    write_unlock_irq(tasklist_lock);
    yield schedule(tsk);
    if (fatal_signal_pending(tsk)) return -EAGAIN;
  }
}

/** The running thread becomes the first of its process, which has ended. */
function* replaceLeader(tsk: task_struct): Kernel<number> {
  const leader = tsk.group_leader;
  if ((yield* waitForLeader(tsk, leader)) < 0) return -EAGAIN;
  exchange_tids(tsk, leader);
  transfer_pid(leader, tsk, 'PIDTYPE_TGID');
  transfer_pid(leader, tsk, 'PIDTYPE_PGID');
  transfer_pid(leader, tsk, 'PIDTYPE_SID');
  const { children } = leader.real_parent;
  children[children.indexOf(leader)] = tsk;
  tsk.group_leader = tsk;
  leader.group_leader = tsk;
  tsk.exit_signal = SIGCHLD;
  leader.exit_signal = -1;
  leader.exit_state = EXIT_DEAD;
  write_unlock_irq(tsk.kernel.tasklist_lock);
  yield* release_task(leader);
  return 0;
}

/** Waits until the other threads have been killed; 0, or -EAGAIN where the caller is to die too. */
function* waitForOthers(tsk: task_struct): Kernel<number> {
  const { signal, sighand } = tsk;
  yield spin_lock_irq(sighand.siglock);
  if (signal.group_exit || signal.group_exec_task !== null) {
    spin_unlock_irq(sighand.siglock);
    return -EAGAIN;
  }
  signal.group_exec_task = tsk;
  signal.notify_count = zap_other_threads(tsk) - (thread_group_leader(tsk) ? 0 : 1);
  while (signal.notify_count > 0) {
    set_current_state(TASK_KILLABLE);
    spin_unlock_irq(sighand.siglock);
    yield schedule(tsk);
    if (fatal_signal_pending(tsk)) return giveUp(tsk);
    yield spin_lock_irq(sighand.siglock);
  }
  spin_unlock_irq(sighand.siglock);
  return 0;
}

function giveUp({ signal }: task_struct): number {
  signal.group_exec_task = null;
  signal.notify_count = 0;
  return -EAGAIN;
}

/** Leaves the running thread alone in its process; 0 or -EAGAIN. */
function* de_thread(tsk: task_struct): Kernel<number> {
  const { signal } = tsk;
  if (!thread_group_empty(tsk)) {
    const err = yield* waitForOthers(tsk);
    if (err < 0) return err;
    if (!thread_group_leader(tsk) && (yield* replaceLeader(tsk)) < 0) return giveUp(tsk);
    signal.group_exec_task = null;
    signal.notify_count = 0;
  }
  tsk.exit_signal = SIGCHLD;
  return 0;
}

/** What is ignored stays ignored; no handler of the old program is left. */
function flush_signal_handlers({ sighand }: task_struct): void {
  sighand.action.forEach(({ handler }, sig) => {
    const kept: sigaction = {
      handler: handler === SIG_IGN ? SIG_IGN : SIG_DFL,
      flags: 0,
      mask: 0n,
    };
    sighand.action[sig] = kept;
  });
}

/**
 * Makes room for a new program: ends the other threads, closes what is not to be inherited, forgets
 * the handlers. 0, or -EAGAIN where the process is dying. What the program is, is the caller's.
 */
export function* begin_new_exec(comm: string): Kernel<number> {
  __fentry__('begin_new_exec');
  const me = current;
  const retval = yield* de_thread(me);
  if (retval < 0) return retval;
  yield* unshare_files();
  yield* complete_vfork_done(me);
  me.flags &= ~PF_FORKNOEXEC;
  yield* do_close_on_exec(me.files);
  me.comm = comm.slice(0, 15);
  flush_signal_handlers(me);
  return 0;
}
