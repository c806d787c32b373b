/** Jest: no adapter is needed. Run by `node --experimental-vm-modules node_modules/.bin/jest`, as these are ES modules. */
import { expect, test } from '@jest/globals';
import {
  check,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  O_NONBLOCK,
  randomSchedule,
  simulate,
} from 'epollsim';

function* edge(sys) {
  const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLET, data: reader });
  yield* sys.write(writer, 'x');
  const first = yield* sys.epoll_wait(ep, 8, 0);
  const second = yield* sys.epoll_wait(ep, 8, 0);
  return { reader, first: [...first], second: [...second] };
}

test('an edge is reported once', () => {
  const { first, reader, second } = simulate(edge);
  expect(first).toEqual([{ events: EPOLLIN, data: reader }]);
  expect(second).toEqual([]);
});

test.each([0, 1, 2, 3, 4])('whatever the schedule, as with seed %i', (seed) => {
  expect(simulate(edge, { schedule: randomSchedule(seed) }).second).toEqual([]);
});

test('no thread misses a pending event, since 7.2', () => {
  const race = function* (sys) {
    const event = yield* sys.eventfd2(1, 0);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
    const ask = function* (sys) {
      sys.assert((yield* sys.epoll_wait(ep, 1, 0)).ret === 1, 'a pending event is found');
    };
    const other = yield* sys.pthread_create(ask);
    yield* ask(sys);
    yield* sys.pthread_join(other);
  };
  const { complete, findings } = check(race, { kernel: '7.3', sharedMemory: false });
  expect(findings).toEqual([]);
  expect(complete).toBe(true);
  const [finding] = check(race, { kernel: '6.18' }).findings;
  expect(finding.sentence).toMatch('a pending event is found');
});
