/**
 * The mistake: one listener, level-triggered, in the instance of every worker. A connection wakes them
 * all, and one can have it. EPOLLEXCLUSIVE wakes one of those that sleep. That is no bug, so it takes a test that asks.
 */
import {
  AF_INET,
  check,
  EPOLL_CTL_ADD,
  EPOLLIN,
  INADDR_LOOPBACK,
  type Program,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from 'epollsim';
import { expect, test } from 'vitest';
import 'epollsim/vitest';

const address = { family: AF_INET, addr: INADDR_LOOPBACK, port: 80 };

const workers: Program = function* (sys) {
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  yield* sys.bind(listener, address);
  yield* sys.listen(listener, 8);
  for (const name of ['worker-1', 'worker-2']) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: EPOLLIN });
    yield* sys.pthread_create(function* (sys) {
      yield* sys.epoll_wait(ep, 8, -1);
      yield* sys.accept4(listener, SOCK_NONBLOCK);
    }, name);
  }
  const client = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.connect(client, address);
  yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
};

test('one connection wakes one worker', () => {
  expect(check(workers, { strategy: 'pct', executions: 100 })).not.toFind('herd');
});
