import { expect, test } from 'vitest';
import { EAGAIN, ECONNRESET, EINTR, EPIPE } from '../../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLIN, EPOLLOUT } from '../../../src/kernel/uapi/eventpoll.ts';
import { FIONREAD } from '../../../src/kernel/uapi/ioctls.ts';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../../src/kernel/uapi/poll.ts';
import { SA_RESTART, SIGPIPE, SIGUSR1 } from '../../../src/kernel/uapi/signal.ts';
import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_PEEK,
  MSG_WAITALL,
  SO_PASSCRED,
  SO_PEEK_OFF,
  SO_RCVLOWAT,
  SO_SNDBUF,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import { Machine } from '../../../src/sim/machine.ts';
import { inThread, pause, polled, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { Recorder } from '../../support/trace.ts';
import {
  ask,
  bytes,
  fill,
  outq,
  pair,
  rcvtimeo,
  receive,
  sndtimeo,
  take,
  timed,
} from './support.ts';

const READABLE = POLLIN | POLLRDNORM;
const WRITABLE = POLLOUT | POLLWRNORM;

/** A chatty protocol fills its buffer with a hundredth of the bytes that it expects. */
test.each([
  [1, 768],
  [192, 768],
  [193, 1280],
  [3776, 4352],
  [3777, 4864],
  [36_544, 37_120],
  [36_545, 37_888],
  [70_000, 71_168],
])('a write of %i bytes takes %i of the send buffer', (size, truesize) => {
  inMachine(function* (sys) {
    const [a] = yield* pair(sys);
    expect(yield* sys.write(a, bytes(size))).toBe(size);
    expect(yield* outq(sys, a)).toBe(truesize);
  });
});

/** Who sizes a queue by SO_SNDBUF and takes bytes for what is counted. */
test('278 writes of one byte fill the buffer, and from the 70th on it is not writable', () => {
  inMachine(function* (sys) {
    const [a] = yield* pair(sys);
    for (let i = 1; i < 70; i++) yield* sys.write(a, 'x');
    expect(yield* polled(sys, a)).toBe(WRITABLE);
    yield* sys.write(a, 'x');
    expect(yield* polled(sys, a)).toBe(0);
    expect(yield* fill(sys, a)).toEqual([278 - 70, -EAGAIN]);
  });
});

/** A non-blocking writer gets a short count here, never half a packet, and EAGAIN only at zero. */
test.each([
  [212_992, 1_000_000, 219_264],
  [4608, 1_000_000, 4480],
  [40_000, 1_000_000, 39_872],
])(
  'with a send buffer of %i, a write of %i that does not block takes %i',
  (sndbuf, size, taken) => {
    inMachine(function* (sys) {
      const [a] = yield* pair(sys);
      if (sndbuf !== 212_992) yield* sys.setsockopt(a, SOL_SOCKET, SO_SNDBUF, sndbuf >> 1);
      expect(yield* sys.send(a, bytes(size), MSG_DONTWAIT)).toBe(taken);
      expect(yield* sys.send(a, bytes(1), MSG_DONTWAIT)).toBe(-EAGAIN);
    });
  },
);

/** An ET reader that counts wakeups as writes: one write of 150 000 bytes is five. */
test('each packet of a write wakes the reader, and each packet read wakes the writer', () => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* watch(sys, b, EPOLLIN | EPOLLET);
    yield* watch(sys, a, EPOLLOUT | EPOLLET);
    yield* sys.write(a, bytes(150_000));
    expect(trace.calls.filter((fn) => fn === 'ep_poll_callback')).toHaveLength(5);
    trace.calls.length = 0;
    yield* sys.read(b, bytes(150_000));
    expect(trace.calls.filter((fn) => fn === 'ep_poll_callback')).toHaveLength(3);
  }, trace.on());
});

/** A writer that waits for room while its peer reads byte by byte. */
test('a packet counts in full until its last byte has been read', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.write(a, bytes(100));
    yield* sys.read(b, bytes(99));
    expect(yield* outq(sys, a)).toBe(768);
    expect(yield* ask(sys, b, FIONREAD)).toBe(1);
    yield* sys.read(b, bytes(1));
    expect(yield* outq(sys, a)).toBe(0);
  });
});

/** unix(7): a writer asleep in write() goes on only when a quarter of the buffer is in use. */
test('a blocked write goes on when the buffer is down to a quarter, not at the first room', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* fill(sys, a);
    const done: unknown[] = [];
    yield* inThread(sys, done, (self) => self.write(a, 'y'));
    yield* pause(sys);
    yield* sys.read(b, bytes(278 - 70));
    yield* pause(sys);
    expect(done).toEqual([]);
    yield* sys.read(b, bytes(1));
    yield* pause(sys);
    expect(done).toEqual([1]);
  });
});

/** recv(2), MSG_PEEK: parsers look at a header first, and must find it again. */
test('MSG_PEEK crosses packets and takes nothing; SO_PEEK_OFF makes it go on', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.write(a, 'abc');
    yield* sys.write(a, 'def');
    expect(yield* take(sys, b, 5, MSG_PEEK)).toBe('abcde');
    yield* sys.setsockopt(b, SOL_SOCKET, SO_PEEK_OFF, 2);
    expect(yield* take(sys, b, 2, MSG_PEEK)).toBe('cd');
    expect(yield* take(sys, b, 9, MSG_PEEK)).toBe('ef');
    expect(yield* take(sys, b, 1)).toBe('a');
    expect((yield* sys.getsockopt(b, SOL_SOCKET, SO_PEEK_OFF)).value).toBe(5);
    expect(yield* take(sys, b, 9)).toBe('bcdef');
  });
});

