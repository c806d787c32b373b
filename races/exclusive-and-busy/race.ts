import { EPOLLEXCLUSIVE, EPOLLIN, O_NONBLOCK, type Program } from 'epollsim';
import { type Race, together, watch } from '../race.ts';

export const race: Race = {
  title: 'The worker that EPOLLEXCLUSIVE chose does not come',
  summary:
    'A wakeup goes to one of the exclusive waiters; if it ends, or is busy, nobody tells the others.',
  releases: '4.5 and later',
  finding: 'stranded-data',
  found: { kernel: '6.18' },
  absent: { kernel: '6.18' },
  fix: 'no EPOLLEXCLUSIVE where a worker may take an event and do nothing about it',
  options: { sharedMemory: false },
};

/** Two workers with an epoll each; one takes events and never reads, as it is about to end. */
const workers = (events: number): Program =>
  function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const mine = yield* watch(sys, reader, events);
    const others = yield* watch(sys, reader, events);
    yield* together(sys, {
      *ends(self) {
        yield* self.epoll_wait(mine, 1, 5);
      },
      *works(self) {
        yield* self.epoll_wait(others, 1, -1);
        yield* self.read(reader, new Uint8Array(1));
      },
      *writes(self) {
        yield* self.write(writer, 'x');
      },
    });
  };

const broken: Program = workers(EPOLLIN | EPOLLEXCLUSIVE);

export default broken;

export const mended: Program = workers(EPOLLIN);
