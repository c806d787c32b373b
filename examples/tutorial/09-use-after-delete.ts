/**
 * What was told stays told: an event that lies in the array already does not go away by DEL or close.
 * And close() deletes nothing while a duplicate keeps the file open: then events go on coming for a
 * number that is closed, and there is none left by which DEL could find the item.
 */
import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN, O_NONBLOCK, type Sys } from 'epollsim';
import { say, told, took } from './common/print.ts';

export default function* main(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const [a, toA] = yield* sys.pipe2(O_NONBLOCK);
  const [b, toB] = yield* sys.pipe2(O_NONBLOCK);
  for (const fd of [a, b]) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
  }
  yield* sys.write(toA, 'one');
  yield* sys.write(toB, 'two');
  const buf = new Uint8Array(8);

  // The first event of the batch ends what the second one is about.
  const [first, second] = told(yield* sys.epoll_wait(ep, 8, 0));
  say(`epoll_ctl(DEL ${b})`, yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, b));
  say(`close(${b})`, yield* sys.close(b));
  const [c] = yield* sys.pipe2(O_NONBLOCK);
  console.log(`a new pipe: ${c}`); // It has the number, and the event does not know.
  for (const event of [first, second]) {
    const fd = Number(event?.data);
    took(fd, yield* sys.read(fd, buf), buf);
  }
  told(yield* sys.epoll_wait(ep, 8, 0));

  // close() without DEL.
  const copy = yield* sys.dup(a);
  say(`close(${a})`, yield* sys.close(a));
  yield* sys.write(toA, 'more');
  told(yield* sys.epoll_wait(ep, 8, 0));
  say(`epoll_ctl(DEL ${a})`, yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, a));
  say(`epoll_ctl(DEL ${copy})`, yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, copy));

  // Two ways out: the number back, or the last descriptor closed.
  say(`dup2(${copy}, ${a})`, yield* sys.dup2(copy, a));
  say(`epoll_ctl(DEL ${a})`, yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, a));
  told(yield* sys.epoll_wait(ep, 8, 0));
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, a, { events: EPOLLIN, data: a });
  told(yield* sys.epoll_wait(ep, 8, 0));
  say(`close(${a})`, yield* sys.close(a));
  say(`close(${copy})`, yield* sys.close(copy));
  told(yield* sys.epoll_wait(ep, 8, 0));
}
