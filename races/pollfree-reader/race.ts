import { type Code, EPOLLIN, type Program, SIGUSR1, type Sys, sigset } from 'epollsim';
import { add, type Race, together } from '../race.ts';

export const race: Race = {
  title: 'On the way to a queue that ends',
  summary:
    'Whoever removes an item has found its wait queue, and the queue is gone before he takes its lock.',
  releases: 'before 3.3',
  finding: 'use-after-free',
  found: { kernel: '4.4', without: ['971316f0503a'], with: ['138e4ad67afd'] },
  absent: { kernel: '4.4', with: ['138e4ad67afd'] },
  fix: '971316f0503a epoll: ep_unregister_pollwait() can use the freed pwq->whead',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const signals = yield* sys.signalfd4(-1, sigset(SIGUSR1), 0);
  const ep = yield* sys.epoll_create1(0);
  const [added, adds] = yield* sys.pipe2(0);
  const child: Program = function* (self) {
    yield* add(self, ep, signals, EPOLLIN);
    yield* self.write(adds, 'x');
  };
  const pid = yield* sys.fork(child, 'child');
  yield* sys.read(added, new Uint8Array(1));
  yield* together(sys, {
    *reaps(self) {
      yield* self.wait4(pid);
    },
    *closes(self) {
      yield* self.close(ep);
    },
  });
}
