import { expect, test } from 'vitest';
import { EAGAIN, EINTR } from '../../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { FIONREAD } from '../../../src/kernel/uapi/ioctls.ts';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../../src/kernel/uapi/poll.ts';
import { SIGUSR1 } from '../../../src/kernel/uapi/signal.ts';
import { ECHO, ICANON, OPOST } from '../../../src/kernel/uapi/termbits.ts';
import { inThread, pause, polled, reported, watch } from '../../support/programs.ts';
import { change, makeRaw, openMaster, openPair, openPeer, readText } from '../../support/pty.ts';
import { inMachine } from '../../support/run.ts';

const WRITABLE = POLLOUT | POLLWRNORM;
const BOTH = WRITABLE | POLLIN | POLLRDNORM;

/** termios(3), canonical mode: input is there line by line. */
test('in canonical mode nothing can be read before the line is complete', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* sys.write(m, 'he');
    expect(yield* polled(sys, s)).toBe(WRITABLE);
    expect(yield* readText(sys, s)).toBe(-EAGAIN);
    yield* sys.write(m, 'y\nyou\n');
    expect(yield* polled(sys, s)).toBe(BOTH);
    expect(yield* readText(sys, s)).toBe('hey\n');
    expect(yield* readText(sys, s, 2)).toBe('yo');
    expect(yield* readText(sys, s)).toBe('u\n');
    expect(yield* readText(sys, s)).toBe(-EAGAIN);
  });
});

/** A program that uses ET and reads once misses the second line, as with any other file. */
test('two lines at once are one edge', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    const ep = yield* watch(sys, s, EPOLLIN | EPOLLET);
    yield* sys.write(m, 'a\nb\n');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* readText(sys, s)).toBe('a\n');
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.write(m, 'c\n');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** ^D at the start of a line is how one ends `cat`; behind text it only sends that. */
test('an end-of-file character ends the line and is not read', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* sys.write(m, 'ab\x04\x04');
    expect(yield* readText(sys, s)).toBe('ab');
    expect(yield* polled(sys, s)).toBe(BOTH);
    expect(yield* readText(sys, s)).toBe('');
    expect(yield* readText(sys, s)).toBe(-EAGAIN);
  });
});

/** A buffer that is exactly filled must not leave an end of file for the next read. */
test('a line of 64 bytes and an end of file are one read', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* sys.write(m, `${'x'.repeat(128)}\x04`);
    expect(yield* readText(sys, s, 128)).toBe('x'.repeat(128));
    expect(yield* readText(sys, s)).toBe(-EAGAIN);
  });
});

/** Raw mode, as cfmakeraw() makes it: bytes are there as they come. */
test('in raw mode bytes are there at once, and unchanged', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* makeRaw(sys, s);
    yield* sys.write(m, 'a\r\x03\x04');
    expect(yield* readText(sys, s)).toBe('a\r\x03\x04');
    yield* sys.write(s, 'b\n');
    expect(yield* readText(sys, m)).toBe('b\n');
  });
});

/** VMIN without VTIME makes poll wait for as many; a read that does not block takes what is there. */
test('poll says readable only with VMIN bytes, where VTIME is 0', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* makeRaw(sys, s, 3);
    yield* sys.write(m, 'ab');
    expect(yield* polled(sys, s)).toBe(WRITABLE);
    yield* sys.write(m, 'c');
    expect(yield* polled(sys, s)).toBe(BOTH);
    yield* readText(sys, s);
    yield* makeRaw(sys, s, 3, 1);
    yield* sys.write(m, 'd');
    expect(yield* polled(sys, s)).toBe(BOTH);
    expect(yield* readText(sys, s)).toBe('d');
  });
});

/** termios(3): VMIN 0 and VTIME: a read ends after a while with nothing. */
test('a read with VMIN 0 ends with 0 when VTIME has passed', () => {
  const results: unknown[] = [];
  inMachine(function* (sys) {
    const m = yield* openMaster(sys);
    const s = yield* openPeer(sys, m, 0);
    yield* makeRaw(sys, s, 0, 2);
    yield* inThread(sys, results, (self) => readText(self, s));
    yield* pause(sys, 190);
    expect(results).toEqual([]);
    yield* pause(sys, 20);
  });
  expect(results).toEqual(['']);
});

