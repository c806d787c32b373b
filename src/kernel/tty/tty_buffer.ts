/** From one side of a terminal to the other. Linux: drivers/tty/tty_buffer.c. */
import type { Kernel } from '../op.ts';
import { __fentry__ } from '../trace.ts';
import { n_tty_lookahead_flow_ctrl, n_tty_receive_buf2 } from './n_tty_receive.ts';
import { tty_buffer, type tty_bufhead, type tty_struct } from './tty.ts';

const TTYB_ALIGN_MASK = 0xff;
/** Up to that size a buffer is kept for the next time. */
const MIN_TTYB_SIZE = 256;
/** The most that goes into a buffer at once: half a page, flags being as many as bytes. */
const TTY_BUFFER_PAGE = 1792;

const headOf = ({ list }: tty_bufhead): tty_buffer => list[0] as tty_buffer;
const tailOf = ({ list }: tty_bufhead): tty_buffer => list[list.length - 1] as tty_buffer;

/** How many bytes there is room for. */
export const tty_buffer_space_avail = ({ buf }: tty_struct): number =>
  Math.max(buf.mem_limit - buf.mem_used, 0);

function tty_buffer_alloc(buf: tty_bufhead, wanted: number): tty_buffer | null {
  const size = (wanted + TTYB_ALIGN_MASK) & ~TTYB_ALIGN_MASK;
  if (size <= MIN_TTYB_SIZE && buf.free > 0) buf.free--;
  else if (buf.mem_used > buf.mem_limit) return null;
  buf.mem_used += size;
  return new tty_buffer(size, new Uint8Array(2 * size));
}

function tty_buffer_free(buf: tty_bufhead, { size }: tty_buffer): void {
  buf.mem_used -= size;
  if (size > 0 && size <= MIN_TTYB_SIZE) buf.free++;
}

/** Makes room in the last buffer or in a new one; how much, at most `size`. */
function __tty_buffer_request_room(buf: tty_bufhead, size: number): number {
  const tail = tailOf(buf);
  const left = tail.data.length - tail.used;
  if (left >= size) return size;
  const made = tty_buffer_alloc(buf, size);
  if (made === null) return left;
  tail.commit = tail.used;
  buf.list.push(made);
  return size;
}

/** Puts bytes in front of a side, as many as there is room for, and wakes its worker. */
export function tty_insert_flip_string_and_push_buffer(
  { buf }: tty_struct,
  chars: Uint8Array,
): number {
  let copied = 0;
  while (copied < chars.length) {
    const goal = Math.min(chars.length - copied, TTY_BUFFER_PAGE);
    const space = __tty_buffer_request_room(buf, goal);
    if (space === 0) break;
    const tail = tailOf(buf);
    tail.data.set(chars.subarray(copied, copied + space), tail.used);
    tail.used += space;
    copied += space;
  }
  if (copied > 0) tailOf(buf).commit = tailOf(buf).used;
  buf.queued = true;
  return copied;
}

/** Shows the line discipline what it has no room for: it may be told to stop or to go on. */
function* lookahead_bufs(tty: tty_struct): Kernel<void> {
  for (const each of [...tty.buf.list]) {
    each.lookahead = Math.max(each.lookahead, each.read);
    const shown = each.data.subarray(each.lookahead, each.commit);
    each.lookahead = each.commit;
    if (shown.length > 0) yield* n_tty_lookahead_flow_ctrl(tty, shown);
  }
}

/** The worker: hands bytes to the line discipline until that has no room, or there are no more. */
function* flush_to_ldisc(tty: tty_struct): Kernel<void> {
  __fentry__('flush_to_ldisc');
  const { buf } = tty;
  for (;;) {
    const head = headOf(buf);
    const count = head.commit - head.read;
    if (count === 0) {
      if (buf.list.length === 1) return;
      buf.list.shift();
      tty_buffer_free(buf, head);
      continue;
    }
    const rcvd = yield* n_tty_receive_buf2(tty, head.data.slice(head.read, head.commit));
    head.read += rcvd;
    if (rcvd < count) yield* lookahead_bufs(tty);
    if (rcvd === 0) return;
  }
}

/** Runs the worker of one side, if it has work and nobody else runs it. */
export function* tty_buffer_flush_work(tty: tty_struct): Kernel<void> {
  const { buf } = tty;
  if (buf.working) return;
  while (buf.queued) {
    buf.queued = false;
    buf.working = true;
    yield* flush_to_ldisc(tty);
    buf.working = false;
  }
}

/** Ours: runs the workers of both sides until there is nothing to do: an echo is work for the other. */
export function* runWorkers(tty: tty_struct): Kernel<void> {
  const { link } = tty;
  while ((tty.buf.queued && !tty.buf.working) || (link.buf.queued && !link.buf.working)) {
    yield* tty_buffer_flush_work(link);
    yield* tty_buffer_flush_work(tty);
  }
}

/** Throws away what has not reached the line discipline. */
export function tty_buffer_flush({ buf }: tty_struct): void {
  while (buf.list.length > 1) tty_buffer_free(buf, buf.list.shift() as tty_buffer);
  const head = headOf(buf);
  head.read = head.commit;
  head.lookahead = head.read;
}
