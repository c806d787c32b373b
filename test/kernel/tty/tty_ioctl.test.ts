import { expect, test } from 'vitest';
import { EAGAIN, EINVAL, ENOTTY } from '../../../src/kernel/uapi/errno.ts';
import {
  EPOLLET,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDNORM,
} from '../../../src/kernel/uapi/eventpoll.ts';
import * as r from '../../../src/kernel/uapi/ioctls.ts';
import { SIGINT, SIGWINCH } from '../../../src/kernel/uapi/signal.ts';
import * as t from '../../../src/kernel/uapi/termbits.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { pause, reported, watch } from '../../support/programs.ts';
import {
  change,
  getTermios,
  makeRaw,
  openMaster,
  openPair,
  openPeer,
  readText,
} from '../../support/pty.ts';
import { inMachine } from '../../support/run.ts';

/** What a read in packet mode brought: the control byte, and text. */
function* packet(sys: Sys, m: number): Code<[control: number, text: string] | number> {
  const text = yield* readText(sys, m);
  return typeof text === 'number' ? text : [text.charCodeAt(0), text.slice(1)];
}

/** stty -a on a new pair, as glibc's openpty() gives it. */
test('a new slave cooks and echoes, and the master asks about its slave', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    const settings = yield* getTermios(sys, s);
    expect(settings.c_iflag).toBe(t.ICRNL | t.IXON);
    expect(settings.c_oflag).toBe(t.OPOST | t.ONLCR);
    expect(settings.c_cflag).toBe(0xbf);
    expect(settings.c_lflag).toBe(0x8a3b);
    expect(yield* getTermios(sys, m)).toEqual(settings);
    yield* change(sys, m, (to) => {
      to.c_lflag &= ~t.ECHO;
    });
    expect((yield* getTermios(sys, s)).c_lflag & t.ECHO).toBe(0);
  });
});

/** pty.c, pty_set_termios: CSIZE and PARENB are not for terminals without a line. */
test('TCSETS leaves a slave with eight bits and no parity', () => {
  inMachine(function* (sys) {
    const [, s] = yield* openPair(sys);
    yield* change(sys, s, (to) => {
      to.c_cflag = t.B38400 | t.PARENB;
    });
    expect((yield* getTermios(sys, s)).c_cflag).toBe(t.B38400 | t.CS8 | t.CREAD);
  });
});

/** tcsetattr(TCSAFLUSH) throws away what was typed ahead, as before a password is asked for. */
test('TCSETSF and TCFLSH throw input away, TCSETSW does not', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    const settings = yield* getTermios(sys, s);
    yield* sys.write(m, 'a\n');
    yield* sys.ioctl(s, r.TCSETSW, settings);
    expect(yield* readText(sys, s)).toBe('a\n');
    yield* sys.write(m, 'b\n');
    yield* sys.ioctl(s, r.TCSETSF, settings);
    expect(yield* readText(sys, s)).toBe(-EAGAIN);
    yield* sys.write(m, 'c\n');
    expect(yield* sys.ioctl(s, r.TCFLSH, { value: t.TCIFLUSH })).toBe(0);
    expect(yield* readText(sys, s)).toBe(-EAGAIN);
    expect(yield* sys.ioctl(s, r.TCFLSH, { value: 3 })).toBe(-EINVAL);
  });
});

/** ioctl_tty(2), TIOCPKT: rlogind puts what it reads into packets. */
test('in packet mode data comes behind a zero', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* sys.ioctl(m, r.TIOCPKT, { value: 1 });
    yield* sys.write(s, 'hi');
    expect(yield* packet(sys, m)).toEqual([r.TIOCPKT_DATA, 'hi']);
    expect(yield* packet(sys, m)).toBe(-EAGAIN);
    yield* sys.ioctl(m, r.TIOCPKT, { value: 0 });
    yield* sys.write(s, 'hi');
    expect(yield* readText(sys, m)).toBe('hi');
  });
});

