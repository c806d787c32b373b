import { type Code, ENOSPC, EPOLLIN, type Sys } from 'epollsim';
import { add, type Race, together } from '../race.ts';

export const race: Race = {
  title: 'Two ADDs into room for one',
  summary:
    'The number of watches was compared with the limit first and raised at the end, so that ADDs at the same time went beyond it.',
  releases: '2.6.28 to 5.15',
  finding: 'assertion',
  found: { kernel: '5.15' },
  absent: { kernel: '5.16' },
  fix: "1e1c15839df0 fs/epoll: use a per-cpu counter for user's watches count",
  options: { sharedMemory: false, machine: { maxUserWatches: 1 } },
};

export default function* main(sys: Sys): Code<void> {
  const file = yield* sys.eventfd2(0, 0);
  const a = yield* sys.epoll_create1(0);
  const b = yield* sys.epoll_create1(0);
  const added: number[] = [];
  yield* together(sys, {
    *'adds to a'(self) {
      added.push(yield* add(self, a, file, EPOLLIN));
    },
    *'adds to b'(self) {
      added.push(yield* add(self, b, file, EPOLLIN));
    },
  });
  sys.assert(added.includes(-ENOSPC), 'the second watch is refused');
}
