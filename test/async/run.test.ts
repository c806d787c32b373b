import { expect, test } from 'vitest';
import { simulateAsync, checkAsync } from '../../src/async/index.ts';
import { check, type Sys, type Code, AF_UNIX, SOCK_STREAM, EPOLLIN, EPOLL_CTL_ADD } from '../../src/index.ts';

test('try', async () => {
  const v = await simulateAsync(async (sys) => {
    const [a, b] = await sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
    const tid = await sys.pthread_create(async (sys) => {
      const buf = new Uint8Array(10);
      const n = await sys.read(a, buf);
      return n;
    });
    await sys.write(b, 'hello');
    await sys.pthread_join(tid);
    return 7;
  });
  expect(v).toBe(7);
});
test('check', async () => {
  const gen = function* main(sys: Sys): Code<void> {
    const event = yield* sys.eventfd2(1, 0);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
    const ask = function* (sys: Sys): Code<void> {
      const { ret } = yield* sys.epoll_wait(ep, 1, 0);
      sys.assert(ret === 1, 'a pending event is found');
    };
    const first = yield* sys.pthread_create(ask);
    const second = yield* sys.pthread_create(ask);
    yield* sys.pthread_join(first);
    yield* sys.pthread_join(second);
  };
  const a = check(gen);
  const b = await checkAsync(async (sys) => {
    const event = await sys.eventfd2(1, 0);
    const ep = await sys.epoll_create1(0);
    await sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
    const ask = async (sys: import('../../src/async/index.ts').AsyncSys): Promise<void> => {
      const { ret } = await sys.epoll_wait(ep, 1, 0);
      sys.assert(ret === 1, 'a pending event is found');
    };
    const first = await sys.pthread_create(ask);
    const second = await sys.pthread_create(ask);
    await sys.pthread_join(first);
    await sys.pthread_join(second);
  });
  expect(b).toEqual(a);
});
