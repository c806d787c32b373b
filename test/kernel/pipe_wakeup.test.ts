import { expect, test } from 'vitest';
import { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT } from '../../src/kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../src/kernel/uapi/fcntl.ts';
import { POLLHUP, POLLIN, POLLRDNORM } from '../../src/kernel/uapi/poll.ts';
import type { MachineOptions } from '../../src/sim/machine.ts';
import { randomSchedule } from '../../src/sim/schedule.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { inThread, pause, polled, reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { byHand } from '../support/schedule.ts';
import { Recorder } from '../support/trace.ts';

const bytes = (n: number): Uint8Array => new Uint8Array(n);

/** A pool of workers that read jobs from one pipe: a job wakes one of them, not all. */
test('one byte wakes one of two blocked readers, the one that came first', () => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    yield* inThread(sys, [], (self) => self.read(r, bytes(1)));
    yield* pause(sys);
    yield* inThread(sys, [], (self) => self.read(r, bytes(1)));
    yield* pause(sys);
    yield* sys.write(w, 'x');
    yield* pause(sys);
    const woken = trace.lines.filter((line) => /^wakeup t/.test(line));
    expect(woken).toEqual(['wakeup t1']);
  }, trace.on());
});

/** The same pool: two jobs that come in one write must not leave the second worker asleep. */
test('a reader that leaves bytes behind wakes the next reader', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const results: unknown[] = [];
    yield* inThread(sys, results, (self) => self.read(r, bytes(1)));
    yield* inThread(sys, results, (self) => self.read(r, bytes(1)));
    yield* pause(sys);
    yield* sys.write(w, 'xy');
    yield* pause(sys);
    expect(results).toEqual([1, 1]);
  });
});

/** Two producers that wait for room: one read that makes room for both lets both go on. */
test('a writer that leaves a slot free wakes the next writer', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const results: unknown[] = [];
    yield* sys.write(w, bytes(65536));
    yield* inThread(sys, results, (self) => self.write(w, bytes(10)));
    yield* inThread(sys, results, (self) => self.write(w, bytes(10)));
    yield* pause(sys);
    yield* sys.read(r, bytes(8192));
    yield* pause(sys);
    expect(results).toEqual([10, 10]);
  });
});

/** The second producer sleeps although the last slot has room for it: full means no free slot. */
test('a writer that takes the only free slot wakes nobody', () => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const results: unknown[] = [];
    yield* sys.write(w, bytes(65536));
    yield* inThread(sys, results, (self) => self.write(w, bytes(10)));
    yield* pause(sys);
    yield* inThread(sys, results, (self) => self.write(w, bytes(10)));
    yield* pause(sys);
    yield* sys.read(r, bytes(4096));
    yield* pause(sys);
    expect(results).toEqual([10]);
    expect(trace.lines).not.toContain('wakeup t2');
  }, trace.on());
});

/** Workers at shutdown: each blocked reader must see the end, although reads are woken singly. */
test('the last writer going away wakes every blocked reader', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const results: unknown[] = [];
    for (let i = 0; i < 3; i++) yield* inThread(sys, results, (self) => self.read(r, bytes(1)));
    yield* pause(sys);
    yield* sys.close(w);
    yield* pause(sys);
    expect(results).toEqual([0, 0, 0]);
  });
});

/**
 * Android's Realm and other loopers expect one ET event for each write and do not drain the pipe.
 * 5.5 to 5.13 sent the second one no more (1b6b26ae7053); 3b844826b6c6 brought it back.
 */
test.each<[string, string, MachineOptions, number[]]>([
  ['4.20', 'an ET event', { kernel: '4.20' }, [EPOLLIN]],
  ['5.7', 'no event', { kernel: '5.7' }, []],
  ['6.18', 'an ET event', {}, [EPOLLIN]],
  ['5.14-rc4', 'an ET event', { kernel: '5.14-rc4' }, [EPOLLIN]],
  [
    '6.18 without 3a34b13a88ca and 3b844826b6c6',
    'no event',
    { without: ['3a34b13a88ca', '3b844826b6c6'] },
    [],
  ],
])('on %s a second write to an undrained pipe is %s', (_kernel, _what, options, second) => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, r, EPOLLIN | EPOLLET);
    yield* sys.write(w, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* sys.write(w, 'x');
    expect(yield* reported(sys, ep)).toEqual(second);
  }, options);
});

