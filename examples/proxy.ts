/**
 * A proxy with back-pressure: whoever reads slowly slows down whoever sends, and the proxy keeps
 * little in between.
 *
 * Of each connection it forwards both ways. What has been read from one side waits in a buffer for
 * the other; while that is full, EPOLLIN of the first side is not armed. Then its receive buffer
 * fills, TCP closes the window, and the sender's write() blocks. One function, interest(), says
 * what each side is armed for; everything else follows.
 */
import {
  AF_INET,
  type Code,
  EAGAIN,
  EINPROGRESS,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLERR,
  EPOLLIN,
  EPOLLOUT,
  MSG_NOSIGNAL,
  type Program,
  SHUT_WR,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  type Sys,
  type sockaddr,
} from 'epollsim';
import {
  acceptAll,
  concat,
  connectTo,
  listenOn,
  loopback,
  ms,
  type Print,
  sendAll,
} from './common.ts';

/** How much the proxy keeps for one side, in bytes. */
const limit = 16_384;

/** One of the two connections that are joined. */
interface Side {
  readonly fd: number;
  /** Stands in its events: a descriptor may be another connection's by the time its event is read. */
  readonly key: number;
  /** Is to be written to it. */
  out: Uint8Array;
  /** It sends no more. */
  ended: boolean;
  /** It has been told that no more will come. */
  shut: boolean;
  closed: boolean;
  armed: number;
}

/** What a side is armed for: room in the buffer of its peer, and something in its own. */
const interest = (side: Side, peer: Side): number =>
  (!side.ended && peer.out.length < limit ? EPOLLIN : 0) | (side.out.length > 0 ? EPOLLOUT : 0);

/** Small buffers in the kernel, so that little is under way; for connections and listeners. */
function* withSmallBuffers(sys: Sys, fd: number): Code<void> {
  yield* sys.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 8192);
  yield* sys.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, 8192);
}

/** Forwards what comes at `address` to `upstream`, and back. */
export const proxy = (address: sockaddr, upstream: sockaddr, load: Load): Program =>
  function* (sys) {
    const listener = yield* listenOn(sys, address);
    yield* withSmallBuffers(sys, listener);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: EPOLLIN, data: 0 });
    const pairs = new Map<number, readonly [Side, Side]>();
    let keys = 0;
    const join = function* (fd: number): Code<Side> {
      const key = ++keys;
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: 0, data: key });
      const out = new Uint8Array(0);
      return { fd, key, out, ended: false, shut: false, closed: false, armed: 0 };
    };
    for (;;) {
      for (const { events, data } of yield* sys.epoll_wait(ep, 16, -1)) {
        if (data === 0) {
          for (const fd of yield* acceptAll(sys, listener)) {
            const client = yield* join(fd);
            const server = yield* join(yield* connectLater(sys, upstream));
            pairs.set(client.key, [client, server]);
            pairs.set(server.key, [server, client]);
            for (const side of [client, server]) yield* arm(sys, ep, side, EPOLLIN);
          }
          continue;
        }
        const pair = pairs.get(Number(data));
        if (pair === undefined) continue; // Has been given up since.
        const [side, peer] = pair;
        const failed = (events & EPOLLERR) !== 0 || !(yield* forward(sys, side, peer, events));
        load.most = Math.max(load.most, side.out.length, peer.out.length);
        yield* settle(sys, ep, side, peer, failed);
        yield* settle(sys, ep, peer, side, failed);
        load.now = 0;
        for (const { out, closed } of pair) if (!closed) load.now += out.length;
        for (const { key, closed } of pair) if (closed) pairs.delete(key);
      }
    }
  };

/** Bytes that the proxy keeps for the pair it has served last, and the most it kept for a side. */
export interface Load {
  now: number;
  most: number;
}

