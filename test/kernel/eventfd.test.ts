import { expect, test } from 'vitest';
import { putU64 } from '../../src/kernel/u64.ts';
import { EAGAIN, EINTR, EINVAL, EMFILE } from '../../src/kernel/uapi/errno.ts';
import { EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE } from '../../src/kernel/uapi/eventfd.ts';
import { EPOLLET, EPOLLIN, EPOLLOUT } from '../../src/kernel/uapi/eventpoll.ts';
import { F_GETFD, F_GETFL, FD_CLOEXEC, O_RDWR } from '../../src/kernel/uapi/fcntl.ts';
import { POLLIN, POLLOUT } from '../../src/kernel/uapi/poll.ts';
import { SA_RESTART, SIGUSR1, SIGUSR2 } from '../../src/kernel/uapi/signal.ts';
import {
  fdinfo,
  inThread,
  pause,
  polled,
  readCount,
  reported,
  watch,
  writeCount,
} from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { Recorder } from '../support/trace.ts';

/** The largest count that an eventfd can hold. */
const full = 0xffff_ffff_ffff_fffen;

/** eventfd(2), ERRORS; EFD_NONBLOCK must reach the file, or a loop that drains it hangs. */
test('eventfd2 takes its own flags and refuses all others', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK | EFD_CLOEXEC);
    expect(yield* sys.fcntl(fd, F_GETFL)).toBe(O_RDWR | EFD_NONBLOCK);
    expect(yield* sys.fcntl(fd, F_GETFD)).toBe(FD_CLOEXEC);
    expect(yield* sys.eventfd2(0, 0x10)).toBe(-EINVAL);
  });
});

/** A wakeup counter: however many wakeups came, one read takes them all. */
test('a read takes the sum of all writes and leaves zero', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(3, EFD_NONBLOCK);
    yield* writeCount(sys, fd, 4n);
    expect(yield* readCount(sys, fd)).toBe(7);
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
  });
});

/** A pool that takes one job per read. */
test('with EFD_SEMAPHORE a read takes one', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(2, EFD_NONBLOCK | EFD_SEMAPHORE);
    expect(yield* readCount(sys, fd)).toBe(1);
    expect(yield* readCount(sys, fd)).toBe(1);
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
  });
});

/** eventfd(2): a buffer of the wrong size is a bug in the program and must not pass. */
test('a read needs room for eight bytes, and a write has exactly eight', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    expect(yield* sys.read(fd, new Uint8Array(7))).toBe(-EINVAL);
    expect(yield* sys.write(fd, new Uint8Array(7))).toBe(-EINVAL);
    expect(yield* sys.write(fd, new Uint8Array(9))).toBe(-EINVAL);
    expect(yield* sys.write(fd, new Uint8Array(8).fill(0xff))).toBe(-EINVAL);
    expect(yield* sys.read(fd, new Uint8Array(16))).toBe(8);
  });
});

/** eventfd(2): writable means that one more fits; the counter never wraps. */
test('a write that would reach the maximum is refused, and a write of zero is not', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    expect(yield* polled(sys, fd)).toBe(POLLOUT);
    expect(yield* writeCount(sys, fd, full)).toBe(8);
    expect(yield* polled(sys, fd)).toBe(POLLIN);
    expect(yield* writeCount(sys, fd, 1n)).toBe(-EAGAIN);
    expect(yield* writeCount(sys, fd, 0n)).toBe(8);
  });
});

/** libuv's and libevent's loops never read the eventfd that wakes them. */
test('every write is an ET event, though the counter was never read', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    yield* writeCount(sys, fd, 1n);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* writeCount(sys, fd, 0n);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** A producer that waits ET for room: it hears of every read, not only of the first after full. */
test('every read that takes something is an ET event for who waits for room', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* readCount(sys, fd);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* readCount(sys, fd);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** Threads blocked in read() on one eventfd: a herd, of which one gets the count. */
test('a write wakes all blocked readers, and those that come too late sleep on', () => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    const results: unknown[] = [];
    yield* inThread(sys, results, (self) => readCount(self, fd));
    yield* inThread(sys, results, (self) => readCount(self, fd));
    yield* pause(sys);
    yield* writeCount(sys, fd, 5n);
    yield* pause(sys);
    expect(results).toEqual([5]);
    const order = trace.lines.filter((line) => /^wakeup t|write\) =/.test(line));
    expect(order.slice(0, 3)).toEqual(['wakeup t1', 'wakeup t2', 'main: write) = 8']);
    yield* writeCount(sys, fd, 6n);
    yield* pause(sys);
    expect(results).toEqual([5, 6]);
  }, trace.on());
});

