/**
 * Descriptors that stand for a process or a thread. Linux: fs/pidfs.c, kernel/pid.c,
 * kernel/signal.c.
 *
 * The file holds a pid, which goes on meaning the process that it was made for: also when that has
 * ended, and when nobody is left to take note of its end.
 *
 * Differs from Linux: no ioctls, no namespaces, no extended attributes.
 */
import { current } from './current.ts';
import { delay_group_leader } from './exit.ts';
import {
  fd_install,
  fdget,
  file,
  type file_operations,
  fput,
  get_unused_fd_flags,
} from './file.ts';
import { inode } from './fs/inode.ts';
import { kill_pgrp_info, kill_pid_info_type } from './kill.ts';
import type { Kernel } from './op.ts';
import { find_vpid, type pid, pid_has_task, pid_task } from './pid.ts';
import { type poll_table, poll_wait, wantsQueue } from './poll.ts';
import type { kernel_siginfo } from './signal.ts';
import { ownInfo, type SignalScope } from './signal_send.ts';
import { spin_lock_irq, spin_unlock_irq } from './spinlock.ts';
import { __fentry__ } from './trace.ts';
import { EBADF, EINVAL, ENOENT, EPERM, ESRCH } from './uapi/errno.ts';
import { EPOLLHUP, EPOLLIN, EPOLLRDNORM } from './uapi/eventpoll.ts';
import { O_CLOEXEC, O_RDWR, PIDFD_SELF_THREAD, PIDFD_SELF_THREAD_GROUP } from './uapi/fcntl.ts';
import {
  PIDFD_NONBLOCK,
  PIDFD_SIGNAL_PROCESS_GROUP,
  PIDFD_SIGNAL_THREAD,
  PIDFD_SIGNAL_THREAD_GROUP,
  PIDFD_THREAD,
} from './uapi/pidfd.ts';
import { SI_TKILL, SI_USER } from './uapi/signal.ts';
import { peekAt } from './wait.ts';

/** The pid of a pidfd; null for any other file. */
export const pidfd_pid = (f: file): pid | null =>
  f.f_op === pidfs_file_operations ? (f.private_data as pid) : null;

function* pidfd_poll(f: file, pts: poll_table | null): Kernel<number> {
  __fentry__('pidfd_poll');
  const pid = f.private_data as pid;
  if (wantsQueue(pts)) yield* poll_wait(f, pid.wait_pidfd, pts);
  if (!current.kernel.alone) yield peekAt(pid.wait_pidfd); // Whether it lives is seen without a lock.
  const task = pid_task(pid, 'PIDTYPE_PID');
  if (task === null) return EPOLLIN | EPOLLRDNORM | EPOLLHUP;
  // A first thread that has ended before the others is not the end of the process.
  return task.exit_state !== 0 && !delay_group_leader(task) ? EPOLLIN | EPOLLRDNORM : 0;
}

function* pidfd_show_fdinfo(m: string[], f: file): Kernel<void> {
  const pid = f.private_data as pid;
  const nr = pid_has_task(pid, 'PIDTYPE_PID') ? pid.nr : -1;
  m.push(`Pid:\t${nr}`, `NSpid:\t${nr}`);
}

export const pidfs_file_operations: file_operations = {
  name: 'pidfd',
  poll: pidfd_poll,
  show_fdinfo: pidfd_show_fdinfo,
};

/** Of the file system that pidfds are files of. */
const pidfsDevice = 0x11;

function pidfs_alloc_file(pid: pid, flags: number): file {
  const node = new inode(pid.ino, pidfsDevice);
  return new file(pidfs_file_operations, 'anon_inode:[pidfd]', node, flags | O_RDWR, pid);
}

/** A descriptor for who bears the pid, which must be a process unless PIDFD_THREAD is given. */
function* pidfd_create(pid: pid, flags: number): Kernel<number> {
  yield spin_lock_irq(pid.wait_pidfd.lock);
  const isThread = pid_has_task(pid, 'PIDTYPE_PID');
  const isProcess = pid_has_task(pid, 'PIDTYPE_TGID');
  spin_unlock_irq(pid.wait_pidfd.lock);
  if (!isThread) return -ESRCH;
  if (!isProcess && (flags & PIDFD_THREAD) === 0) return -ENOENT;
  const fd = yield* get_unused_fd_flags(O_CLOEXEC);
  if (fd >= 0) fd_install(fd, pidfs_alloc_file(pid, flags));
  return fd;
}

/** A pidfd for the process, or the thread, of a number. */
export function* pidfd_open(nr: number, flags: number): Kernel<number> {
  __fentry__('pidfd_open');
  if ((flags & ~(PIDFD_NONBLOCK | PIDFD_THREAD)) !== 0 || nr <= 0) return -EINVAL;
  const pid = find_vpid(nr);
  return pid === null ? -ESRCH : yield* pidfd_create(pid, flags);
}

const scopes: Readonly<Record<number, SignalScope>> = {
  [PIDFD_SIGNAL_THREAD]: 'PIDTYPE_PID',
  [PIDFD_SIGNAL_THREAD_GROUP]: 'PIDTYPE_TGID',
  [PIDFD_SIGNAL_PROCESS_GROUP]: 'PIDTYPE_PGID',
};

function* do_pidfd_send_signal(
  pid: pid,
  sig: number,
  scope: SignalScope,
  info: kernel_siginfo | null,
): Kernel<number> {
  if (info !== null) {
    if (info.si_signo !== sig) return -EINVAL;
    // Only to itself may a thread say that a signal is from kill(), or from the kernel.
    const self = current.thread_pid === pid && scope !== 'PIDTYPE_PGID';
    if (!self && (info.si_code >= 0 || info.si_code === SI_TKILL)) return -EPERM;
  }
  const code = scope === 'PIDTYPE_PID' ? SI_TKILL : SI_USER;
  const sent = info ?? ownInfo(sig, code);
  if (scope === 'PIDTYPE_PGID') return yield* kill_pgrp_info(sent, pid);
  return yield* kill_pid_info_type(sent, pid, scope);
}

/**
 * Sends to what a pidfd stands for, or to whom `flags` say; 0 or -errno. `info` is what is known of
 * the signal, null as with kill().
 */
export function* pidfd_send_signal(
  pidfd: number,
  sig: number,
  info: kernel_siginfo | null,
  flags: number,
): Kernel<number> {
  const wanted = scopes[flags];
  if (flags !== 0 && wanted === undefined) return -EINVAL;
  const { thread_pid, signal } = current;
  if (pidfd === PIDFD_SELF_THREAD) {
    return yield* do_pidfd_send_signal(thread_pid, sig, wanted ?? 'PIDTYPE_PID', info);
  }
  if (pidfd === PIDFD_SELF_THREAD_GROUP) {
    const { PIDTYPE_TGID } = signal.pids;
    return yield* do_pidfd_send_signal(PIDTYPE_TGID, sig, wanted ?? 'PIDTYPE_TGID', info);
  }
  const f = fdget(pidfd);
  if (f === null) return -EBADF;
  const pid = pidfd_pid(f);
  const scope = (f.f_flags & PIDFD_THREAD) !== 0 ? 'PIDTYPE_PID' : 'PIDTYPE_TGID';
  const ret = pid === null ? -EBADF : yield* do_pidfd_send_signal(pid, sig, wanted ?? scope, info);
  fput(f);
  return ret;
}
