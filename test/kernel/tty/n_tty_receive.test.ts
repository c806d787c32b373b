import { expect, test } from 'vitest';
import { EAGAIN } from '../../../src/kernel/uapi/errno.ts';
import { TIOCSCTTY } from '../../../src/kernel/uapi/ioctls.ts';
import { SI_KERNEL, SIGINT, SIGQUIT, SIGTSTP } from '../../../src/kernel/uapi/signal.ts';
import { IXANY, IXON, NOFLSH, PARMRK } from '../../../src/kernel/uapi/termbits.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { pause } from '../../support/programs.ts';
import { change, makeRaw, openMaster, openPair, openPeer, readText } from '../../support/pty.ts';
import { inMachine } from '../../support/run.ts';

/** What `s` can read and `m` sees of what is typed. */
function* typed(sys: Sys, text: string): Code<[line: string | number, screen: string | number]> {
  const [m, s] = yield* openPair(sys);
  yield* sys.write(m, text);
  return [yield* readText(sys, s), yield* readText(sys, m)];
}

/** stty erase, kill, werase, lnext: what everybody does at a prompt. */
test.each([
  ['erase', 'ab\x7fc\n', 'ac\n', 'ab\b \bc\r\n'],
  ['kill', 'ab\x15c\n', 'c\n', 'ab\b \b\b \bc\r\n'],
  ['word erase', 'ab cd\x17e\n', 'ab e\n', 'ab cd\b \b\b \be\r\n'],
  ['literal next', 'a\x16\x03\n', 'a\x03\n', 'a^\b^C\r\n'],
  ['reprint', 'ab\x12\n', 'ab\n', 'ab^R\r\nab\r\n'],
  ['a tab taken back', 'a\t\x7f\n', 'a\n', 'a\t\b\b\b\b\b\b\b\r\n'],
  ['return', 'a\r', 'a\n', 'a\r\n'],
])('canonical mode edits the line: %s', (_, input, line, screen) => {
  expect(inMachine((sys) => typed(sys, input))).toEqual([line, screen]);
});

/** N_TTY_BUF_SIZE: a line without an end can still be ended, and is cut. */
test('a line that is longer than the buffer is cut, and can be ended', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    for (let i = 0; i < 6; i++) {
      expect(yield* sys.write(m, 'x'.repeat(1000))).toBe(1000);
      yield* readText(sys, m);
    }
    yield* sys.write(m, '\n');
    expect(yield* readText(sys, s, 8192)).toBe(`${'x'.repeat(4095)}\n`);
  });
});

/** A process that leads a session with this terminal; the signals that it got are noted. */
function* inSession(sys: Sys, program: (sys: Sys, m: number, s: number) => Code<void>): Code<void> {
  yield* sys.fork(function* (self) {
    yield* self.setsid();
    const m = yield* openMaster(self);
    const s = yield* openPeer(self, m);
    yield* self.ioctl(s, TIOCSCTTY, { value: 0 });
    yield* program(self, m, s);
  });
  yield* pause(sys, 100);
}

/** ^C, ^\ and ^Z are for the foreground, with SI_KERNEL; the rest of the line is gone. */
test('ISIG sends signals to the foreground and throws away what was typed', () => {
  const got: unknown[] = [];
  inMachine((sys) =>
    inSession(sys, function* (self, m, s) {
      for (const signal of [SIGINT, SIGQUIT, SIGTSTP]) {
        yield* self.sigaction(signal, {
          handler: function* (nr, info) {
            got.push([nr, info.si_code, info.si_pid]);
          },
        });
      }
      yield* self.write(m, 'ab\x03cd\n');
      got.push(yield* readText(self, s), yield* readText(self, m));
      yield* self.write(m, '\x1c');
      yield* self.write(m, '\x1a');
    }),
  );
  const [quit, stop] = [SIGQUIT, SIGTSTP].map((signal) => [signal, SI_KERNEL, 0]);
  expect(got).toEqual([[SIGINT, SI_KERNEL, 0], 'cd\n', '^Ccd\r\n', quit, stop]);
});

/** stty noflsh: the signal is all. */
test('NOFLSH keeps what was typed', () => {
  const got: unknown[] = [];
  inMachine((sys) =>
    inSession(sys, function* (self, m, s) {
      yield* self.sigaction(SIGINT, { handler: function* () {} });
      yield* change(self, s, (t) => {
        t.c_lflag |= NOFLSH;
      });
      yield* self.write(m, 'ab\x03cd\n');
      got.push(yield* readText(self, s), yield* readText(self, m));
    }),
  );
  expect(got).toEqual(['abcd\n', 'ab^Ccd\r\n']);
});

/** ^S and ^Q; IXANY lets any key go on. */
test('a stop character stops output until a start character comes, or any with IXANY', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* sys.write(m, '\x13');
    expect(yield* sys.write(s, 'x')).toBe(-EAGAIN);
    yield* sys.write(m, 'a');
    expect(yield* sys.write(s, 'x')).toBe(-EAGAIN);
    yield* sys.write(m, '\x11');
    expect(yield* sys.write(s, 'x')).toBe(1);
    expect(yield* readText(sys, m)).toBe('ax');
    yield* change(sys, s, (t) => {
      t.c_iflag |= IXANY;
    });
    yield* sys.write(m, '\x13b');
    expect(yield* sys.write(s, 'y')).toBe(1);
  });
});

/** ^S must work when the program does not read: it is looked for ahead. */
test('a stop character is seen behind input that there is no room for, and is no input', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* makeRaw(sys, s);
    yield* change(sys, s, (t) => {
      t.c_iflag = IXON;
    });
    for (let i = 0; i < 5; i++) yield* sys.write(m, 'x'.repeat(1000));
    yield* sys.write(m, '\x13');
    expect(yield* sys.write(s, 'x')).toBe(-EAGAIN);
    yield* sys.write(m, '\x11');
    expect(yield* sys.write(s, 'x')).toBe(1);
    yield* readText(sys, s);
    expect(yield* readText(sys, s)).toBe('x'.repeat(905));
    expect(yield* sys.write(s, 'x')).toBe(1);
  });
});

/** termios(3), PARMRK: a byte 0377 is doubled so that it is no mark. */
test('PARMRK doubles a byte of 0377', () => {
  inMachine(function* (sys) {
    const [m, s] = yield* openPair(sys);
    yield* makeRaw(sys, s);
    yield* change(sys, s, (t) => {
      t.c_iflag = PARMRK;
    });
    yield* sys.write(m, Uint8Array.of(0xff, 0x41));
    const bytes = new Uint8Array(8);
    expect(yield* sys.read(s, bytes)).toBe(3);
    expect([...bytes.subarray(0, 3)]).toEqual([0xff, 0xff, 0x41]);
  });
});
