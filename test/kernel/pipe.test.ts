import { expect, test } from 'vitest';
import { SIG_IGN } from '../../src/kernel/signal.ts';
import {
  EAGAIN,
  EBUSY,
  EINTR,
  EINVAL,
  EMFILE,
  ENOPKG,
  EPERM,
  EPIPE,
} from '../../src/kernel/uapi/errno.ts';
import {
  F_GETFD,
  F_GETFL,
  F_GETPIPE_SZ,
  F_SETPIPE_SZ,
  FD_CLOEXEC,
  O_APPEND,
  O_CLOEXEC,
  O_DIRECT,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from '../../src/kernel/uapi/fcntl.ts';
import { FIONREAD } from '../../src/kernel/uapi/ioctls.ts';
import { O_NOTIFICATION_PIPE } from '../../src/kernel/uapi/pipe.ts';
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRNORM,
} from '../../src/kernel/uapi/poll.ts';
import { SA_RESTART, SIGPIPE, SIGUSR1, SIGUSR2 } from '../../src/kernel/uapi/signal.ts';
import { CAP_SYS_RESOURCE } from '../../src/kernel/user.ts';
import { Machine } from '../../src/sim/machine.ts';
import { addCapability } from '../support/capabilities.ts';
import { inThread, pause, polled } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

const bytes = (n: number): Uint8Array => new Uint8Array(n);
const READABLE = POLLIN | POLLRDNORM;
const WRITABLE = POLLOUT | POLLWRNORM;

/** Programs that close on exec and poll: both flags go to both ends, and the lower number reads. */
test('pipe2 gives the read end and then the write end, with the flags on both', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK | O_CLOEXEC);
    expect([r, w]).toEqual([3, 4]);
    expect(yield* sys.fcntl(r, F_GETFL)).toBe(O_RDONLY | O_NONBLOCK);
    expect(yield* sys.fcntl(w, F_GETFL)).toBe(O_WRONLY | O_NONBLOCK);
    expect(yield* sys.fcntl(r, F_GETFD)).toBe(FD_CLOEXEC);
    expect(yield* sys.fcntl(w, F_GETFD)).toBe(FD_CLOEXEC);
  });
});

/** pipe(2), ERRORS; ENOPKG is what a kernel without CONFIG_WATCH_QUEUE says. */
test('pipe2 refuses a flag that it does not know, and a pipe for notifications', () => {
  inMachine(function* (sys) {
    expect((yield* sys.pipe2(O_NONBLOCK | O_APPEND)).ret).toBe(-EINVAL);
    expect((yield* sys.pipe2(O_NOTIFICATION_PIPE)).ret).toBe(-ENOPKG);
  });
});

/** A server at its limit of descriptors: a pipe needs two, and a failed one must keep none. */
test('pipe2 with one descriptor left is EMFILE and leaves that one free', () => {
  inMachine(
    function* (sys) {
      expect([...(yield* sys.pipe2(0))]).toEqual([-EMFILE, -EMFILE]);
      expect(yield* sys.dup(0)).toBe(3);
    },
    { nofile: 4 },
  );
});

/** GNU make's job server keeps one byte a job in a pipe: thousands of them have to fit. */
test('writes of one byte share slots, so that 65536 of them fill a pipe', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    let written = 0;
    while ((yield* sys.write(w, bytes(1))) === 1) written++;
    const unread = { value: 0 };
    yield* sys.ioctl(r, FIONREAD, unread);
    expect(written).toBe(65536);
    expect(unread.value).toBe(65536);
  });
});

/** pipe(7) says 65536 bytes; who counts on it with records of 2049 bytes gets half of that. */
test('a write that does not fit into the last slot takes a slot of its own', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    let written = 0;
    while ((yield* sys.write(w, bytes(2049))) === 2049) written++;
    expect(written).toBe(16);
    expect(yield* sys.write(w, bytes(2047))).toBe(2047); // The last slot has just that room.
    expect(yield* sys.read(r, bytes(70000))).toBe(16 * 2049 + 2047);
  });
});

/** A writer that waits for POLLOUT after each read of a few bytes: it is not to spin. */
test('a full pipe is not writable again before a whole slot is free', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    yield* sys.write(w, bytes(65536));
    expect(yield* sys.read(r, bytes(4095))).toBe(4095);
    expect(yield* polled(sys, w)).toBe(0);
    expect(yield* sys.write(w, bytes(1))).toBe(-EAGAIN);
    expect(yield* sys.read(r, bytes(1))).toBe(1);
    expect(yield* polled(sys, w)).toBe(WRITABLE);
  });
});