/** ioctl_tty(2): "This mode is used ... poll(2) ... POLLPRI". */
test('in packet mode EPOLLPRI says that the slave has changed, and one read says how', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* sys.ioctl(m, r.TIOCPKT, { value: 1 });
    const ep = yield* watch(sys, m, EPOLLIN | EPOLLPRI | EPOLLRDNORM | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.ioctl(s, r.TCFLSH, { value: t.TCIOFLUSH });
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLPRI | EPOLLRDNORM]);
    const flushed = r.TIOCPKT_FLUSHREAD | r.TIOCPKT_FLUSHWRITE;
    expect(yield* packet(sys, m)).toEqual([flushed, '']);
    yield* change(sys, s, (to) => {
      to.c_iflag &= ~t.IXON;
    });
    expect(yield* packet(sys, m)).toEqual([r.TIOCPKT_NOSTOP, '']);
    yield* sys.ioctl(s, r.TCXONC, { value: t.TCOOFF });
    expect(yield* packet(sys, m)).toEqual([r.TIOCPKT_STOP, '']);
    yield* sys.ioctl(s, r.TCXONC, { value: t.TCOON });
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLPRI | EPOLLRDNORM]);
    expect(yield* packet(sys, m)).toEqual([r.TIOCPKT_START, '']);
    expect(yield* packet(sys, m)).toBe(-EAGAIN);
  });
});

/** tcflow(3): TCIOFF asks the other side to stop, by a character that passes what is stopped. */
test('TCIOFF sends the stop character even when output is stopped', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* sys.write(m, '\x13');
    expect(yield* sys.ioctl(s, r.TCXONC, { value: t.TCIOFF })).toBe(0);
    expect(yield* readText(sys, m)).toBe('\x13');
    expect(yield* sys.write(s, 'x')).toBe(-EAGAIN);
  });
});

/** Stopped output is room for nothing: poll says so, and wakes when it goes on. */
test('TCOOFF takes EPOLLOUT away and TCOON gives it back', () => {
  inMachine(function* (sys) {
    const [, s] = yield* openPair(sys);
    yield* makeRaw(sys, s);
    const ep = yield* watch(sys, s, EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* sys.ioctl(s, r.TCXONC, { value: t.TCOOFF });
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* sys.write(s, 'x')).toBe(-EAGAIN);
    yield* sys.ioctl(s, r.TCXONC, { value: t.TCOON });
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** A session on a new terminal, and the signals that its leader gets. */
function inSession(
  signal: number,
  program: (sys: Sys, m: number, s: number) => Code<void>,
): number[] {
  const got: number[] = [];
  inMachine(function* (sys) {
    yield* sys.fork(function* (self) {
      yield* self.setsid();
      const m = yield* openMaster(self);
      const s = yield* openPeer(self, m);
      yield* self.ioctl(s, r.TIOCSCTTY, { value: 0 });
      yield* self.sigaction(signal, {
        handler: function* (nr) {
          got.push(nr);
        },
      });
      yield* program(self, m, s);
    });
    yield* pause(sys, 100);
  });
  return got;
}

/** signal(7), SIGWINCH: an editor draws again, but only if the size is another one. */
test('TIOCSWINSZ sends SIGWINCH to the foreground when the size changes', () => {
  const size = { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
  const got = inSession(SIGWINCH, function* (self, m, s) {
    yield* self.ioctl(m, r.TIOCSWINSZ, size);
    yield* self.ioctl(m, r.TIOCSWINSZ, size);
    const seen = { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    yield* self.ioctl(s, r.TIOCGWINSZ, seen);
    expect(seen).toEqual(size);
    yield* self.ioctl(s, r.TIOCSWINSZ, { ...size, ws_row: 25 });
  });
  expect(got).toEqual([SIGWINCH, SIGWINCH]);
});

/** ioctl_tty(2), TIOCSIG: only what a terminal sends, and only by the master. */
test('TIOCSIG sends SIGINT to the foreground', () => {
  const got = inSession(SIGINT, function* (self, m, s) {
    expect(yield* self.ioctl(m, r.TIOCSIG, { value: SIGINT })).toBe(0);
    expect(yield* self.ioctl(m, r.TIOCSIG, { value: 1 })).toBe(-EINVAL);
    expect(yield* self.ioctl(s, r.TIOCSIG, { value: SIGINT })).toBe(-ENOTTY);
  });
  expect(got).toEqual([SIGINT]);
});
