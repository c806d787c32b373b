import { expect, test } from 'vitest';
import { EPOLL_CTL_ADD, EPOLLIN, State } from '../../src/index.ts';
import { textOf, u64 } from './support/traced.ts';

/** In a long state only the marks tell what the step did. */
test('State marks the lines that a step has changed, and no others', () => {
  const text = textOf(
    (write) => new State(write),
    function* (sys) {
      const ev = yield* sys.eventfd2(0, 0);
      const ep = yield* sys.epoll_create1(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ev, { events: EPOLLIN });
      yield* sys.write(ev, u64(1n));
    },
  );
  const step = text.split('\n\n').find((part) => part.includes('write(3, 1) = 8'));

  expect(step?.split('\n').filter((line) => /^[*+-]/.test(line))).toEqual([
    '*   rdllist   3',
    '*   tree      3 black  eventfd3  EPOLLIN|EPOLLERR|EPOLLHUP  data 0  on rdllist',
    '* eventfd3  fd 3  count 1  wqh: ep4[3]',
  ]);
});
