/** An epoll instance is a descriptor. It is created, asked and closed, and refuses what makes no sense. */
import {
  type Code,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLLIN,
  F_GETFD,
  O_RDONLY,
  type Sys,
} from 'epollsim';
import { say, told } from './common/print.ts';

export default function* main(sys: Sys): Code<void> {
  const ep = say('epoll_create1(0)', yield* sys.epoll_create1(0));
  const other = say('epoll_create1(CLOEXEC)', yield* sys.epoll_create1(EPOLL_CLOEXEC));
  say('fcntl(F_GETFD)', yield* sys.fcntl(other, F_GETFD)); // FD_CLOEXEC is 1.
  say('epoll_create(0)', yield* sys.epoll_create(0)); // The size means nothing, and is not to be 0.

  told(yield* sys.epoll_wait(ep, 8, 0)); // Nothing is registered: nothing to tell.
  say('epoll_wait(room for 0)', (yield* sys.epoll_wait(ep, 0, 0)).ret);

  const [reader] = yield* sys.pipe2(0);
  const events = { events: EPOLLIN, data: reader };
  say('epoll_ctl(ADD a pipe)', yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, events));
  say('epoll_ctl(ADD itself)', yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ep, events));
  say('epoll_ctl(ADD 99)', yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, 99, events));
  say('epoll_ctl of a pipe', yield* sys.epoll_ctl(reader, EPOLL_CTL_ADD, ep, events));
  const folder = yield* sys.open('/', O_RDONLY);
  say('epoll_ctl(ADD a folder)', yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, folder, events));

  say('close', yield* sys.close(ep));
  told(yield* sys.epoll_wait(ep, 8, 0));
}
