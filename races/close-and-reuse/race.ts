import { type Code, EPOLLIN, type Program, type Sys } from 'epollsim';
import { type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'An event for a number that is somebody else by now',
  summary:
    'A thread has harvested an event when another one closes the descriptor, and a new file gets its number.',
  releases: 'any release',
  finding: 'assertion',
  found: { kernel: '6.18' },
  absent: { kernel: '6.18' },
  fix: 'close a descriptor in the thread that harvests, after its batch',
  options: { sharedMemory: false },
};

/** The worker takes the event of `old`; meanwhile, or afterwards, `old` is closed and a stranger comes. */
const program = (closesItself: boolean): Program =>
  function* (sys: Sys): Code<void> {
    const old = yield* sys.eventfd2(1, 0);
    const ep = yield* watch(sys, old, EPOLLIN);
    const worker = yield* sys.pthread_create(function* (self) {
      for (const { data } of yield* self.epoll_wait(ep, 1, 0)) {
        const count = new Uint8Array(8);
        yield* self.read(Number(data), count);
        self.assert(count[0] !== 7, 'nobody reads what is for a stranger');
      }
      if (closesItself) yield* self.close(old);
    }, 'worker');
    if (closesItself) yield* sys.pthread_join(worker);
    else yield* sys.close(old);
    yield* sys.eventfd2(7, 0); // The stranger, under the same number.
    if (!closesItself) yield* sys.pthread_join(worker);
  };

const broken: Program = program(false);

export default broken;

export const mended: Program = program(true);
