/**
 * Many at once. There is no call that adds several: each is an epoll_ctl(). Where more are ready than
 * there is room for, they take turns. And a listener that is in several instances is told of in all
 * of them, though only one can have the connection.
 */
import {
  AF_INET,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  O_NONBLOCK,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';
import { listenTo } from './common/clients.ts';
import { say, told } from './common/print.ts';

export default function* main(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  for (let i = 0; i < 5; i++) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    yield* sys.write(writer, 'x');
    const interest = { events: EPOLLIN, data: reader };
    say(`epoll_ctl(ADD ${reader})`, yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, interest));
  }
  for (let i = 0; i < 5; i++) told(yield* sys.epoll_wait(ep, 2, 0));
  told(yield* sys.epoll_wait(ep, 8, 0));

  const listener = yield* listenTo(sys);
  const workers: number[] = [];
  for (let i = 0; i < 3; i++) {
    const worker = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(worker, EPOLL_CTL_ADD, listener, { events: EPOLLIN, data: listener });
    workers.push(worker);
  }
  yield* connectOnce(sys, listener);
  for (const worker of workers) told(yield* sys.epoll_wait(worker, 8, 0));
  for (const _ of workers) say('accept4', yield* sys.accept4(listener, SOCK_NONBLOCK));
  for (const worker of workers) told(yield* sys.epoll_wait(worker, 8, 0));
}

/** A connection to the listener, which nobody has accepted yet. */
function* connectOnce(sys: Sys, listener: number): Code<void> {
  const { addr } = yield* sys.getsockname(listener);
  const fd = yield* sys.socket(AF_INET, SOCK_STREAM);
  if (addr !== null) yield* sys.connect(fd, addr);
}
