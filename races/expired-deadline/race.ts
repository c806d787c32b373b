import { CLOCK_MONOTONIC, type Code, EPOLLET, EPOLLIN, type Sys, type timespec } from 'epollsim';
import { type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'A wait whose time is over goes round for ever',
  summary:
    'A wait that would end in the past set no timer, and did not note that its time was over either.',
  releases: '6.15-rc1 to 6.15-rc4',
  finding: 'livelock',
  found: { kernel: '6.15-rc4' },
  absent: { kernel: '6.15' },
  fix: 'd9ec73301099 eventpoll: fix endless busy loop after timeout has expired',
  options: { sharedMemory: false, steps: 2000 },
};

const ms = (count: number): timespec => ({ tv_sec: 0, tv_nsec: count * 1e6 });

/** A waiter is woken at the end of its time by an event that somebody else takes. */
export default function* main(sys: Sys): Code<void> {
  const timer = yield* sys.timerfd_create(CLOCK_MONOTONIC, 0);
  const ep = yield* watch(sys, timer, EPOLLIN | EPOLLET);
  yield* sys.timerfd_settime(timer, 0, { it_value: ms(5), it_interval: ms(0) });
  yield* together(sys, {
    *waits(self) {
      yield* self.epoll_wait(ep, 1, 5);
    },
    *takes(self) {
      yield* self.read(timer, new Uint8Array(8));
    },
  });
}
