/**
 * What one side of a pair does to the other, apart from writing. Linux: drivers/tty/pty.c,
 * drivers/tty/tty_io.c.
 */
import { kill_pgrp_info } from '../kill.ts';
import type { Kernel } from '../op.ts';
import { kernelInfo } from '../signal_send.ts';
import { EPOLLIN, EPOLLOUT } from '../uapi/eventpoll.ts';
import { TIOCPKT_FLUSHWRITE, TIOCPKT_START, TIOCPKT_STOP } from '../uapi/ioctls.ts';
import { wake_up_interruptible, wake_up_interruptible_poll } from '../wait.ts';
import { giveSleepingLock, type tty_struct } from './tty.ts';
import { tty_buffer_flush } from './tty_buffer.ts';

/** Whoever waits to write looks whether there is room. */
export const tty_wakeup = (tty: tty_struct): Kernel<number> =>
  wake_up_interruptible_poll(tty.write_wait, EPOLLOUT);

/** The next one may write. */
export function* tty_write_unlock(tty: tty_struct): Kernel<void> {
  yield* giveSleepingLock(tty.atomic_write_lock);
  yield* tty_wakeup(tty);
}

/** The line discipline has room again. */
export const pty_unthrottle = (tty: tty_struct): Kernel<number> => tty_wakeup(tty.link);

/** Throws away what was written to the other side and has not come to its line discipline. */
export function* pty_flush_buffer(tty: tty_struct): Kernel<void> {
  tty_buffer_flush(tty.link);
  if (!tty.link.packet) return;
  tty.pktstatus |= TIOCPKT_FLUSHWRITE;
  yield* wake_up_interruptible(tty.link.read_wait);
}

/** The master in packet mode is told of the one and not of the other. */
function* tellMaster(tty: tty_struct, set: number, clear: number): Kernel<void> {
  if (tty.master || !tty.link.packet) return;
  tty.pktstatus = (tty.pktstatus & ~clear) | set;
  yield* wake_up_interruptible_poll(tty.link.read_wait, EPOLLIN);
}

export function* stop_tty(tty: tty_struct): Kernel<void> {
  if (tty.stopped) return;
  tty.stopped = true;
  yield* tellMaster(tty, TIOCPKT_STOP, TIOCPKT_START);
}

export function* start_tty(tty: tty_struct): Kernel<void> {
  if (!tty.stopped || tty.tco_stopped) return;
  tty.stopped = false;
  yield* tellMaster(tty, TIOCPKT_START, TIOCPKT_STOP);
  yield* tty_wakeup(tty);
}

/** A signal of the kernel for the process group in the foreground, if there is one. */
export function* killForeground({ pgrp }: tty_struct, sig: number): Kernel<void> {
  if (pgrp === null) return;
  yield* kill_pgrp_info(kernelInfo(sig), pgrp);
}
