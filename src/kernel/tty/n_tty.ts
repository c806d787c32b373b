/** The line discipline towards whoever reads, writes and polls. Linux: drivers/tty/n_tty.c. */
import { current } from '../current.ts';
import { ERESTARTSYS } from '../errno.ts';
import type { file } from '../file.ts';
import type { Kernel } from '../op.ts';
import { type poll_table, poll_wait, wantsQueue } from '../poll.ts';
import { signal_pending, TASK_INTERRUPTIBLE } from '../sched.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../sleep_timeout.ts';
import { __fentry__, traceNote } from '../trace.ts';
import { copy_to_iter, type iov_iter, iov_iter_count } from '../uaccess.ts';
import { EAGAIN, EIO } from '../uapi/errno.ts';
import * as e from '../uapi/eventpoll.ts';
import { O_NONBLOCK } from '../uapi/fcntl.ts';
import { TIOCPKT_DATA } from '../uapi/ioctls.ts';
import { SIGTTIN } from '../uapi/signal.ts';
import * as t from '../uapi/termbits.ts';
import {
  add_wait_queue,
  remove_wait_queue,
  type wait_queue_entry,
  wake_up_interruptible,
} from '../wait.ts';
import { wait_woken, wokenEntry } from '../wait_woken.ts';
import {
  process_echoes,
  process_output,
  process_output_block,
  pty_write,
  tty_write_room,
} from './n_tty_echo.ts';
import {
  __DISABLED_CHAR,
  chars_in_buffer,
  hasIflag,
  hasLflag,
  MASK,
  n_tty_kick_worker,
  read_buf,
} from './n_tty_receive.ts';
import { start_tty, tty_wakeup } from './pty_ops.ts';
import {
  giveSleepingLock,
  type ktermios,
  N_TTY_BUF_SIZE,
  takeSleepingLock,
  type tty_struct,
} from './tty.ts';
import { runWorkers, tty_buffer_flush_work } from './tty_buffer.ts';
import { __tty_check_change, tty_check_change } from './tty_jobctrl.ts';

const TTY_THRESHOLD_UNTHROTTLE = 128;
/** How many bytes the reader is given at a time. */
const kernelBuffer = 64;
/** A tenth of a second. */
const decisecond = 100_000_000;

const cc = (tty: tty_struct, which: number): number => tty.termios.c_cc[which] as number;
export const isCanonical = (tty: tty_struct): boolean =>
  tty.disc_data.icanon && !hasLflag(tty, t.EXTPROC);

/** Which characters mean something, by the settings. */
function fillCharMap(tty: tty_struct): void {
  const { char_map } = tty.disc_data;
  const mark = (...which: number[]): void => {
    for (const each of which) char_map[cc(tty, each)] = true;
  };
  char_map.fill(false);
  if (hasIflag(tty, t.IGNCR | t.ICRNL)) char_map[13] = true;
  if (hasIflag(tty, t.INLCR)) char_map[10] = true;
  if (hasLflag(tty, t.ICANON)) {
    mark(t.VERASE, t.VKILL, t.VEOF, t.VEOL);
    char_map[10] = true;
    if (hasLflag(tty, t.IEXTEN)) {
      mark(t.VWERASE, t.VLNEXT, t.VEOL2);
      if (hasLflag(tty, t.ECHO)) mark(t.VREPRINT);
    }
  }
  if (hasIflag(tty, t.IXON)) mark(t.VSTART, t.VSTOP);
  if (hasLflag(tty, t.ISIG)) mark(t.VINTR, t.VQUIT, t.VSUSP);
  char_map[__DISABLED_CHAR] = false;
}

/** What is there becomes a line, or what was a line becomes bytes. */
function changeMode(tty: tty_struct): void {
  const ldata = tty.disc_data;
  ldata.read_flags.fill(false);
  if (!hasLflag(tty, t.ICANON) || ldata.read_head === ldata.read_tail) {
    ldata.canon_head = ldata.read_tail;
    ldata.push = false;
  } else {
    ldata.read_flags[MASK(ldata.read_head - 1)] = true;
    ldata.canon_head = ldata.read_head;
    ldata.push = true;
  }
  ldata.commit_head = ldata.read_head;
  ldata.erasing = false;
  ldata.lnext = false;
}

