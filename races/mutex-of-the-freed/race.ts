import { type Code, EPOLLIN, type Sys } from 'epollsim';
import { type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'A mutex that is unlocked while it is freed',
  summary:
    'A reference is dropped with the mutex held; whoever drops the last one frees the mutex under the unlocking task.',
  releases: '6.4 to 6.15',
  finding: 'use-after-free',
  found: { kernel: '6.15' },
  absent: { kernel: '6.16', with: ['a6dc643c6931'] }, // Another race of two closes: bad-epoll-file.
  fix: "8c2e52ebbe88 eventpoll: don't decrement ep refcount while still holding the ep mutex",
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const file = yield* sys.eventfd2(0, 0);
  const ep = yield* watch(sys, file, EPOLLIN);
  yield* together(sys, {
    *'closes file'(self) {
      yield* self.close(file);
    },
    *'closes epoll'(self) {
      yield* self.close(ep);
    },
  });
}
