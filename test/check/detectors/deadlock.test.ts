import { expect, test } from 'vitest';
import { detect, observed } from '../../../src/check/detectors/index.ts';
import { Dpor } from '../../../src/check/dpor.ts';
import { explore } from '../../../src/check/explore.ts';
import { EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { INADDR_LOOPBACK } from '../../../src/kernel/uapi/in.ts';
import { SIGUSR1 } from '../../../src/kernel/uapi/signal.ts';
import { AF_INET, SOCK_STREAM } from '../../../src/kernel/uapi/socket.ts';
import { Machine } from '../../../src/sim/machine.ts';
import type { Code, Program, Sys } from '../../../src/syscalls/sys.ts';
import { add } from '../../support/epoll.ts';
import { watch } from '../../support/programs.ts';
import { lock, threads, unlock } from '../support.ts';
import { exampleOf, onAll, onOne, said } from './explored.ts';

/** Two ends of a protocol that both wait to be spoken to. */
test('the example: each of two threads waits for the other one to write', async () => {
  expect(said(onAll(await exampleOf('deadlock')), 'deadlock')).toEqual([
    'Deadlock: main waits in read for pipe3 and t1 waits in read for pipe5, and only these two ' +
      'could end it.',
  ]);
});

/** A thread is told to stop through an eventfd, and nobody tells it. */
test('threads in a circle of different calls are found', () => {
  const program: Program = function* (sys) {
    const stop = yield* sys.eventfd2(0, 0);
    const ep = yield* watch(sys, stop, EPOLLIN);
    const worker = yield* sys.pthread_create(function* (thread) {
      yield* thread.epoll_wait(ep, 1, -1);
    });
    yield* sys.pthread_join(worker);
  };

  expect(said(onOne(program), 'deadlock')).toEqual([
    'Deadlock: main waits in pthread_join for t1 and t1 waits in epoll_wait for ep4, and only ' +
      'these two could end it.',
  ]);
});

/** A parent that keeps the write end open waits for an end of file that never comes. */
test('a program that waits for itself is found', () => {
  const program: Program = function* (sys) {
    const [reader] = yield* sys.pipe2(0);
    yield* sys.read(reader, new Uint8Array(1));
  };

  expect(said(onOne(program), 'deadlock')).toEqual([
    'Deadlock: main waits in read for pipe3, and only main could end that.',
  ]);
});

/** A TCP client and its server, each of which waits for the other one to begin. */
test('two ends of a TCP connection that both read are found', () => {
  const address = { family: AF_INET, addr: INADDR_LOOPBACK, port: 80 };
  const program: Program = function* (sys) {
    const listener = yield* sys.socket(AF_INET, SOCK_STREAM);
    yield* sys.bind(listener, address);
    yield* sys.listen(listener, 8);
    yield* sys.pthread_create(function* (thread) {
      const client = yield* thread.socket(AF_INET, SOCK_STREAM);
      yield* thread.connect(client, address);
      yield* thread.read(client, new Uint8Array(1));
    });
    const server = yield* sys.accept4(listener, 0);
    yield* sys.read(server, new Uint8Array(1));
  };

  expect(said(onOne(program), 'deadlock')).toHaveLength(1);
});

/** Waits for a byte of its own pipe, and for what `more` adds. */
const waitsFor = (more: (sys: Sys, ep: number) => Code<unknown>): Program =>
  function* (sys) {
    const [reader] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, reader, EPOLLIN);
    yield* more(sys, ep);
    yield* sys.epoll_wait(ep, 1, -1);
  };

/** False alarms for what waits as it should: somebody may come. */
test.each<[string, (sys: Sys, ep: number) => Code<unknown>]>([
  [
    'a listener, to which anybody may connect',
    function* (sys, ep) {
      const listener = yield* sys.socket(AF_INET, SOCK_STREAM);
      yield* sys.bind(listener, { family: AF_INET, addr: INADDR_LOOPBACK, port: 80 });
      yield* sys.listen(listener, 8);
      yield* add(sys, ep, listener, EPOLLIN);
    },
  ],
  [
    'a signal, which a handler is there for',
    (sys) => sys.sigaction(SIGUSR1, { *handler() {}, flags: 0, mask: 0n }),
  ],
  [
    'a second thread, which waits for a client',
    (sys) =>
      sys.pthread_create(function* (thread) {
        const listener = yield* thread.socket(AF_INET, SOCK_STREAM);
        yield* thread.bind(listener, { family: AF_INET, addr: INADDR_LOOPBACK, port: 81 });
        yield* thread.listen(listener, 8);
        yield* thread.accept4(listener, 0);
      }),
  ],
])('a program that waits for %s is in no deadlock', (_what, more) => {
  expect(said(onOne(waitsFor(more)), 'deadlock')).toEqual([]);
  expect(said(onOne(waitsFor(function* () {})), 'deadlock')).toHaveLength(1);
});

/** A false alarm for whoever sleeps with a timeout, in a machine that is looked at before. */
test('a timer that is still to fire ends the wait', () => {
  const machine = observed(new Machine());
  machine.spawn(function* (sys) {
    const [reader] = yield* sys.pipe2(0);
    yield* sys.epoll_wait(yield* watch(sys, reader, EPOLLIN), 1, 1000);
  });
  machine.run(machine.now_ns + 1000);

  expect(detect({ machine, error: null, extent: 'whole' })).toEqual([]);
});

/** A kernel that takes two locks of one kind in both orders, which lockdep was told is right. */
test('tasks that wait for locks in a circle are found', () => {
  const subject = threads([
    [lock(0), lock(1), unlock(1), unlock(0)],
    [lock(1), lock(0), unlock(0), unlock(1)],
  ]);
  const sentences = new Set<string>();
  for (const { error, extent, machine } of explore((schedule) => {
    const { machine, run } = subject(schedule);
    return { machine: observed(machine), run };
  }, new Dpor())) {
    for (const problem of detect({ machine, error, extent })) sentences.add(problem.sentence);
  }

  expect([...sentences]).toEqual([
    'Deadlock: t0 waits in mutex_lock for test-a and t1 waits in mutex_lock for test-a, and only ' +
      'these two could end it.',
  ]);
});
