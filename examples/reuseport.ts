/**
 * SO_REUSEPORT: each worker has a listener of its own, and all of them have the same port.
 *
 * The kernel chooses the listener by a hash of the connection's addresses and ports when the SYN
 * comes, so nobody is woken in vain and the work is spread whether or not the workers are busy. The
 * price: the choice is final. A worker that is busy keeps its connections waiting while others
 * idle, and what waits in a listener that is closed is reset.
 */
import {
  AF_INET,
  EADDRINUSE,
  ECONNRESET,
  EPOLL_CTL_ADD,
  EPOLLIN,
  type Program,
  SIGTERM,
  SO_REUSEPORT,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from 'epollsim';
import { acceptAll, connectTo, loopback, ms, type Print, sendAll } from './common.ts';

const address = loopback(8000);
const names = ['one', 'two', 'three', 'four'];
const busy = 'four';
const count = 24;

/** Kept by all processes together; in C it would lie in shared memory. */
type Tally = Map<string, { wakeups: number; connections: number }>;

const worker = (name: string, tally: Tally): Program =>
  function* (sys) {
    const listener = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
    yield* sys.setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, 1);
    sys.assert((yield* sys.bind(listener, address)) === 0, 'workers share the port');
    yield* sys.listen(listener, 128);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: EPOLLIN });
    const own = { wakeups: 0, connections: 0 };
    tally.set(name, own);
    if (name === busy) yield* sys.nanosleep(ms(10_000)); // Something that takes very long.
    for (;;) {
      yield* sys.epoll_wait(ep, 1, -1);
      own.wakeups++;
      for (const fd of yield* acceptAll(sys, listener)) {
        own.connections++;
        yield* sendAll(sys, fd, name);
        yield* sys.close(fd);
      }
    }
  };

export const example = (print: Print): Program =>
  function* (sys) {
    const tally: Tally = new Map();
    const children: number[] = [];
    for (const name of names) children.push(yield* sys.fork(worker(name, tally), name));
    yield* sys.nanosleep(ms(10)); // All of them listen.

    const stranger = yield* sys.socket(AF_INET, SOCK_STREAM);
    const refused = yield* sys.bind(stranger, address);
    sys.assert(refused === -EADDRINUSE, 'who does not ask for SO_REUSEPORT cannot join');

    const clients: number[] = [];
    for (let i = 0; i < count; i++) {
      clients.push(yield* connectTo(sys, address));
      yield* sys.nanosleep(ms(1));
    }
    for (const pid of children) yield* sys.kill(pid, SIGTERM);
    for (const pid of children) yield* sys.wait4(pid);

    for (const [name, { wakeups, connections }] of tally) {
      print(`${name}: ${connections} connections, ${wakeups} wakeups`);
    }
    let reset = 0;
    for (const fd of clients) {
      const ret = yield* sys.read(fd, new Uint8Array(8));
      if (ret === -ECONNRESET) reset++;
    }
    print(`${reset} of ${count} clients were reset: ${busy} had not accepted them`);
  };

export default example(console.log);