/** The settings have changed; `old` is null for a new terminal. */
export function* n_tty_set_termios(tty: tty_struct, old: ktermios | null): Kernel<void> {
  const ldata = tty.disc_data;
  const changed = old === null ? -1 : old.c_lflag ^ tty.termios.c_lflag;
  if ((changed & (t.ICANON | t.EXTPROC)) !== 0) changeMode(tty);
  ldata.icanon = hasLflag(tty, t.ICANON);
  const cooksInput = t.ISTRIP | t.IUCLC | t.IGNCR | t.ICRNL | t.INLCR | t.IXON | t.PARMRK;
  ldata.raw = !hasIflag(tty, cooksInput) && !hasLflag(tty, t.ICANON | t.ISIG | t.ECHO);
  if (!ldata.raw) fillCharMap(tty);
  if (!hasIflag(tty, t.IXON) && old !== null && (old.c_iflag & t.IXON) !== 0 && !tty.tco_stopped) {
    yield* start_tty(tty);
    process_echoes(tty);
  }
  yield* wake_up_interruptible(tty.write_wait);
  yield* wake_up_interruptible(tty.read_wait);
}

/** Is there a line, or are there enough bytes? */
function input_available_p(tty: tty_struct, poll: boolean): boolean {
  const ldata = tty.disc_data;
  if (isCanonical(tty)) return ldata.canon_head !== ldata.read_tail;
  const least = poll && cc(tty, t.VTIME) === 0 ? cc(tty, t.VMIN) : 1;
  return ldata.commit_head - ldata.read_tail >= Math.max(least, 1);
}

/** The next bytes; how many, and whether there are more. */
function copy_from_read_buf(tty: tty_struct, kb: Uint8Array): [copied: number, more: boolean] {
  const ldata = tty.disc_data;
  const head = ldata.commit_head;
  const tail = MASK(ldata.read_tail);
  const n = Math.min(head - ldata.read_tail, N_TTY_BUF_SIZE - tail, kb.length);
  if (n === 0) return [0, false];
  kb.set(ldata.read_buf.subarray(tail, tail + n));
  const is_eof = n === 1 && kb[0] === cc(tty, t.VEOF);
  ldata.read_tail += n;
  if (hasLflag(tty, t.EXTPROC) && ldata.icanon && is_eof && head === ldata.read_tail) {
    return [0, false];
  }
  return [n, head !== ldata.read_tail];
}

/** The next bytes of a line; how many, and whether the line goes on. */
function canon_copy_from_read_buf(tty: tty_struct, kb: Uint8Array): [number, boolean] {
  const ldata = tty.disc_data;
  if (kb.length === 0) return [0, false];
  const { canon_head } = ldata;
  const most = Math.min(kb.length, canon_head - ldata.read_tail);
  let n = 0;
  while (n < most && ldata.read_flags[MASK(ldata.read_tail + n)] !== true) n++;
  const found = n < most;
  const eol = ldata.read_tail + n;
  const taken = n + (found ? 1 : 0);
  const copied = found && read_buf(ldata, eol) === __DISABLED_CHAR ? n : taken;
  for (let i = 0; i < copied; i++) kb[i] = read_buf(ldata, ldata.read_tail + i);
  if (found) ldata.read_flags[MASK(eol)] = false;
  ldata.read_tail += taken;
  if (found) ldata.push = false;
  return [copied, !found && ldata.read_tail !== canon_head];
}

/** An end of file right behind what filled the reader's buffer is part of it. */
function canon_skip_eof({ disc_data: ldata }: tty_struct): void {
  const tail = MASK(ldata.read_tail);
  if (ldata.read_tail === ldata.canon_head || ldata.read_flags[tail] !== true) return;
  if (ldata.read_buf[tail] !== __DISABLED_CHAR) return;
  ldata.read_flags[tail] = false;
  ldata.read_tail++;
}

