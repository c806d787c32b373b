/**
 * Small concurrent programs made by chance: a set-up of some files and an epoll instance or two that
 * watch some of them, then two or three threads that make a few calls each.
 */
import {
  AF_INET,
  AF_UNIX,
  CLOCK_MONOTONIC,
  type Code,
  EFD_NONBLOCK,
  EFD_SEMAPHORE,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLRDHUP,
  F_DUPFD_CLOEXEC,
  MSG_DONTWAIT,
  MSG_PEEK,
  O_NONBLOCK,
  POLLIN,
  POLLOUT,
  Random,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SIG_IGN,
  SIGPIPE,
  SIGUSR1,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  type Sys,
  TFD_NONBLOCK,
} from '../../src/index.ts';

/** A call, made by a thread; `fds` are what the set-up has made. */
type Call = (sys: Sys, fds: readonly number[]) => Code<unknown>;

/** What programs may be about. */
export type Topic =
  | 'eventfd'
  | 'pipe'
  | 'stream'
  | 'seqpacket'
  | 'dgram'
  | 'tcp'
  | 'listen'
  | 'udp'
  | 'timerfd'
  | 'nested';
export const topics: readonly Topic[] = [
  'eventfd',
  'pipe',
  'stream',
  'seqpacket',
  'dgram',
  'tcp',
  'listen',
  'udp',
  'timerfd',
  'nested',
];

const loopback = (port: number) => ({ family: AF_INET, addr: 0x7f000001, port }) as const;
const count = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);

/** Makes the files of a topic; their descriptors. */
function* make(sys: Sys, topic: Topic, port: number, random: Random): Code<number[]> {
  const nonblock = random.below(3) > 0;
  const sock = nonblock ? SOCK_NONBLOCK : 0;
  switch (topic) {
    case 'eventfd':
      return [
        yield* sys.eventfd2(
          random.below(2),
          (nonblock ? EFD_NONBLOCK : 0) | (random.below(3) === 0 ? EFD_SEMAPHORE : 0),
        ),
      ];
    case 'pipe':
      return [...(yield* sys.pipe2(nonblock ? O_NONBLOCK : 0))];
    case 'stream':
      return [...(yield* sys.socketpair(AF_UNIX, SOCK_STREAM | sock))];
    case 'seqpacket':
      return [...(yield* sys.socketpair(AF_UNIX, SOCK_SEQPACKET | sock))];
    case 'dgram':
      return [...(yield* sys.socketpair(AF_UNIX, SOCK_DGRAM | sock))];
    case 'tcp': {
      const listener = yield* sys.socket(AF_INET, SOCK_STREAM);
      yield* sys.bind(listener, loopback(port));
      yield* sys.listen(listener, 4);
      const client = yield* sys.socket(AF_INET, SOCK_STREAM);
      yield* sys.connect(client, loopback(port));
      const server = yield* sys.accept4(listener, sock);
      yield* sys.close(listener);
      return [client, server];
    }
    case 'listen': {
      const listener = yield* sys.socket(AF_INET, SOCK_STREAM | sock);
      yield* sys.bind(listener, loopback(port));
      yield* sys.listen(listener, 1 + random.below(2));
      return [listener, yield* sys.socket(AF_INET, SOCK_STREAM | sock)];
    }
    case 'udp': {
      const receiver = yield* sys.socket(AF_INET, SOCK_DGRAM | sock);
      yield* sys.bind(receiver, loopback(port));
      const sender = yield* sys.socket(AF_INET, SOCK_DGRAM | sock);
      yield* sys.connect(sender, loopback(port));
      return [receiver, sender];
    }
    case 'timerfd': {
      const fd = yield* sys.timerfd_create(CLOCK_MONOTONIC, nonblock ? TFD_NONBLOCK : 0);
      if (random.below(2) === 0) yield* sys.timerfd_settime(fd, 0, inMs(1, random.below(2)));
      return [fd];
    }
    case 'nested':
      return [yield* sys.epoll_create1(0)];
  }
}

const inMs = (first: number, every: number) => ({
  it_value: { tv_sec: 0, tv_nsec: first * 1_000_000 },
  it_interval: { tv_sec: 0, tv_nsec: every * 1_000_000 },
});

const flags = [0, 0, EPOLLET, EPOLLET, EPOLLONESHOT, EPOLLONESHOT | EPOLLET];
const some = <T>(random: Random, of: readonly T[]): T => of[random.below(of.length)] as T;
const interest = (random: Random): number =>
  some(random, [EPOLLIN, EPOLLIN, EPOLLIN | EPOLLOUT, EPOLLOUT, EPOLLIN | EPOLLRDHUP]) |
  some(random, flags);
const timeout = (random: Random): number => some(random, [0, 0, -1, -1, 1, 2]);

