/**
 * Pending signals that are read instead of handled. Linux: fs/signalfd.c, include/linux/signalfd.h.
 *
 * The file holds a mask and nothing else. Whose signals it is about is decided by who looks: read()
 * takes those of its caller, and poll tells of those of its caller, in epoll too, where the caller
 * is whoever is in epoll_wait(). Who watches it is put onto the queue of the process that added it.
 *
 * Invariants: `sigmask` is what is *not* read, and changes under siglock; a queue goes with the
 * signal handlers of its process, and lets go of its watchers then (POLLFREE).
 */
import { anon_inode_getfile } from './anon_inodes.ts';
import { current } from './current.ts';
import { ERESTARTSYS } from './errno.ts';
import {
  fd_install,
  fdget,
  type file,
  type file_operations,
  fput,
  get_unused_fd_flags,
} from './file.ts';
import { noop_llseek } from './fs/llseek.ts';
import type { Kernel } from './op.ts';
import { type poll_table, poll_wait, wantsQueue } from './poll.ts';
import { call_rcu } from './rcu.ts';
import {
  schedule,
  signal_pending,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  type task_struct,
} from './sched.ts';
import {
  dequeue_signal,
  type kernel_siginfo,
  next_signal,
  type sighand_struct,
  sigmask,
  type sigset_t,
} from './signal.ts';
import { spin_lock_irq, spin_unlock_irq } from './spinlock.ts';
import { __fentry__ } from './trace.ts';
import { copy_to_iter, type iov_iter, iov_iter_count } from './uaccess.ts';
import { EAGAIN, EBADF, EINVAL } from './uapi/errno.ts';
import { EPOLLHUP, EPOLLIN } from './uapi/eventpoll.ts';
import { O_NONBLOCK, O_RDWR } from './uapi/fcntl.ts';
import { POLLFREE } from './uapi/poll.ts';
import { SIGKILL, SIGSTOP } from './uapi/signal.ts';
import { SFD_CLOEXEC, SFD_NONBLOCK } from './uapi/signalfd.ts';
import {
  add_wait_queue,
  default_wake_function,
  peekAt,
  remove_wait_queue,
  wait_queue_entry,
  type wait_queue_head,
  waitqueue_active,
  wake_up,
  wake_up_poll,
  wake_up_pollfree,
} from './wait.ts';

const allSignals = (1n << 64n) - 1n;

/** Ours: how many bytes of struct signalfd_siginfo a signal is read as. */
export const siginfoSize = 128;

export class signalfd_ctx {
  sigmask: sigset_t;

  constructor(sigmask: sigset_t) {
    this.sigmask = sigmask;
  }
}

const ctxOf = (file: file): signalfd_ctx => file.private_data as signalfd_ctx;

/** A signal is about to be pending for `tsk`. Called with siglock held. */
export function* signalfd_notify({ sighand }: task_struct): Kernel<void> {
  if (!current.kernel.alone) yield peekAt(sighand.signalfd_wqh);
  if (waitqueue_active(sighand.signalfd_wqh)) yield* wake_up(sighand.signalfd_wqh);
}

/** The last thread with these handlers is gone: nobody may stay on their queue. */
export function* signalfd_cleanup({ signalfd_wqh }: sighand_struct): Kernel<void> {
  const { patched } = current.kernel;
  if (patched.d80e731ecab4) {
    if (patched['42288cb44c4b']) yield* wake_up_pollfree(signalfd_wqh);
    else yield* wakePollersOfEnd(signalfd_wqh);
  }
  // Who has found the queue under RCU may still take its lock.
  call_rcu(() => {
    signalfd_wqh.lock.freed = true;
  });
}

/** Before 42288cb44c4b: an exclusive waiter that answers ends the walk, and others stay behind. */
function* wakePollersOfEnd(wqh: wait_queue_head): Kernel<void> {
  if (!current.kernel.alone) yield peekAt(wqh);
  if (waitqueue_active(wqh)) yield* wake_up_poll(wqh, EPOLLHUP | POLLFREE);
}

function* signalfd_poll(file: file, wait: poll_table | null): Kernel<number> {
  __fentry__('signalfd_poll');
  const { sighand, pending, signal } = current;
  if (wantsQueue(wait)) yield* poll_wait(file, sighand.signalfd_wqh, wait);
  yield spin_lock_irq(sighand.siglock);
  const mask = ctxOf(file).sigmask;
  const found = next_signal(pending, mask) !== 0 || next_signal(signal.shared_pending, mask) !== 0;
  spin_unlock_irq(sighand.siglock);
  return found ? EPOLLIN : 0;
}

