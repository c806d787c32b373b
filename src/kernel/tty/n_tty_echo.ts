/**
 * Output of a terminal, and the echo of its input. Linux: drivers/tty/n_tty.c.
 *
 * What is to be echoed waits in a buffer of its own until there is room: characters, and operations
 * that begin with ECHO_OP_START. Columns are counted as they are written, so that a tab can be
 * taken back.
 */
import * as t from '../uapi/termbits.ts';
import { iscntrl, toupper } from './ctype.ts';
import { N_TTY_BUF_SIZE, type n_tty_data, type tty_struct } from './tty.ts';
import { tty_buffer_space_avail, tty_insert_flip_string_and_push_buffer } from './tty_buffer.ts';

const ECHO_OP_START = 0xff;
const ECHO_OP_MOVE_BACK_COL = 0x80;
const ECHO_OP_SET_CANON_COL = 0x81;
const ECHO_OP_ERASE_TAB = 0x82;
const ECHO_COMMIT_WATERMARK = 256;
const ECHO_BLOCK = 256;
const ECHO_DISCARD_WATERMARK: number = N_TTY_BUF_SIZE - (ECHO_BLOCK + 32);

const [BACKSPACE, TAB, NEWLINE, RETURN] = [8, 9, 10, 13] as const;

const MASK = (i: number): number => i & (N_TTY_BUF_SIZE - 1);
const echo_buf = ({ echo_buf: buf }: n_tty_data, i: number): number => buf[MASK(i)] as number;

const hasOflag = (tty: tty_struct, bits: number): boolean => (tty.termios.c_oflag & bits) !== 0;
const hasLflag = (tty: tty_struct, bits: number): boolean => (tty.termios.c_lflag & bits) !== 0;

/** The driver takes bytes for the other side; how many. */
export function pty_write(tty: tty_struct, bytes: Uint8Array): number {
  if (tty.stopped || bytes.length === 0) return 0;
  return tty_insert_flip_string_and_push_buffer(tty.link, bytes);
}

export const tty_write_room = (tty: tty_struct): number =>
  tty.stopped ? 0 : tty_buffer_space_avail(tty.link);

const tty_put_char = (tty: tty_struct, c: number): number => pty_write(tty, Uint8Array.of(c));

/** Part of a character of several bytes that is not its first? */
export const is_continuation = (c: number, { termios }: tty_struct): boolean =>
  (termios.c_iflag & t.IUTF8) !== 0 && (c & 0xc0) === 0x80;

/** Writes one character with what OPOST does to it; how many bytes, -1 where there is no room. */
function do_output_char(char: number, tty: tty_struct, space: number): number {
  const ldata = tty.disc_data;
  let c = char;
  if (space === 0) return -1;
  if (c === NEWLINE) {
    if (hasOflag(tty, t.ONLRET)) ldata.column = 0;
    if (hasOflag(tty, t.ONLCR)) {
      if (space < 2) return -1;
      ldata.canon_column = ldata.column = 0;
      pty_write(tty, Uint8Array.of(RETURN, NEWLINE));
      return 2;
    }
    ldata.canon_column = ldata.column;
  } else if (c === RETURN) {
    if (hasOflag(tty, t.ONOCR) && ldata.column === 0) return 0;
    if (hasOflag(tty, t.OCRNL)) {
      c = NEWLINE;
      if (hasOflag(tty, t.ONLRET)) ldata.canon_column = ldata.column = 0;
    } else ldata.canon_column = ldata.column = 0;
  } else if (c === TAB) {
    const spaces = 8 - (ldata.column & 7);
    if ((tty.termios.c_oflag & t.TABDLY) === t.XTABS) {
      if (space < spaces) return -1;
      ldata.column += spaces;
      pty_write(tty, new Uint8Array(spaces).fill(0x20));
      return spaces;
    }
    ldata.column += spaces;
  } else if (c === BACKSPACE) {
    if (ldata.column > 0) ldata.column--;
  } else if (!iscntrl(c)) {
    if (hasOflag(tty, t.OLCUC)) c = toupper(c);
    if (!is_continuation(c, tty)) ldata.column++;
  }
  tty_put_char(tty, c);
  return 1;
}

/** Writes one character; false where there is no room. */
export const process_output = (c: number, tty: tty_struct): boolean =>
  do_output_char(c, tty, tty_write_room(tty)) >= 0;

/** Writes up to the first character that OPOST would change; how many bytes. */
export function process_output_block(tty: tty_struct, buf: Uint8Array): number {
  const ldata = tty.disc_data;
  const nr = Math.min(buf.length, tty_write_room(tty));
  let i = 0;
  for (; i < nr; i++) {
    const c = buf[i] as number;
    if (c === NEWLINE) {
      if (hasOflag(tty, t.ONLRET)) ldata.column = 0;
      if (hasOflag(tty, t.ONLCR)) break;
      ldata.canon_column = ldata.column;
    } else if (c === RETURN) {
      if ((hasOflag(tty, t.ONOCR) && ldata.column === 0) || hasOflag(tty, t.OCRNL)) break;
      ldata.canon_column = ldata.column = 0;
    } else if (c === TAB) {
      break;
    } else if (c === BACKSPACE) {
      if (ldata.column > 0) ldata.column--;
    } else if (!iscntrl(c)) {
      if (hasOflag(tty, t.OLCUC)) break;
      if (!is_continuation(c, tty)) ldata.column++;
    }
  }
  return pty_write(tty, buf.subarray(0, i));
}

