import { expect, test } from 'vitest';
import { EPOLLET, EPOLLEXCLUSIVE, EPOLLIN, EPOLLOUT } from '../../../src/kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../../src/kernel/uapi/fcntl.ts';
import { INADDR_LOOPBACK } from '../../../src/kernel/uapi/in.ts';
import { AF_INET, AF_UNIX, SOCK_NONBLOCK, SOCK_STREAM } from '../../../src/kernel/uapi/socket.ts';
import type { Code, Program, Sys } from '../../../src/syscalls/sys.ts';
import { pause, watch, writeCount } from '../../support/programs.ts';
import { exampleOf, onAll, onOne, said } from './explored.ts';

/** The first mistake that everybody makes with EPOLLET. */
test('the example: bytes are left and no event is', async () => {
  expect(said(onAll(await exampleOf('stranded-data')), 'stranded-data')).toEqual([
    'ep5[3] (EPOLLET) has no event left for pipe3, where 1 byte is unread: main sleeps for ever.',
  ]);
});

const pipeReader = (size: number): Program =>
  function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, reader, EPOLLIN | EPOLLET);
    yield* sys.write(writer, 'hello');
    yield* sys.epoll_wait(ep, 1, -1);
    while ((yield* sys.read(reader, new Uint8Array(size))) > 0);
    yield* sys.epoll_wait(ep, 1, -1);
  };

/** A false alarm for a reader that goes on until there is nothing left. */
test('a reader that reads until EAGAIN has stranded nothing', () => {
  expect(said(onOne(pipeReader(2)), 'stranded-data')).toEqual([]);
});

/** A listener, in a loop that accepts once an event, to which two clients connect at once. */
function* oneAcceptAnEvent(sys: Sys): Code<void> {
  const address = { family: AF_INET, addr: INADDR_LOOPBACK, port: 80 };
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  yield* sys.bind(listener, address);
  yield* sys.listen(listener, 8);
  const ep = yield* watch(sys, listener, EPOLLIN | EPOLLET);
  for (let i = 0; i < 2; i++) {
    yield* sys.connect(yield* sys.socket(AF_INET, SOCK_STREAM), address);
  }
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.accept4(listener, 0);
  }
}

/** Servers that lose a client when two connect at the same time. */
test('a connection that nobody accepts is found', () => {
  expect(said(onOne(oneAcceptAnEvent), 'stranded-data')).toEqual([
    'ep4[3] (EPOLLET) has no event left for socket3, where a connection waits to be accepted: ' +
      'main sleeps for ever.',
  ]);
});

/** A false alarm: who counts edges of an eventfd need not read it. */
test('an eventfd need not be read', () => {
  const program: Program = function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    for (let i = 0; i < 2; i++) {
      yield* writeCount(sys, fd, 1n);
      yield* sys.epoll_wait(ep, 1, -1);
    }
    yield* sys.epoll_wait(ep, 1, -1);
  };

  expect(said(onOne(program), 'stranded-data')).toEqual([]);
});

/** False alarms for each connection that is idle, which is writable all the time. */
test.each<[string, number, (sys: Sys) => Code<readonly [number, number]>]>([
  ['a pipe that is written to', EPOLLIN | EPOLLOUT, (sys) => sys.pipe2(O_NONBLOCK)],
  [
    'a socket that is not asked for reading',
    EPOLLOUT,
    (sys) => sys.socketpair(AF_UNIX, SOCK_STREAM),
  ],
])('in %s nothing is stranded', (_what, events, make) => {
  const program: Program = function* (sys) {
    const [one, other] = yield* make(sys);
    const ep = yield* watch(sys, other, events | EPOLLET);
    yield* sys.write(events === EPOLLOUT ? one : other, 'unread');
    for (;;) yield* sys.epoll_wait(ep, 1, -1);
  };

  expect(onOne(program).map(({ kind }) => kind)).toEqual(['deadlock']);
});

/** Two workers with an instance each; `work` is what the one that is told does. */
const exclusive = (work: (sys: Sys, fd: number) => Code<unknown>): Program =>
  function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const worker: Program = function* (thread) {
      const ep = yield* watch(thread, reader, EPOLLIN | EPOLLEXCLUSIVE);
      yield* thread.epoll_wait(ep, 1, -1);
      yield* work(thread, reader);
    };
    const first = yield* sys.pthread_create(worker);
    const second = yield* sys.pthread_create(worker);
    yield* pause(sys);
    yield* sys.write(writer, 'x');
    yield* sys.pthread_join(first);
    yield* sys.pthread_join(second);
  };

/** EPOLLEXCLUSIVE hands the work to one, be he busy or not. */
test('work that was given to the one worker who does not do it is found', () => {
  const idle = exclusive((sys) => pause(sys));

  expect(said(onOne(idle), 'stranded-data')).toEqual([
    'ep6[3] (EPOLLEXCLUSIVE) has no event left for pipe3, where 1 byte is unread: ' +
      't2 sleeps for ever.',
  ]);
});

/** A false alarm: the other worker has nothing to do, and that is all. */
test('work that the one worker has done leaves nothing for the other one', () => {
  const busy = exclusive((sys, fd) => sys.read(fd, new Uint8Array(8)));

  expect(said(onOne(busy), 'stranded-data')).toEqual([]);
});

/** A false alarm: the reason is elsewhere, for the thread that was told is still at work. */
test('what a thread was told of and is about to read is not stranded', () => {
  const program: Program = function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const [blocked] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, reader, EPOLLIN | EPOLLET);
    const worker: Program = function* (thread) {
      yield* thread.epoll_wait(ep, 1, -1);
      yield* thread.read(blocked, new Uint8Array(1)); // For ever.
      yield* thread.read(reader, new Uint8Array(8));
    };
    const first = yield* sys.pthread_create(worker);
    yield* sys.pthread_create(worker);
    yield* sys.write(writer, 'x');
    yield* sys.pthread_join(first);
  };

  expect(said(onOne(program), 'stranded-data')).toEqual([]);
});
