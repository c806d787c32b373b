/**
 * Input of a terminal: lines in canonical mode, bytes otherwise. Linux: drivers/tty/n_tty.c.
 *
 * Invariants: read_tail ≤ canon_head ≤ read_head; a reader sees up to canon_head in canonical mode,
 * else up to commit_head.
 * Differs from Linux: nothing comes in with an error or a break.
 */
import type { Kernel } from '../op.ts';
import { __fentry__, traceFact, traceNote } from '../trace.ts';
import { EPOLLIN, EPOLLRDNORM } from '../uapi/eventpoll.ts';
import { TIOCPKT_FLUSHREAD } from '../uapi/ioctls.ts';
import { SIGINT, SIGQUIT, SIGTSTP } from '../uapi/signal.ts';
import * as t from '../uapi/termbits.ts';
import { wake_up_interruptible, wake_up_interruptible_poll } from '../wait.ts';
import { isalnum, iscntrl, tolower } from './ctype.ts';
import {
  commit_echoes,
  echo_char,
  echo_char_raw,
  echo_erase_tab,
  echo_move_back_col,
  echo_set_canon_col,
  finish_erasing,
  flush_echoes,
  is_continuation,
  process_echoes,
} from './n_tty_echo.ts';
import {
  killForeground,
  pty_flush_buffer,
  pty_unthrottle,
  start_tty,
  stop_tty,
} from './pty_ops.ts';
import { N_TTY_BUF_SIZE, type n_tty_data, type tty_struct } from './tty.ts';

const READABLE: number = EPOLLIN | EPOLLRDNORM;
/** Stands in the buffer for an end of file, and in c_cc for "no such character". */
export const __DISABLED_CHAR = 0;
const [TAB, NEWLINE, RETURN] = [9, 10, 13] as const;

export const MASK = (i: number): number => i & (N_TTY_BUF_SIZE - 1);
export const read_buf = ({ read_buf: buf }: n_tty_data, i: number): number =>
  buf[MASK(i)] as number;
export const hasIflag = (tty: tty_struct, bits: number): boolean =>
  (tty.termios.c_iflag & bits) !== 0;
export const hasLflag = (tty: tty_struct, bits: number): boolean =>
  (tty.termios.c_lflag & bits) !== 0;
const cc = (tty: tty_struct, which: number): number => tty.termios.c_cc[which] as number;

function put_tty_queue(c: number, ldata: n_tty_data): void {
  ldata.read_buf[MASK(ldata.read_head)] = c;
  ldata.read_head++;
}

export function reset_buffer_flags(ldata: n_tty_data): void {
  ldata.read_head = ldata.canon_head = ldata.read_tail = ldata.commit_head = 0;
  ldata.erasing = false;
  ldata.read_flags.fill(false);
  ldata.push = false;
  ldata.lookahead_count = 0;
}

/** A master in packet mode is told that input was thrown away. */
export function* n_tty_packet_mode_flush(tty: tty_struct): Kernel<void> {
  if (!tty.link.packet) return;
  tty.pktstatus |= TIOCPKT_FLUSHREAD;
  yield* wake_up_interruptible(tty.link.read_wait);
}

/** Throws the input away. */
export function* n_tty_flush_buffer(tty: tty_struct): Kernel<void> {
  reset_buffer_flags(tty.disc_data);
  n_tty_kick_worker(tty);
  yield* n_tty_packet_mode_flush(tty);
}

/** If the worker has stopped for want of room, it has work again. */
export function n_tty_kick_worker({ disc_data, buf }: tty_struct): void {
  if (!disc_data.no_room) return;
  disc_data.no_room = false;
  buf.queued = true;
}

export function chars_in_buffer({ disc_data: ldata }: tty_struct): number {
  return (ldata.icanon ? ldata.canon_head : ldata.commit_head) - ldata.read_tail;
}

/** Where the last character begins; -1 where only a part of one is left. */
function lastCharacter(tty: tty_struct): number {
  const ldata = tty.disc_data;
  let head = ldata.read_head;
  do head--;
  while (is_continuation(read_buf(ldata, head), tty) && MASK(head) !== MASK(ldata.canon_head));
  return is_continuation(read_buf(ldata, head), tty) ? -1 : head;
}

