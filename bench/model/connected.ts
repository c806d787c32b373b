/** Two descriptors, by the name of what connects them. */
import {
  AF_INET,
  AF_UNIX,
  type Code,
  IPPROTO_TCP,
  O_NONBLOCK,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
  type sockaddr,
  TCP_NODELAY,
} from 'epollsim';
import { must, newEventfd } from './work.ts';

type Pair = readonly [reader: number, writer: number];

/** 127.0.0.1. */
const loopback = 0x7f00_0001;

/** What makes connections: what is written to the second descriptor is read of the first. */
export function* connector(sys: Sys, medium: string): Code<() => Code<Pair>> {
  switch (medium) {
    case 'unix':
      return function* () {
        return yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
      };
    case 'pipe':
      return function* () {
        return yield* sys.pipe2(O_NONBLOCK);
      };
    case 'eventfd':
      return function* () {
        const event = yield* newEventfd(sys);
        return [event, event];
      };
    case 'tcp':
      return yield* tcp(sys);
    default:
      throw new Error(`expected unix, pipe, eventfd or tcp, found ${medium}`);
  }
}

function* tcp(sys: Sys): Code<() => Code<Pair>> {
  const address: sockaddr = { family: AF_INET, addr: loopback, port: 80 };
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM);
  must(yield* sys.bind(listener, address), 'bind');
  must(yield* sys.listen(listener, 64), 'listen');
  return function* () {
    const writer = must(yield* sys.socket(AF_INET, SOCK_STREAM), 'socket');
    must(yield* sys.connect(writer, address), 'connect');
    const reader = must(yield* sys.accept4(listener, SOCK_NONBLOCK), 'accept4');
    for (const fd of [reader, writer]) {
      must(yield* sys.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1), 'TCP_NODELAY');
    }
    return [reader, writer];
  };
}
