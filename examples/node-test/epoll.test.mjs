/** node:test: no adapter is needed, as the API throws what is wrong. Run by `node --test`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  assert.deepEqual(first, [{ events: EPOLLIN, data: reader }]);
  assert.deepEqual(second, []);
});

for (let seed = 0; seed < 5; seed++) {
  test(`whatever the schedule, as with seed ${seed}`, () => {
    assert.equal(simulate(edge, { schedule: randomSchedule(seed) }).second.length, 0);
  });
}

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
  assert.deepEqual([complete, findings], [true, []]);
  assert.match(check(race, { kernel: '6.18' }).findings[0].sentence, /a pending event is found/);
});
