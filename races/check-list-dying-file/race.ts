import { type Code, EPOLLIN, type Sys } from 'epollsim';
import { add, type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'A file that is being closed gets a reference again',
  summary:
    'The first fix of the check list took a reference of any file, also of one whose last reference was gone: it was closed twice.',
  releases: '5.9-rc2 to 5.9-rc3',
  finding: 'use-after-free',
  found: { kernel: '5.9-rc2' },
  absent: { kernel: '5.9' },
  fix: '77f4689de17c fix regression in "epoll: Keep a reference on files added to the check list"',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const file = yield* sys.eventfd2(0, 0);
  const inner = yield* watch(sys, file, EPOLLIN);
  const outer = yield* sys.epoll_create1(0);
  yield* together(sys, {
    *adds(self) {
      yield* add(self, outer, inner, EPOLLIN);
    },
    *closes(self) {
      yield* self.close(file);
    },
  });
}
