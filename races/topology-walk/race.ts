import { type Code, EPOLLIN, type Sys } from 'epollsim';
import { add, type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'A walk over the epolls above, while one of them is closed',
  summary:
    'The check for long chains climbs from an epoll to those that watch it, and meets one that has been freed.',
  releases: '6.17 to 7.0-rc6',
  finding: 'use-after-free',
  found: { kernel: '6.18' },
  absent: { kernel: '7.0-rc7' },
  fix: '07712db80857 eventpoll: defer struct eventpoll free to RCU grace period',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const middle = yield* sys.epoll_create1(0);
  const top = yield* watch(sys, middle, EPOLLIN);
  const inner = yield* sys.epoll_create1(0);
  yield* together(sys, {
    *adds(self) {
      yield* add(self, middle, inner, EPOLLIN);
    },
    *closes(self) {
      yield* self.close(top);
    },
  });
}
