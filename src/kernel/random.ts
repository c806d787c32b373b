/**
 * Devices that always have random bytes. Linux: drivers/char/random.c.
 *
 * /dev/random can be polled, and is readable from the moment when enough was gathered; /dev/urandom
 * has no poll method. What is written into either is taken and changes nothing here.
 *
 * Differs from Linux: enough has been gathered when a machine starts; the bytes follow from the
 * machine's seed. A long read is not cut short by a signal. Of the ioctls only
 * RNDGETENTCNT exists.
 */
import { current } from './current.ts';
import type { file, file_operations } from './file.ts';
import { noop_llseek } from './fs/llseek.ts';
import type { Kernel } from './op.ts';
import { type poll_table, poll_wait, wantsQueue } from './poll.ts';
import { copy_from_iter, copy_to_iter, type iov_iter, iov_iter_count } from './uaccess.ts';
import { EINVAL } from './uapi/errno.ts';
import { EPOLLIN, EPOLLRDNORM } from './uapi/eventpoll.ts';
import { RNDGETENTCNT } from './uapi/random.ts';

/** How many bits the pool has. */
const POOL_BITS = 256;

function* random_read_iter(_file: file, to: iov_iter): Kernel<number> {
  const { random } = current.kernel;
  const bytes = new Uint8Array(iov_iter_count(to));
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
  return copy_to_iter(bytes, to);
}

function* random_write_iter(_file: file, from: iov_iter): Kernel<number> {
  return copy_from_iter(iov_iter_count(from), from).length;
}

function* random_poll(f: file, wait: poll_table | null): Kernel<number> {
  if (wantsQueue(wait)) yield* poll_wait(f, current.kernel.fs.crng_init_wait, wait);
  return EPOLLIN | EPOLLRDNORM;
}

function* random_ioctl(_file: file, cmd: number, arg: unknown): Kernel<number> {
  if (cmd !== RNDGETENTCNT) return -EINVAL;
  (arg as { value: number }).value = POOL_BITS;
  return 0;
}

export const random_fops: file_operations = {
  name: 'random',
  read_iter: random_read_iter,
  write_iter: random_write_iter,
  poll: random_poll,
  unlocked_ioctl: random_ioctl,
  canAsync: true,
  llseek: noop_llseek,
};

export const urandom_fops: file_operations = {
  name: 'urandom',
  read_iter: random_read_iter,
  write_iter: random_write_iter,
  unlocked_ioctl: random_ioctl,
  canAsync: true,
  llseek: noop_llseek,
};
