/** What is left of connections, and how long it is in the way. */
import { expect, test } from 'vitest';
import { EADDRINUSE } from '../../../src/kernel/uapi/errno.ts';
import { EPOLLOUT } from '../../../src/kernel/uapi/eventpoll.ts';
import { SO_REUSEADDR, SOCK_NONBLOCK, SOL_SOCKET } from '../../../src/kernel/uapi/socket.ts';
import { SOL_TCP, TCP_INFO, TCP_LINGER2 } from '../../../src/kernel/uapi/tcp.ts';
import type { NetGlobals } from '../../../src/net/net.ts';
import { TCP_ESTABLISHED } from '../../../src/net/sock.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { pause, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { addressOf, at, dial, listener, put, soError, tcp, timed } from './support.ts';

const second = 1000;

/** What bind() says to a new socket without options. */
function* bindAnew(sys: Sys, port: number): Code<number> {
  const fd = yield* tcp(sys);
  const ret = yield* sys.bind(fd, at(port));
  yield* sys.close(fd);
  return ret;
}

/** A server that stops while a client holds on: `linger2` seconds, 0 for the default. */
function* halfClosed(sys: Sys, linger2: number): Code<number> {
  const [l, addr] = yield* listener(sys);
  yield* dial(sys, addr);
  const served = yield* sys.accept4(l, 0);
  yield* sys.close(l);
  if (linger2 !== 0) yield* sys.setsockopt(served, SOL_TCP, TCP_LINGER2, linger2);
  yield* sys.close(served);
  return addr.port as number;
}

/**
 * tcp(7), TCP_LINGER2. Beyond a minute only the seconds beyond it count, once for the socket and once
 * for what is left of it: so it is on Linux.
 */
test.each([
  [1, 1],
  [0, 60],
  [61, 2],
  [90, 60],
])('with TCP_LINGER2 %i an orphan that waits for a FIN keeps its port for %i seconds', (...row) => {
  const [linger2, seconds] = row;
  inMachine(function* (sys) {
    const port = yield* halfClosed(sys, linger2);
    yield* pause(sys, seconds * second - 100);
    expect(yield* bindAnew(sys, port)).toBe(-EADDRINUSE);
    yield* pause(sys, 200);
    expect(yield* bindAnew(sys, port)).toBe(0);
  });
});

/** A server that closes first cannot bind its port again for a minute, unless it says SO_REUSEADDR. */
test('TIME_WAIT lasts for a minute from the last segment', () => {
  inMachine(function* (sys) {
    const [l, addr] = yield* listener(sys);
    const [, fd] = yield* dial(sys, addr);
    yield* sys.close(l === -1 ? -1 : yield* sys.accept4(l, 0));
    yield* sys.close(l);
    yield* pause(sys, 30 * second);
    yield* sys.close(fd);
    yield* pause(sys, 59 * second);
    expect(yield* bindAnew(sys, addr.port as number)).toBe(-EADDRINUSE);
    yield* pause(sys, 2 * second);
    expect(yield* bindAnew(sys, addr.port as number)).toBe(0);
  });
});

/**
 * A client that comes back on the same port, while its peer has not noticed that the first
 * connection is gone: the SYN meets the old connection, which is reset, and is sent again at once.
 */
test('connecting over an orphan resets the old end of the peer, and the next SYN gets through', () => {
  inMachine(function* (sys) {
    const [l, addr] = yield* listener(sys);
    const bound = function* (): Code<number> {
      const fd = yield* tcp(sys, SOCK_NONBLOCK);
      yield* sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
      expect(yield* sys.bind(fd, at(7004))).toBe(0);
      return fd;
    };
    const first = yield* bound();
    yield* sys.connect(first, addr);
    const old = yield* sys.accept4(l, 0);
    yield* sys.close(first);
    yield* pause(sys, 100);
    const again = yield* bound();
    const ep = yield* watch(sys, again, EPOLLOUT);
    yield* sys.connect(again, addr);
    const [events, ms] = yield* timed(sys, sys.epoll_wait(ep, 1, second));
    expect([...events]).toEqual([{ events: EPOLLOUT, data: again }]);
    expect(ms).toBeLessThan(50);
    expect((yield* sys.getsockopt(again, SOL_TCP, TCP_INFO)).value & 0xff).toBe(TCP_ESTABLISHED);
    expect(yield* soError(sys, old)).not.toBe(0);
    expect(yield* put(sys, again, 'x')).toBe(1);
  });
});

/** Many short connections to one server: a port comes back a second after it was given up. */
test('connect() chooses a port in TIME_WAIT again when a second has gone by', () => {
  inMachine(function* (sys) {
    const [l, addr] = yield* listener(sys);
    const { ipv4 } = (sys.task.kernel.net as NetGlobals).init_net;
    const tryFrom = ipv4.connectOffset;
    const dialFromThere = function* (): Code<[fd: number, port: unknown]> {
      ipv4.connectOffset = tryFrom;
      const [, fd] = yield* dial(sys, addr);
      return [fd, (yield* addressOf(sys, fd)).port];
    };
    const [fd, port] = yield* dialFromThere();
    const served = yield* sys.accept4(l, 0);
    yield* sys.close(fd);
    yield* sys.close(served);
    yield* pause(sys, 100);
    expect((yield* dialFromThere())[1]).not.toBe(port);
    yield* pause(sys, second);
    expect((yield* dialFromThere())[1]).toBe(port);
  });
});
