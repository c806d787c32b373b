/**
 * An epoll descriptor can be watched by another epoll instance.
 *
 * The outer instance says that the inner one has something, not what. Edge-triggered, it speaks
 * once for each arrival below, whether or not the inner instance has been emptied since. A circle is
 * refused with ELOOP, and so is a sixth instance in a row.
 */
import {
  type Code,
  EFD_NONBLOCK,
  ELOOP,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const event = yield* sys.eventfd2(0, EFD_NONBLOCK);
  const inner = yield* sys.epoll_create1(0);
  const outer = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(inner, EPOLL_CTL_ADD, event, { events: EPOLLIN, data: event });
  yield* sys.epoll_ctl(outer, EPOLL_CTL_ADD, inner, { events: EPOLLIN | EPOLLET, data: inner });

  const one = new Uint8Array(new BigUint64Array([1n]).buffer);
  yield* sys.write(event, one);
  const [below] = yield* sys.epoll_wait(outer, 8, 0);
  sys.assert(below?.data === inner, 'the outer instance points to the inner one');
  sys.assert((yield* sys.epoll_wait(outer, 8, 0)).ret === 0, 'and does not repeat itself');

  yield* sys.write(event, one);
  sys.assert((yield* sys.epoll_wait(outer, 8, 0)).ret === 1, 'the next arrival is told again');
  const [found] = yield* sys.epoll_wait(inner, 8, 0);
  sys.assert(found?.data === event, 'the inner instance knows the source');

  const circle = yield* sys.epoll_ctl(inner, EPOLL_CTL_ADD, outer, { events: EPOLLIN });
  sys.assert(circle === -ELOOP, 'a circle is refused');
  sys.assert((yield* longestChain(sys)) === 5, 'a sixth instance in a row is refused too');
}

/** Puts one instance over the other until the kernel refuses. */
function* longestChain(sys: Sys): Code<number> {
  let top = yield* sys.epoll_create1(0);
  for (let length = 1; ; length++) {
    const next = yield* sys.epoll_create1(0);
    const ret = yield* sys.epoll_ctl(next, EPOLL_CTL_ADD, top, { events: EPOLLIN });
    if (ret === -ELOOP) return length;
    top = next;
  }
}
