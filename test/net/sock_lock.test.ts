/** Tasks and softirqs at one socket, on many schedules. */
import { expect, test } from 'vitest';
import { EPOLLET, EPOLLIN, EPOLLOUT } from '../../src/kernel/uapi/eventpoll.ts';
import { MSG_PEEK, SHUT_WR, SOCK_NONBLOCK } from '../../src/kernel/uapi/socket.ts';
import { randomSchedule } from '../../src/sim/schedule.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { Recorder } from '../support/trace.ts';
import * as net from './ipv4/support.ts';

const { bytes, dial, listener, pair, put, take } = net;

/** What a program returns, on one schedule a seed. A program that hangs fails the test. */
function onSchedules<T>(count: number, program: (sys: Sys) => Code<T>): T[] {
  const results: T[] = [];
  for (let seed = 0; seed < count; seed++) {
    results.push(inMachine(program, { schedule: randomSchedule(seed), cpus: 1 + (seed % 3) }));
  }
  return results;
}

/** Runs threads side by side, until the last has ended. */
function* together(sys: Sys, ...threads: ((self: Sys) => Code<unknown>)[]): Code<void> {
  const tids: number[] = [];
  for (const thread of threads) tids.push(yield* sys.pthread_create(thread));
  for (const tid of tids) yield* sys.pthread_join(tid);
}

/** Reads up to the end of the stream. */
function* readAll(sys: Sys, fd: number, size: number): Code<Uint8Array> {
  const all: number[] = [];
  const buf = bytes(size);
  for (let n = -1; n !== 0; ) {
    n = yield* sys.read(fd, buf);
    all.push(...buf.subarray(0, n));
  }
  return Uint8Array.from(all);
}

/** A lost wakeup would leave the reader asleep with a byte in its queue. */
test('a reader that goes to sleep while a byte arrives gets it, on every sampled schedule', () => {
  const results = onSchedules(100, function* (sys) {
    const [a, b] = yield* pair(sys);
    let got = '';
    const reader = function* (self: Sys): Code<void> {
      got = String(yield* net.await_(self, b, 9));
    };
    yield* together(sys, reader, (self) => self.write(a, 'x'));
    return got;
  });
  expect(new Set(results)).toEqual(new Set(['x']));
});

/** Two threads that log over one connection: their lines may change places, and never mix. */
test('sends of two threads do not mix, on every sampled schedule', () => {
  const results = onSchedules(100, function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* together(
      sys,
      (self) => self.write(a, 'aaaaaaaa'),
      (self) => self.write(a, 'bbbbbbbb'),
    );
    return yield* take(sys, b, 99);
  });
  expect(new Set(results)).toEqual(new Set(['aaaaaaaabbbbbbbb', 'bbbbbbbbaaaaaaaa']));
});

/** A relay with epoll between a blocking writer and itself: every byte, once, in order. */
test('a stream arrives as it was sent, on every sampled schedule', () => {
  const size = 60_000;
  const sent = Uint8Array.from({ length: size }, (_, i) => (i * 7) & 0xff);
  const results = onSchedules(24, function* (sys) {
    const [a, b] = yield* pair(sys);
    let got = bytes(0);
    yield* together(
      sys,
      function* (self) {
        for (let i = 0; i < size; i += 7001) yield* self.write(a, sent.subarray(i, i + 7001));
        yield* self.shutdown(a, SHUT_WR);
      },
      function* (self) {
        got = (yield* readAll(self, b, 5003)) as typeof got;
      },
    );
    return Buffer.compare(got, sent);
  });
  expect(new Set(results)).toEqual(new Set([0]));
});

/** Edge-triggered writers sleep for ever if the room that they wait for is made unseen. */
test('a writer that waits for room with EPOLLET gets all through, on every sampled schedule', () => {
  const size = 300_000;
  const results = onSchedules(40, function* (sys) {
    const [l, addr] = yield* listener(sys);
    const [, a] = yield* dial(sys, addr, SOCK_NONBLOCK);
    const b = yield* sys.accept4(l, SOCK_NONBLOCK);
    let got = 0;
    yield* together(
      sys,
      function* (self) {
        const ep = yield* watch(self, a, EPOLLOUT | EPOLLET);
        for (let left = size; left > 0; ) {
          const n = yield* put(self, a, bytes(left));
          if (n > 0) left -= n;
          else yield* self.epoll_wait(ep, 1, -1);
        }
      },
      function* (self) {
        const ep = yield* watch(self, b, EPOLLIN | EPOLLET);
        while (got < size) {
          const n = yield* self.read(b, bytes(40_000));
          if (n > 0) got += n;
          else yield* self.epoll_wait(ep, 1, -1);
        }
      },
    );
    return got;
  });
  expect(new Set(results)).toEqual(new Set([size]));
});

/** What the backlog is for: a softirq never waits for the task that owns the socket. */
test('data waits while a reader owns the socket, on some schedule; its ACK always waits', () => {
  const waited = new Set<number>();
  const toBacklog = 'tcp_v4_rcv: the socket is owned, to the backlog';
  for (let seed = 0; seed < 300; seed++) {
    const trace = new Recorder();
    inMachine(
      function* (sys) {
        const [a, b] = yield* pair(sys);
        trace.notes.length = 0;
        const look = function* (self: Sys): Code<void> {
          for (let i = 0; i < 8; i++) yield* take(self, b, 9, MSG_PEEK);
        };
        yield* together(sys, look, (self) => self.write(a, 'x'));
        waited.add(trace.notes.filter((note) => note === toBacklog).length);
      },
      trace.on({ cpus: 2, schedule: randomSchedule(seed) }),
    );
  }
  expect(waited).toEqual(new Set([1, 2]));
});

/** Both ends close at once: nobody hangs, and both ports are free or in TIME_WAIT. */
test('two ends that close at the same time both come to an end, on every sampled schedule', () => {
  const results = onSchedules(200, function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* together(
      sys,
      (self) => self.close(a),
      (self) => self.close(b),
    );
    return 'over';
  });
  expect(new Set(results)).toEqual(new Set(['over']));
});
