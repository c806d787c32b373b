import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  EPOLLRDHUP,
  F_SETFL,
  type Sys,
} from 'epollsim';
import solution from '../../../lab/tasks/06/solution.ts';
import starter from '../../../lab/tasks/06/starter.ts';
import { task } from '../../../lab/tasks/06/task.ts';
import end from '../../../lab/tasks/06/wrong-end.ts';
import large from '../../../lab/tasks/06/wrong-large.ts';
import leaks from '../../../lab/tasks/06/wrong-leaks.ts';
import level from '../../../lab/tasks/06/wrong-level.ts';
import short from '../../../lab/tasks/06/wrong-short.ts';
import spin from '../../../lab/tasks/06/wrong-spin.ts';
import tick from '../../../lab/tasks/06/wrong-tick.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { accepts, refuses } from '../../support/handed_in.ts';

accepts(task, 'the solution', solution);
/** MOD looks anew at what is there. */
accepts(task, 'an edge that is asked for', function* (sys: Sys, ep: number, fd: number) {
  const events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  for (let total = 0; ; ) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n: number = yield* sys.read(fd, new Uint8Array(4));
    if (n === 0) return total;
    total += Math.max(0, n);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events, data: fd });
  }
});
/** Its own instance is closed in the end. */
accepts(task, 'an instance of its own', function* (sys: Sys, _ep: number, fd: number) {
  const own = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(own, EPOLL_CTL_ADD, fd, { events: EPOLLIN | EPOLLET, data: fd });
  const total: number = yield* solution(sys, own, fd);
  yield* sys.close(own);
  return total;
});

refuses(task, 'the starter', starter, /sleeps in epoll_wait for ever.*gave 4 bytes/);
refuses(task, 'a large buffer', large, /sleeps in epoll_wait for ever.*gave 6 bytes/);
refuses(task, 'a short read', short, /sleeps in epoll_wait for ever.*gave 2 bytes/);
refuses(task, 'to make it level-triggered', level, /made the item level-triggered/);
refuses(task, 'to read without waiting', spin, /was empty \(EAGAIN\).*read again/);
refuses(task, 'a tick', tick, /wake up by a timeout/);
refuses(task, 'to go on at the end', end, /gets 0 each time/);
refuses(task, 'to leave an instance open', leaks, /descriptor is left open/);

refuses(task, 'to return at once', function* () {} as Solution, /made no call/);
refuses(task, 'to say a number', six, /made no call/);
refuses(task, 'to throw', thrown, /threw an error.*no idea/);
refuses(task, 'no generator', (() => 6) as unknown as Solution, /no generator/);
refuses(task, 'to sleep for ever', asleep, /sleeps for ever/);
refuses(task, 'a blocking socket', blocking, /blocking one/);
refuses(task, 'to count and go', early, /before the end of the stream/);

function* six(): Code<number> {
  return 6;
}

function* thrown(): Code<void> {
  throw new Error('no idea');
}

function* asleep(sys: Sys, ep: number): Code<void> {
  for (;;) yield* sys.epoll_wait(ep, 1, -1);
}

function* blocking(sys: Sys, _ep: number, fd: number): Code<number> {
  yield* sys.fcntl(fd, F_SETFL, 0);
  let total = 0;
  for (let n = 1; n > 0; total += n) n = yield* sys.read(fd, new Uint8Array(4));
  return total;
}

function* early(sys: Sys, ep: number, fd: number): Code<number> {
  yield* sys.epoll_wait(ep, 1, -1);
  return yield* sys.read(fd, new Uint8Array(64));
}
