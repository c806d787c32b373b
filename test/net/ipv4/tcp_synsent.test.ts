import { expect, test } from 'vitest';
import {
  AF_INET,
  type Code,
  EINPROGRESS,
  EPIPE,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  type Host,
  MSG_NOSIGNAL,
  SHUT_WR,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from '../../../src/index.ts';
import { SOL_TCP, TCP_INFO } from '../../../src/kernel/uapi/tcp.ts';
import * as state from '../../../src/net/sock.ts';
import { ms, pair } from '../../support/hosts.ts';
import { inMachine } from '../../support/run.ts';
import { addressOf, at, bytes, dial, tcp } from './support.ts';

const ENDED = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP;

/** tcpi_state, the first byte. */
function* stateOf(sys: Sys, fd: number): Code<number> {
  return (yield* sys.getsockopt(fd, SOL_TCP, TCP_INFO)).value & 0xff;
}

function* watched(sys: Sys, fd: number): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  const events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });
  return ep;
}

/** What happens to a socket that is closed at once by both ends, and how much later in ms. */
type Seen = [ms: number, events: number, state: number];

/** Calls `peer` from port 7, which calls too; says what it hears up to the end of the connection. */
const caller = (self: Host, peer: Host, seen: Seen[], now: () => number) =>
  function* (sys: Sys): Code<void> {
    const fd = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    yield* sys.bind(fd, self.sockaddr(7));
    const ep = yield* watched(sys, fd);
    yield* sys.epoll_wait(ep, 1, 0); // It hangs up before it calls.
    sys.assert((yield* sys.connect(fd, peer.sockaddr(7))) === -EINPROGRESS, 'it calls');
    const next = function* (): Code<void> {
      const [event] = yield* sys.epoll_wait(ep, 1, 1000);
      seen.push([now(), event?.events ?? 0, yield* stateOf(sys, fd)]);
    };
    yield* next();
    yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 100 * ms });
    yield* sys.shutdown(fd, SHUT_WR);
    yield* next();
    yield* next();
    yield* next();
    sys.assert((yield* sys.send(fd, 'x', MSG_NOSIGNAL)) === -EPIPE, 'nothing more is sent');
    sys.assert((yield* sys.read(fd, bytes(1))) === 0, 'and nothing more comes');
    yield* sys.close(fd);
  };

/** RFC 9293, figures 8 and 14: SYNs that cross, and FINs that cross. */
test('both ends call, and hang up, at the same time', () => {
  const { machine, a, b } = pair({ latency_ns: 10 * ms });
  const seen: { a: Seen[]; b: Seen[] } = { a: [], b: [] };
  const now = (): number => machine.now_ns / ms - 1000;
  machine.spawn(caller(a, b, seen.a, now), { host: a });
  machine.spawn(caller(b, a, seen.b, now), { host: b });

  machine.run();

  expect(seen.a).toEqual([
    [20, EPOLLOUT, state.TCP_ESTABLISHED],
    [120, EPOLLOUT, state.TCP_FIN_WAIT1],
    [130, ENDED, state.TCP_CLOSING],
    [140, ENDED, state.TCP_CLOSE],
  ]);
  expect(seen.b).toEqual(seen.a);
});

/** The same over the loopback device, where a listener without room drops the first SYN. */
test('a call crosses one that was lost, and an end that waits for room crosses the other', () => {
  inMachine(function* (sys) {
    const listener = yield* tcp(sys);
    yield* sys.bind(listener, at(0));
    yield* sys.listen(listener, 0);
    const there = yield* addressOf(sys, listener);
    const [, filler] = yield* dial(sys, there);
    const a = yield* tcp(sys, SOCK_NONBLOCK);
    yield* sys.bind(a, at(0));
    const here = yield* addressOf(sys, a);
    expect(yield* sys.connect(a, there)).toBe(-EINPROGRESS);
    const epA = yield* watched(sys, a);
    yield* sys.close(listener);
    yield* sys.close(filler);
    const b = yield* tcp(sys, SOCK_NONBLOCK);
    expect(yield* sys.bind(b, there)).toBe(0);
    expect(yield* sys.connect(b, here)).toBe(-EINPROGRESS);
    const epB = yield* watched(sys, b);
    // In less than the 200 ms after which a closed window is probed.
    const both = function* (): Code<number[]> {
      yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 20 * ms });
      const found: number[] = [];
      for (const ep of [epA, epB]) found.push((yield* sys.epoll_wait(ep, 1, 0))[0]?.events ?? 0);
      return [...found, yield* stateOf(sys, a), yield* stateOf(sys, b)];
    };

    expect(yield* both()).toEqual([
      EPOLLOUT,
      EPOLLOUT,
      state.TCP_ESTABLISHED,
      state.TCP_ESTABLISHED,
    ]);
    expect([yield* sys.connect(a, there), yield* sys.connect(b, here)]).toEqual([0, 0]);
    while ((yield* sys.write(a, bytes(65_536))) > 0);
    yield* both();
    yield* sys.shutdown(a, SHUT_WR);
    expect(yield* both()).toEqual([EPOLLOUT, 0, state.TCP_FIN_WAIT1, state.TCP_ESTABLISHED]);
    yield* sys.shutdown(b, SHUT_WR);
    expect(yield* both()).toEqual([
      ENDED,
      EPOLLIN | EPOLLOUT,
      state.TCP_CLOSING,
      state.TCP_FIN_WAIT2,
    ]);
    for (let n = 1; n !== 0; ) n = yield* sys.read(b, bytes(65_536));
    expect(yield* both()).toEqual([ENDED, ENDED, state.TCP_CLOSE, state.TCP_CLOSE]);
  });
});
