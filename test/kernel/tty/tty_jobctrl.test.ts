import { expect, test } from 'vitest';
import { EAGAIN, EINTR, EIO, ENOTTY, ENXIO, EPERM } from '../../../src/kernel/uapi/errno.ts';
import { O_NONBLOCK, O_RDWR } from '../../../src/kernel/uapi/fcntl.ts';
import {
  TCSBRK,
  TCSETS,
  TIOCGPGRP,
  TIOCGPTPEER,
  TIOCGSID,
  TIOCNOTTY,
  TIOCSCTTY,
  TIOCSPGRP,
} from '../../../src/kernel/uapi/ioctls.ts';
import { SIGCONT, SIGHUP, SIGTTIN, SIGTTOU } from '../../../src/kernel/uapi/signal.ts';
import { TOSTOP } from '../../../src/kernel/uapi/termbits.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { pause } from '../../support/programs.ts';
import { getTermios, openMaster, openPeer, readText } from '../../support/pty.ts';
import { inMachine } from '../../support/run.ts';

/** Notes the signals of a process. */
function* note(sys: Sys, got: unknown[], ...signals: number[]): Code<void> {
  for (const signal of signals) {
    yield* sys.sigaction(signal, {
      handler: function* (nr) {
        got.push(nr);
      },
    });
  }
}

/** A new session, and what happens in it. */
function inSession(program: (sys: Sys, m: number) => Code<void>): void {
  inMachine(function* (sys) {
    yield* sys.fork(function* (self) {
      yield* self.setsid();
      yield* program(self, yield* openMaster(self));
    });
    yield* pause(sys, 200);
  });
}

const opened = (sys: Sys, m: number): Code<number> =>
  sys.ioctl(m, TIOCGPTPEER, { value: O_RDWR | O_NONBLOCK });

function* asked(sys: Sys, fd: number, request: number): Code<number> {
  const out = { value: -7 };
  const ret = yield* sys.ioctl(fd, request, out);
  return ret < 0 ? ret : out.value;
}

/** open(2), O_NOCTTY: without it, a leader's first terminal becomes that of its session. */
test('a leader gets the terminal that it opens, unless O_NOCTTY says no', () => {
  inSession(function* (sys, m) {
    yield* openPeer(sys, m);
    expect(yield* sys.open('/dev/tty', O_RDWR)).toBe(-ENXIO);
    const s = yield* opened(sys, m);
    const self = yield* sys.getpid();
    expect(yield* sys.open('/dev/tty', O_RDWR)).toBe(s + 1);
    expect(yield* asked(sys, s, TIOCGPGRP)).toBe(self);
    expect(yield* asked(sys, m, TIOCGSID)).toBe(self);
    expect(yield* sys.ioctl(s, TIOCNOTTY, {})).toBe(0);
    expect(yield* asked(sys, s, TIOCGPGRP)).toBe(-ENOTTY);
    expect(yield* asked(sys, m, TIOCGPGRP)).toBe(0);
  });
});

/** ioctl_tty(2), TIOCSCTTY: one terminal a session, one session a terminal. */
test('TIOCSCTTY is for a leader without a terminal and a terminal without a session', () => {
  inSession(function* (sys, m) {
    const s = yield* opened(sys, m);
    const s2 = yield* openPeer(sys, yield* openMaster(sys));
    expect(yield* sys.ioctl(s, TIOCSCTTY, { value: 0 })).toBe(0);
    expect(yield* sys.ioctl(s2, TIOCSCTTY, { value: 0 })).toBe(-EPERM);
    yield* sys.fork(function* (child) {
      expect(yield* child.ioctl(s2, TIOCSCTTY, { value: 0 })).toBe(-EPERM);
      yield* child.setsid();
      expect(yield* child.ioctl(s, TIOCSCTTY, { value: 0 })).toBe(-EPERM);
      expect(yield* child.ioctl(s2, TIOCSCTTY, { value: 0 })).toBe(0);
    });
    yield* pause(sys, 10);
  });
});

