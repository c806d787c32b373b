import { type Code, EINVAL, EPOLLIN, type Sys } from 'epollsim';
import { add, chain, type Race, together } from '../race.ts';

export const race: Race = {
  title: 'Two ADDs of which neither counts the other',
  summary:
    'An ADD to an epoll that is being added itself takes the fast path without checks, and together they exceed the limit.',
  releases: '3.13 to 5.8',
  finding: 'assertion',
  found: { kernel: '5.8' },
  absent: { kernel: '5.9' },
  fix: 'fe0a916c1eae epoll: EPOLL_CTL_ADD: close the race in decision to take fast path',
  options: { sharedMemory: false },
};

/** A file may be watched through five epolls in a row. One more is added at each end at once. */
export default function* main(sys: Sys): Code<void> {
  const bottom = (yield* chain(sys, 5))[4] ?? -1;
  const ep = yield* sys.epoll_create1(0);
  const file = yield* sys.eventfd2(0, 0);
  const added: number[] = [];
  yield* together(sys, {
    *nests(self) {
      added.push(yield* add(self, bottom, ep, EPOLLIN));
    },
    *watches(self) {
      added.push(yield* add(self, ep, file, EPOLLIN));
    },
  });
  sys.assert(added.includes(-EINVAL), 'the path of six epolls is refused');
}