/** termios(3): with VMIN and VTIME the clock starts at the first byte. */
test('a read with VMIN and VTIME ends some time after the last byte', () => {
  const results: unknown[] = [];
  inMachine(function* (sys) {
    const m = yield* openMaster(sys);
    const s = yield* openPeer(sys, m, 0);
    yield* makeRaw(sys, s, 5, 1);
    yield* inThread(sys, results, (self) => readText(self, s));
    yield* pause(sys, 500);
    yield* sys.write(m, 'a');
    yield* pause(sys, 60);
    yield* sys.write(m, 'b');
    yield* pause(sys, 60);
    expect(results).toEqual([]);
    yield* pause(sys, 60);
  });
  expect(results).toEqual(['ab']);
});

/** signal(7): reading from a terminal is interrupted like any slow call. */
test('a signal interrupts a read, and a line ends it', () => {
  const results: unknown[] = [];
  inMachine(function* (sys) {
    const m = yield* openMaster(sys);
    const s = yield* openPeer(sys, m, 0);
    yield* sys.sigaction(SIGUSR1, { handler: function* () {} });
    const tgid = yield* sys.getpid();
    const tid = yield* inThread(sys, results, function* (self) {
      results.push(yield* readText(self, s));
      return yield* readText(self, s);
    });
    yield* pause(sys);
    yield* sys.tgkill(tgid, tid, SIGUSR1);
    yield* pause(sys);
    yield* sys.write(m, 'x\n');
    yield* pause(sys);
  });
  expect(results).toEqual([-EINTR, 'x\n']);
});

/** tcsetattr() in the middle of a line: readline does it for each line. */
test('what was typed becomes a line when canonical mode comes, and bytes when it goes', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* sys.write(m, 'ab');
    yield* makeRaw(sys, s);
    expect(yield* readText(sys, s, 1)).toBe('a');
    yield* change(sys, s, (t) => {
      t.c_lflag = ICANON;
    });
    expect(yield* readText(sys, s)).toBe('b');
    expect(yield* readText(sys, s)).toBe(-EAGAIN);
  });
});

/** stty onlcr: what a program prints ends its lines with both characters on the screen. */
test('output is cooked: a newline becomes two characters, a tab spaces where XTABS says so', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* sys.write(s, 'a\tb\n');
    expect(yield* readText(sys, m)).toBe('a\tb\r\n');
    yield* change(sys, s, (t) => {
      t.c_oflag = OPOST | 0x1800;
    });
    yield* sys.write(s, 'a\tb\n');
    expect(yield* readText(sys, m)).toBe('a       b\n');
  });
});

/** A program that prints faster than the emulator reads must block, or get EAGAIN, not lose bytes. */
test('a writer has room for what neither side has read, and more when the reader has read', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* makeRaw(sys, s);
    let sent = 0;
    for (let n = 0; n >= 0; n = yield* sys.write(s, 'x'.repeat(1024))) sent += n;
    expect(sent).toBeGreaterThan(8192);
    expect(yield* polled(sys, s)).toBe(0);
    let got = 0;
    const bytes = new Uint8Array(64);
    for (let n = 0; n >= 0; n = yield* sys.read(m, bytes)) got += n;
    expect(got).toBe(sent);
    expect(yield* polled(sys, s)).toBe(WRITABLE);
  });
});

/** ioctl_tty(2), FIONREAD: in canonical mode whole lines count. */
test('FIONREAD counts what can be read', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    const out = { value: -1 };
    yield* sys.write(m, 'ab\ncd');
    yield* sys.ioctl(s, FIONREAD, out);
    expect(out.value).toBe(3);
    yield* change(sys, s, (t) => {
      t.c_lflag &= ~(ICANON | ECHO);
    });
    yield* sys.ioctl(s, FIONREAD, out);
    expect(out.value).toBe(5);
  });
});
