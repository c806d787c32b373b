/** Pairs of terminals for tests. */
import { decodeText } from '../../src/kernel/bytes.ts';
import { O_NOCTTY, O_NONBLOCK, O_RDWR } from '../../src/kernel/uapi/fcntl.ts';
import { TCGETS, TCSETS, TIOCGPTN, TIOCGPTPEER, TIOCSPTLCK } from '../../src/kernel/uapi/ioctls.ts';
import { VMIN, VTIME } from '../../src/kernel/uapi/termbits.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

/** As TCGETS fills it in. */
export interface Termios {
  c_iflag: number;
  c_oflag: number;
  c_cflag: number;
  c_lflag: number;
  c_line: number;
  c_cc: Uint8Array;
}

/** A master whose slave may be opened. */
export function* openMaster(sys: Sys, flags: number = O_NONBLOCK): Code<number> {
  const m = yield* sys.open('/dev/ptmx', O_RDWR | O_NOCTTY | flags);
  yield* sys.ioctl(m, TIOCSPTLCK, { value: 0 });
  return m;
}

/** The slave of a master, which nobody's terminal becomes. */
export const openPeer = (sys: Sys, m: number, flags: number = O_NONBLOCK): Code<number> =>
  sys.ioctl(m, TIOCGPTPEER, { value: O_RDWR | O_NOCTTY | flags });

/** Both ends of a new pair; neither blocks. */
export function* openPair(sys: Sys): Code<[m: number, s: number]> {
  const m = yield* openMaster(sys);
  return [m, yield* openPeer(sys, m)];
}

/** The number of a master's pair. */
export function* ptyNumber(sys: Sys, m: number): Code<number> {
  const out = { value: -1 };
  yield* sys.ioctl(m, TIOCGPTN, out);
  return out.value;
}

export function* getTermios(sys: Sys, fd: number): Code<Termios> {
  const [c_iflag, c_oflag, c_cflag, c_lflag, c_line] = [0, 0, 0, 0, 0];
  const got: Termios = { c_iflag, c_oflag, c_cflag, c_lflag, c_line, c_cc: new Uint8Array(19) };
  yield* sys.ioctl(fd, TCGETS, got);
  return got;
}

/** Changes settings; what TCSETS said. */
export function* change(sys: Sys, fd: number, to: (t: Termios) => void): Code<number> {
  const settings = yield* getTermios(sys, fd);
  to(settings);
  return yield* sys.ioctl(fd, TCSETS, settings);
}

/** Bytes go through as they are, `min` at a time, within `time` tenths of a second. */
export const makeRaw = (sys: Sys, fd: number, min = 1, time = 0): Code<number> =>
  change(sys, fd, (t) => {
    t.c_iflag = t.c_oflag = t.c_lflag = 0;
    t.c_cc[VMIN] = min;
    t.c_cc[VTIME] = time;
  });

/** What is read, as text; -errno where nothing was. */
export function* readText(sys: Sys, fd: number, size = 4096): Code<string | number> {
  const bytes = new Uint8Array(size);
  const n = yield* sys.read(fd, bytes);
  return n < 0 ? n : decodeText(bytes.subarray(0, n));
}
