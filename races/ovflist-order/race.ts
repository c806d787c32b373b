import { type Code, EPOLLET, EPOLLIN, type Sys } from 'epollsim';
import { add, one, type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'Events that come during a scan are reported newest first',
  summary:
    'The overflow list is a stack, and its items were put at the end of the ready list in the order of the stack.',
  releases: '2.6.22 to 5.0',
  finding: 'assertion',
  found: { kernel: '5.0' },
  absent: { kernel: '5.1' },
  fix: 'c141175d011f epoll: make sure all elements in ready list are in FIFO order',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const ep = yield* watch(sys, yield* sys.eventfd2(1, 0), EPOLLIN | EPOLLET);
  const older = yield* sys.eventfd2(0, 0);
  const newer = yield* sys.eventfd2(0, 0);
  yield* add(sys, ep, older, EPOLLIN | EPOLLET);
  yield* add(sys, ep, newer, EPOLLIN | EPOLLET);
  yield* together(sys, {
    *scans(self) {
      yield* self.epoll_wait(ep, 1, 0);
    },
    *writes(self) {
      yield* self.write(older, one);
      yield* self.write(newer, one);
    },
  });
  const events = yield* sys.epoll_wait(ep, 8, 0);
  const order = events.map(({ data }) => data);
  sys.assert(order.at(-1) === newer, 'events are reported in the order in which they came');
}
