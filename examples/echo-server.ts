/**
 * The echo server that the epoll tutorials show, over simulated TCP.
 *
 * The listener is level-triggered. A connection is EPOLLIN | EPOLLET | EPOLLONESHOT: it is reported
 * once and then says nothing until EPOLL_CTL_MOD arms it again, for EPOLLOUT once something has
 * been read, for EPOLLIN once that has been written. `npm start` runs it with clients of its own;
 * `epollsim play examples/echo-server.ts` plays the program at the end of this file.
 */
import {
  AF_INET,
  type Code,
  decodeText,
  EAGAIN,
  ECONNREFUSED,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  encodeText,
  type Program,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';
import { concat, listenOn, loopback, ms, type Print } from './common.ts';

const address = loopback(7);
const once = EPOLLET | EPOLLONESHOT;

/** A connection: what has been read from it and not yet written back. */
interface Connection {
  readonly fd: number;
  pending: Uint8Array;
  /** The client has said that no more will come. */
  ended: boolean;
}

/** A server that never ends. */
export function server(print: Print): Program {
  return function* (sys) {
    const listener = yield* listenOn(sys, address);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: EPOLLIN, data: listener });
    const connections = new Map<number, Connection>();
    for (;;) {
      const events = yield* sys.epoll_wait(ep, 16, -1);
      for (const { data } of events) {
        const fd = Number(data);
        const connection = connections.get(fd);
        if (connection !== undefined) yield* serve(sys, ep, connection, connections, print);
        else yield* acceptAll(sys, ep, listener, connections, print);
      }
    }
  };
}

/** Takes every connection that waits; EAGAIN says that none is left. */
function* acceptAll(
  sys: Sys,
  ep: number,
  listener: number,
  connections: Map<number, Connection>,
  print: Print,
): Code<void> {
  for (;;) {
    const fd = yield* sys.accept4(listener, SOCK_NONBLOCK);
    if (fd === -EAGAIN) return;
    sys.assert(fd >= 0, 'a connection is accepted');
    connections.set(fd, { fd, pending: new Uint8Array(0), ended: false });
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN | once, data: fd });
    print(`client on descriptor ${fd}`);
  }
}

/** Reads all there is or writes what is pending, closes, or arms the connection again. */
function* serve(
  sys: Sys,
  ep: number,
  connection: Connection,
  connections: Map<number, Connection>,
  print: Print,
): Code<void> {
  const { fd } = connection;
  if (connection.pending.length === 0) yield* readAll(sys, connection, print);
  else yield* writeOut(sys, connection);
  if (connection.pending.length === 0 && connection.ended) {
    connections.delete(fd);
    yield* sys.close(fd);
    print(`client on descriptor ${fd} has gone`);
    return;
  }
  const next = connection.pending.length === 0 ? EPOLLIN : EPOLLOUT;
  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: next | once, data: fd });
}

/** Edge-triggered: what is left unread would not be reported again, so read until EAGAIN. */
function* readAll(sys: Sys, connection: Connection, print: Print): Code<void> {
  const buf = new Uint8Array(4096);
  for (;;) {
    const n = yield* sys.read(connection.fd, buf);
    if (n === -EAGAIN) return;
    if (n <= 0) {
      connection.ended = true; // 0 is the end; an error, such as ECONNRESET, is one too.
      return;
    }
    connection.pending = concat(connection.pending, buf.subarray(0, n));
    print(`descriptor ${connection.fd} says ${JSON.stringify(decodeText(buf.subarray(0, n)))}`);
  }
}

/** Writes until all is gone or the socket has no room. */
function* writeOut(sys: Sys, connection: Connection): Code<void> {
  while (connection.pending.length > 0) {
    const n = yield* sys.write(connection.fd, connection.pending);
    if (n === -EAGAIN) return;
    if (n < 0) {
      connection.ended = true;
      connection.pending = new Uint8Array(0);
      return;
    }
    connection.pending = connection.pending.subarray(n);
  }
}

/** A client that sends each line, waits until it has all come back, and leaves. */
export function client(lines: readonly string[]): Program {
  return function* (sys) {
    const fd = yield* connect(sys);
    for (const line of lines) {
      const bytes = encodeText(`${line}\n`);
      // Piece by piece: if both sides only wrote, both would wait for room for ever.
      for (let at = 0; at < bytes.length; at += 4096) {
        yield* exchange(sys, fd, bytes.subarray(at, at + 4096));
      }
    }
    yield* sys.close(fd);
  };
}

/** The server may not listen yet, so a refused connection is tried again a little later. */
function* connect(sys: Sys): Code<number> {
  for (;;) {
    const fd = yield* sys.socket(AF_INET, SOCK_STREAM);
    const ret = yield* sys.connect(fd, address);
    if (ret === 0) return fd;
    sys.assert(ret === -ECONNREFUSED, 'the server listens, or does not yet');
    yield* sys.close(fd);
    yield* sys.nanosleep(ms(1));
  }
}

function* exchange(sys: Sys, fd: number, bytes: Uint8Array): Code<void> {
  const sent = yield* sys.write(fd, bytes);
  sys.assert(sent === bytes.length, 'the piece is sent');
  let echo: Uint8Array = new Uint8Array(0);
  while (echo.length < bytes.length) {
    const buf = new Uint8Array(bytes.length - echo.length);
    const n = yield* sys.read(fd, buf);
    sys.assert(n > 0, 'the server answers');
    echo = concat(echo, buf.subarray(0, n));
  }
  sys.assert(decodeText(echo) === decodeText(bytes), 'the answer is what was sent');
}

/** The server and two clients as threads of one process, which ends when the clients have left. */
export default function* main(sys: Sys): Code<void> {
  yield* sys.pthread_create(
    server(() => {}),
    'server',
  );
  const clients = [
    yield* sys.pthread_create(client(['hello', 'world']), 'client-1'),
    yield* sys.pthread_create(client(['one', 'two', 'three']), 'client-2'),
  ];
  for (const tid of clients) yield* sys.pthread_join(tid);
}