/** Pipes of programs that never poll pay nothing for those that do. */
test('a write to a pipe that is not empty and was never polled wakes nobody', () => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const [, w] = yield* sys.pipe2(0);
    yield* sys.write(w, 'x');
    trace.calls.length = 0;
    yield* sys.write(w, 'x');
    expect(trace.calls.filter((name) => name.startsWith('__wake_up'))).toEqual([]);
  }, trace.on());
  expect(trace).toVisit('anon_pipe_write: was not empty, never polled');
});

/** An ET reader that waits for the rest of a record gets an event although nothing came. */
test.each<[string, string, number[]]>([
  ['4.20', 'no event', []],
  ['6.18', 'an ET event', [EPOLLIN]],
])('on %s a write that fails with EAGAIN is %s for the reader', (kernel, _what, events) => {
  inMachine(
    function* (sys) {
      const [r, w] = yield* sys.pipe2(O_NONBLOCK);
      const ep = yield* watch(sys, r, EPOLLIN | EPOLLET);
      yield* sys.write(w, bytes(65536));
      expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
      yield* sys.write(w, bytes(1));
      expect(yield* reported(sys, ep)).toEqual(events);
    },
    { kernel },
  );
});

/** An ET writer hears of room once, when there was none; before 5.5 of each slot. */
test.each<[string, string, number[]]>([
  ['4.20', 'an ET event', [EPOLLOUT]],
  ['6.18', 'no event', []],
])('on %s a read from a pipe with room is %s for the writer', (kernel, _what, events) => {
  inMachine(
    function* (sys) {
      const [r, w] = yield* sys.pipe2(O_NONBLOCK);
      const ep = yield* watch(sys, w, EPOLLOUT | EPOLLET);
      yield* sys.write(w, bytes(65536));
      expect(yield* reported(sys, ep)).toEqual([]);
      yield* sys.read(r, bytes(4096));
      expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
      yield* sys.read(r, bytes(4096));
      expect(yield* reported(sys, ep)).toEqual(events);
    },
    { kernel },
  );
});

/** A shell that waits for the end of a pipeline only: HUP and ERR come unasked, once. */
test('closing one side is an ET event for the other, whatever it asked for', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, r, EPOLLET);
    const spare = yield* sys.dup(w);
    yield* sys.close(w);
    expect(yield* reported(sys, ep)).toEqual([]); // Another descriptor keeps the write end open.
    yield* sys.close(spare);
    expect(yield* reported(sys, ep)).toEqual([EPOLLHUP]);
    const [r2, w2] = yield* sys.pipe2(0);
    const ep2 = yield* watch(sys, w2, EPOLLET);
    yield* sys.close(r2);
    expect(yield* reported(sys, ep2)).toEqual([EPOLLERR]);
  });
});

/**
 * A reader that closes at the first HUP loses the last bytes: the slots and the number of writers
 * are read one after the other, and a write and a close fit in between.
 */
test('on some schedule poll reports HUP without IN although bytes are there', () => {
  const toLook = { thread: 'main', until: 'access pipe' };
  const schedule = byHand([toLook, toLook, toLook, { thread: 't1' }, { thread: 'main' }]);
  inMachine(
    function* (sys) {
      const [r, w] = yield* sys.pipe2(0);
      yield* sys.pthread_create(function* (self) {
        yield* self.write(w, 'last words');
        yield* self.close(w);
      });
      expect(yield* polled(sys, r)).toBe(POLLHUP);
      expect(yield* polled(sys, r)).toBe(POLLHUP | POLLIN | POLLRDNORM);
    },
    { schedule },
  );
});

/** Lost wakeups: whoever waits for bytes or room while both are there would never come back. */
test('every byte arrives and nobody sleeps on, on 200 random schedules', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const received: number[] = [];
    inMachine(
      function* (sys) {
        const [r, w] = yield* sys.pipe2(0);
        const drain = function* (self: Sys): Code<number> {
          let sum = 0;
          for (let n = 1; n > 0; sum += n) n = yield* self.read(r, bytes(30_000));
          return sum;
        };
        const readers = [
          yield* inThread(sys, received, drain),
          yield* inThread(sys, received, drain),
        ];
        const writer = yield* inThread(sys, [], (self) => self.write(w, bytes(70_000)));
        yield* sys.write(w, bytes(70_000));
        yield* sys.pthread_join(writer);
        yield* sys.close(w);
        for (const reader of readers) yield* sys.pthread_join(reader);
      },
      { schedule: randomSchedule(seed) },
    );
    expect(received.reduce((sum, n) => sum + n, 0)).toBe(140_000);
  }
});
