/**
 * Connections of two ranks: a nested epoll instance for those that must not wait.
 *
 * One instance reports in the order of arrival, so a control request waits behind all the bulk
 * that came before it. Here each rank has an instance of its own, and an outer one watches both.
 * The server sleeps on the outer one; awake, it serves all of the inner one for control, and then
 * one of the bulk, and looks again.
 */
import {
  type Code,
  decodeText,
  EPOLL_CTL_ADD,
  EPOLLIN,
  MSG_NOSIGNAL,
  type Program,
  SIGKILL,
  type Sys,
} from 'epollsim';
import {
  acceptAll,
  connectTo,
  listenOn,
  loopback,
  ms,
  now,
  type Print,
  receive,
  sendAll,
} from './common.ts';

const control = loopback(9000);
const bulk = loopback(9001);
const bulkClients = 10;

/** Where the two kinds of connections come in. */
interface Listeners {
  readonly control: number;
  readonly bulk: number;
}

/** Registers a listener, or a connection that one has accepted. */
const watch = (sys: Sys, ep: number, fd: number): Code<number> =>
  sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });

const nested = (listeners: Listeners): Program =>
  function* (sys) {
    const outer = yield* sys.epoll_create1(0);
    const inner = { control: yield* sys.epoll_create1(0), bulk: yield* sys.epoll_create1(0) };
    for (const rank of ['control', 'bulk'] as const) {
      yield* watch(sys, inner[rank], listeners[rank]);
      yield* watch(sys, outer, inner[rank]);
    }
    for (;;) {
      yield* sys.epoll_wait(outer, 2, -1); // Something is there; the inner instances know what.
      yield* serve(sys, inner.control, 16, 0, listeners);
      yield* serve(sys, inner.bulk, 1, 0, listeners);
    }
  };

/** The same with one instance for all. */
const flat = (listeners: Listeners): Program =>
  function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    for (const listener of Object.values(listeners)) yield* watch(sys, ep, listener);
    for (;;) yield* serve(sys, ep, 16, -1, listeners);
  };

/** Serves at most `maxevents` of what an instance reports. */
function* serve(
  sys: Sys,
  ep: number,
  maxevents: number,
  timeout: number,
  listeners: Listeners,
): Code<void> {
  for (const { data } of yield* sys.epoll_wait(ep, maxevents, timeout)) {
    const fd = Number(data);
    if (fd === listeners.control || fd === listeners.bulk) {
      for (const accepted of yield* acceptAll(sys, fd)) yield* watch(sys, ep, accepted);
    } else yield* answer(sys, fd);
  }
}

/** One request, of 4 bytes, a time; what else has come is reported again. */
function* answer(sys: Sys, fd: number): Code<void> {
  const buf = new Uint8Array(4);
  const n = yield* sys.read(fd, buf);
  if (n <= 0) {
    yield* sys.close(fd);
    return;
  }
  yield* sys.nanosleep(ms(2)); // Work.
  yield* sys.send(fd, decodeText(buf.subarray(0, n)).toUpperCase(), MSG_NOSIGNAL);
}

/** Sends many requests at once. */
const bulkClient: Program = function* (sys) {
  const fd = yield* connectTo(sys, bulk);
  yield* sendAll(sys, fd, 'bulk'.repeat(10));
  sys.assert((yield* receive(sys, fd, 40)) === 'BULK'.repeat(10), 'bulk is served in the end');
  yield* sys.close(fd);
};

/** How long the longest of some control requests took in the midst of bulk, in milliseconds. */
function* longestWait(sys: Sys, server: (listeners: Listeners) => Program): Code<number> {
  const listeners = {
    control: yield* listenOn(sys, control),
    bulk: yield* listenOn(sys, bulk),
  };
  const pid = yield* sys.fork(server(listeners), 'server');
  for (const listener of Object.values(listeners)) yield* sys.close(listener);
  const threads: number[] = [];
  for (let i = 0; i < bulkClients; i++) threads.push(yield* sys.pthread_create(bulkClient));

  const fd = yield* connectTo(sys, control);
  let longest = 0;
  for (let i = 0; i < 5; i++) {
    yield* sys.nanosleep(ms(5));
    const asked = yield* now(sys);
    yield* sendAll(sys, fd, 'stat');
    sys.assert((yield* receive(sys, fd, 4)) === 'STAT', 'the request is answered');
    longest = Math.max(longest, (yield* now(sys)) - asked);
  }
  for (const tid of threads) yield* sys.pthread_join(tid);
  yield* sys.kill(pid, SIGKILL);
  yield* sys.wait4(pid);
  yield* sys.close(fd);
  return longest;
}

export const example = (print: Print): Program =>
  function* (sys) {
    print(`one instance: a control request takes up to ${yield* longestWait(sys, flat)} ms`);
    print(`one for each rank: up to ${yield* longestWait(sys, nested)} ms`);
  };

export default example(console.log);