/** A random call. `fd` and `other` are places in the list of descriptors, `eps` those of epoll. */
function call(
  random: Random,
  eps: readonly number[],
  others: readonly number[],
  tid: () => number,
): Call {
  const ep = some(random, eps);
  const at = some(random, others);
  const to = some(random, others);
  const events = interest(random);
  const wait = timeout(random);
  const buf = new Uint8Array(8);
  const add: Call = (sys, fds) =>
    sys.epoll_ctl(fds[ep] as number, EPOLL_CTL_ADD, fds[at] as number, { events, data: at });
  const exclusive: Call = (sys, fds) =>
    sys.epoll_ctl(fds[ep] as number, EPOLL_CTL_ADD, fds[at] as number, {
      events: EPOLLEXCLUSIVE | EPOLLIN | (events & EPOLLET),
      data: at,
    });
  const mod: Call = (sys, fds) =>
    sys.epoll_ctl(fds[ep] as number, EPOLL_CTL_MOD, fds[at] as number, { events, data: at });
  const del: Call = (sys, fds) =>
    sys.epoll_ctl(fds[ep] as number, EPOLL_CTL_DEL, fds[at] as number);
  const waits: Call = (sys, fds) => sys.epoll_wait(fds[ep] as number, 1 + random0(wait), wait);
  const read: Call = (sys, fds) => sys.read(fds[at] as number, buf);
  const write: Call = (sys, fds) => sys.write(fds[at] as number, count);
  const menu: readonly Call[] = [
    add,
    add,
    exclusive,
    mod,
    mod,
    del,
    waits,
    waits,
    waits,
    waits,
    read,
    read,
    read,
    write,
    write,
    write,
    write,
    (sys, fds) => sys.close(fds[at] as number),
    (sys, fds) => sys.close(fds[at] as number),
    (sys, fds) => sys.close(fds[ep] as number),
    (sys, fds) => sys.dup(fds[at] as number),
    (sys, fds) => sys.dup2(fds[at] as number, fds[to] as number),
    (sys, fds) => sys.poll([{ fd: fds[at] as number, events: POLLIN | POLLOUT, revents: 0 }], wait),
    (sys, fds) =>
      sys.poll(
        [at, to].map((i) => ({ fd: fds[i] as number, events: POLLIN, revents: 0 })),
        wait,
      ),
    (sys, fds) => sys.poll([{ fd: fds[ep] as number, events: POLLIN, revents: 0 }], wait),
    (sys, fds) => sys.shutdown(fds[at] as number, some(random, [SHUT_RD, SHUT_WR, SHUT_RDWR])),
    (sys, fds) => sys.recv(fds[at] as number, buf, MSG_DONTWAIT),
    (sys, fds) => sys.recv(fds[at] as number, buf, MSG_PEEK | MSG_DONTWAIT),
    (sys, fds) => sys.send(fds[at] as number, count, MSG_DONTWAIT),
    (sys, fds) => sys.timerfd_settime(fds[at] as number, 0, inMs(Math.max(wait, 0), 0)),
    (sys, fds) => sys.timerfd_gettime(fds[at] as number),
    (sys) => sys.tgkill(sys.task.tgid, tid(), SIGUSR1),
    (sys, fds) => sys.accept4(fds[at] as number, SOCK_NONBLOCK),
    (sys, fds) => sys.accept4(fds[at] as number, 0),
    (sys, fds) => sys.connect(fds[at] as number, loopback(1000)),
    (sys, fds) => sys.connect(fds[at] as number, loopback(1000)),
    (sys, fds) =>
      sys.fork(function* (child) {
        yield* child.write(fds[at] as number, count);
        yield* child.close(fds[to] as number);
      }),
    (sys) => sys.eventfd2(0, 0),
    (sys) => sys.epoll_create1(0),
    (sys, fds) => sys.fdinfo(fds[ep] as number),
    (sys) => sys.nanosleep({ tv_sec: 0, tv_nsec: 1_000_000 }),
    (sys, fds) => sys.fcntl(fds[at] as number, F_DUPFD_CLOEXEC, 0),
  ];
  return some(random, menu);
}
const random0 = (wait: number): number => (wait < 0 ? 1 : 2);

/** The program of a seed. Two programs of one seed are the same. */
export function smallProgram(
  seed: number,
  about: readonly Topic[] = topics,
): (sys: Sys) => Code<void> {
  return function* (sys) {
    const random = new Random(seed);
    yield* sys.sigaction(SIGUSR1, { *handler() {} });
    yield* sys.sigaction(SIGPIPE, { handler: SIG_IGN });
    const fds = [yield* sys.epoll_create1(0)];
    const eps = [0];
    for (let i = 0; i < 1 + random.below(2); i++) {
      const topic = some(random, about);
      const made = yield* make(sys, topic, 1000 + i, random);
      if (topic === 'nested') eps.push(fds.length);
      fds.push(...made);
    }
    const all = fds.map((_, i) => i);
    const others = all.length > 1 ? all.slice(1) : all;
    for (const at of others) {
      const ep = fds[some(random, eps)] as number;
      if (random.below(3) > 0)
        yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fds[at] as number, {
          events: interest(random),
          data: at,
        });
    }
    const tids = [sys.task.pid];
    const threads = 2 + random.below(2);
    const lists = Array.from({ length: threads }, () =>
      Array.from({ length: 2 + random.below(3) }, () =>
        call(random, eps, others, () => some(random, tids)),
      ),
    );
    for (const list of lists) {
      tids.push(
        yield* sys.pthread_create(function* (self) {
          for (const one of list) yield* one(self, fds);
        }),
      );
    }
    if (random.below(8) === 0) return; // The process ends, whatever its threads do.
    for (const tid of tids.slice(1)) yield* sys.pthread_join(tid);
  };
}
