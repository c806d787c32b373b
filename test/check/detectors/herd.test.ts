import { expect, test } from 'vitest';
import { EPOLLET, EPOLLEXCLUSIVE, EPOLLIN, EPOLLOUT } from '../../../src/kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../../src/kernel/uapi/fcntl.ts';
import { AF_UNIX, SOCK_NONBLOCK, SOCK_STREAM } from '../../../src/kernel/uapi/socket.ts';
import type { Program } from '../../../src/syscalls/sys.ts';
import { pause, watch } from '../../support/programs.ts';
import { exampleOf, onAll, onOne } from './explored.ts';

/** A server whose workers all get up for each client. */
test('the example: two threads are woken, and one finds nothing', async () => {
  const [problem] = onAll(await exampleOf('herd'), { most: 300 });

  expect(problem).toMatchObject({
    kind: 'herd',
    severity: 'information',
    count: 1,
    sentence: 't1 was woken and found nothing, once.',
  });
});

/** Workers, each with an instance that watches one pipe; how many wakeups were in vain. */
const inVain = (workers: number, events: number, kernel = '6.18'): number => {
  const program: Program = function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    for (let i = 0; i < workers; i++) {
      yield* sys.pthread_create(function* (thread) {
        const ep = yield* watch(thread, reader, events);
        for (;;) {
          yield* thread.epoll_wait(ep, 1, -1);
          yield* thread.read(reader, new Uint8Array(1));
        }
      });
    }
    yield* pause(sys);
    yield* sys.write(writer, 'x');
    yield* pause(sys);
  };
  const herd = onOne(program, { cpus: 8, kernel }).find(({ kind }) => kind === 'herd');
  return herd?.count ?? 0;
};

/** The cost of a server grows with its workers. */
test('all workers but one are woken in vain', () => {
  expect([2, 3, 6].map((workers) => inVain(workers, EPOLLIN))).toEqual([1, 2, 5]);
});

/** The same on kernels whose epoll_wait() was built in other ways. */
test.each(['4.4', '5.0', '5.5', '5.9', '7.3'])('it is counted on %s too', (kernel) => {
  expect(inVain(3, EPOLLIN, kernel)).toBe(2);
});

/** False alarms: nobody is woken for nothing where one is, or where one is chosen. */
test.each([
  ['one worker', 1, EPOLLIN],
  ['EPOLLEXCLUSIVE', 6, EPOLLIN | EPOLLEXCLUSIVE],
  ['EPOLLEXCLUSIVE and EPOLLET', 6, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET],
])('with %s there is no herd', (_what, workers, events) => {
  expect(inVain(workers, events)).toBe(0);
});

/** A false alarm for each edge-triggered reader, which always reads once more. */
test('EAGAIN at the end of what one has read is no herd', () => {
  const program: Program = function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, reader, EPOLLIN | EPOLLET);
    yield* sys.write(writer, 'xy');
    yield* sys.epoll_wait(ep, 1, -1);
    while ((yield* sys.read(reader, new Uint8Array(1))) > 0);
  };

  expect(onOne(program)).toEqual([]);
});

/** A false alarm: what was told of was room to write, and nobody has taken that away. */
test('EAGAIN for something else than was told of is no herd', () => {
  const program: Program = function* (sys) {
    const [a] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    yield* sys.epoll_wait(yield* watch(sys, a, EPOLLIN | EPOLLOUT), 1, -1);
    yield* sys.read(a, new Uint8Array(1));
  };

  expect(onOne(program)).toEqual([]);
});
