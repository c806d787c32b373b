/**
 * Four workers, each with an epoll instance of its own, watch one listener. One client connects.
 * Who is woken?
 *
 * All four, and three of them find nothing to accept: the thundering herd. With EPOLLEXCLUSIVE it
 * is one, and always the one that registered first: the entries stand in the order of their
 * registration and never move, so the work is not spread.
 */
import {
  AF_INET,
  type Code,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  INADDR_LOOPBACK,
  type Program,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
  type timespec,
} from 'epollsim';

const ms = (n: number): timespec => ({ tv_sec: 0, tv_nsec: n * 1e6 });

/** What came of it: the workers that got a connection, and those that were woken for nothing. */
interface Outcome {
  readonly accepted: string[];
  readonly inVain: string[];
}

function* connectTwice(sys: Sys, port: number, events: number): Code<Outcome> {
  const address = { family: AF_INET, addr: INADDR_LOOPBACK, port };
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  yield* sys.bind(listener, address);
  yield* sys.listen(listener, 16);
  const outcome: Outcome = { accepted: [], inVain: [] };

  const worker = (name: string, ep: number): Program =>
    function* (sys) {
      while ((yield* sys.epoll_wait(ep, 1, 100)).ret === 1) {
        yield* sys.nanosleep(ms(1)); // So that nobody is too slow to see the connection waiting.
        const connection = yield* sys.accept4(listener, 0);
        (connection === -EAGAIN ? outcome.inVain : outcome.accepted).push(name);
      }
    };
  const threads: number[] = [];
  for (const name of ['first', 'second', 'third', 'fourth']) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events });
    threads.push(yield* sys.pthread_create(worker(name, ep), name));
  }
  for (let i = 0; i < 2; i++) {
    yield* sys.nanosleep(ms(10)); // All four are asleep.
    const client = yield* sys.socket(AF_INET, SOCK_STREAM);
    yield* sys.connect(client, address);
  }
  for (const thread of threads) yield* sys.pthread_join(thread);
  return outcome;
}

export default function* main(sys: Sys): Code<void> {
  const herd = yield* connectTwice(sys, 8000, EPOLLIN);
  sys.assert(herd.accepted.length === 2, 'two clients, two connections');
  sys.assert(herd.inVain.length === 6, 'and three workers woken in vain, each time');

  const exclusive = yield* connectTwice(sys, 8001, EPOLLIN | EPOLLEXCLUSIVE);
  sys.assert(exclusive.inVain.length === 0, 'EPOLLEXCLUSIVE wakes nobody in vain');
  sys.assert(exclusive.accepted.join() === 'first,first', 'the first to register gets both');
}