/** pipe(7), PIPE_BUF: log lines of several processes on one pipe are not torn. */
test('a write of up to PIPE_BUF bytes is taken whole or not at all', () => {
  inMachine(function* (sys) {
    const [, w] = yield* sys.pipe2(O_NONBLOCK);
    for (let i = 0; i < 15; i++) yield* sys.write(w, bytes(4096));
    yield* sys.write(w, bytes(10));
    expect(yield* sys.write(w, bytes(4087))).toBe(-EAGAIN); // 4086 bytes are free.
    expect(yield* sys.write(w, bytes(4097))).toBe(1); // One byte beyond a page goes first.
    expect(yield* sys.write(w, bytes(4085))).toBe(4085);
  });
});

/** A program that takes a short write for an error loses what was written. */
test('a large write that may not block returns what fits', () => {
  inMachine(function* (sys) {
    const [, w] = yield* sys.pipe2(O_NONBLOCK);
    expect(yield* sys.write(w, bytes(100_000))).toBe(65536);
    expect(yield* sys.write(w, bytes(1))).toBe(-EAGAIN);
  });
});

/** What a reader gets is what was written, across slots, partial reads and merged writes. */
test('bytes come out in the order in which they went in', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    const sent = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7) & 255);
    const got: number[] = [];
    for (let at = 0; at < sent.length; at += 3333) {
      yield* sys.write(w, sent.subarray(at, at + 3333));
      const buf = bytes(2500);
      got.push(...buf.subarray(0, yield* sys.read(r, buf)));
    }
    const rest = bytes(20_000);
    got.push(...rest.subarray(0, yield* sys.read(r, rest)));
    expect(got).toEqual([...sent]);
  });
});

/** `yes | head -1`: the writer is told by a signal, or by EPIPE if it ignores that. */
test('a write without a reader sends SIGPIPE and returns EPIPE', () => {
  inMachine(function* (sys) {
    const signals: number[] = [];
    const handler = function* (signo: number): Generator<never, void, number> {
      signals.push(signo);
    };
    const [r, w] = yield* sys.pipe2(0);
    yield* sys.close(r);
    yield* sys.sigaction(SIGPIPE, { handler });
    expect(yield* sys.write(w, bytes(0))).toBe(0);
    expect(yield* sys.write(w, bytes(1))).toBe(-EPIPE);
    expect(signals).toEqual([SIGPIPE]);
  });
});

/** A program that neither handles nor ignores SIGPIPE dies of it. */
test('SIGPIPE ends a process that has made no provision', () => {
  const machine = new Machine();
  const { task } = machine.spawn(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    yield* sys.close(r);
    yield* sys.write(w, bytes(1));
    throw new Error('still alive');
  });
  machine.run();
  expect(task.exit_code).toBe(SIGPIPE);
});

/** A reader that takes HUP for the end loses the last bytes; read() returning 0 is the end. */
test('what was written before the last writer went away can still be read', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    yield* sys.write(w, 'x');
    yield* sys.close(w);
    expect(yield* polled(sys, r)).toBe(READABLE | POLLHUP);
    expect(yield* sys.read(r, bytes(8))).toBe(1);
    expect(yield* polled(sys, r)).toBe(POLLHUP);
    expect(yield* sys.read(r, bytes(8))).toBe(0);
  });
});

/** A writer that looks for POLLERR to learn that its reader is gone. */
test('the write end without a reader is in error, and writable if a slot is free', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    yield* sys.close(r);
    expect(yield* polled(sys, w)).toBe(WRITABLE | POLLERR);
    const [r2, w2] = yield* sys.pipe2(O_NONBLOCK);
    yield* sys.write(w2, bytes(65536));
    yield* sys.close(r2);
    expect(yield* polled(sys, w2)).toBe(POLLERR);
  });
});

/** Blocked writers go on by themselves; no byte of a long write is lost or doubled. */
test('a blocked write goes on as slots become free', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const written: unknown[] = [];
    yield* inThread(sys, written, (self) => self.write(w, bytes(70_000)));
    yield* pause(sys);
    expect(yield* sys.read(r, bytes(4095))).toBe(4095);
    yield* pause(sys);
    expect(written).toEqual([]);
    expect(yield* sys.read(r, bytes(4097))).toBe(4097);
    yield* pause(sys);
    expect(written).toEqual([70_000]);
    expect(yield* sys.read(r, bytes(70_000))).toBe(70_000 - 8192);
  });
});

