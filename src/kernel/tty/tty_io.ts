/**
 * Terminals as files. Linux: drivers/tty/tty_io.c, drivers/tty/pty.c, fs/devpts/inode.c.
 *
 * Opening /dev/ptmx makes a pair: the file is the master, and the slave is a new name in /dev/pts.
 * The name goes when the master is closed, which hangs the slave up; a slave whose last file is
 * closed may be opened again, and until then the master hears that the other side is closed.
 *
 * Invariants: `count` is 1 for each open file, and in a slave 1 for its master.
 * Differs from Linux: opening and closing take one step each, but for waking, without tty_mutex and
 * tty_lock. There is one line discipline.
 */
import { current } from '../current.ts';
import { ERESTARTSYS } from '../errno.ts';
import {
  fd_install,
  type file,
  type file_operations,
  get_unused_fd_flags,
  put_unused_fd,
} from '../file.ts';
import { __d_drop, d_add, type dentry, dput } from '../fs/dcache.ts';
import { inode } from '../fs/inode.ts';
import { vfs_open } from '../fs/open.ts';
import { fsnotify_create, fsnotify_delete } from '../notify/fsnotify.ts';
import type { Kernel } from '../op.ts';
import type { poll_table } from '../poll.ts';
import { signal_pending } from '../sched.ts';
import { __fentry__ } from '../trace.ts';
import { copy_from_iter, type iov_iter, iov_iter_count } from '../uaccess.ts';
import { EAGAIN, EBUSY, EIO, ENOSPC, ENOTTY, ENXIO } from '../uapi/errno.ts';
import * as e from '../uapi/eventpoll.ts';
import { O_NOCTTY, O_NONBLOCK } from '../uapi/fcntl.ts';
import { TIOCSPGRP } from '../uapi/ioctls.ts';
import { S_IFCHR } from '../uapi/stat.ts';
import * as t from '../uapi/termbits.ts';
import { wake_up_interruptible, wake_up_interruptible_poll } from '../wait.ts';
import { n_tty_poll, n_tty_read, n_tty_set_termios, n_tty_write } from './n_tty.ts';
import { n_tty_flush_buffer } from './n_tty_receive.ts';
import { pty_flush_buffer, tty_write_unlock } from './pty_ops.ts';
import { ktermios, takeSleepingLock, tty_struct } from './tty.ts';
import { runWorkers } from './tty_buffer.ts';
import { tty_ioctl } from './tty_ioctl.ts';
import {
  session_clear_tty,
  tty_open_proc_set_tty,
  tty_signal_session_leader,
} from './tty_jobctrl.ts';

/** /proc/sys/kernel/pty/max. */
const pty_limit = 4096;

export const file_tty = (f: file): tty_struct => f.private_data as tty_struct;

const INIT_C_CC = [3, 0x1c, 0x7f, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1a, 0, 0x12, 0xf, 0x17, 0x16];

/** What a new terminal is set to: the slave cooks, the master does nothing. */
function initTermios(master: boolean): ktermios {
  const made = new ktermios();
  made.c_cflag = t.B38400 | t.CS8 | t.CREAD;
  made.c_cc.set(INIT_C_CC);
  if (master) return made;
  made.c_iflag = t.ICRNL | t.IXON;
  made.c_oflag = t.OPOST | t.ONLCR;
  made.c_lflag = t.ISIG | t.ICANON | t.ECHO | t.ECHOE | t.ECHOK | t.ECHOCTL | t.ECHOKE | t.IEXTEN;
  return made;
}

/** A new pair; the master. */
function* tty_init_dev(index: number): Kernel<tty_struct> {
  const master = new tty_struct(index, true, initTermios(true));
  const slave = new tty_struct(index, false, initTermios(false));
  master.link = slave;
  slave.link = master;
  yield* n_tty_set_termios(master, null);
  yield* n_tty_set_termios(slave, null);
  return master;
}

/** May the side be opened now? 0, or -EIO. */
function pty_open(tty: tty_struct): number {
  const { link } = tty;
  if (tty.other_closed || link.pty_lock || (!tty.master && link.count !== 1)) {
    tty.io_error = true;
    return -EIO;
  }
  tty.io_error = false;
  link.other_closed = false;
  return 0;
}

