import { type Program, SIG_BLOCK, SIGUSR1, sigset } from 'epollsim';
import type { Race } from '../race.ts';

export const race: Race = {
  title: 'A signal between the look and the wait',
  summary:
    'A loop looks at the flag that its handler sets, and then waits: the signal that comes in between ends no wait.',
  releases: 'before epoll_pwait (2.6.19), and later without it',
  finding: 'waits-for-ever',
  found: { kernel: '6.18' },
  absent: { kernel: '6.18' },
  fix: 'block the signal, and let epoll_pwait take it while it waits',
  options: { sharedMemory: true, strict: true },
};

/** Ends when told by SIGUSR1. */
const loop = (usesMask: boolean): Program =>
  function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    let told = false;
    yield* sys.sigaction(SIGUSR1, {
      *handler() {
        told = true;
      },
    });
    const { tgid, pid } = sys.task;
    if (usesMask) yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
    const teller = yield* sys.pthread_create(function* (self) {
      yield* self.tgkill(tgid, pid, SIGUSR1);
    }, 'teller');
    if (!told) yield* usesMask ? sys.epoll_pwait(ep, 1, -1, 0n) : sys.epoll_wait(ep, 1, -1);
    yield* sys.pthread_join(teller);
  };

const broken: Program = loop(false);

export default broken;

export const mended: Program = loop(true);
