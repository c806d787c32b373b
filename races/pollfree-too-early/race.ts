import { type Code, EPOLLIN, type Program, SIGUSR1, type Sys, sigset } from 'epollsim';
import { add, type Race, together } from '../race.ts';

export const race: Race = {
  title: 'A queue lets go of an item before it is done with it',
  summary:
    'The end of a queue first marks the item as free of it, and then takes it off: whoever sees the mark frees the item in between.',
  releases: '3.3 to 4.12',
  finding: 'use-after-free',
  found: { kernel: '4.12' },
  absent: { kernel: '4.13' },
  fix: '138e4ad67afd epoll: fix race between ep_poll_callback(POLLFREE) and ep_free()/ep_remove()',
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