/** One operation of the echo at `tail`: where the next begins and what room is left; null: later. */
function n_tty_process_echo_ops(
  tty: tty_struct,
  tail: number,
  space: number,
): readonly [tail: number, space: number] | null {
  const ldata = tty.disc_data;
  const op = echo_buf(ldata, tail + 1);
  switch (op) {
    case ECHO_OP_ERASE_TAB: {
      let num_chars = echo_buf(ldata, tail + 2);
      if ((num_chars & 0x80) === 0) num_chars += ldata.canon_column;
      const num_bs = 8 - (num_chars & 7);
      if (num_bs > space) return null;
      for (let i = 0; i < num_bs; i++) {
        tty_put_char(tty, BACKSPACE);
        if (ldata.column > 0) ldata.column--;
      }
      return [tail + 3, space - num_bs];
    }
    case ECHO_OP_SET_CANON_COL:
      ldata.canon_column = ldata.column;
      return [tail + 2, space];
    case ECHO_OP_MOVE_BACK_COL:
      if (ldata.column > 0) ldata.column--;
      return [tail + 2, space];
    case ECHO_OP_START:
      if (space === 0) return null;
      tty_put_char(tty, ECHO_OP_START);
      ldata.column++;
      return [tail + 2, space - 1];
    default: // A control character, as ^X.
      if (space < 2) return null;
      pty_write(tty, Uint8Array.of(0x5e, op ^ 0o100));
      ldata.column += 2;
      return [tail + 2, space - 2];
  }
}

/** Writes what may be echoed by now, as far as there is room. */
function __process_echoes(tty: tty_struct): void {
  const ldata = tty.disc_data;
  let space = tty_write_room(tty);
  let tail = ldata.echo_tail;
  while (MASK(ldata.echo_commit) !== MASK(tail)) {
    const c = echo_buf(ldata, tail);
    if (c === ECHO_OP_START) {
      const next = n_tty_process_echo_ops(tty, tail, space);
      if (next === null) break;
      [tail, space] = next;
      continue;
    }
    const used = hasOflag(tty, t.OPOST)
      ? do_output_char(c, tty, space)
      : space === 0
        ? -1
        : tty_put_char(tty, c);
    if (used < 0) break;
    space -= used;
    tail++;
  }
  // What cannot be written before the buffer overruns is lost, the oldest first.
  while (ldata.echo_commit > tail && ldata.echo_commit - tail >= ECHO_DISCARD_WATERMARK) {
    const isOp = echo_buf(ldata, tail) === ECHO_OP_START;
    tail += !isOp ? 1 : echo_buf(ldata, tail + 1) === ECHO_OP_ERASE_TAB ? 3 : 2;
  }
  ldata.echo_tail = tail;
}

/** The echo of one character is complete; it is written when a good deal has come together. */
export function commit_echoes(tty: tty_struct): void {
  const ldata = tty.disc_data;
  const head = ldata.echo_head;
  ldata.echo_mark = head;
  const old = ldata.echo_commit - ldata.echo_tail;
  const nr = head - ldata.echo_tail;
  if (nr < ECHO_COMMIT_WATERMARK || nr % ECHO_BLOCK > old % ECHO_BLOCK) return;
  ldata.echo_commit = head;
  __process_echoes(tty);
}

export function process_echoes(tty: tty_struct): void {
  const ldata = tty.disc_data;
  if (ldata.echo_mark === ldata.echo_tail) return;
  ldata.echo_commit = ldata.echo_mark;
  __process_echoes(tty);
}

/** The end of what came in: all of its echo is written. */
export function flush_echoes(tty: tty_struct): void {
  const ldata = tty.disc_data;
  if (!hasLflag(tty, t.ECHO | t.ECHONL) || ldata.echo_commit === ldata.echo_head) return;
  ldata.echo_commit = ldata.echo_head;
  __process_echoes(tty);
}

function add_echo_byte(c: number, ldata: n_tty_data): void {
  ldata.echo_buf[MASK(ldata.echo_head)] = c;
  ldata.echo_head++;
}

function addOperation(ldata: n_tty_data, ...op: number[]): void {
  add_echo_byte(ECHO_OP_START, ldata);
  for (const byte of op) add_echo_byte(byte, ldata);
}

export const echo_move_back_col = (ldata: n_tty_data): void =>
  addOperation(ldata, ECHO_OP_MOVE_BACK_COL);
export const echo_set_canon_col = (ldata: n_tty_data): void =>
  addOperation(ldata, ECHO_OP_SET_CANON_COL);

/** A tab is taken back: so many columns were used since the one before, or since the start. */
export const echo_erase_tab = (num_chars: number, after_tab: boolean, ldata: n_tty_data): void =>
  addOperation(ldata, ECHO_OP_ERASE_TAB, (num_chars & 7) | (after_tab ? 0x80 : 0));

export function echo_char_raw(c: number, ldata: n_tty_data): void {
  if (c === ECHO_OP_START) addOperation(ldata, ECHO_OP_START);
  else add_echo_byte(c, ldata);
}

/** A control character is echoed as ^X, where ECHOCTL says so. */
export function echo_char(c: number, tty: tty_struct): void {
  const ldata = tty.disc_data;
  if (c === ECHO_OP_START) addOperation(ldata, ECHO_OP_START);
  else if (hasLflag(tty, t.ECHOCTL) && iscntrl(c) && c !== TAB) addOperation(ldata, c);
  else add_echo_byte(c, ldata);
}

export function finish_erasing(ldata: n_tty_data): void {
  if (!ldata.erasing) return;
  echo_char_raw(0x2f, ldata);
  ldata.erasing = false;
}
