/**
 * Runs works on what is built, with each of its allocations counted (scripts/allocations.ts): a
 * process of its own, as the counts are global. Prints one object: by work, how many of what.
 */
import type * as Epollsim from '../../src/index.ts';

type Counts = Record<string, number>;
type Round = () => Epollsim.Code<void>;

const [folder] = process.argv.slice(2);
let counts: Counts | null = null;
(globalThis as { $allocates?: (what: string) => void }).$allocates = (what) => {
  if (counts !== null) counts[what] = (counts[what] ?? 0) + 1;
};
const epollsim: typeof Epollsim = await import(`${folder}/src/index.js`);
const { AF_UNIX, EFD_NONBLOCK, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN, O_NONBLOCK } = epollsim;
const { EPOLLET, MSG_NOSIGNAL, MSG_PEEK, Machine, SOCK_NONBLOCK, SOCK_STREAM, check } = epollsim;

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
const results: Record<string, Counts> = {};

function counting<T>(name: string, work: () => T): T {
  counts = {};
  const value = work();
  results[name] = counts;
  counts = null;
  return value;
}

/** Plays a round twice, and counts the second. */
function rounds(name: string, prepare: (sys: Epollsim.Sys) => Epollsim.Code<Round>): void {
  const machine = new Machine({ nofile: 4096 });
  machine.spawn(function* (sys) {
    const round = yield* prepare(sys);
    yield* round();
    counts = {};
    yield* round();
    results[name] = counts;
    counts = null;
  });
  machine.run();
}

const pairs = {
  eventfd: function* (sys: Epollsim.Sys): Epollsim.Code<readonly number[]> {
    const event = yield* sys.eventfd2(0, EFD_NONBLOCK);
    return [event, event];
  },
  pipe: (sys: Epollsim.Sys) => sys.pipe2(O_NONBLOCK),
  unix: (sys: Epollsim.Sys) => sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK),
};

for (const [medium, connect] of Object.entries(pairs)) {
  rounds(`round trip: ${medium}`, function* (sys) {
    const [reader = -1, writer = -1] = yield* connect(sys);
    const message = one.slice(0, medium === 'eventfd' ? 8 : 1);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN });
    return function* () {
      yield* sys.write(writer, message);
      yield* sys.epoll_wait(ep, 1, -1);
      yield* sys.read(reader, message);
    };
  });
}

rounds('send and recv with flags', function* (sys) {
  const [reader = -1, writer = -1] = yield* pairs.unix(sys);
  const message = one.slice(0, 1);
  return function* () {
    yield* sys.send(writer, message, MSG_NOSIGNAL);
    yield* sys.recv(reader, message, MSG_PEEK);
  };
});

for (const registered of [64, 2000]) {
  rounds(`epoll_wait: 64 ready of ${registered}`, function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    for (let i = 0; i < registered; i++) {
      const event = yield* sys.eventfd2(i < 64 ? 1 : 0, EFD_NONBLOCK);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
    }
    return function* () {
      yield* sys.epoll_wait(ep, 64, -1);
    };
  });
}

rounds('EPOLL_CTL_MOD', function* (sys) {
  const ep = yield* sys.epoll_create1(0);
  const event = yield* sys.eventfd2(0, EFD_NONBLOCK);
  const interest = { events: EPOLLIN };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, interest);
  return function* () {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, event, interest);
  };
});

new Machine();
counting('a machine', () => new Machine());

const twoThreads = function* (sys: Epollsim.Sys): Epollsim.Code<void> {
  const event = yield* sys.eventfd2(0, EFD_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN | EPOLLET });
  yield* sys.pthread_create(function* (sys) {
    yield* sys.write(event, one);
  });
  yield* sys.pthread_create(function* (sys) {
    yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.read(event, new Uint8Array(8));
  });
  yield* sys.poll([], -1);
};
const options = { sharedMemory: false };
check(twoThreads, options);
const { executions } = counting('a check', () => check(twoThreads, options));
results['executions of the check'] = { executions };

process.stdout.write(JSON.stringify(results));
