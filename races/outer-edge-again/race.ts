import { type Code, EPOLLET, EPOLLIN, type Sys } from 'epollsim';
import { type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'A second edge for nothing new',
  summary:
    'To harvest an inner epoll told the edge-triggered epoll around it of an event, once more.',
  releases: '2.6.30 to 5.4',
  finding: 'assertion',
  found: { kernel: '5.4' },
  absent: { kernel: '5.5' },
  fix: '339ddb53d373 fs/epoll: remove unnecessary wakeups of nested epoll',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const inner = yield* watch(sys, yield* sys.eventfd2(1, 0), EPOLLIN);
  const outer = yield* watch(sys, inner, EPOLLIN | EPOLLET);
  yield* sys.epoll_wait(outer, 1, 0);
  yield* sys.epoll_wait(inner, 1, 0);
  const { ret } = yield* sys.epoll_wait(outer, 1, 0);
  sys.assert(ret === 0, 'nothing new, so no second edge');
}
