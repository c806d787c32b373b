import { type Code, EPOLLET, EPOLLIN, type Program, type Sys } from 'epollsim';
import { add, type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'The last look before the sleep sees neither list',
  summary:
    'A waiter looks at the ready list while a scan has taken it over, and at the overflow list when the scan is over.',
  releases: '5.5 to 5.6',
  finding: 'lost-wakeup',
  found: { kernel: '5.6' },
  alone: { kernel: '5.7', without: ['65759097d804'] },
  absent: { kernel: '5.7' },
  fix: '65759097d804 epoll: call final ep_events_available() check under the lock',
  options: { sharedMemory: false },
};

/** Two events, and two threads that take one each. */
export default function* main(sys: Sys): Code<void> {
  const ep = yield* watch(sys, yield* sys.eventfd2(1, 0), EPOLLIN | EPOLLET);
  yield* add(sys, ep, yield* sys.eventfd2(1, 0), EPOLLIN | EPOLLET);
  const wait: Program = function* (self) {
    yield* self.epoll_wait(ep, 1, -1);
  };
  yield* together(sys, { takes: wait, waits: wait });
}
