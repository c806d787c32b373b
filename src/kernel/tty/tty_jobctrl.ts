/**
 * Whose terminal it is: sessions, and the process group in the foreground.
 * Linux: drivers/tty/tty_jobctrl.c.
 *
 * Differs from Linux: nobody is stopped, so a call in the background that would stop its process
 * is refused with -EIO, as in a group that has lost its parent.
 */

import { current } from '../current.ts';
import { ENOIOCTLCMD, ERESTARTSYS } from '../errno.ts';
import { is_current_pgrp_orphaned } from '../exit.ts';
import { FMODE_READ, type file } from '../file.ts';
import { writesTo } from '../footprint.ts';
import { group_send_sig_info, kill_pgrp_info } from '../kill.ts';
import type { Kernel } from '../op.ts';
import { find_vpid, type pid, pid_task, task_pgrp, task_session } from '../pid.ts';
import { read_lock, read_unlock } from '../rwlock.ts';
import { actionOf, SIG_DFL, SIG_IGN, sigmask } from '../signal.ts';
import { kernelInfo } from '../signal_send.ts';
import { EINVAL, EIO, ENOTTY, EPERM, ESRCH } from '../uapi/errno.ts';
import * as r from '../uapi/ioctls.ts';
import { SIGCONT, SIGHUP, SIGTTIN, SIGTTOU } from '../uapi/signal.ts';
import { killForeground } from './pty_ops.ts';
import type { tty_struct } from './tty.ts';

const is_ignored = (sig: number): boolean =>
  (current.blocked & sigmask(sig)) !== 0n || actionOf(current, sig).handler === SIG_IGN;

/**
 * May the caller do what only the foreground may? 0; or -EIO; or -ERESTARTSYS, and its group has
 * been sent `sig`: SIGTTIN for reading, else SIGTTOU.
 */
export function* __tty_check_change(tty: tty_struct, sig: number): Kernel<number> {
  const pgrp = task_pgrp(current);
  if (current.signal.tty !== tty || tty.pgrp === null || tty.pgrp === pgrp) return 0;
  if (is_ignored(sig)) return sig === SIGTTIN ? -EIO : 0;
  if (is_current_pgrp_orphaned() || actionOf(current, sig).handler === SIG_DFL) return -EIO;
  yield* kill_pgrp_info(kernelInfo(sig), pgrp);
  writesTo(current.signalsIdentity);
  current.sigpending = true;
  return -ERESTARTSYS;
}

export const tty_check_change = (tty: tty_struct): Kernel<number> =>
  __tty_check_change(tty, SIGTTOU);

function __proc_set_tty(tty: tty_struct): void {
  tty.pgrp = task_pgrp(current);
  tty.session = task_session(current);
  current.signal.tty = tty;
  current.signal.tty_old_pgrp = null;
}

/** Whoever made a session and opens a terminal that is nobody's has it from then on. */
export function tty_open_proc_set_tty(f: file, tty: tty_struct): void {
  const { signal } = current;
  if (!signal.leader || signal.tty !== null || tty.session !== null) return;
  if ((f.f_mode & FMODE_READ) !== 0) __proc_set_tty(tty);
}

/** A session has no terminal any more. */
export function session_clear_tty(session: pid | null): void {
  for (const p of session?.tasks.PIDTYPE_SID ?? []) p.signal.tty = null;
}

/** A session has lost its terminal by a hangup: its leader is told. */
export function* tty_signal_session_leader(tty: tty_struct): Kernel<void> {
  const { tasklist_lock } = current.kernel;
  yield read_lock(tasklist_lock);
  for (const p of tty.session?.tasks.PIDTYPE_SID ?? []) {
    if (p.signal.tty === tty) p.signal.tty = null;
    if (!p.signal.leader) continue;
    p.signal.tty_old_pgrp = tty.pgrp;
    yield* group_send_sig_info(kernelInfo(SIGHUP), p, 'PIDTYPE_TGID');
    yield* group_send_sig_info(kernelInfo(SIGCONT), p, 'PIDTYPE_TGID');
  }
  read_unlock(tasklist_lock);
}

/** The leader of a session gives the terminal up, or ends; the foreground is told. */
export function* disassociate_ctty(on_exit: boolean): Kernel<void> {
  const { signal } = current;
  if (!signal.leader) return;
  const { tty, tty_old_pgrp } = signal;
  if (tty === null) {
    if (!on_exit || tty_old_pgrp === null) return;
    signal.tty_old_pgrp = null;
    yield* kill_pgrp_info(kernelInfo(SIGHUP), tty_old_pgrp);
    yield* kill_pgrp_info(kernelInfo(SIGCONT), tty_old_pgrp);
    return;
  }
  yield* killForeground(tty, SIGHUP);
  if (!on_exit) yield* killForeground(tty, SIGCONT);
  tty.session = null;
  tty.pgrp = null;
  signal.tty_old_pgrp = null;
  session_clear_tty(task_session(current));
}

function* no_tty(): Kernel<number> {
  yield* disassociate_ctty(false);
  current.signal.tty = null;
  return 0;
}

function tiocsctty(tty: tty_struct, f: file): number {
  const { signal } = current;
  if (signal.leader && task_session(current) === tty.session) return 0;
  if (!signal.leader || signal.tty !== null || tty.session !== null) return -EPERM;
  if ((f.f_mode & FMODE_READ) === 0) return -EPERM;
  __proc_set_tty(tty);
  return 0;
}

const session_of_pgrp = (pgrp: pid): pid | null => {
  const p = pid_task(pgrp, 'PIDTYPE_PGID') ?? pid_task(pgrp, 'PIDTYPE_PID');
  return p === null ? null : task_session(p);
};

function* tiocspgrp(real_tty: tty_struct, nr: number): Kernel<number> {
  const error = yield* tty_check_change(real_tty);
  if (error !== 0) return error === -EIO ? -ENOTTY : error;
  if (nr < 0) return -EINVAL;
  if (current.signal.tty !== real_tty || real_tty.session !== task_session(current)) {
    return -ENOTTY;
  }
  const pgrp = find_vpid(nr);
  if (pgrp === null) return -ESRCH;
  if (session_of_pgrp(pgrp) !== task_session(current)) return -EPERM;
  real_tty.pgrp = pgrp;
  return 0;
}

/** 0, -errno, or -ENOIOCTLCMD for other requests. A master may ask about its slave. */
export function* tty_jobctrl_ioctl(
  tty: tty_struct,
  real_tty: tty_struct,
  f: file,
  cmd: number,
  arg: { value: number },
): Kernel<number> {
  const isOurs = tty !== real_tty || current.signal.tty === real_tty;
  switch (cmd) {
    case r.TIOCNOTTY:
      return current.signal.tty === tty ? yield* no_tty() : -ENOTTY;
    case r.TIOCSCTTY:
      return tiocsctty(real_tty, f);
    case r.TIOCGPGRP:
      if (!isOurs) return -ENOTTY;
      arg.value = real_tty.pgrp?.nr ?? 0;
      return 0;
    case r.TIOCSPGRP:
      return yield* tiocspgrp(real_tty, arg.value);
    case r.TIOCGSID:
      if (!isOurs || real_tty.session === null) return -ENOTTY;
      arg.value = real_tty.session.nr;
      return 0;
    default:
      return -ENOIOCTLCMD;
  }
}
