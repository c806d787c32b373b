import { type Code, ELOOP, EPOLLIN, type Sys } from 'epollsim';
import { add, type Race } from '../race.ts';

export const race: Race = {
  title: 'A chain of epolls that grows for ever',
  summary:
    'Only what hangs below a new item was measured: epolls could be added at the bottom of a chain without end.',
  releases: '3.3 to 6.16',
  finding: 'assertion',
  found: { kernel: '6.16' },
  absent: { kernel: '6.17' },
  fix: 'f2e467a48287 eventpoll: Fix semi-unbounded recursion',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  let bottom = yield* sys.epoll_create1(0);
  let ret = 0;
  for (let i = 0; i < 5; i++) {
    const next = yield* sys.epoll_create1(0);
    ret = yield* add(sys, bottom, next, EPOLLIN);
    bottom = next;
  }
  sys.assert(ret === -ELOOP, 'the sixth epoll in a row is refused');
}