/** What is read of a signal. */
function signalfd_copyinfo(to: iov_iter, kinfo: kernel_siginfo): number {
  const bytes = new Uint8Array(siginfoSize);
  const fields = new DataView(bytes.buffer);
  fields.setUint32(0, kinfo.si_signo, true);
  fields.setInt32(8, kinfo.si_code, true);
  fields.setUint32(12, kinfo.si_pid, true);
  fields.setUint32(16, kinfo.si_uid, true);
  fields.setInt32(40, kinfo.si_status, true);
  fields.setInt32(44, Number(BigInt.asIntN(32, kinfo.si_value)), true);
  fields.setBigUint64(48, BigInt.asUintN(64, kinfo.si_value), true);
  return copy_to_iter(bytes, to);
}

function* wakeReader(
  wq_entry: wait_queue_entry,
  mode: number,
  wake_flags: number,
  key: number,
): Kernel<number> {
  return default_wake_function(wq_entry, mode, wake_flags, key);
}

/** The next signal of the mask, or -errno; waits for one unless `nonblock`. */
function* signalfd_dequeue(ctx: signalfd_ctx, nonblock: boolean): Kernel<kernel_siginfo | number> {
  const task = current;
  const { siglock, signalfd_wqh } = task.sighand;
  yield spin_lock_irq(siglock);
  let info = dequeue_signal(ctx.sigmask);
  if (info !== null || nonblock) {
    spin_unlock_irq(siglock);
    return info ?? -EAGAIN;
  }
  const wait = new wait_queue_entry(wakeReader, task);
  yield* add_wait_queue(signalfd_wqh, wait);
  for (;;) {
    task.__state = TASK_INTERRUPTIBLE;
    info = dequeue_signal(ctx.sigmask);
    if (info !== null || signal_pending(task)) break;
    spin_unlock_irq(siglock);
    yield schedule(task);
    yield spin_lock_irq(siglock);
  }
  spin_unlock_irq(siglock);
  yield* remove_wait_queue(signalfd_wqh, wait);
  task.__state = TASK_RUNNING;
  return info ?? -ERESTARTSYS;
}

function* signalfd_read_iter(file: file, to: iov_iter): Kernel<number> {
  __fentry__('signalfd_read_iter');
  if (iov_iter_count(to) < siginfoSize) return -EINVAL;
  let total = 0;
  let nonblock = (file.f_flags & O_NONBLOCK) !== 0;
  do {
    const info = yield* signalfd_dequeue(ctxOf(file), nonblock);
    if (typeof info === 'number') return total === 0 ? info : total;
    total += signalfd_copyinfo(to, info);
    nonblock = true; // What is there is taken along; only the first is waited for.
  } while (iov_iter_count(to) >= siginfoSize);
  return total;
}

/** Ours: the signals that are read, as fdinfo has them. */
export const maskShown = ({ sigmask }: signalfd_ctx): string =>
  (sigmask ^ allSignals).toString(16).padStart(16, '0');

function* signalfd_show_fdinfo(m: string[], file: file): Kernel<void> {
  m.push(`sigmask:\t${maskShown(ctxOf(file))}`);
}

export const signalfd_fops: file_operations = {
  name: 'signalfd',
  poll: signalfd_poll,
  llseek: noop_llseek,
  read_iter: signalfd_read_iter,
  show_fdinfo: signalfd_show_fdinfo,
};

/** A new signalfd behind the lowest free descriptor, or, unless `ufd` is -1, a new mask for one. */
export function* do_signalfd4(ufd: number, wanted: sigset_t, flags: number): Kernel<number> {
  __fentry__('do_signalfd4');
  if ((flags & ~(SFD_CLOEXEC | SFD_NONBLOCK)) !== 0) return -EINVAL;
  const mask = BigInt.asUintN(64, ~(wanted & ~(sigmask(SIGKILL) | sigmask(SIGSTOP))));
  if (ufd !== -1) return yield* setMask(ufd, mask);
  const fd = yield* get_unused_fd_flags(flags);
  if (fd < 0) return fd;
  const status = O_RDWR | (flags & SFD_NONBLOCK);
  fd_install(fd, anon_inode_getfile('[signalfd]', signalfd_fops, new signalfd_ctx(mask), status));
  return fd;
}

/** Changes what is read; who waits looks anew, if it is of the caller's process. */
function* setMask(ufd: number, mask: sigset_t): Kernel<number> {
  const f = fdget(ufd);
  if (f === null) return -EBADF;
  if (f.f_op !== signalfd_fops) {
    fput(f);
    return -EINVAL;
  }
  const { sighand } = current;
  yield spin_lock_irq(sighand.siglock);
  ctxOf(f).sigmask = mask;
  spin_unlock_irq(sighand.siglock);
  yield* wake_up(sighand.signalfd_wqh);
  fput(f);
  return ufd;
}
