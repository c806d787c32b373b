import { EPOLLIN, O_NONBLOCK, type Program } from 'epollsim';
import { one, type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'A loop that is not woken since it does not sleep yet',
  summary:
    'A loop says that it sleeps after it has looked at its queue; what comes in between writes no wakeup.',
  releases: 'any release',
  finding: 'deadlock',
  found: { kernel: '6.18' },
  absent: { kernel: '6.18' },
  fix: 'say so first, and look once more',
  options: { sharedMemory: true },
};

/** `saysFirst`: the loop says that it sleeps before its last look. */
const loop = (saysFirst: boolean): Program =>
  function* (sys) {
    const wakeup = yield* sys.eventfd2(0, O_NONBLOCK);
    const ep = yield* watch(sys, wakeup, EPOLLIN);
    let queue = 0;
    let sleeps = false;
    const poster = yield* sys.pthread_create(function* (self) {
      queue++;
      yield* self.gettid(); // What a lock or a queue would do here.
      if (sleeps) yield* self.write(wakeup, one);
    }, 'poster');
    if (saysFirst) sleeps = true;
    yield* sys.gettid();
    const isEmpty = queue === 0;
    yield* sys.gettid();
    sleeps = true;
    if (isEmpty) yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.pthread_join(poster);
  };

const broken: Program = loop(false);

export default broken;

export const mended: Program = loop(true);
