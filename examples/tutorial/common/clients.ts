/** What echo servers of the tutorial are asked, one client after the other; clients.h does it in C. Not a program. */
import {
  AF_INET,
  type Code,
  INADDR_LOOPBACK,
  SHUT_WR,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

const address = { family: AF_INET, addr: INADDR_LOOPBACK, port: 7 };

/** How many clients come. */
export const clients = 2;

const messages = ['hello world', 'bye'];

/** A listener that does not block. */
export function* listenTo(sys: Sys): Code<number> {
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  yield* sys.bind(listener, address);
  yield* sys.listen(listener, 8);
  return listener;
}

/** Each sends a message, waits until all of it has come back, and then for the end. */
export function* runClients(sys: Sys): Code<void> {
  for (let i = 0; i < clients; i++) {
    const fd = yield* sys.socket(AF_INET, SOCK_STREAM);
    yield* sys.connect(fd, address);
    for (const message of messages) {
      yield* sys.write(fd, message);
      for (let left = message.length; left > 0; ) {
        left -= yield* sys.read(fd, new Uint8Array(left));
      }
    }
    yield* sys.shutdown(fd, SHUT_WR);
    yield* sys.read(fd, new Uint8Array(1));
    yield* sys.close(fd);
  }
}
