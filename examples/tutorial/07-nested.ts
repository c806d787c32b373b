/**
 * An instance in an instance: the outer one says that there is something in the inner one, and the
 * inner one says what. Nothing is to be read from an instance itself. Circles are refused, and so is
 * a sixth instance in a row.
 */
import { type Code, ELOOP, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, O_NONBLOCK, type Sys } from 'epollsim';
import { say, told, took } from './common/print.ts';

export default function* main(sys: Sys): Code<void> {
  const [a, toA] = yield* sys.pipe2(O_NONBLOCK);
  const [b, toB] = yield* sys.pipe2(O_NONBLOCK);
  const inner = yield* sys.epoll_create1(0);
  const outer = yield* sys.epoll_create1(0);
  for (const fd of [a, b]) {
    yield* sys.epoll_ctl(inner, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
  }
  const events = { events: EPOLLIN | EPOLLET, data: inner };
  say('epoll_ctl(ADD inner)', yield* sys.epoll_ctl(outer, EPOLL_CTL_ADD, inner, events));

  yield* sys.write(toA, 'one');
  told(yield* sys.epoll_wait(outer, 8, 0));
  told(yield* sys.epoll_wait(outer, 8, 0)); // An edge, here too.
  yield* sys.write(toB, 'two');
  told(yield* sys.epoll_wait(outer, 8, 0));

  const buf = new Uint8Array(8);
  took(inner, yield* sys.read(inner, buf), buf); // The wrong level.
  for (const { data } of told(yield* sys.epoll_wait(inner, 8, 0))) {
    took(Number(data), yield* sys.read(Number(data), buf), buf);
  }
  told(yield* sys.epoll_wait(inner, 8, 0));

  say('epoll_ctl(ADD outer)', yield* sys.epoll_ctl(inner, EPOLL_CTL_ADD, outer, events));
  console.log(`instances in a row: ${yield* longestRow(sys)}`);
}

/** Puts one instance over the other until the kernel refuses. */
function* longestRow(sys: Sys): Code<number> {
  let top = yield* sys.epoll_create1(0);
  for (let length = 1; ; length++) {
    const next = yield* sys.epoll_create1(0);
    const ret = yield* sys.epoll_ctl(next, EPOLL_CTL_ADD, top, { events: EPOLLIN });
    if (ret === -ELOOP) return length;
    top = next;
  }
}
