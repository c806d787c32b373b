import { EAGAIN, EPOLL_CTL_MOD, EPOLLIN, EPOLLONESHOT, O_NONBLOCK, type Program } from 'epollsim';
import { type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'A handler that returns early and does not re-arm',
  summary:
    'A oneshot handler returns where it has nothing to do, past the line that arms the descriptor again.',
  releases: 'any release',
  finding: 'oneshot-never-rearmed',
  found: { kernel: '6.18' },
  absent: { kernel: '6.18' },
  fix: 'EPOLL_CTL_MOD on each way out of the handler',
  options: { sharedMemory: false },
};

const events = EPOLLIN | EPOLLONESHOT;

/** Somebody else has taken the first byte; the handler finds nothing, and returns. */
const loop = (rearmsAlways: boolean): Program =>
  function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, reader, events);
    const thief = yield* sys.pthread_create(function* (self) {
      yield* self.write(writer, 'a');
      yield* self.read(reader, new Uint8Array(1));
      yield* self.write(writer, 'b');
    }, 'thief');
    for (let got = -EAGAIN; got === -EAGAIN; ) {
      yield* sys.epoll_wait(ep, 1, -1);
      got = yield* sys.read(reader, new Uint8Array(1));
      if (got === -EAGAIN && !rearmsAlways) continue;
      yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, reader, { events });
    }
    yield* sys.pthread_join(thief);
  };

const broken: Program = loop(false);

export default broken;

export const mended: Program = loop(true);
