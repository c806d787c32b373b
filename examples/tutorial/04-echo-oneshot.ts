/**
 * An echo server, EPOLLIN | EPOLLET | EPOLLONESHOT: a connection is told of once, and then belongs to
 * who was told until MOD arms it again; for EPOLLOUT once something was read, for EPOLLIN once that
 * was written. Of many threads that wait on one instance, only one has it at a time.
 */
import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  SOCK_NONBLOCK,
  type Sys,
} from 'epollsim';
import { clients, listenTo, runClients } from './common/clients.ts';
import { say, told, took } from './common/print.ts';

const once = EPOLLET | EPOLLONESHOT;

export default function* main(sys: Sys): Code<void> {
  const listener = yield* listenTo(sys);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: EPOLLIN, data: listener });
  const asking = yield* sys.pthread_create(runClients);

  const pending: number[] = []; // Bytes that were read and are to be written back.
  for (let gone = 0; gone < clients; ) {
    const [event] = told(yield* sys.epoll_wait(ep, 1, -1));
    const fd = Number(event?.data);
    if (fd === listener) yield* welcome(sys, ep, listener);
    else if (pending.length > 0) yield* writeBack(sys, ep, fd, pending);
    else if (!(yield* readAll(sys, ep, fd, pending))) gone++;
  }
  yield* sys.pthread_join(asking);
}

function* welcome(sys: Sys, ep: number, listener: number): Code<void> {
  const fd = say('accept4', yield* sys.accept4(listener, SOCK_NONBLOCK));
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN | once, data: fd });
}

/** Reads until EAGAIN, and asks for room; false at the end. */
function* readAll(sys: Sys, ep: number, fd: number, pending: number[]): Code<boolean> {
  const buf = new Uint8Array(4);
  for (;;) {
    const n = took(fd, yield* sys.read(fd, buf), buf);
    if (n < 0) break;
    if (n === 0) {
      say(`close(${fd})`, yield* sys.close(fd));
      return false;
    }
    pending.push(...buf.subarray(0, n));
  }
  const out = { events: EPOLLOUT | once, data: fd };
  say(`epoll_ctl(MOD ${fd} OUT)`, yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, out));
  return true;
}

function* writeBack(sys: Sys, ep: number, fd: number, pending: number[]): Code<void> {
  const n = say(`write(${fd})`, yield* sys.write(fd, new Uint8Array(pending)));
  pending.splice(0, n);
  const next = { events: (pending.length > 0 ? EPOLLOUT : EPOLLIN) | once, data: fd };
  say(`epoll_ctl(MOD ${fd} IN)`, yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, next));
}