/** The lowest number that no pair has; -1 if there is none. */
function devpts_new_index(): number {
  const { ptys } = current.kernel.fs;
  let index = 0;
  while (ptys.has(index)) index++;
  return index < pty_limit ? index : -1;
}

/** The slave's name in /dev/pts. */
function* devpts_pty_new(slave: tty_struct): Kernel<dentry> {
  const { fs } = current.kernel;
  const i_mode = S_IFCHR | 0o620;
  const init = { i_mode, i_fop: tty_fops, i_private: slave };
  const node = new inode(slave.index + 3, fs.pts.d_inode.s_dev, init);
  const made = d_add(fs.pts, String(slave.index), node);
  yield* fsnotify_create(fs.pts.d_inode, made);
  return made;
}

function* devpts_pty_kill(d: dentry): Kernel<void> {
  d.d_inode.i_nlink--;
  d.d_inode.i_private = null;
  __d_drop(d);
  yield* fsnotify_delete(d.d_parent.d_inode, d);
  yield* dput(d);
}

function* ptmx_open(f: file): Kernel<number> {
  __fentry__('ptmx_open');
  const index = devpts_new_index();
  if (index < 0) return -ENOSPC;
  current.kernel.fs.ptys.add(index);
  const tty = yield* tty_init_dev(index);
  tty.pty_lock = true;
  tty.tty_files.add(f);
  f.private_data = tty;
  tty.link.driver_data = yield* devpts_pty_new(tty.link);
  return pty_open(tty);
}

function* tty_open(f: file): Kernel<number> {
  __fentry__('tty_open');
  const isOwn = f.f_inode.i_fop === ownTerminalFops;
  const tty = isOwn ? current.signal.tty : (f.f_inode.i_private as tty_struct | null);
  if (tty === null) return isOwn ? -ENXIO : -EIO; // None, or its master is closed.
  if (tty.exclusive) return -EBUSY;
  tty.count++;
  tty.tty_files.add(f);
  f.private_data = tty;
  const error = pty_open(tty);
  if (error !== 0) {
    yield* tty_release(f);
    return error;
  }
  tty.hupped = false;
  if ((f.f_flags & O_NOCTTY) === 0) tty_open_proc_set_tty(f, tty);
  return 0;
}

/** One side has lost its last file: the other one is told, and a slave without a master hangs up. */
function* pty_close(tty: tty_struct): Kernel<void> {
  if (!tty.master && (tty.io_error || tty.count > 2)) return;
  const { link } = tty;
  tty.io_error = true;
  yield* wake_up_interruptible(tty.read_wait);
  yield* wake_up_interruptible(tty.write_wait);
  tty.packet = false;
  link.other_closed = true;
  yield* wake_up_interruptible(link.read_wait);
  yield* wake_up_interruptible(link.write_wait);
  if (!tty.master) return;
  tty.other_closed = true;
  const name = link.driver_data;
  link.driver_data = null;
  if (name !== null) yield* devpts_pty_kill(name);
  yield* tty_vhangup(link);
}

/** Every file of the terminal is at its end from now on, and its session has lost it. */
export function* tty_vhangup(tty: tty_struct): Kernel<void> {
  if (tty.hupped) return;
  tty.hupping = true;
  for (const f of tty.tty_files) f.f_op = hung_up_tty_fops;
  yield* tty_signal_session_leader(tty);
  yield* tty_ldisc_hangup(tty);
  tty.session = null;
  tty.pgrp = null;
  tty.pktstatus = 0;
  tty.hupped = true;
  tty.hupping = false;
}

function* tty_ldisc_hangup(tty: tty_struct): Kernel<void> {
  yield* n_tty_flush_buffer(tty);
  yield* pty_flush_buffer(tty);
  yield* wake_up_interruptible_poll(tty.write_wait, e.EPOLLOUT);
  yield* wake_up_interruptible_poll(tty.read_wait, e.EPOLLIN);
  tty.termios = initTermios(tty.master);
}

