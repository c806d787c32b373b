/**
 * An echo server, level-triggered: an event is repeated for as long as it is true.
 *
 * So one read an event is enough, since what it leaves is reported again. The price is EPOLLOUT,
 * which is nearly always true: a server that leaves it armed is woken without end. Here it is armed
 * while something could not be written. EPOLLIN is not armed meanwhile, so a client that does not
 * read its echo is not read from either, and TCP stops it.
 */
import {
  type Code,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLOUT,
  MSG_NOSIGNAL,
  type Program,
  SHUT_WR,
  SO_SNDBUF,
  SOL_SOCKET,
  type Sys,
} from 'epollsim';
import {
  acceptAll,
  connectTo,
  listenOn,
  loopback,
  ms,
  type Print,
  receive,
  sendAll,
} from './common.ts';

const address = loopback(7);

/** How much is read at once: little, to show that the rest is reported again. */
const atOnce = 4096;

interface Connection {
  readonly fd: number;
  /** Has been read and could not be written yet. */
  pending: Uint8Array;
  /** How often it was reported, and how much was read. */
  events: number;
  bytes: number;
}

export const server = (listener: number, print: Print): Program =>
  function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: EPOLLIN, data: listener });
    const connections = new Map<number, Connection>();
    for (;;) {
      for (const { data } of yield* sys.epoll_wait(ep, 16, -1)) {
        const connection = connections.get(Number(data));
        if (connection === undefined) {
          for (const fd of yield* acceptAll(sys, listener)) {
            connections.set(fd, { fd, pending: new Uint8Array(0), events: 0, bytes: 0 });
            yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
          }
        } else if (!(yield* serve(sys, ep, connection, print))) {
          const { fd, events, bytes } = connection;
          connections.delete(fd);
          print(`descriptor ${fd} has gone: ${bytes} bytes, ${events} events`);
          yield* sys.close(fd);
        }
      }
    }
  };

/** Writes what is pending, or reads once and writes that; false at the end. */
function* serve(sys: Sys, ep: number, connection: Connection, print: Print): Code<boolean> {
  const { fd } = connection;
  const waited = connection.pending.length > 0;
  connection.events++;
  if (!waited) {
    const buf = new Uint8Array(atOnce);
    const n = yield* sys.read(fd, buf);
    if (n === -EAGAIN) return true;
    if (n <= 0) return false;
    connection.pending = buf.subarray(0, n);
    connection.bytes += n;
  }
  const n = yield* sys.send(fd, connection.pending, MSG_NOSIGNAL);
  if (n < 0 && n !== -EAGAIN) return false;
  connection.pending = connection.pending.subarray(Math.max(n, 0));
  const waits = connection.pending.length > 0;
  if (waits !== waited) {
    const events = waits ? EPOLLOUT : EPOLLIN;
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events, data: fd });
    print(`descriptor ${fd}: ${waits ? `no room for ${connection.pending.length} bytes` : 'room'}`);
  }
  return true;
}

/** Sends all of a text before it reads any of the echo. */
const client = (text: string): Program =>
  function* (sys) {
    const fd = yield* connectTo(sys, address);
    yield* sendAll(sys, fd, text);
    yield* sys.shutdown(fd, SHUT_WR);
    yield* sys.nanosleep(ms(50));
    const echo = yield* receive(sys, fd, text.length + 1); // To the end.
    sys.assert(echo === text, 'the echo is what was sent');
    yield* sys.close(fd);
  };

/** A server with two clients, of which one sends more than there is room for. */
export const withClients =
  (server: (listener: number, print: Print) => Program) =>
  (print: Print): Program =>
    function* (sys) {
      const listener = yield* listenOn(sys, address);
      // Connections inherit it: a small buffer is soon full.
      yield* sys.setsockopt(listener, SOL_SOCKET, SO_SNDBUF, 16_384);
      yield* sys.pthread_create(server(listener, print), 'server');
      const clients = [
        yield* sys.pthread_create(client('hello'), 'brief'),
        yield* sys.pthread_create(client('all work and no play\n'.repeat(10_000)), 'verbose'),
      ];
      for (const tid of clients) yield* sys.pthread_join(tid);
    };

export const example = withClients(server);

export default example(console.log);
