/**
 * Two threads wait on one epoll instance. Is one socket ever in the hands of both?
 *
 * EPOLLET promises one event per arrival, not one thread at a time: while the first thread still
 * works on a socket, the next bytes hand the same socket to the second one. EPOLLONESHOT keeps it
 * out of reach until the first thread arms it again.
 */
import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  EPOLLONESHOT,
  type Program,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
  type timespec,
} from 'epollsim';

const ms = (n: number): timespec => ({ tv_sec: 0, tv_nsec: n * 1e6 });

/** How many threads had the socket in their hands at once, at most. */
function* mostAtOnce(sys: Sys, events: number): Code<number> {
  const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events, data: reader });
  let working = 0;
  let most = 0;

  const worker: Program = function* (sys) {
    while ((yield* sys.epoll_wait(ep, 1, 100)).ret === 1) {
      most = Math.max(most, ++working);
      yield* sys.nanosleep(ms(50)); // Work.
      yield* sys.read(reader, new Uint8Array(64));
      working--;
      if ((events & EPOLLONESHOT) !== 0) {
        yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, reader, { events, data: reader });
      }
    }
  };
  const first = yield* sys.pthread_create(worker);
  const second = yield* sys.pthread_create(worker);
  yield* sys.write(writer, 'one');
  yield* sys.nanosleep(ms(20)); // The first thread is at work.
  yield* sys.write(writer, 'two');
  yield* sys.pthread_join(first);
  yield* sys.pthread_join(second);
  return most;
}

export default function* main(sys: Sys): Code<void> {
  const edge = yield* mostAtOnce(sys, EPOLLIN | EPOLLET);
  sys.assert(edge === 2, 'EPOLLET hands the socket to both threads');
  const oneshot = yield* mostAtOnce(sys, EPOLLIN | EPOLLET | EPOLLONESHOT);
  sys.assert(oneshot === 1, 'EPOLLONESHOT hands it to one');
}
