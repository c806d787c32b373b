/**
 * What Linux may do and need not: calls that move fewer bytes than they could, or none at all. A
 * checker asks for it (sim/liberties); without one `current.kernel.liberties` is null, and every
 * transfer is as whole as it can be.
 *
 * A read that falls short is one of which the rest has not arrived yet: it arrives right behind it, with
 * a wakeup of its own. A write that falls short found too little memory, and there is some again.
 */
import { current } from './current.ts';
import type { epitem } from './eventpoll/types.ts';
import type { file } from './file.ts';
import type { Kernel } from './op.ts';
import { traceNote } from './trace.ts';
import type { iov_iter } from './uaccess.ts';
import { EAGAIN } from './uapi/errno.ts';
import { FIONREAD } from './uapi/ioctls.ts';
import { POLLERR, POLLHUP, POLLOUT } from './uapi/poll.ts';

/** How a transfer falls short: after its first byte, before its last one, or before the first. */
export type Shortfall = 'first' | 'last' | 'none';

/** Decides where the kernel takes liberties; a checker has one for each machine. */
export interface Liberties {
  /** How the next transfer of the file is to fall short; null if it is not. */
  shortfall(f: file, writes: boolean): Shortfall | null;
  /** It does so now. */
  fallsShort(f: file, writes: boolean): void;
  /** What was missing is there: wakes whoever waits for it. */
  restOf(f: file, writes: boolean): Kernel<void>;
  /** An event of the item was copied to the user. */
  told(epi: epitem): void;
}

/** Moves bytes between a file and user memory; how many, or -errno. */
export type Transfer = (f: file, iter: iov_iter) => Kernel<number>;

/** Bytes that can be read at once. */
function* bytesIn(f: file): Kernel<number> {
  const count = { value: 0 };
  const { unlocked_ioctl } = f.f_op;
  if (unlocked_ioctl === undefined) return 0;
  return (yield* unlocked_ioctl(f, FIONREAD, count)) < 0 ? 0 : count.value;
}

/** As `read`, which may fall short. `waits`: it blocks where there is nothing. */
export function* readShort(f: file, to: iov_iter, waits: boolean, read: Transfer): Kernel<number> {
  const { liberties } = current.kernel;
  const how = liberties?.shortfall(f, false) ?? null;
  if (how === null) return yield* read(f, to);
  const there = Math.min(yield* bytesIn(f), to.count);
  const fits = how === 'none' ? there > 0 && !waits : there > 1;
  return fits ? yield* fallShort(f, false, to, mostOf(how, there), read) : yield* read(f, to);
}

/** As `write`, which may fall short where it does not block. `atomic`: so many bytes go as a whole. */
export function* writeShort(
  f: file,
  from: iov_iter,
  waits: boolean,
  atomic: number,
  write: Transfer,
): Kernel<number> {
  const { liberties } = current.kernel;
  const { count } = from;
  const how = waits ? null : (liberties?.shortfall(f, true) ?? null);
  if (how === null || count <= (how === 'none' ? 0 : atomic)) return yield* write(f, from);
  const mask = f.f_op.poll === undefined ? 0 : yield* f.f_op.poll(f, null);
  const fits = (mask & (POLLOUT | POLLERR | POLLHUP)) === POLLOUT;
  return fits ? yield* fallShort(f, true, from, mostOf(how, count), write) : yield* write(f, from);
}

const mostOf = (how: Shortfall, count: number): number =>
  how === 'none' ? 0 : how === 'first' ? 1 : count - 1;

function* fallShort(
  f: file,
  writes: boolean,
  iter: iov_iter,
  most: number,
  transfer: Transfer,
): Kernel<number> {
  const liberties = current.kernel.liberties as Liberties;
  const { count } = iter;
  liberties.fallsShort(f, writes);
  traceNote(`${f.f_op.name}: ${most === 0 ? 'EAGAIN' : `no more than ${most}`}, for once`, f);
  iter.count = most;
  const ret = most === 0 ? -EAGAIN : yield* transfer(f, iter);
  iter.count += count - most;
  yield* liberties.restOf(f, writes);
  return ret;
}
