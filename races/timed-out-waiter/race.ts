import {
  CLOCK_MONOTONIC,
  type Code,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  type Sys,
  type timespec,
} from 'epollsim';
import { type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'A wakeup is spent on a waiter whose time is over',
  summary:
    'A wakeup chooses a waiter at the moment at which its timeout ends; it returns 0 without a look, and nobody else is woken.',
  releases: '5.0 to 5.9',
  finding: 'lost-wakeup',
  found: { kernel: '5.9' },
  absent: { kernel: '5.10' },
  fix: '289caf5d8f6c epoll: check for events when removing a timed out thread from the wait queue',
  options: { sharedMemory: false },
};

const ms = (count: number): timespec => ({ tv_sec: 0, tv_nsec: count * 1e6 });
const edge = { events: EPOLLIN | EPOLLET };

/** A timer rings at the moment at which one of two waiters gives up. */
export default function* main(sys: Sys): Code<void> {
  const timer = yield* sys.timerfd_create(CLOCK_MONOTONIC, 0);
  const ep = yield* watch(sys, timer, EPOLLIN | EPOLLET);
  yield* sys.timerfd_settime(timer, 0, { it_value: ms(5), it_interval: ms(0) });
  yield* together(sys, {
    *patient(self) {
      yield* self.epoll_wait(ep, 1, -1);
    },
    *'gives up'(self) {
      const { ret } = yield* self.epoll_wait(ep, 1, 5);
      if (ret === 1) yield* self.epoll_ctl(ep, EPOLL_CTL_MOD, timer, edge); // Passes it on.
    },
  });
}
