import { type Code, EPOLLIN, type Sys } from 'epollsim';
import { type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'Closing an epoll and a file that it watches',
  summary: 'A file is freed while an epoll that is being closed holds its lock.',
  releases: '6.7 to 7.0',
  finding: 'use-after-free',
  found: { kernel: '6.18' },
  absent: { kernel: '7.1' },
  fix: 'a6dc643c6931 eventpoll: fix ep_remove struct eventpoll / struct file UAF',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const file = yield* sys.eventfd2(0, 0);
  const ep = yield* watch(sys, file, EPOLLIN);
  yield* together(sys, {
    *'closes file'(self) {
      yield* self.close(file);
    },
    *'closes epoll'(self) {
      yield* self.close(ep);
    },
  });
}
