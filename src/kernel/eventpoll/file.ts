/**
 * The epoll descriptor as a file. Linux: fs/eventpoll.c (eventpoll_fops, do_epoll_create,
 * ep_show_fdinfo).
 */
import { anon_inode_getfile } from '../anon_inodes.ts';
import { current } from '../current.ts';
import { fd_install, type file, type file_operations, get_unused_fd_flags } from '../file.ts';
import { noop_llseek } from '../fs/llseek.ts';
import { mutex_lock, mutex_unlock } from '../mutex.ts';
import type { Kernel } from '../op.ts';
import type { poll_table } from '../poll.ts';
import { rb_first, rb_next } from '../rbtree.ts';
import { rwlock_t } from '../rwlock.ts';
import { __fentry__ } from '../trace.ts';
import type { epoll_data_t } from '../uaccess.ts';
import { EINVAL, ENOTTY } from '../uapi/errno.ts';
import { EPIOCGPARAMS, EPIOCSPARAMS, EPOLL_CLOEXEC } from '../uapi/eventpoll.ts';
import { O_RDWR } from '../uapi/fcntl.ts';
import * as before511 from './before_5_11.ts';
import { ep_eventpoll_bp_ioctl } from './busy_poll.ts';
import { ep_clear_and_put } from './remove.ts';
import { ep_free } from './remove_before_6_4.ts';
import { __ep_eventpoll_poll } from './scan.ts';
import { eventpoll } from './types.ts';

export const is_file_epoll = (f: file): boolean => f.f_op === eventpoll_fops;

const ep_eventpoll_poll = (file: file, wait: poll_table | null): Kernel<number> =>
  current.kernel.patched['319c15174757']
    ? __ep_eventpoll_poll(file, wait, 0)
    : before511.ep_eventpoll_poll(file, wait);

function* ep_eventpoll_release(file: file): Kernel<void> {
  yield* putFileReference(file.private_data as eventpoll);
}

/** The file's reference of the instance goes; before 58c9b016e128 it was the only one. */
const putFileReference = (ep: eventpoll): Kernel<void> =>
  current.kernel.patched['58c9b016e128'] ? ep_clear_and_put(ep) : ep_free(ep);

function* ep_eventpoll_ioctl(file: file, cmd: number, arg: unknown): Kernel<number> {
  if (!current.kernel.patched['18e2bf0edf4d']) return -ENOTTY;
  if (cmd !== EPIOCSPARAMS && cmd !== EPIOCGPARAMS) return -EINVAL;
  return yield* ep_eventpoll_bp_ioctl(file, cmd, arg);
}

const hex64 = (data: epoll_data_t): string => BigInt.asUintN(64, BigInt(data)).toString(16);

/** One line an item, as /proc/PID/fdinfo/FD shows it. */
function* ep_show_fdinfo(m: string[], f: file): Kernel<void> {
  const ep = f.private_data as eventpoll;
  yield mutex_lock(ep.mtx);
  for (let epi = rb_first(ep.rbr); epi !== null; epi = rb_next(ep.rbr, epi)) {
    const { file, fd } = epi.ffd;
    const tfd = String(fd).padStart(8);
    const events = (epi.event.events >>> 0).toString(16).padStart(8);
    const data = hex64(epi.event.data).padStart(16);
    const ino = file.f_inode.i_ino.toString(16);
    const sdev = file.f_inode.s_dev.toString(16);
    const target = current.kernel.patched['fdinfo-target']
      ? `  pos:${file.f_pos} ino:${ino} sdev:${sdev}`
      : '';
    m.push(`tfd: ${tfd} events: ${events} data: ${data}${target}`);
  }
  mutex_unlock(ep.mtx);
}

export const eventpoll_fops: file_operations = {
  name: 'eventpoll',
  llseek: noop_llseek,
  show_fdinfo: ep_show_fdinfo,
  release: ep_eventpoll_release,
  poll: ep_eventpoll_poll,
  unlocked_ioctl: ep_eventpoll_ioctl,
};

function ep_alloc(): eventpoll {
  const { patched } = current.kernel;
  const shared = patched.a218cc491420 && !patched['0c43094f8cc9'];
  const rwlock = shared ? new rwlock_t('ep->lock') : null;
  const lockOfQueue = patched.ee8ef0a4b167 && !patched.a218cc491420;
  return new eventpoll(current.user, rwlock, lockOfQueue);
}

/** A new instance behind the lowest free descriptor, or -errno. */
export function* do_epoll_create(flags: number): Kernel<number> {
  __fentry__('do_epoll_create');
  if ((flags & ~EPOLL_CLOEXEC) !== 0) return -EINVAL;
  const ep = ep_alloc();
  const fd = yield* get_unused_fd_flags(O_RDWR | (flags & EPOLL_CLOEXEC));
  if (fd < 0) {
    yield* putFileReference(ep);
    return fd;
  }
  const file = anon_inode_getfile('[eventpoll]', eventpoll_fops, ep, O_RDWR);
  ep.file = file;
  fd_install(fd, file);
  return fd;
}
