/**
 * One side of a pseudo-terminal, and what comes in for it. Linux: include/linux/tty.h,
 * include/linux/tty_buffer.h, include/linux/tty_port.h, drivers/tty/tty_buffer.c, n_tty.c.
 *
 * What one side writes goes into the flip buffers of the other; from there a worker hands it to the
 * line discipline, as far as that has room.
 *
 * Invariants: `mem_used` is the sum of the sizes of the buffers in the list; a buffer whose bytes
 * have no flags holds twice its size.
 * Differs from Linux: the worker runs at the end of the call that gave it work, in its task; what
 * changes in one step needs no lock (ctrl.lock, flow.lock, port->lock, output_lock, termios_rwsem).
 */

import type { file } from '../file.ts';
import { newIdentity } from '../footprint.ts';
import type { dentry } from '../fs/dcache.ts';
import { type Kernel, type Named, Op } from '../op.ts';
import type { pid } from '../pid.ts';
import { NCCS } from '../uapi/termbits.ts';
import { wait_queue_head, wake_up_interruptible } from '../wait.ts';
import { wait_event_interruptible_exclusive } from '../wait_event.ts';

export class ktermios {
  c_iflag = 0;
  c_oflag = 0;
  c_cflag = 0;
  c_lflag = 0;
  c_line = 0;
  c_cc: Uint8Array = new Uint8Array(NCCS);
}

export interface winsize {
  ws_row: number;
  ws_col: number;
  ws_xpixel: number;
  ws_ypixel: number;
}

export class tty_buffer {
  used = 0;
  commit = 0;
  read = 0;
  /** What the line discipline was shown before it had room. */
  lookahead = 0;
  readonly size: number;
  readonly data: Uint8Array;

  constructor(size: number, data: Uint8Array) {
    this.size = size;
    this.data = data;
  }
}

export class tty_bufhead {
  /** The oldest first; never empty: an empty one of no size stands for none. */
  readonly list: tty_buffer[] = [new tty_buffer(0, new Uint8Array(0))];
  mem_used = 0;
  readonly mem_limit = 8192;
  /** Small buffers that were used before. */
  free = 0;
  /** There is work for the worker, and it is at work. */
  queued = false;
  working = false;
}

/** Ours: a mutex whose waiters can be interrupted, and who has it may sleep for long. */
export class SleepingLock implements Named {
  readonly name: string;
  readonly identity: number = newIdentity();
  held = false;
  readonly wait: wait_queue_head;
  readonly look: Op = new Op('access', this);

  constructor(name: string) {
    this.name = name;
    this.wait = new wait_queue_head(name);
  }
}

/** Ours: mutex_lock_interruptible(); 0, or -ERESTARTSYS for a signal. */
export function* takeSleepingLock(lock: SleepingLock): Kernel<number> {
  while (lock.held) {
    const error = yield* wait_event_interruptible_exclusive(lock.wait, lock.look, () => !lock.held);
    if (error !== 0) return error;
  }
  lock.held = true;
  return 0;
}

export function* giveSleepingLock(lock: SleepingLock): Kernel<void> {
  lock.held = false;
  yield* wake_up_interruptible(lock.wait);
}

export const N_TTY_BUF_SIZE = 4096;

/** What the line discipline keeps: positions count up, and mean a place modulo the size. */
export class n_tty_data {
  read_head = 0;
  commit_head = 0;
  canon_head = 0;
  read_tail = 0;
  readonly read_buf: Uint8Array = new Uint8Array(N_TTY_BUF_SIZE);
  /** Where in read_buf a line ends. */
  readonly read_flags: boolean[] = new Array<boolean>(N_TTY_BUF_SIZE).fill(false);
  no_room = false;

  /** Which characters mean something. */
  readonly char_map: boolean[] = new Array<boolean>(256).fill(false);
  /** The next character means nothing; a crossing out is under way. */
  lnext = false;
  erasing = false;
  raw = false;
  icanon = false;
  /** The end of a line was made up when the mode changed. */
  push = false;
  lookahead_count = 0;

  echo_head = 0;
  echo_commit = 0;
  echo_mark = 0;
  echo_tail = 0;
  readonly echo_buf: Uint8Array = new Uint8Array(N_TTY_BUF_SIZE);
  column = 0;
  canon_column = 0;

  readonly atomic_read_lock: SleepingLock = new SleepingLock('ldata->atomic_read_lock');
}

export class tty_struct implements Named {
  readonly name: string;
  readonly identity: number = newIdentity();
  readonly index: number;
  /** PTY_TYPE_MASTER, not PTY_TYPE_SLAVE. */
  readonly master: boolean;
  /** The other side. */
  link: tty_struct = this;
  /** How many open files; in a slave 1 more for its master. */
  count = 1;
  termios: ktermios;
  winsize: winsize = { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };

  /** TTY_IO_ERROR, TTY_OTHER_CLOSED, TTY_PTY_LOCK, TTY_EXCLUSIVE, TTY_HUPPING, TTY_HUPPED. */
  io_error = false;
  other_closed = false;
  pty_lock = false;
  exclusive = false;
  hupping = false;
  hupped = false;

  /** flow.stopped, flow.tco_stopped: by a character, or by a call. */
  stopped = false;
  tco_stopped = false;

  /** ctrl: packet mode of the master, what it is to be told, and whose terminal it is. */
  packet = false;
  pktstatus = 0;
  pgrp: pid | null = null;
  session: pid | null = null;

  readonly read_wait: wait_queue_head;
  readonly write_wait: wait_queue_head;
  readonly atomic_write_lock: SleepingLock = new SleepingLock('tty->atomic_write_lock');
  readonly disc_data: n_tty_data = new n_tty_data();
  readonly buf: tty_bufhead = new tty_bufhead();
  readonly tty_files: Set<file> = new Set();
  /** The slave's name in /dev/pts. */
  driver_data: dentry | null = null;

  // Ours: announces a look without a lock.
  readonly look: Op = new Op('access', this);

  constructor(index: number, master: boolean, termios: ktermios) {
    this.name = `${master ? 'ptm' : 'pts'}${index}`;
    this.index = index;
    this.master = master;
    this.termios = termios;
    this.read_wait = new wait_queue_head(`${this.name}.read_wait`);
    this.write_wait = new wait_queue_head(`${this.name}.write_wait`);
  }
}