/** Is done later, or fails later, by EPOLLERR; until then there is nothing to read or to write. */
function* connectLater(sys: Sys, upstream: sockaddr): Code<number> {
  const fd = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  yield* withSmallBuffers(sys, fd);
  const ret = yield* sys.connect(fd, upstream);
  sys.assert(ret === 0 || ret === -EINPROGRESS, 'connect() begins');
  return fd;
}

/** Reads from a side what its peer has room for, and writes to it what it can take; false on errors. */
function* forward(sys: Sys, side: Side, peer: Side, events: number): Code<boolean> {
  const room = limit - peer.out.length;
  if ((events & EPOLLIN) !== 0 && room > 0) {
    const buf = new Uint8Array(room);
    const n = yield* sys.read(side.fd, buf);
    if (n < 0) return n === -EAGAIN;
    if (n === 0) side.ended = true;
    peer.out = concat(peer.out, buf.subarray(0, n));
  }
  if ((events & EPOLLOUT) !== 0) {
    const n = yield* sys.send(side.fd, side.out, MSG_NOSIGNAL);
    if (n < 0) return n === -EAGAIN;
    side.out = side.out.subarray(n);
  }
  return true;
}

/** Passes the end on, closes a side that is through, and arms the others for what they are to do. */
function* settle(sys: Sys, ep: number, side: Side, peer: Side, failed: boolean): Code<void> {
  if (side.closed) return;
  if (peer.ended && side.out.length === 0 && !side.shut) {
    side.shut = true;
    yield* sys.shutdown(side.fd, SHUT_WR);
  }
  // EPOLLHUP cannot be disarmed: a side that is through would be reported without end.
  if (failed || (side.ended && side.shut)) {
    side.closed = true;
    yield* sys.close(side.fd);
  } else yield* arm(sys, ep, side, interest(side, peer));
}

function* arm(sys: Sys, ep: number, side: Side, events: number): Code<void> {
  if (events === side.armed) return;
  side.armed = events;
  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, side.fd, { events, data: side.key });
}

/** How far a transfer has come, in bytes. */
export interface Progress {
  sent: number;
  received: number;
}

/** Sends `total` bytes to the first who connects, as fast as they are taken. */
export const source = (address: sockaddr, total: number, progress: Progress): Program =>
  function* (sys) {
    const listener = yield* sys.socket(AF_INET, SOCK_STREAM);
    yield* withSmallBuffers(sys, listener);
    yield* sys.bind(listener, address);
    yield* sys.listen(listener, 1);
    const fd = yield* sys.accept4(listener, 0);
    while (progress.sent < total) {
      yield* sendAll(sys, fd, 'x'.repeat(1000));
      progress.sent += 1000;
    }
    yield* sys.close(fd);
  };

/** Reads 1000 bytes at a time and pauses in between. */
export const reader = (address: sockaddr, pauseMs: number, progress: Progress): Program =>
  function* (sys) {
    const fd = yield* connectTo(sys, address, 8192);
    for (;;) {
      const n = yield* sys.read(fd, new Uint8Array(1000));
      if (n <= 0) break;
      progress.received += n;
      if (pauseMs > 0) yield* sys.nanosleep(ms(pauseMs));
    }
    yield* sys.close(fd);
  };

export const example = (print: Print): Program =>
  function* (sys) {
    const load: Load = { now: 0, most: 0 };
    const progress: Progress = { sent: 0, received: 0 };
    yield* sys.pthread_create(source(loopback(8001), 200_000, progress), 'source');
    yield* sys.pthread_create(proxy(loopback(8000), loopback(8001), load), 'proxy');
    yield* sys.nanosleep(ms(1));
    const client = yield* sys.pthread_create(reader(loopback(8000), 5, progress), 'reader');
    for (let at = 250; progress.received < 200_000; at += 250) {
      yield* sys.nanosleep(ms(250));
      print(`${at} ms: ${progress.sent} sent, ${load.now} in the proxy, ${progress.received} read`);
    }
    yield* sys.pthread_join(client);
    print(`the proxy kept ${load.most} bytes at most`);
  };

export default example(console.log);
