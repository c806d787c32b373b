import { type Code, EPOLL_CTL_DEL, EPOLLIN, type Sys } from 'epollsim';
import { add, type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'A file on the check list is closed',
  summary:
    'A nested ADD lists the files whose paths it will count; DEL and close free one meanwhile.',
  releases: '3.13 to 5.8',
  finding: 'use-after-free',
  found: { kernel: '5.8' },
  absent: { kernel: '5.9' },
  fix: 'a9ed4a6560b8 epoll: Keep a reference on files added to the check list',
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
      yield* self.epoll_ctl(inner, EPOLL_CTL_DEL, file);
      yield* self.close(file);
    },
  });
}
