import { type Code, EPOLLET, EPOLLIN, type Program, type Sys } from 'epollsim';
import { add, one, type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'One waiter takes two wakeups',
  summary:
    'A waiter stays queued while it is awake, so the wakeup for a second event goes to it again and not to its neighbour.',
  releases: '5.5 to 5.6',
  finding: 'lost-wakeup',
  found: { kernel: '5.6' },
  alone: { kernel: '5.7', without: ['412895f03cbf'] },
  absent: { kernel: '5.7' },
  fix: '412895f03cbf epoll: atomically remove wait entry on wake up',
  options: { sharedMemory: false },
};

/** Two threads take one event each; two files become ready. */
export default function* main(sys: Sys): Code<void> {
  const first = yield* sys.eventfd2(0, 0);
  const second = yield* sys.eventfd2(0, 0);
  const ep = yield* watch(sys, first, EPOLLIN | EPOLLET);
  yield* add(sys, ep, second, EPOLLIN | EPOLLET);
  const wait: Program = function* (self) {
    yield* self.epoll_wait(ep, 1, -1);
  };
  const waiters = [yield* sys.pthread_create(wait), yield* sys.pthread_create(wait)];
  yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 1 });
  yield* sys.write(first, one);
  yield* sys.write(second, one);
  for (const waiter of waiters) yield* sys.pthread_join(waiter);
}
