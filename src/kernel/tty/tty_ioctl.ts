/** What ioctl() asks of a terminal. Linux: drivers/tty/tty_io.c, tty_ioctl.c, pty.c, n_tty.c. */
import { ENOIOCTLCMD } from '../errno.ts';
import type { file } from '../file.ts';
import type { Kernel } from '../op.ts';
import { EINVAL, ENOTTY } from '../uapi/errno.ts';
import * as r from '../uapi/ioctls.ts';
import { SIGINT, SIGQUIT, SIGTSTP, SIGWINCH } from '../uapi/signal.ts';
import * as t from '../uapi/termbits.ts';
import { wake_up_interruptible } from '../wait.ts';
import { isCanonical, n_tty_set_termios } from './n_tty.ts';
import { pty_write } from './n_tty_echo.ts';
import { __DISABLED_CHAR, MASK, n_tty_flush_buffer, read_buf } from './n_tty_receive.ts';
import {
  killForeground,
  pty_flush_buffer,
  pty_unthrottle,
  start_tty,
  stop_tty,
  tty_write_unlock,
} from './pty_ops.ts';
import { ktermios, takeSleepingLock, type tty_struct, type winsize } from './tty.ts';
import { tty_buffer_flush } from './tty_buffer.ts';
import { ptm_open_peer } from './tty_io.ts';
import { tty_check_change, tty_jobctrl_ioctl } from './tty_jobctrl.ts';

/** An int, by its address or, where Linux takes it so, by itself. */
interface IntArgument {
  value: number;
}

function copyTermios(to: ktermios, from: ktermios): void {
  to.c_iflag = from.c_iflag;
  to.c_oflag = from.c_oflag;
  to.c_cflag = from.c_cflag;
  to.c_lflag = from.c_lflag;
  to.c_line = from.c_line;
  to.c_cc = Uint8Array.from(from.c_cc);
}

/** Does ^S and ^Q stop the output? Only then may the other side do so by itself. */
const flows = ({ c_iflag, c_cc }: ktermios): boolean =>
  (c_iflag & t.IXON) !== 0 && c_cc[t.VSTOP] === 0o23 && c_cc[t.VSTART] === 0o21;

/** A master in packet mode is told of what changes for it. */
function* pty_set_termios(tty: tty_struct, old: ktermios): Kernel<void> {
  const { termios, link } = tty;
  if (link.packet) {
    const extproc = ((old.c_lflag | termios.c_lflag) & t.EXTPROC) !== 0;
    const changed = flows(old) !== flows(termios);
    if (changed) {
      tty.pktstatus &= ~(r.TIOCPKT_DOSTOP | r.TIOCPKT_NOSTOP);
      tty.pktstatus |= flows(termios) ? r.TIOCPKT_DOSTOP : r.TIOCPKT_NOSTOP;
    }
    if (extproc) tty.pktstatus |= r.TIOCPKT_IOCTL;
    if (changed || extproc) yield* wake_up_interruptible(link.read_wait);
  }
  termios.c_cflag = (termios.c_cflag & ~(t.CSIZE | t.PARENB)) | t.CS8 | t.CREAD;
}

function* tty_set_termios(tty: tty_struct, wanted: ktermios): Kernel<void> {
  const old = tty.termios;
  tty.termios = new ktermios();
  copyTermios(tty.termios, wanted);
  yield* pty_set_termios(tty, old);
  yield* n_tty_set_termios(tty, old);
}

/** TCSETS, TCSETSW, TCSETSF: the latter two wait for whoever writes, TCSETSF throws input away. */
function* set_termios(tty: tty_struct, wanted: ktermios, cmd: number): Kernel<number> {
  let error = yield* tty_check_change(tty);
  if (error !== 0) return error;
  if (cmd === r.TCSETS) {
    yield* tty_set_termios(tty, wanted);
    return 0;
  }
  error = yield* takeSleepingLock(tty.atomic_write_lock);
  if (error !== 0) return error;
  if (cmd === r.TCSETSF) yield* n_tty_flush_buffer(tty);
  yield* tty_set_termios(tty, wanted);
  yield* tty_write_unlock(tty);
  return 0;
}

function* __tty_perform_flush(tty: tty_struct, arg: number): Kernel<number> {
  if (arg !== t.TCIFLUSH && arg !== t.TCOFLUSH && arg !== t.TCIOFLUSH) return -EINVAL;
  if (arg !== t.TCOFLUSH) {
    yield* n_tty_flush_buffer(tty);
    yield* pty_unthrottle(tty);
  }
  if (arg !== t.TCIFLUSH) yield* pty_flush_buffer(tty);
  return 0;
}

/** Sends one character past whatever has stopped the output. */
function* tty_send_xchar(tty: tty_struct, ch: number): Kernel<number> {
  const was_stopped = tty.stopped;
  const error = yield* takeSleepingLock(tty.atomic_write_lock);
  if (error !== 0) return error;
  if (was_stopped) yield* start_tty(tty);
  pty_write(tty, Uint8Array.of(ch));
  if (was_stopped) yield* stop_tty(tty);
  yield* tty_write_unlock(tty);
  return 0;
}

