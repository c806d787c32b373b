/** Sockets on 127.0.0.1 for the programs of these tests. */
import { INADDR_LOOPBACK } from '../../src/kernel/uapi/in.ts';
import { AF_INET, SOCK_NONBLOCK, SOCK_STREAM } from '../../src/kernel/uapi/socket.ts';
import type { sockaddr } from '../../src/net/socket.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

export const at = (port: number): sockaddr => ({ family: AF_INET, addr: INADDR_LOOPBACK, port });
const served = 8080;

/** A TCP socket that does not block. */
export const tcpSocket = (sys: Sys, flags: number = SOCK_NONBLOCK): Code<number> =>
  sys.socket(AF_INET, SOCK_STREAM | flags);

/** A socket that listens on port 8080, and does not block unless told so. */
export function* listener(sys: Sys, flags: number = SOCK_NONBLOCK): Code<number> {
  const fd = yield* tcpSocket(sys, flags);
  yield* sys.bind(fd, at(served));
  yield* sys.listen(fd, 16);
  return fd;
}

/** A new client of port 8080, whose connection nobody has accepted yet. */
export function* client(sys: Sys): Code<number> {
  const fd = yield* tcpSocket(sys);
  yield* sys.connect(fd, at(served));
  return fd;
}

/** A connection: the client's end and the server's; neither blocks. */
export function* tcpPair(sys: Sys): Code<[client: number, server: number]> {
  const listening = yield* listener(sys);
  const near = yield* client(sys);
  const far = yield* sys.accept4(listening, SOCK_NONBLOCK);
  yield* sys.close(listening);
  return [near, far];
}