/** There is room again: for the worker, and for whoever writes on the other side. */
function* n_tty_check_unthrottle(tty: tty_struct): Kernel<void> {
  if (chars_in_buffer(tty) > TTY_THRESHOLD_UNTHROTTLE) return;
  n_tty_kick_worker(tty);
  yield* tty_wakeup(tty.link);
}

/** Has the terminal been hung up since the file was opened? */
export const tty_hung_up_p = (f: file): boolean => f.f_op.name === 'hung_up_tty';

/** Sleeps until there may be input: 1 and what is left of the time, or 0 or -errno, to give up. */
function* n_tty_wait_for_input(
  tty: tty_struct,
  f: file,
  wait: wait_queue_entry,
  timeout: number,
): Kernel<readonly [ret: number, left: number]> {
  if (tty.other_closed) return [-EIO, 0];
  if (tty_hung_up_p(f) || tty.hupping || timeout === 0) return [0, 0];
  if ((f.f_flags & O_NONBLOCK) !== 0) return [-EAGAIN, 0];
  if (signal_pending(current)) return [-ERESTARTSYS, 0];
  traceNote('n_tty_read: no input, waits', tty);
  return [1, yield* wait_woken(wait, TASK_INTERRUPTIBLE, timeout)];
}

/** Takes what there is, after the first bytes were read: up to the end of the line or the buffer. */
function* n_tty_continue_cookie(tty: tty_struct, to: iov_iter): Kernel<void> {
  for (;;) {
    const kb = new Uint8Array(Math.min(kernelBuffer, iov_iter_count(to)));
    if (isCanonical(tty) && kb.length === 0) {
      canon_skip_eof(tty);
      break;
    }
    const [n, more] = isCanonical(tty)
      ? canon_copy_from_read_buf(tty, kb)
      : copy_from_read_buf(tty, kb);
    copy_to_iter(kb.subarray(0, n), to);
    if (!more || n === 0) break;
  }
  n_tty_kick_worker(tty);
  yield* n_tty_check_unthrottle(tty);
}

/** Waits for the first bytes, as many as VMIN and VTIME ask for; how many, whether there are more. */
function* readFirst(
  tty: tty_struct,
  f: file,
  kb: Uint8Array,
): Kernel<readonly [ret: number, more: boolean]> {
  const ldata = tty.disc_data;
  const { packet } = tty;
  const minimum = ldata.icanon ? 0 : cc(tty, t.VMIN) || 1;
  const time = ldata.icanon ? 0 : cc(tty, t.VTIME) * decisecond;
  const between = !ldata.icanon && cc(tty, t.VMIN) > 0 ? time : 0;
  let timeout = ldata.icanon || cc(tty, t.VMIN) > 0 ? MAX_SCHEDULE_TIMEOUT : time;
  const wait = wokenEntry();
  let done = 0;
  let retval = 0;
  let more = false;
  yield* add_wait_queue(tty.read_wait, wait);
  while (done < kb.length) {
    if (packet && tty.link.pktstatus !== 0) {
      if (done > 0) break;
      kb[done++] = tty.link.pktstatus;
      tty.link.pktstatus = 0;
      break;
    }
    if (!input_available_p(tty, false)) {
      yield* tty_buffer_flush_work(tty);
      if (!current.kernel.alone) yield tty.look;
      if (!input_available_p(tty, false)) {
        const [ret, left] = yield* n_tty_wait_for_input(tty, f, wait, timeout);
        timeout = left;
        if (ret > 0) continue;
        retval = ret;
        break;
      }
    }
    if (!isCanonical(tty) && packet && done === 0) kb[done++] = TIOCPKT_DATA;
    const [n, rest] = isCanonical(tty)
      ? canon_copy_from_read_buf(tty, kb.subarray(done))
      : copy_from_read_buf(tty, kb.subarray(done));
    done += n;
    more = rest && (isCanonical(tty) || done >= minimum);
    if (more) break;
    yield* n_tty_check_unthrottle(tty);
    if (done >= minimum) break;
    if (between > 0) timeout = between;
  }
  yield* remove_wait_queue(tty.read_wait, wait);
  return [done > 0 ? done : retval, more];
}

