/**
 * A pipe: a ring of page-sized slots. Linux: include/linux/pipe_fs_i.h.
 *
 * A pipe is full when every slot is in use, however little it holds, and empty when none is.
 * Differs from Linux: the ring is a queue, so `head` and `tail` are its ends and their difference
 * is its length; no `nr_accounted` and no `user`, as nobody's pipes are counted.
 */
import Denque from 'denque';
import { newIdentity } from './footprint.ts';
import { mutex } from './mutex.ts';
import { type Named, Op } from './op.ts';
import { wait_queue_head } from './wait.ts';

export const PAGE_SIZE = 4096;
export const PIPE_DEF_BUFFERS = 16;

/** A read takes the slot as a whole, as one packet. */
export const PIPE_BUF_FLAG_PACKET = 0x08;
/** A later write may append to the slot. */
export const PIPE_BUF_FLAG_CAN_MERGE = 0x10;

/** One slot in use: `len` bytes from `offset` on. */
export class pipe_buffer {
  readonly page: Uint8Array;
  offset = 0;
  len: number;
  readonly flags: number;

  constructor(page: Uint8Array, len: number, flags: number) {
    this.page = page;
    this.len = len;
    this.flags = flags;
  }
}

export class pipe_inode_info implements Named {
  readonly mutex: mutex = new mutex('pipe->mutex', this);
  readonly rd_wait: wait_queue_head;
  readonly wr_wait: wait_queue_head;

  // Under mutex; read without it by pipe_poll() and by what sleepers wait for:
  /** From the tail, where reads take, to the head, where writes add. */
  readonly bufs: Denque<pipe_buffer> = new Denque();
  /** How many slots there are. */
  max_usage: number = PIPE_DEF_BUFFERS;
  readers = 1;
  writers = 1;

  /** Files that refer to the pipe. */
  files = 2;
  /** How often an end was opened; only a FIFO's are opened more than once. */
  readonly r_counter: number = 1;
  readonly w_counter: number = 1;
  /**
   * Somebody polled it once: from then on every write wakes the read end's pollers. 7.3 has
   * `pseudo_edgetrigger` in its place, which only an EPOLLET item of the read end sets.
   */
  poll_usage = false;
  /** Pages to use again. */
  readonly tmp_page: Uint8Array[] = [];

  // Ours:
  readonly name = 'pipe';
  readonly identity: number = newIdentity();
  readonly look: Op = new Op('access', this);

  /** Before 0ddad21d3e99 readers and writers shared a queue, `pipe->wait`. */
  constructor(shared: boolean) {
    this.rd_wait = new wait_queue_head(shared ? 'pipe->wait' : 'pipe->rd_wait');
    this.wr_wait = shared ? this.rd_wait : new wait_queue_head('pipe->wr_wait');
  }
}

export const pipe_is_empty = (pipe: pipe_inode_info): boolean => pipe.bufs.length === 0;

export const pipe_is_full = (pipe: pipe_inode_info): boolean => pipe.bufs.length >= pipe.max_usage;