/** TCXONC: stops the output, lets it go on, or asks the other side to. */
function* flowControl(tty: tty_struct, arg: number): Kernel<number> {
  switch (arg) {
    case t.TCOOFF:
      if (tty.tco_stopped) return 0;
      tty.tco_stopped = true;
      yield* stop_tty(tty);
      return 0;
    case t.TCOON:
      if (!tty.tco_stopped) return 0;
      tty.tco_stopped = false;
      yield* start_tty(tty);
      return 0;
    case t.TCIOFF:
    case t.TCION: {
      const ch = tty.termios.c_cc[arg === t.TCIOFF ? t.VSTOP : t.VSTART] as number;
      return ch === __DISABLED_CHAR ? 0 : yield* tty_send_xchar(tty, ch);
    }
    default:
      return -EINVAL;
  }
}

/** How many bytes can be read; ends of file are none. */
function inputQueued(tty: tty_struct): number {
  const ldata = tty.disc_data;
  if (!isCanonical(tty)) return ldata.read_head - ldata.read_tail;
  let nr = ldata.canon_head - ldata.read_tail;
  for (let at = ldata.read_tail; at < ldata.canon_head; at++) {
    if (ldata.read_flags[MASK(at)] === true && read_buf(ldata, at) === __DISABLED_CHAR) nr--;
  }
  return nr;
}

function* n_tty_ioctl(tty: tty_struct, cmd: number, arg: unknown): Kernel<number> {
  const pointer = arg as IntArgument;
  const real_tty = tty.master ? tty.link : tty;
  switch (cmd) {
    case r.TIOCOUTQ:
      pointer.value = 0;
      return 0;
    case r.TIOCINQ:
      pointer.value = inputQueued(tty);
      return 0;
    case r.TCXONC:
      return (yield* tty_check_change(tty)) || (yield* flowControl(tty, pointer.value));
    case r.TCFLSH:
      return (yield* tty_check_change(tty)) || (yield* __tty_perform_flush(tty, pointer.value));
    case r.TCGETS:
      copyTermios(arg as ktermios, real_tty.termios);
      return 0;
    case r.TCSETS:
    case r.TCSETSW:
    case r.TCSETSF:
      return yield* set_termios(real_tty, arg as ktermios, cmd);
    default:
      return -ENOTTY;
  }
}

/** A signal for the foreground of the slave. */
function* pty_signal({ link }: tty_struct, sig: number): Kernel<number> {
  if (sig !== SIGINT && sig !== SIGQUIT && sig !== SIGTSTP) return -EINVAL;
  yield* killForeground(link, sig);
  return 0;
}

/** What only a master knows. */
function* pty_unix98_ioctl(tty: tty_struct, cmd: number, arg: IntArgument): Kernel<number> {
  if (!tty.master) return -ENOIOCTLCMD;
  switch (cmd) {
    case r.TIOCSPTLCK:
      tty.pty_lock = arg.value !== 0;
      return 0;
    case r.TIOCGPTLCK:
      arg.value = tty.pty_lock ? 1 : 0;
      return 0;
    case r.TIOCPKT:
      if (arg.value !== 0 && !tty.packet) tty.link.pktstatus = 0;
      tty.packet = arg.value !== 0;
      return 0;
    case r.TIOCGPKT:
      arg.value = tty.packet ? 1 : 0;
      return 0;
    case r.TIOCGPTN:
      arg.value = tty.index;
      return 0;
    case r.TIOCSIG:
      return yield* pty_signal(tty, arg.value);
    default:
      return -ENOIOCTLCMD;
  }
}

const sameSize = (a: winsize, b: winsize): boolean =>
  a.ws_row === b.ws_row &&
  a.ws_col === b.ws_col &&
  a.ws_xpixel === b.ws_xpixel &&
  a.ws_ypixel === b.ws_ypixel;

/** The window has another size: the foreground is told. */
function* pty_resize(tty: tty_struct, ws: winsize): Kernel<number> {
  if (sameSize(tty.winsize, ws)) return 0;
  yield* killForeground(tty, SIGWINCH);
  const { ws_row, ws_col, ws_xpixel, ws_ypixel } = ws;
  tty.winsize = { ws_row, ws_col, ws_xpixel, ws_ypixel };
  return 0;
}

export function* tty_ioctl(f: file, tty: tty_struct, cmd: number, arg: unknown): Kernel<number> {
  const real_tty = tty.master ? tty.link : tty;
  const int = arg as IntArgument;
  switch (cmd) {
    case r.TIOCGWINSZ:
      Object.assign(arg as winsize, real_tty.winsize);
      return 0;
    case r.TIOCSWINSZ:
      return yield* pty_resize(real_tty, arg as winsize);
    case r.TIOCEXCL:
    case r.TIOCNXCL:
      tty.exclusive = cmd === r.TIOCEXCL;
      return 0;
    case r.TIOCGEXCL:
      int.value = tty.exclusive ? 1 : 0;
      return 0;
    case r.TCSBRK: // tcdrain(): whatever was written is on the other side. There are no breaks.
    case r.TCSBRKP:
      return yield* tty_check_change(tty);
    case r.TIOCGETD:
      int.value = 0;
      return 0;
    case r.TCFLSH:
      if (int.value === t.TCIFLUSH || int.value === t.TCIOFLUSH) tty_buffer_flush(tty);
      break;
    case r.TIOCGPTPEER:
      return yield* ptm_open_peer(tty, int.value);
    default:
  }
  let ret = yield* tty_jobctrl_ioctl(tty, real_tty, f, cmd, int);
  if (ret !== -ENOIOCTLCMD) return ret;
  ret = yield* pty_unix98_ioctl(tty, cmd, int);
  if (ret !== -ENOIOCTLCMD) return ret;
  return yield* n_tty_ioctl(tty, cmd, arg);
}