/** signal(7): SA_RESTART decides whether a blocked read goes on or returns EINTR. */
test('a signal ends a blocked read unless its handler restarts calls', () => {
  inMachine(function* (sys) {
    const [r] = yield* sys.pipe2(0);
    const results: unknown[] = [];
    yield* sys.sigaction(SIGUSR1, { handler: function* () {} });
    yield* sys.sigaction(SIGUSR2, { handler: function* () {}, flags: SA_RESTART });
    const tid = yield* inThread(sys, results, (self) => self.read(r, bytes(1)));
    yield* pause(sys);
    yield* sys.tgkill(sys.task.tgid, tid, SIGUSR2);
    yield* pause(sys);
    expect(results).toEqual([]);
    yield* sys.tgkill(sys.task.tgid, tid, SIGUSR1);
    yield* pause(sys);
    expect(results).toEqual([-EINTR]);
  });
});

/** A short count without an error: who writes a record on must go on where it stopped. */
test('a signal ends a blocked write with the count of what went in, even under SA_RESTART', () => {
  inMachine(function* (sys) {
    const [, w] = yield* sys.pipe2(0);
    const results: unknown[] = [];
    yield* sys.sigaction(SIGUSR2, { handler: function* () {}, flags: SA_RESTART });
    const tid = yield* inThread(sys, results, (self) => self.write(w, bytes(70_000)));
    yield* pause(sys);
    yield* sys.tgkill(sys.task.tgid, tid, SIGUSR2);
    yield* pause(sys);
    expect(results).toEqual([65536]);
  });
});

/** A worker that waits for room when its consumer dies: it must not sleep for ever. */
test('the last reader going away ends blocked writes', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const results: unknown[] = [];
    yield* sys.sigaction(SIGPIPE, { handler: SIG_IGN });
    yield* inThread(sys, results, (self) => self.write(w, bytes(70_000)));
    yield* pause(sys);
    yield* inThread(sys, results, (self) => self.write(w, bytes(10)));
    yield* pause(sys);
    yield* sys.close(r);
    yield* pause(sys);
    expect(results).toEqual([65536, -EPIPE]);
  });
});

/** Packet mode: one write is one read, and what the reader has no room for is gone. */
test('with O_DIRECT a read takes one write, or the part of it that fits', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK | O_DIRECT);
    yield* sys.write(w, bytes(10));
    yield* sys.write(w, bytes(5000));
    expect(yield* sys.read(r, bytes(6))).toBe(6);
    expect(yield* sys.read(r, bytes(9000))).toBe(4096);
    expect(yield* sys.read(r, bytes(9000))).toBe(904);
    expect(yield* sys.read(r, bytes(9000))).toBe(-EAGAIN);
  });
});

/** fcntl(2), F_SETPIPE_SZ: rounded up to a power of two pages, never below what is in use. */
test('F_SETPIPE_SZ rounds up, and refuses to drop what is in the pipe', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    expect(yield* sys.fcntl(r, F_GETPIPE_SZ)).toBe(65536);
    expect(yield* sys.fcntl(r, F_SETPIPE_SZ, 5000)).toBe(8192);
    expect(yield* sys.write(w, bytes(9000))).toBe(8192);
    expect(yield* sys.fcntl(w, F_SETPIPE_SZ, 1)).toBe(-EBUSY);
    expect(yield* sys.fcntl(w, F_GETPIPE_SZ)).toBe(8192);
  });
});

/** fcntl(2), F_SETPIPE_SZ: EPERM above pipe-max-size, except for CAP_SYS_RESOURCE. */
test('F_SETPIPE_SZ beyond 1 MiB needs CAP_SYS_RESOURCE', () => {
  inMachine(function* (sys) {
    const [r] = yield* sys.pipe2(0);
    expect(yield* sys.fcntl(r, F_SETPIPE_SZ, 1 << 20)).toBe(1 << 20);
    expect(yield* sys.fcntl(r, F_SETPIPE_SZ, 2 << 20)).toBe(-EPERM);
    expect(yield* sys.fcntl(r, F_SETPIPE_SZ, -1)).toBe(-EINVAL);
    addCapability(sys.task.user, CAP_SYS_RESOURCE);
    expect(yield* sys.fcntl(r, F_SETPIPE_SZ, 2 << 20)).toBe(2 << 20);
  });
});
