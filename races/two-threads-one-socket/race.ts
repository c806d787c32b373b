import {
  type Code,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  EPOLLONESHOT,
  O_NONBLOCK,
  type Program,
  type Sys,
} from 'epollsim';
import { type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'Two threads at one edge-triggered descriptor',
  summary:
    'A thread has an event and still reads when the next edge brings another thread to the same descriptor.',
  releases: 'any release',
  finding: 'assertion',
  found: { kernel: '6.18' },
  absent: { kernel: '6.18' },
  fix: 'EPOLLONESHOT, and EPOLL_CTL_MOD after the last read',
  options: { sharedMemory: true },
};

/** Two workers take what there is; a second byte comes with the other one. */
const workers = (events: number): Program =>
  function* (sys: Sys): Code<void> {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, reader, events);
    let busy = 0;
    const work: Program = function* (self) {
      const { ret } = yield* self.epoll_wait(ep, 1, 0);
      if (ret !== 1) return;
      self.assert(++busy === 1, 'one thread at a time reads');
      yield* self.read(reader, new Uint8Array(1));
      busy--;
      if ((events & EPOLLONESHOT) !== 0)
        yield* self.epoll_ctl(ep, EPOLL_CTL_MOD, reader, { events });
    };
    yield* sys.write(writer, 'a');
    const other = yield* sys.pthread_create(function* (self) {
      yield* self.write(writer, 'b');
      yield* work(self);
    }, 'other');
    yield* work(sys);
    yield* sys.pthread_join(other);
  };

const broken: Program = workers(EPOLLIN | EPOLLET);

export default broken;

export const mended: Program = workers(EPOLLIN | EPOLLET | EPOLLONESHOT);