/** A background job that touches the terminal is told by SIGTTIN or SIGTTOU. */
test('a process in the background is sent SIGTTIN for reading and SIGTTOU for settings', () => {
  const got: unknown[] = [];
  inSession(function* (sys, m) {
    const s = yield* opened(sys, m);
    yield* sys.fork(function* (child) {
      yield* note(child, got, SIGTTIN, SIGTTOU);
      yield* child.setpgid(0, 0);
      const settings = yield* getTermios(child, s);
      got.push(yield* readText(child, s));
      got.push(yield* child.write(s, 'x'));
      got.push(yield* child.ioctl(s, TCSETS, { ...settings, c_lflag: TOSTOP }));
      got.push(yield* child.ioctl(s, TCSBRK, { value: 1 }));
      got.push(yield* child.ioctl(s, TIOCSPGRP, { value: yield* child.getpid() }));
    });
    yield* pause(sys, 10);
  });
  expect(got).toEqual([SIGTTIN, -EINTR, 1].concat([1, 2, 3].flatMap(() => [SIGTTOU, -EINTR])));
});

/** A shell that ignores SIGTTOU takes the terminal back after a job. */
test('who ignores SIGTTOU may take the foreground; who ignores SIGTTIN reads EIO', () => {
  const got: unknown[] = [];
  inSession(function* (sys, m) {
    const s = yield* opened(sys, m);
    yield* sys.fork(function* (child) {
      yield* child.sigaction(SIGTTIN, { handler: 'SIG_IGN' });
      yield* child.sigaction(SIGTTOU, { handler: 'SIG_IGN' });
      yield* child.setpgid(0, 0);
      got.push(yield* readText(child, s));
      const group = { value: yield* child.getpid() };
      got.push(yield* child.ioctl(s, TIOCSPGRP, group));
      got.push(yield* readText(child, s));
    });
    yield* pause(sys, 10);
  });
  expect(got).toEqual([-EIO, 0, -EAGAIN]);
});

/** exit_group() of a login shell: its jobs in the foreground get SIGHUP, and no SIGCONT. */
test('the end of a leader hangs up on the foreground', () => {
  const got: unknown[] = [];
  inSession(function* (sys, m) {
    const s = yield* opened(sys, m);
    yield* sys.fork(function* (child) {
      yield* note(child, got, SIGHUP, SIGCONT);
      yield* pause(child, 20);
      got.push(yield* child.open('/dev/tty', O_RDWR));
      got.push(yield* child.write(s, 'x'));
    });
    yield* pause(sys, 10);
  });
  expect(got).toEqual([SIGHUP, -ENXIO, 1]);
});

/** The emulator dies: the leader gets SIGHUP and SIGCONT; its end is what the foreground hears. */
test('a hangup is told to the leader, and to the foreground when the leader ends', () => {
  const leader: unknown[] = [];
  const job: unknown[] = [];
  inSession(function* (sys, m) {
    const s = yield* opened(sys, m);
    yield* note(sys, leader, SIGHUP, SIGCONT);
    yield* sys.fork(function* (child) {
      yield* note(child, job, SIGHUP, SIGCONT);
      yield* child.close(m);
      yield* child.sigaction(SIGTTOU, { handler: 'SIG_IGN' });
      yield* child.setpgid(0, 0);
      yield* child.ioctl(s, TIOCSPGRP, { value: yield* child.getpid() });
      yield* pause(child, 50);
      job.push('hung up');
      yield* pause(child, 50);
    });
    yield* pause(sys, 20);
    yield* sys.close(m);
    leader.push(yield* sys.open('/dev/tty', O_RDWR));
    yield* pause(sys, 60);
  });
  expect(leader.sort()).toEqual([SIGCONT, SIGHUP, -ENXIO].sort());
  expect(job).toEqual(['hung up', SIGCONT, SIGHUP]);
});
