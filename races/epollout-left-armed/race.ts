import { AF_UNIX, EPOLL_CTL_MOD, EPOLLIN, EPOLLOUT, type Program, SOCK_STREAM } from 'epollsim';
import { type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'EPOLLOUT is left armed',
  summary:
    'A socket is writable nearly all the time: who waits for input with EPOLLOUT armed does not wait.',
  releases: 'any release',
  finding: 'livelock',
  found: { kernel: '6.18' },
  absent: { kernel: '6.18' },
  fix: 'EPOLLOUT only while something is to be written',
  options: { sharedMemory: false, steps: 2000 },
};

const program = (disarms: boolean): Program =>
  function* (sys) {
    const [socket, peer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
    const ep = yield* watch(sys, socket, EPOLLIN | EPOLLOUT);
    for (let got = 0; (got & EPOLLIN) === 0; ) {
      const [event] = yield* sys.epoll_wait(ep, 1, -1);
      got = event?.events ?? 0;
      if ((got & EPOLLOUT) === 0) continue;
      if (disarms) yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, socket, { events: EPOLLIN });
      if (disarms) yield* sys.write(peer, 'x');
    }
  };

const broken: Program = program(false);

export default broken;

export const mended: Program = program(true);
