import { type Code, EPOLLIN, type Program, type Sys } from 'epollsim';
import { type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'epoll_wait(0) finds nothing beside a ready file',
  summary:
    'A look without the lock falls between the two steps with which another thread begins or ends a scan.',
  releases: '5.11 to 7.1',
  finding: 'assertion',
  found: { kernel: '6.18' },
  absent: { kernel: '7.2' },
  fix: '0c4aefe3c2d0 eventpoll: Fix epoll_wait() report false negative',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const ep = yield* watch(sys, yield* sys.eventfd2(1, 0), EPOLLIN);
  const look: Program = function* (self) {
    const { ret } = yield* self.epoll_wait(ep, 1, 0);
    self.assert(ret === 1, 'a file that is ready all the time is found');
  };
  yield* together(sys, { a: look, b: look });
}
