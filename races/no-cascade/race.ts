import { type Code, EPOLLIN, type Program, type Sys } from 'epollsim';
import { one, type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'The one who is woken wakes nobody',
  summary:
    'One level-triggered event and two waiters: the first harvests it, it is ready still, and the second sleeps on.',
  releases: '5.5 to 5.12',
  finding: 'lost-wakeup',
  found: { kernel: '5.12' },
  absent: { kernel: '5.13' },
  fix: '7fab29e35630 fs/epoll: restore waking from ep_done_scan()',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const event = yield* sys.eventfd2(0, 0);
  const ep = yield* watch(sys, event, EPOLLIN);
  const wait: Program = function* (self) {
    yield* self.epoll_wait(ep, 1, -1);
  };
  yield* together(sys, {
    first: wait,
    second: wait,
    *writes(self) {
      yield* self.write(event, one);
    },
  });
}
