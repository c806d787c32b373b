import { EPOLL_CTL_DEL, EPOLLIN, type Program } from 'epollsim';
import { type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'A child keeps the item of a descriptor that its parent closes',
  summary:
    'A child inherits all descriptors: what the parent closes is reported to it for as long as the child lives.',
  releases: 'any release',
  finding: 'stale-event',
  found: { kernel: '6.18' },
  absent: { kernel: '6.18' },
  fix: 'EPOLL_CTL_DEL before close, or close what a child does not need',
  options: { sharedMemory: false },
};

const program = (removesFirst: boolean): Program =>
  function* (sys) {
    const event = yield* sys.eventfd2(1, 0);
    const ep = yield* watch(sys, event, EPOLLIN);
    const [reader, writer] = yield* sys.pipe2(0);
    const child = yield* sys.fork(function* (self) {
      yield* self.read(reader, new Uint8Array(1)); // Works, until it is told to end.
    }, 'child');
    if (removesFirst) yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, event);
    yield* sys.close(event);
    yield* sys.epoll_wait(ep, 1, 0);
    yield* sys.write(writer, 'x');
    yield* sys.wait4(child);
  };

const broken: Program = program(false);

export default broken;

export const mended: Program = program(true);
