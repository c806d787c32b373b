import { type Code, EPOLLIN, type Sys } from 'epollsim';
import { type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'Closing an epoll and the epoll that it watches',
  summary:
    'An inner epoll is freed while the outer one, which is being closed as well, still removes its item from it.',
  releases: '6.4 to 7.0',
  finding: 'use-after-free',
  found: { kernel: '6.18' },
  absent: { kernel: '7.1' },
  fix: 'a6dc643c6931 eventpoll: fix ep_remove struct eventpoll / struct file UAF',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const inner = yield* sys.epoll_create1(0);
  const outer = yield* watch(sys, inner, EPOLLIN);
  yield* together(sys, {
    *'closes outer'(self) {
      yield* self.close(outer);
    },
    *'closes inner'(self) {
      yield* self.close(inner);
    },
  });
}