function* tty_release(f: file): Kernel<void> {
  __fentry__('tty_release');
  const tty = file_tty(f);
  yield* pty_close(tty);
  if (tty.master) tty.link.count--;
  tty.count--;
  tty.tty_files.delete(f);
  if (tty.count === 0) {
    session_clear_tty(tty.session);
    if (tty.master) session_clear_tty(tty.link.session);
  }
  const final = tty.count === 0 && !(tty.master && tty.link.count > 0);
  if (final) current.kernel.fs.ptys.delete(tty.index);
  else yield* runWorkers(tty);
}

function* tty_read(f: file, to: iov_iter): Kernel<number> {
  const tty = file_tty(f);
  if (tty.io_error) return -EIO;
  const ret = yield* n_tty_read(tty, f, to);
  yield* runWorkers(tty);
  return ret;
}

/** How much is written under the lock at a time. */
const chunk = 2048;

function* tty_write(f: file, from: iov_iter): Kernel<number> {
  const tty = file_tty(f);
  if (tty.io_error) return -EIO;
  const { atomic_write_lock } = tty;
  if ((f.f_flags & O_NONBLOCK) !== 0 && atomic_write_lock.held) return -EAGAIN;
  let ret = yield* takeSleepingLock(atomic_write_lock);
  if (ret !== 0) return ret;
  let written = 0;
  const bytes = copy_from_iter(iov_iter_count(from), from);
  for (;;) {
    const part = bytes.subarray(written, written + chunk);
    ret = yield* n_tty_write(tty, f, part);
    if (ret <= 0) break;
    written += ret;
    if (written === bytes.length) break;
    yield* runWorkers(tty);
    ret = -ERESTARTSYS;
    if (signal_pending(current)) break;
  }
  yield* tty_write_unlock(tty);
  yield* runWorkers(tty);
  return written > 0 ? written : ret;
}

const tty_poll = (f: file, wait: poll_table | null): Kernel<number> =>
  n_tty_poll(file_tty(f), f, wait);

function* ttyIoctl(f: file, cmd: number, arg: unknown): Kernel<number> {
  const ret = yield* tty_ioctl(f, file_tty(f), cmd, arg);
  yield* runWorkers(file_tty(f));
  return ret;
}

function* tty_show_fdinfo(m: string[], f: file): Kernel<void> {
  if (file_tty(f).master) m.push(`tty-index:\t${file_tty(f).index}`);
}

/** TIOCGPTPEER: opens the slave without its name; a descriptor, or -errno. */
export function* ptm_open_peer(tty: tty_struct, flags: number): Kernel<number> {
  if (!tty.master) return -EIO;
  const fd = yield* get_unused_fd_flags(flags);
  if (fd < 0) return fd;
  const name = tty.link.driver_data as dentry;
  const f = yield* vfs_open(name, flags);
  if (typeof f === 'number') {
    yield* put_unused_fd(fd);
    return f;
  }
  fd_install(fd, f);
  return fd;
}

const common: Omit<file_operations, 'name'> = {
  read_iter: tty_read,
  write_iter: tty_write,
  poll: tty_poll,
  unlocked_ioctl: ttyIoctl,
  release: tty_release,
  canAsync: true,
  show_fdinfo: tty_show_fdinfo,
};

export const tty_fops: file_operations = { name: 'tty', open: tty_open, ...common };
/** Of /dev/tty: whatever terminal the process has. */
export const ownTerminalFops: file_operations = { ...tty_fops };
export const ptmx_fops: file_operations = {
  name: 'ptmx',
  open: ptmx_open,
  notifiesNobody: true,
  ...common,
};

function* hung_up_tty_read(): Kernel<number> {
  return 0;
}
function* hung_up_tty_write(): Kernel<number> {
  return -EIO;
}
function* hung_up_tty_poll(): Kernel<number> {
  return e.EPOLLIN | e.EPOLLOUT | e.EPOLLERR | e.EPOLLHUP | e.EPOLLRDNORM | e.EPOLLWRNORM;
}
function* hung_up_tty_ioctl(_f: file, cmd: number): Kernel<number> {
  return cmd === TIOCSPGRP ? -ENOTTY : -EIO;
}

const hung_up_tty_fops: file_operations = {
  name: 'hung_up_tty',
  read_iter: hung_up_tty_read,
  write_iter: hung_up_tty_write,
  poll: hung_up_tty_poll,
  unlocked_ioctl: hung_up_tty_ioctl,
  release: tty_release,
};