/** Takes a tab back on the screen: how many columns it had depends on what is before it. */
function eraseTab(tty: tty_struct): void {
  const ldata = tty.disc_data;
  let num_chars = 0;
  for (let tail = ldata.read_head; MASK(tail) !== MASK(ldata.canon_head); ) {
    const c = read_buf(ldata, --tail);
    if (c === TAB) return echo_erase_tab(num_chars, true, ldata);
    if (iscntrl(c)) num_chars += hasLflag(tty, t.ECHOCTL) ? 2 : 0;
    else if (!is_continuation(c, tty)) num_chars++;
  }
  echo_erase_tab(num_chars, false, ldata);
}

/** Takes one character back on the screen, or shows that it is taken back. */
function echoErased(tty: tty_struct, c: number, head: number, cnt: number, one: boolean): void {
  const ldata = tty.disc_data;
  if (hasLflag(tty, t.ECHOPRT)) {
    if (!ldata.erasing) {
      echo_char_raw(0x5c, ldata);
      ldata.erasing = true;
    }
    echo_char(c, tty);
    for (let i = 1; i < cnt; i++) {
      echo_char_raw(read_buf(ldata, head + i), ldata);
      echo_move_back_col(ldata);
    }
  } else if (one && !hasLflag(tty, t.ECHOE)) {
    echo_char(cc(tty, t.VERASE), tty);
  } else if (c === TAB) {
    eraseTab(tty);
  } else {
    const shown = hasLflag(tty, t.ECHOCTL);
    const columns = iscntrl(c) ? (shown ? 2 : 0) : 1;
    for (let i = 0; i < columns; i++) for (const b of [8, 0x20, 8]) echo_char_raw(b, ldata);
  }
}

/** The line is taken back in one go, with no more than a mark on the screen; false if not so. */
function killsAtOnce(tty: tty_struct): boolean {
  const ldata = tty.disc_data;
  const echoes = hasLflag(tty, t.ECHO);
  if (echoes && hasLflag(tty, t.ECHOK) && hasLflag(tty, t.ECHOKE) && hasLflag(tty, t.ECHOE))
    return false;
  ldata.read_head = ldata.canon_head;
  if (!echoes) return true;
  finish_erasing(ldata);
  echo_char(cc(tty, t.VKILL), tty);
  if (hasLflag(tty, t.ECHOK)) echo_char_raw(NEWLINE, ldata);
  return true;
}

/** Takes the last character, word or line back. */
function eraser(char: number, tty: tty_struct): void {
  const ldata = tty.disc_data;
  if (ldata.read_head === ldata.canon_head) return;
  const one = char === cc(tty, t.VERASE);
  const word = !one && char === cc(tty, t.VWERASE);
  if (!one && !word && killsAtOnce(tty)) return;
  let seen_alnums = false;
  while (MASK(ldata.read_head) !== MASK(ldata.canon_head)) {
    const head = lastCharacter(tty);
    if (head < 0) break;
    const c = read_buf(ldata, head);
    const isWord = isalnum(c) || c === 0x5f;
    if (word && !isWord && seen_alnums) break;
    if (isWord) seen_alnums = true;
    const cnt = ldata.read_head - head;
    ldata.read_head = head;
    if (hasLflag(tty, t.ECHO)) echoErased(tty, c, head, cnt, one);
    if (one) break;
  }
  if (ldata.read_head === ldata.canon_head && hasLflag(tty, t.ECHO)) finish_erasing(ldata);
}

/** A signal for whoever is in the foreground; what was typed and not read is gone. */
function* isig(sig: number, tty: tty_struct): Kernel<void> {
  yield* killForeground(tty, sig);
  if (hasLflag(tty, t.NOFLSH)) return;
  const ldata = tty.disc_data;
  ldata.echo_head = ldata.echo_tail = ldata.echo_mark = ldata.echo_commit = 0;
  yield* pty_flush_buffer(tty);
  reset_buffer_flags(ldata);
  yield* n_tty_packet_mode_flush(tty);
}

function* n_tty_receive_signal_char(tty: tty_struct, signal: number, c: number): Kernel<void> {
  yield* isig(signal, tty);
  if (hasIflag(tty, t.IXON)) yield* start_tty(tty);
  if (hasLflag(tty, t.ECHO)) {
    echo_char(c, tty);
    commit_echoes(tty);
  } else process_echoes(tty);
}

/** Stops the output, or lets it go on; false for other characters. */
function* n_tty_receive_char_flow_ctrl(
  tty: tty_struct,
  c: number,
  lookahead_done: boolean,
): Kernel<boolean> {
  const start = c === cc(tty, t.VSTART);
  if (!start && c !== cc(tty, t.VSTOP)) return false;
  if (lookahead_done) return true;
  if (start) {
    yield* start_tty(tty);
    process_echoes(tty);
  } else yield* stop_tty(tty);
  return true;
}

