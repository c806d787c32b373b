/**
 * Processes that are forked beforehand and accept from one listener. How many of them does a
 * connection wake?
 *
 * Each has an epoll instance of its own, made after fork(): one from before would be shared, with
 * its list of what is ready. Without EPOLLEXCLUSIVE a connection wakes every process that sleeps,
 * and all but one find nothing to accept. With it, it wakes one: the first to have registered that
 * sleeps at the moment, so the others work only when that one has its hands full.
 */
import {
  type Code,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  epollFlags,
  type Program,
  SIGTERM,
  type Sys,
} from 'epollsim';
import { connectTo, listenOn, loopback, ms, type Print, receive, sendAll } from './common.ts';

const names = ['one', 'two', 'three', 'four'];

/** Kept by all processes together; in C it would lie in shared memory. */
interface Tally {
  wakeups: number;
  inVain: number;
}

const worker = (listener: number, events: number, name: string, tally: Tally): Program =>
  function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events });
    for (;;) {
      yield* sys.epoll_wait(ep, 1, -1);
      tally.wakeups++;
      yield* sys.nanosleep(ms(1)); // So that nobody is too slow to see the connection waiting.
      const fd = yield* sys.accept4(listener, 0);
      if (fd === -EAGAIN) tally.inVain++;
      else {
        yield* sendAll(sys, fd, name);
        yield* sys.nanosleep(ms(5)); // Work.
        yield* sys.close(fd);
      }
    }
  };

/** Who serves `count` connections that come every so many milliseconds, told in two lines. */
function* round(
  sys: Sys,
  port: number,
  events: number,
  count: number,
  every: number,
  print: Print,
): Code<void> {
  const tally: Tally = { wakeups: 0, inVain: 0 };
  const address = loopback(port);
  const listener = yield* listenOn(sys, address);
  const children: number[] = [];
  for (const name of names) {
    children.push(yield* sys.fork(worker(listener, events, name, tally), name));
    yield* sys.nanosleep(ms(1)); // So that they register in this order.
  }
  const clients: number[] = [];
  for (let i = 0; i < count; i++) {
    yield* sys.nanosleep(ms(every));
    clients.push(yield* connectTo(sys, address));
  }
  const served: string[] = [];
  for (const fd of clients) served.push(yield* receive(sys, fd, 5));

  for (const pid of children) yield* sys.kill(pid, SIGTERM);
  for (const pid of children) yield* sys.wait4(pid);
  for (const fd of [listener, ...clients]) yield* sys.close(fd);
  print(`${epollFlags(events)}, a connection every ${every} ms`);
  print(`  wakeups: ${tally.wakeups}, in vain: ${tally.inVain}, served by ${served.join(' ')}`);
}

export const example = (print: Print): Program =>
  function* (sys) {
    yield* round(sys, 8000, EPOLLIN, 4, 20, print);
    yield* round(sys, 8001, EPOLLIN | EPOLLEXCLUSIVE, 4, 20, print);
    yield* round(sys, 8002, EPOLLIN | EPOLLEXCLUSIVE, 4, 2, print);
  };

export default example(console.log);
