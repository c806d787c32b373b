/**
 * What so many of something take of memory, in a process of its own with --expose-gc; a line of JSON.
 * Usage: main.ts WHAT COUNT
 */
import { type Code, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, type Sys } from 'epollsim';
import { connector } from '../model/connected.ts';
import { must, newEventfd, watch } from '../model/work.ts';
import { newMachine } from '../model/works.ts';

export interface Taken {
  /** What the heap and what lies beside it have grown by, without garbage. */
  readonly heap_bytes: number;
  /** What the process has grown by, without garbage, and at most. */
  readonly rss_bytes: number;
  readonly peak_bytes: number;
}

/** Makes so many of them; what it hands back comes first, and is not counted. */
type Maker = (sys: Sys, count: number) => Code<() => Code<void>>;

function* registered(sys: Sys, next: () => Code<number>, count: number): Code<void> {
  const ep = must(yield* sys.epoll_create1(0), 'epoll_create1');
  for (let i = 0; i < count; i++) yield* watch(sys, ep, yield* next(), EPOLLIN);
}

const sockets = (medium: string): Maker =>
  function* (sys, count) {
    const connect = yield* connector(sys, medium);
    return function* () {
      for (let i = 0; i < count; i += 2) yield* connect();
    };
  };

const makers: Readonly<Record<string, Maker>> = {
  /** The item alone: the descriptors are there before. */
  *item(sys, count) {
    const event = yield* newEventfd(sys);
    const ep = must(yield* sys.epoll_create1(0), 'epoll_create1');
    const fds: number[] = [];
    for (let i = 0; i < count; i++) fds.push(must(yield* sys.dup(event), 'dup'));
    return function* () {
      const interest = { events: EPOLLIN };
      for (const fd of fds) must(yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest), 'ADD');
    };
  },
  *'registered dup'(sys, count) {
    const event = yield* newEventfd(sys);
    return () => registered(sys, () => sys.dup(event), count);
  },
  *'registered eventfd'(sys, count) {
    return () => registered(sys, () => newEventfd(sys), count);
  },
  'unix socket': sockets('unix'),
  'TCP socket': sockets('tcp'),
  /** Asleep in epoll_wait. */
  *thread(sys, count) {
    const ep = must(yield* sys.epoll_create1(0), 'epoll_create1');
    yield* watch(sys, ep, yield* newEventfd(sys), EPOLLIN | EPOLLET);
    return function* () {
      for (let i = 0; i < count; i++) {
        yield* sys.pthread_create(function* (sys) {
          yield* sys.epoll_wait(ep, 1, -1);
        });
      }
      yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 }); // All of them sleep by then.
    };
  },
};

function memory(): { heap: number; rss: number } {
  if (globalThis.gc === undefined) throw new Error('expected --expose-gc');
  globalThis.gc();
  globalThis.gc();
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed + arrayBuffers, rss };
}

const [what = '', count = ''] = process.argv.slice(2);
const maker = makers[what];
if (maker === undefined) {
  throw new Error(`expected one of ${Object.keys(makers).join(', ')}, found "${what}"`);
}
const machine = newMachine();
machine.spawn(function* (sys) {
  const make = yield* maker(sys, Number(count));
  const before = memory();
  yield* make();
  const after = memory();
  const taken: Taken = {
    heap_bytes: after.heap - before.heap,
    rss_bytes: after.rss - before.rss,
    peak_bytes: process.resourceUsage().maxRSS * 1024 - before.rss,
  };
  process.stdout.write(`${JSON.stringify(taken)}\n`, () => process.exit(0));
  for (;;) yield* sys.poll([], -1);
});
machine.run();
