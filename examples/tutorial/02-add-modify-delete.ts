/** Interest is added, replaced as a whole, and deleted; while it stands, it is level-triggered. */
import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLOUT,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';
import { say, told } from './common/print.ts';

export default function* main(sys: Sys): Code<void> {
  const [here, there] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const ep = yield* sys.epoll_create1(0);
  const on = (events: number) => ({ events, data: here });

  say('epoll_ctl(MOD)', yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, here, on(EPOLLIN)));
  say('epoll_ctl(ADD IN)', yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, here, on(EPOLLIN)));
  told(yield* sys.epoll_wait(ep, 8, 0));
  yield* sys.write(there, 'hello');
  told(yield* sys.epoll_wait(ep, 8, 0));
  told(yield* sys.epoll_wait(ep, 8, 0)); // It is still true.

  say('epoll_ctl(MOD OUT)', yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, here, on(EPOLLOUT)));
  told(yield* sys.epoll_wait(ep, 8, 0)); // There is room, and nobody asks for what can be read.
  const both = on(EPOLLIN | EPOLLOUT);
  say('epoll_ctl(MOD IN|OUT)', yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, here, both));
  told(yield* sys.epoll_wait(ep, 8, 0));
  say('epoll_ctl(MOD 0)', yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, here, on(0)));
  told(yield* sys.epoll_wait(ep, 8, 0));
  yield* sys.close(there);
  told(yield* sys.epoll_wait(ep, 8, 0)); // What is told unasked.

  say('epoll_ctl(DEL)', yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, here));
  told(yield* sys.epoll_wait(ep, 8, 0));
  say('epoll_ctl(DEL)', yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, here));
}
