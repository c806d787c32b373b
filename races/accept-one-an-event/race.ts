import {
  AF_UNIX,
  type Code,
  EPOLLET,
  EPOLLIN,
  type Program,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';
import { type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'One accept for one edge',
  summary:
    'Two connections can make one edge; a server that accepts once an edge leaves the second one in the backlog.',
  releases: 'any release',
  finding: 'stranded-data',
  found: { kernel: '6.18' },
  absent: { kernel: '6.18' },
  fix: 'accept until EAGAIN',
  options: { sharedMemory: false },
};

const name = { family: AF_UNIX, path: '/server' };

/** Two clients; `serve` is told of the listener, and how many to accept. */
const server = (serve: (sys: Sys, ep: number, listener: number) => Code<void>): Program =>
  function* (sys) {
    const listener = yield* sys.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    yield* sys.bind(listener, name);
    yield* sys.listen(listener, 8);
    const ep = yield* watch(sys, listener, EPOLLIN | EPOLLET);
    const clients = yield* sys.pthread_create(function* (self) {
      for (let i = 0; i < 2; i++) {
        yield* self.connect(yield* self.socket(AF_UNIX, SOCK_STREAM), name);
      }
    }, 'clients');
    yield* serve(sys, ep, listener);
    yield* sys.pthread_join(clients);
  };

const broken: Program = server(function* (sys, ep, listener) {
  for (let served = 0; served < 2; served++) {
    yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.accept4(listener, 0);
  }
});

export default broken;

export const mended: Program = server(function* (sys, ep, listener) {
  for (let served = 0; served < 2; ) {
    yield* sys.epoll_wait(ep, 1, -1);
    while ((yield* sys.accept4(listener, 0)) >= 0) served++;
  }
});
