/**
 * An echo server, level-triggered. One read an event is enough: what it leaves is told of again. So
 * eleven bytes, four at a time, are three events.
 */
import { type Code, EPOLL_CTL_ADD, EPOLLIN, SOCK_NONBLOCK, type Sys } from 'epollsim';
import { clients, listenTo, runClients } from './common/clients.ts';
import { say, told, took } from './common/print.ts';

export default function* main(sys: Sys): Code<void> {
  const listener = yield* listenTo(sys);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: EPOLLIN, data: listener });
  const asking = yield* sys.pthread_create(runClients);

  for (let gone = 0; gone < clients; ) {
    const [event] = told(yield* sys.epoll_wait(ep, 1, -1));
    const fd = Number(event?.data);
    if (fd === listener) yield* welcome(sys, ep, listener);
    else if (!(yield* echo(sys, fd))) gone++;
  }
  yield* sys.pthread_join(asking);
}

function* welcome(sys: Sys, ep: number, listener: number): Code<void> {
  const fd = say('accept4', yield* sys.accept4(listener, SOCK_NONBLOCK));
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
}

/** Sends back what one read gives; false at the end. */
function* echo(sys: Sys, fd: number): Code<boolean> {
  const buf = new Uint8Array(4);
  const n = took(fd, yield* sys.read(fd, buf), buf);
  if (n > 0) {
    // A real server keeps what is not taken, and asks for EPOLLOUT: examples/echo-level.ts.
    say(`write(${fd})`, yield* sys.write(fd, buf.subarray(0, n)));
    return true;
  }
  say(`close(${fd})`, yield* sys.close(fd)); // Takes it out of the instance, too.
  return false;
}
