import { type Code, EPOLLIN, type Program, SIGUSR1, type Sys, sigset } from 'epollsim';
import { add, type Race } from '../race.ts';

export const race: Race = {
  title: 'The queue of a process outlived by an epoll',
  summary:
    'A signalfd waits on a queue that belongs to the process which added it, and the process ends first.',
  releases: 'before 3.3',
  finding: 'use-after-free',
  found: { kernel: '4.4', without: ['d80e731ecab4'] },
  absent: { kernel: '4.4' },
  fix: 'd80e731ecab4 epoll: introduce POLLFREE to flush ->signalfd_wqh before kfree()',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const signals = yield* sys.signalfd4(-1, sigset(SIGUSR1), 0);
  const ep = yield* sys.epoll_create1(0);
  const child: Program = function* (self) {
    yield* add(self, ep, signals, EPOLLIN);
  };
  yield* sys.wait4(yield* sys.fork(child));
  yield* sys.close(ep);
}
