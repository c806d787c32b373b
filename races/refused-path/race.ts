import { type Code, EPOLLIN, type Sys } from 'epollsim';
import { add, chain, one, type Race, together } from '../race.ts';

export const race: Race = {
  title: 'Wakeups climb a path that is refused',
  summary:
    'An item was on the wait queue of its file before its paths were counted, so that a write meanwhile climbed a chain without limit.',
  releases: 'before 5.9',
  finding: 'lockdep',
  found: { kernel: '5.8' },
  absent: { kernel: '5.9' },
  fix: 'f8d4f44df056 epoll: do not insert into poll queues until all sanity checks are done',
  options: { sharedMemory: false },
};

/** The chain is longer than any that a file may be watched through; a file is added, and written to. */
export default function* main(sys: Sys): Code<void> {
  const bottom = (yield* chain(sys, 9))[8] ?? -1;
  const file = yield* sys.eventfd2(0, 0);
  yield* together(sys, {
    *adds(self) {
      yield* add(self, bottom, file, EPOLLIN); // EINVAL
    },
    *writes(self) {
      yield* self.write(file, one);
    },
  });
}