/** A line is complete. */
function* n_tty_receive_handle_newline(tty: tty_struct, c: number): Kernel<void> {
  const ldata = tty.disc_data;
  ldata.read_flags[MASK(ldata.read_head)] = true;
  put_tty_queue(c, ldata);
  ldata.canon_head = ldata.read_head;
  yield* wake_up_interruptible_poll(tty.read_wait, READABLE);
}

function reprint(tty: tty_struct, c: number): void {
  const ldata = tty.disc_data;
  finish_erasing(ldata);
  echo_char(c, tty);
  echo_char_raw(NEWLINE, ldata);
  for (let tail = ldata.canon_head; MASK(tail) !== MASK(ldata.read_head); tail++) {
    echo_char(read_buf(ldata, tail), tty);
  }
  commit_echoes(tty);
}

/** A character that edits or ends a line; false for others. */
function* n_tty_receive_char_canon(tty: tty_struct, c: number): Kernel<boolean> {
  const ldata = tty.disc_data;
  const extended = hasLflag(tty, t.IEXTEN);
  const is = (which: number): boolean => c === cc(tty, which);
  if (is(t.VERASE) || is(t.VKILL) || (is(t.VWERASE) && extended)) {
    eraser(c, tty);
    commit_echoes(tty);
  } else if (is(t.VLNEXT) && extended) {
    ldata.lnext = true;
    if (hasLflag(tty, t.ECHO)) finish_erasing(ldata);
    if (hasLflag(tty, t.ECHO) && hasLflag(tty, t.ECHOCTL)) {
      echo_char_raw(0x5e, ldata);
      echo_char_raw(8, ldata);
      commit_echoes(tty);
    }
  } else if (is(t.VREPRINT) && hasLflag(tty, t.ECHO) && extended) {
    reprint(tty, c);
  } else if (c === NEWLINE) {
    if (hasLflag(tty, t.ECHO | t.ECHONL)) {
      echo_char_raw(NEWLINE, ldata);
      commit_echoes(tty);
    }
    yield* n_tty_receive_handle_newline(tty, c);
  } else if (is(t.VEOF)) {
    yield* n_tty_receive_handle_newline(tty, __DISABLED_CHAR);
  } else if (is(t.VEOL) || (is(t.VEOL2) && extended)) {
    if (hasLflag(tty, t.ECHO)) echoTyped(tty, c);
    if (c === 0xff && hasIflag(tty, t.PARMRK)) put_tty_queue(c, ldata);
    yield* n_tty_receive_handle_newline(tty, c);
  } else return false;
  return true;
}

/** Echoes a character that is kept. */
function echoTyped(tty: tty_struct, c: number): void {
  const ldata = tty.disc_data;
  if (ldata.canon_head === ldata.read_head) echo_set_canon_col(ldata);
  echo_char(c, tty);
  commit_echoes(tty);
}

function keep(tty: tty_struct, c: number): void {
  if (c === 0xff && hasIflag(tty, t.PARMRK)) put_tty_queue(c, tty.disc_data);
  put_tty_queue(c, tty.disc_data);
}

/** Any character lets stopped output go on, where IXANY says so. */
function* restartByAny(tty: tty_struct): Kernel<void> {
  if (!tty.stopped || tty.tco_stopped || !hasIflag(tty, t.IXON) || !hasIflag(tty, t.IXANY)) return;
  yield* start_tty(tty);
  process_echoes(tty);
}

/** A character that means something. */
function* n_tty_receive_char_special(
  tty: tty_struct,
  char: number,
  lookahead_done: boolean,
): Kernel<void> {
  const ldata = tty.disc_data;
  let c = char;
  if (hasIflag(tty, t.IXON) && (yield* n_tty_receive_char_flow_ctrl(tty, c, lookahead_done)))
    return;
  if (hasLflag(tty, t.ISIG)) {
    if (c === cc(tty, t.VINTR)) return yield* n_tty_receive_signal_char(tty, SIGINT, c);
    if (c === cc(tty, t.VQUIT)) return yield* n_tty_receive_signal_char(tty, SIGQUIT, c);
    if (c === cc(tty, t.VSUSP)) return yield* n_tty_receive_signal_char(tty, SIGTSTP, c);
  }
  yield* restartByAny(tty);
  if (c === RETURN) {
    if (hasIflag(tty, t.IGNCR)) return;
    if (hasIflag(tty, t.ICRNL)) c = NEWLINE;
  } else if (c === NEWLINE && hasIflag(tty, t.INLCR)) c = RETURN;
  if (ldata.icanon && (yield* n_tty_receive_char_canon(tty, c))) return;
  if (hasLflag(tty, t.ECHO)) {
    finish_erasing(ldata);
    if (c === NEWLINE) {
      echo_char_raw(NEWLINE, ldata);
      commit_echoes(tty);
    } else echoTyped(tty, c);
  }
  keep(tty, c);
}

