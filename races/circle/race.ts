import { type Code, EPOLLIN, type Sys } from 'epollsim';
import { add, type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'Two epolls that watch each other',
  summary:
    'A task that adds an epoll to one that it watches asks it for events, comes back to itself, and waits for its own mutex.',
  releases: 'before 2.6.38',
  finding: 'lockdep',
  found: { kernel: '4.4', without: ['22bacca48a17'] },
  absent: { kernel: '4.4' },
  fix: '22bacca48a17 epoll: prevent creating circular epoll structures',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const first = yield* watch(sys, yield* sys.eventfd2(1, 0), EPOLLIN);
  const second = yield* watch(sys, first, EPOLLIN);
  yield* add(sys, first, second, EPOLLIN);
}
