import { type Code, EPOLL_CTL_DEL, EPOLLIN, type Sys } from 'epollsim';
import { add, type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: "The head of a file's items is freed on the check list",
  summary:
    'Since 5.11 the list holds heads of items, and to unlist one takes the lock of a file that nobody keeps.',
  releases: '5.11 to 7.1',
  finding: 'use-after-free',
  found: { kernel: '7.1' },
  absent: { kernel: '7.2' },
  fix: '8b7e8245e229 eventpoll: pin files while checking reverse paths',
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