/** Reads a line, or bytes; how many, or -errno. */
export function* n_tty_read(tty: tty_struct, f: file, to: iov_iter): Kernel<number> {
  __fentry__('n_tty_read');
  let error = yield* __tty_check_change(tty, SIGTTIN);
  if (error !== 0) return error;
  const { atomic_read_lock } = tty.disc_data;
  if ((f.f_flags & O_NONBLOCK) !== 0 && atomic_read_lock.held) return -EAGAIN;
  error = yield* takeSleepingLock(atomic_read_lock);
  if (error !== 0) return error;
  const wanted = iov_iter_count(to);
  const kb = new Uint8Array(Math.min(wanted, kernelBuffer));
  const [ret, more] = yield* readFirst(tty, f, kb);
  if (ret > 0) copy_to_iter(kb.subarray(0, ret), to);
  if (more) yield* n_tty_continue_cookie(tty, to);
  else if (ret > 0) n_tty_kick_worker(tty);
  yield* giveSleepingLock(atomic_read_lock);
  return ret > 0 ? wanted - iov_iter_count(to) : ret;
}

/** Writes as much as there is room for; how many bytes. */
function writeOut(tty: tty_struct, buf: Uint8Array): number {
  if ((tty.termios.c_oflag & t.OPOST) === 0) return pty_write(tty, buf);
  let done = 0;
  while (done < buf.length) {
    done += process_output_block(tty, buf.subarray(done));
    if (done === buf.length || !process_output(buf[done] as number, tty)) break;
    done++;
  }
  return done;
}

/** Writes up to 2048 bytes, and waits for room; how many were taken, or -errno. */
export function* n_tty_write(tty: tty_struct, f: file, buf: Uint8Array): Kernel<number> {
  __fentry__('n_tty_write');
  const error = hasLflag(tty, t.TOSTOP) ? yield* tty_check_change(tty) : 0;
  if (error !== 0) return error;
  process_echoes(tty);
  const wait = wokenEntry();
  let done = 0;
  let retval = 0;
  yield* add_wait_queue(tty.write_wait, wait);
  for (;;) {
    if (signal_pending(current)) {
      retval = -ERESTARTSYS;
      break;
    }
    if (tty_hung_up_p(f) || tty.link.count === 0) {
      retval = -EIO;
      break;
    }
    done += writeOut(tty, buf.subarray(done));
    if (done === buf.length) break;
    if ((f.f_flags & O_NONBLOCK) !== 0) {
      retval = -EAGAIN;
      break;
    }
    traceNote('n_tty_write: no room, waits', tty);
    yield* runWorkers(tty);
    if (tty_write_room(tty) === 0 || tty.stopped) {
      yield* wait_woken(wait, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
    }
  }
  yield* remove_wait_queue(tty.write_wait, wait);
  return done > 0 ? done : retval;
}

const READABLE: number = e.EPOLLIN | e.EPOLLRDNORM;

export function* n_tty_poll(tty: tty_struct, f: file, wait: poll_table | null): Kernel<number> {
  __fentry__('n_tty_poll');
  if (wantsQueue(wait)) {
    yield* poll_wait(f, tty.read_wait, wait);
    yield* poll_wait(f, tty.write_wait, wait);
  }
  let mask = 0;
  if (!current.kernel.alone) yield tty.look;
  if (!input_available_p(tty, true)) yield* tty_buffer_flush_work(tty);
  if (input_available_p(tty, true)) mask |= READABLE;
  if (tty.packet && tty.link.pktstatus !== 0) mask |= e.EPOLLPRI | READABLE;
  if (tty.other_closed || tty_hung_up_p(f)) mask |= e.EPOLLHUP;
  if (!tty.atomic_write_lock.held && tty_write_room(tty) > 0) {
    mask |= e.EPOLLOUT | e.EPOLLWRNORM;
  }
  return mask;
}