function* n_tty_receive_char(tty: tty_struct, c: number): Kernel<void> {
  yield* restartByAny(tty);
  if (hasLflag(tty, t.ECHO)) {
    finish_erasing(tty.disc_data);
    echoTyped(tty, c);
  }
  keep(tty, c);
}

/** What there was no room for yet is looked at for characters that stop the output. */
export function* n_tty_lookahead_flow_ctrl(tty: tty_struct, cp: Uint8Array): Kernel<void> {
  tty.disc_data.lookahead_count += cp.length;
  if (!hasIflag(tty, t.IXON)) return;
  for (const c of cp) yield* n_tty_receive_char_flow_ctrl(tty, c, false);
}

function* n_tty_receive_buf_standard(
  tty: tty_struct,
  cp: Uint8Array,
  looked: number,
): Kernel<void> {
  const ldata = tty.disc_data;
  for (const [i, char] of cp.entries()) {
    let c = hasIflag(tty, t.ISTRIP) ? char & 0x7f : char;
    if (hasIflag(tty, t.IUCLC) && hasLflag(tty, t.IEXTEN)) c = tolower(c);
    if (ldata.lnext) {
      ldata.lnext = false;
      yield* n_tty_receive_char(tty, c);
    } else if (hasLflag(tty, t.EXTPROC)) put_tty_queue(c, ldata);
    else if (ldata.char_map[c] === true) yield* n_tty_receive_char_special(tty, c, i < looked);
    else yield* n_tty_receive_char(tty, c);
  }
}

function* __receive_buf(tty: tty_struct, cp: Uint8Array): Kernel<void> {
  const ldata = tty.disc_data;
  const preops = hasIflag(tty, t.ISTRIP) || (hasIflag(tty, t.IUCLC) && hasLflag(tty, t.IEXTEN));
  const la_count = Math.min(ldata.lookahead_count, cp.length);
  if (ldata.raw || (hasLflag(tty, t.EXTPROC) && !preops)) {
    for (const c of cp) put_tty_queue(c, ldata);
  } else {
    yield* n_tty_receive_buf_standard(tty, cp, la_count);
    flush_echoes(tty);
  }
  ldata.lookahead_count = Math.max(ldata.lookahead_count - la_count, 0);
  if (ldata.icanon && !hasLflag(tty, t.EXTPROC)) {
    if (ldata.read_head !== ldata.canon_head) traceFact('line not over', tty);
    return;
  }
  ldata.commit_head = ldata.read_head;
  if (ldata.read_head !== ldata.read_tail) {
    yield* wake_up_interruptible_poll(tty.read_wait, READABLE);
  }
}

/**
 * Takes as much as there is room for; how many bytes. A line that is longer than the buffer is
 * taken all the same, so that it can come to its end, and cut.
 */
export function* n_tty_receive_buf2(tty: tty_struct, chars: Uint8Array): Kernel<number> {
  __fentry__('n_tty_receive_buf2');
  const ldata = tty.disc_data;
  let rcvd = 0;
  let overflow = false;
  for (;;) {
    const tail = ldata.read_tail;
    let room = N_TTY_BUF_SIZE - (ldata.read_head - tail);
    if (hasIflag(tty, t.PARMRK)) room = Math.ceil(room / 3);
    room--;
    overflow = false;
    if (room <= 0) {
      overflow = ldata.icanon && ldata.canon_head === tail;
      if (overflow && room < 0) ldata.read_head--;
      room = overflow ? 1 : 0;
      ldata.no_room = !overflow;
    }
    const n = Math.min(chars.length - rcvd, room);
    if (n === 0) break;
    yield* __receive_buf(tty, chars.subarray(rcvd, rcvd + n));
    rcvd += n;
  }
  if (overflow) yield* pty_unthrottle(tty);
  if (ldata.no_room) {
    traceNote('n_tty_receive_buf2: no room', tty);
    if (chars_in_buffer(tty) === 0) n_tty_kick_worker(tty);
  }
  return rcvd;
}
