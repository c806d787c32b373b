import { EPOLL_CTL_DEL, EPOLLIN, type Program } from 'epollsim';
import { type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'A duplicate keeps the item of a closed descriptor',
  summary:
    'close() removes nothing while a duplicate keeps the file open: events go on under a number that is somebody else by now.',
  releases: 'any release',
  finding: 'stale-event',
  found: { kernel: '6.18' },
  absent: { kernel: '6.18' },
  fix: 'EPOLL_CTL_DEL before close',
  options: { sharedMemory: false },
};

const program = (removesFirst: boolean): Program =>
  function* (sys) {
    const event = yield* sys.eventfd2(1, 0);
    const ep = yield* watch(sys, event, EPOLLIN);
    yield* sys.dup(event);
    if (removesFirst) yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, event);
    yield* sys.close(event);
    yield* sys.pipe2(0); // Its read end gets the number.
    yield* sys.epoll_wait(ep, 1, 0);
  };

const broken: Program = program(false);

export default broken;

export const mended: Program = program(true);