/** recv(2), MSG_WAITALL: fixed-size records over a stream. */
test('MSG_WAITALL waits for all bytes, and the end of the stream ends it', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    const done: unknown[] = [];
    yield* inThread(sys, done, (self) => receive(self, b, 4, MSG_WAITALL));
    yield* pause(sys);
    yield* sys.write(a, 'ab');
    yield* pause(sys);
    expect(done).toEqual([]);
    yield* sys.close(a);
    yield* pause(sys);
    expect(done).toEqual(['ab']);
  });
});

/** socket(7), SO_RCVLOWAT: poll() reports what read() then waits for. */
test('SO_RCVLOWAT holds read() back, but neither poll() nor a read that does not block', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.setsockopt(b, SOL_SOCKET, SO_RCVLOWAT, 4);
    yield* sys.write(a, 'ab');
    expect(yield* polled(sys, b)).toBe(READABLE | WRITABLE);
    expect(yield* take(sys, b, 1, MSG_PEEK)).toBe('a');
    const done: unknown[] = [];
    yield* inThread(sys, done, (self) => receive(self, b, 9));
    yield* pause(sys);
    yield* sys.write(a, 'c');
    yield* pause(sys);
    expect(done).toEqual([]);
    yield* sys.write(a, 'd');
    yield* pause(sys);
    expect(done).toEqual(['abcd']);
  });
});

/** unix(7), SO_PASSCRED: credentials of one message must not be taken for those of another. */
test('with SO_PASSCRED a read stops where messages begin to say who sent them', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.write(a, 'before');
    yield* sys.setsockopt(b, SOL_SOCKET, SO_PASSCRED, 1);
    yield* sys.write(a, 'after');
    expect(yield* take(sys, b, 20, MSG_PEEK)).toBe('before');
    expect(yield* take(sys, b, 20)).toBe('before');
    yield* sys.write(a, 'wards');
    expect(yield* take(sys, b, 20)).toBe('afterwards');
  });
});

/** socket(7), SO_RCVTIMEO: -EAGAIN, or what has come by then; a client's request timeout. */
test('SO_RCVTIMEO and SO_SNDTIMEO bound a call', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* rcvtimeo(sys, b, 40);
    yield* sndtimeo(sys, a, 80);
    expect(yield* timed(sys, receive(sys, b, 9))).toEqual([-EAGAIN, 40]);
    yield* sys.write(a, 'abc');
    expect(yield* timed(sys, receive(sys, b, 9, MSG_WAITALL))).toEqual(['abc', 40]);
    expect(yield* timed(sys, sys.write(a, bytes(1_000_000)))).toEqual([219_264, 80]);
    expect(yield* timed(sys, sys.write(a, bytes(1)))).toEqual([-EAGAIN, 80]);
  });
});

/** signal(7): a receive with a timeout ends with EINTR even where SA_RESTART is asked for. */
test.each([
  [0, 0, -EINTR],
  [0, 200, -EINTR],
  [SA_RESTART, 0, 'z'],
  [SA_RESTART, 200, -EINTR],
])('a handler with flags %i ends a receive that is bounded by %i ms: %s', (flags, ms, result) => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.sigaction(SIGUSR1, { *handler() {}, flags });
    if (ms > 0) yield* rcvtimeo(sys, b, ms);
    const done: unknown[] = [];
    const tid = yield* inThread(sys, done, (self) => receive(self, b, 9));
    yield* pause(sys);
    yield* sys.tgkill(yield* sys.getpid(), tid, SIGUSR1);
    yield* pause(sys);
    yield* sys.write(a, 'z');
    yield* pause(sys);
    expect(done).toEqual([result]);
  });
});

/** signal(7): write() on a socket is restarted, or gives up with nothing taken. */
test('a handler ends a write that waits for room', () => {
  inMachine(function* (sys) {
    const [a] = yield* pair(sys);
    yield* sys.sigaction(SIGUSR1, { *handler() {} });
    yield* fill(sys, a);
    const done: unknown[] = [];
    const tid = yield* inThread(sys, done, (self) => self.write(a, 'y'));
    yield* pause(sys);
    yield* sys.tgkill(yield* sys.getpid(), tid, SIGUSR1);
    yield* pause(sys);
    expect(done).toEqual([-EINTR]);
  });
});

/** Every program that does not ignore SIGPIPE dies at the first write to a peer that is gone. */
test('a write without a reader is EPIPE, and SIGPIPE unless MSG_NOSIGNAL is given', () => {
  let last: number | string = 'nothing';
  const machine = new Machine();
  const { task } = machine.spawn(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.close(b);
    last = yield* sys.send(a, 'x', MSG_NOSIGNAL);
    last = yield* sys.send(a, 'x', 0);
  });
  machine.run();
  expect(last).toBe(-EPIPE);
  expect(task.exit_code).toBe(SIGPIPE);
});

/** A reader must not take a reset for an orderly end, and hears of it once. */
test('closing with unread data resets: ECONNRESET once, then the end', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.write(a, 'lost');
    yield* sys.close(b);
    expect(yield* take(sys, a, 9)).toBe(-ECONNRESET);
    expect(yield* take(sys, a, 9)).toBe('');
    expect(yield* sys.send(a, 'x', MSG_NOSIGNAL)).toBe(-EPIPE);
  });
});

/** A worker that is blocked in write() when its client goes away. */
test('a write that waits for room ends with ECONNRESET when the peer closes', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* fill(sys, a);
    const done: unknown[] = [];
    yield* inThread(sys, done, (self) => self.send(a, 'y', MSG_NOSIGNAL));
    yield* pause(sys);
    yield* sys.close(b);
    yield* pause(sys);
    expect(done).toEqual([-ECONNRESET]);
  });
});
