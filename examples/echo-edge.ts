/**
 * An echo server, edge-triggered: an event says once that something has changed.
 *
 * Each connection is registered once, for both directions, and never again. What the events said is
 * kept as two flags a connection: readable and writable, set by an event, cleared by EAGAIN and by
 * nothing else. As long as a flag is set no further event can be relied on, so the server goes on
 * until it can neither read nor write; what could not be written stays with its connection.
 */
import {
  type Code,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  EPOLLOUT,
  MSG_NOSIGNAL,
  type Program,
  type Sys,
} from 'epollsim';
import { acceptAll, type Print } from './common.ts';
import { withClients } from './echo-level.ts';

interface Connection {
  readonly fd: number;
  readable: boolean;
  writable: boolean;
  /** Has been read and could not be written yet. */
  pending: Uint8Array;
  /** Nothing more will come. */
  ended: boolean;
}

export const server = (listener: number, print: Print): Program =>
  function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const on = (events: number, fd: number) => ({ events: events | EPOLLET, data: fd });
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, on(EPOLLIN, listener));
    const connections = new Map<number, Connection>();
    for (;;) {
      for (const { events, data } of yield* sys.epoll_wait(ep, 16, -1)) {
        const connection = connections.get(Number(data));
        if (connection === undefined) {
          for (const fd of yield* acceptAll(sys, listener)) {
            const pending = new Uint8Array(0);
            connections.set(fd, { fd, readable: false, writable: false, pending, ended: false });
            yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, on(EPOLLIN | EPOLLOUT, fd));
          }
          continue;
        }
        if ((events & ~EPOLLOUT) !== 0) connection.readable = true; // An error is found by read().
        if ((events & ~EPOLLIN) !== 0) connection.writable = true;
        yield* drain(sys, connection, print);
        if (!connection.ended || connection.pending.length > 0) continue;
        connections.delete(connection.fd);
        yield* sys.close(connection.fd);
      }
    }
  };

/** Reads and writes in turn until neither is possible. */
function* drain(sys: Sys, connection: Connection, print: Print): Code<void> {
  const { fd } = connection;
  let read = 0;
  let written = 0;
  for (;;) {
    if (connection.pending.length > 0) {
      if (!connection.writable) break;
      const n = yield* sys.send(fd, connection.pending, MSG_NOSIGNAL);
      if (n === -EAGAIN) connection.writable = false;
      else if (n < 0) end(connection);
      else {
        connection.pending = connection.pending.subarray(n);
        written += n;
      }
    } else {
      if (!connection.readable || connection.ended) break;
      const buf = new Uint8Array(4096);
      const n = yield* sys.read(fd, buf);
      if (n === -EAGAIN) connection.readable = false;
      else if (n <= 0) end(connection);
      else {
        connection.pending = buf.subarray(0, n);
        read += n;
      }
    }
  }
  const kept = connection.pending.length === 0 ? '' : `, ${connection.pending.length} kept`;
  print(`descriptor ${fd}: ${read} bytes read, ${written} written${kept}`);
}

/** Whoever is gone wants no echo. */
function end(connection: Connection): void {
  connection.ended = true;
  connection.pending = new Uint8Array(0);
}

export const example = withClients(server);

export default example(console.log);