/** A blocked write is rare and must still come through, whole, as soon as it fits. */
test('a blocked write goes on once a read has made room', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    const results: unknown[] = [];
    yield* writeCount(sys, fd, full);
    yield* inThread(sys, results, (self) => writeCount(self, fd, 2n));
    yield* pause(sys);
    expect(results).toEqual([]);
    yield* readCount(sys, fd);
    yield* pause(sys);
    expect(results).toEqual([8]);
    expect(yield* readCount(sys, fd)).toBe(2);
  });
});

/** signal(7): SA_RESTART decides whether a blocked read goes on or returns EINTR. */
test('a signal ends a blocked read unless its handler restarts calls', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    const results: unknown[] = [];
    yield* sys.sigaction(SIGUSR1, { handler: function* () {} });
    yield* sys.sigaction(SIGUSR2, { handler: function* () {}, flags: SA_RESTART });
    const tid = yield* inThread(sys, results, (self) => readCount(self, fd));
    yield* pause(sys);
    yield* sys.tgkill(sys.task.tgid, tid, SIGUSR2);
    yield* pause(sys);
    expect(results).toEqual([]);
    yield* sys.tgkill(sys.task.tgid, tid, SIGUSR1);
    yield* pause(sys);
    expect(results).toEqual([-EINTR]);
  });
});

/** CRIU and debuggers read the counter from /proc/PID/fdinfo. */
test('fdinfo shows the count in hex, the number and the semaphore flag', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(255, EFD_SEMAPHORE);
    expect(yield* fdinfo(sys, fd)).toEqual([
      'eventfd-count:               ff',
      expect.stringMatching(/^eventfd-id: \d+$/),
      'eventfd-semaphore: 1',
    ]);
  });
});

/** /proc/PID/fdinfo: the number of a closed eventfd is given out again (verified on 6.18). */
test('an eventfd has the lowest number that no other one has', () => {
  inMachine(function* (sys) {
    const idOf = function* (fd: number) {
      return (yield* fdinfo(sys, fd))[1];
    };
    const [first = -1, second = -1] = [yield* sys.eventfd2(0, 0), yield* sys.eventfd2(0, 0)];
    expect([yield* idOf(first), yield* idOf(second)]).toEqual(['eventfd-id: 0', 'eventfd-id: 1']);
    yield* sys.close(first);
    const third = yield* sys.eventfd2(0, 0);
    const fourth = yield* sys.eventfd2(0, 0);
    expect([yield* idOf(third), yield* idOf(fourth)]).toEqual(['eventfd-id: 0', 'eventfd-id: 2']);
  });
});

/** A creation that fails takes no number. */
test('an eventfd that finds no free descriptor gives its number back', () => {
  inMachine(
    function* (sys) {
      expect(yield* sys.eventfd2(0, 0)).toBe(3);
      expect(yield* sys.eventfd2(0, 0)).toBe(-EMFILE);
      yield* sys.close(0);
      const fd = yield* sys.eventfd2(0, 0);
      expect((yield* fdinfo(sys, fd))[1]).toBe('eventfd-id: 1');
    },
    { nofile: 4 },
  );
});

/** Each segment is a write of its own, but for an empty one that is not the first (all on 6.18). */
test.each<[string, bigint[], number, number]>([
  ['two', [1n, 1n], 16, 2],
  ['an empty one between two', [1n, -1n, 1n], 16, 2],
  ['an empty one at the end', [1n, -1n], 8, 1],
  ['an empty one at the start', [-1n, 1n], -EINVAL, 0],
  ['one that is refused between two', [1n, 2n ** 64n - 1n, 1n], 8, 1],
])('writev() of segments: %s', (_what, counts, expected, counter) => {
  const seen = inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const parts = counts.map((count) => (count < 0n ? new Uint8Array() : putU64(count)));
    const ret = yield* sys.writev(fd, parts);
    return [ret, Math.max(yield* readCount(sys, fd), 0)];
  });

  expect(seen).toEqual([expected, counter]);
});
