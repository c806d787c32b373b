import {
  type Code,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  SO_SNDBUF,
  SOL_SOCKET,
  type Sys,
} from 'epollsim';
import solution from '../../../lab/tasks/05/solution.ts';
import starter from '../../../lab/tasks/05/starter.ts';
import { task } from '../../../lab/tasks/05/task.ts';
import both from '../../../lab/tasks/05/wrong-both.ts';
import errorLater from '../../../lab/tasks/05/wrong-error-later.ts';
import leftOn from '../../../lab/tasks/05/wrong-left-on.ts';
import noOut from '../../../lab/tasks/05/wrong-no-out.ts';
import otherData from '../../../lab/tasks/05/wrong-other-data.ts';
import spin from '../../../lab/tasks/05/wrong-spin.ts';
import whole from '../../../lab/tasks/05/wrong-whole.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { accepts, refuses, refusesWhateverIsAsked } from '../../support/handed_in.ts';

accepts(task, 'the solution', solution);
/** The interest of others is not touched at all. */
accepts(
  task,
  'an instance of its own',
  function* (sys: Sys, _ep: number, fd: number, bytes: Uint8Array): Code<number> {
    const own = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(own, EPOLL_CTL_ADD, fd, { events: EPOLLOUT });
    let sent = 0;
    let n = 0;
    while (sent < bytes.length && n >= 0) {
      n = yield* sys.write(fd, bytes.subarray(sent));
      if (n === -EAGAIN) n = Math.min(0, (yield* sys.epoll_wait(own, 1, -1)).ret);
      sent += Math.max(0, n);
    }
    yield* sys.close(own);
    return n < 0 ? n : sent;
  },
);

refuses(task, 'the starter', starter, /got 4\d* of 6000 bytes/);
refuses(task, 'to try until it works', spin, /wrote again without having been told/);
refuses(task, 'to ask for both', both, /unread.*something else than room/);
refuses(task, 'to leave EPOLLOUT on', leftOn, /EPOLLOUT is still asked for/);
refuses(task, 'to begin anew', whole, /other bytes|twice/);
refuses(
  task,
  'to keep a late error back',
  errorLater,
  /failed with -EPIPE.*returned 4\d* and not -EPIPE/,
);
refuses(task, 'to forget the data', otherData, /data of the item is 0/);
refuses(task, 'to ask for more afterwards', demanding, /EPOLLRDHUP is asked for as well/);
refuses(task, 'a larger buffer', larger, /calls setsockopt\(\)/);
refuses(task, 'to wait for EPOLLIN', noOut, /what is your thread waiting/);

refuses(task, 'to return at once', function* () {} as Solution, /got 0 of 100 bytes/);
refuses(task, 'to claim success', claim, /got 0 of 100 bytes/);
refuses(task, 'to throw', thrown, /threw an error.*no idea/);
refuses(task, 'no generator', (() => 100) as unknown as Solution, /no generator/);
refuses(task, 'to sleep for ever', asleep, /what is your thread waiting/);
refuses(task, 'to wait by fcntl', blocking, /blocking one/);
refuses(task, 'to try after any error', stubborn, /another reason than a full buffer/);
refuses(task, 'to nap', napping, /another call than epoll_wait/);
refusesWhateverIsAsked(task);

function* claim(_sys: Sys, _ep: number, _fd: number, bytes: Uint8Array): Code<number> {
  return bytes.length;
}

function* thrown(): Code<void> {
  throw new Error('no idea');
}

function* asleep(sys: Sys, ep: number): Code<void> {
  yield* sys.epoll_wait(ep, 1, -1);
}

function* blocking(sys: Sys, _ep: number, fd: number, bytes: Uint8Array): Code<number> {
  yield* sys.fcntl(fd, 4, 0);
  return yield* sys.write(fd, bytes);
}

function* stubborn(sys: Sys, _ep: number, fd: number, bytes: Uint8Array): Code<number> {
  for (;;) {
    const n = yield* sys.write(fd, bytes);
    if (n > 0) return n;
  }
}

function* demanding(sys: Sys, ep: number, fd: number, bytes: Uint8Array): Code<number> {
  const ret = yield* solution(sys, ep, fd, bytes);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLIN | EPOLLRDHUP, data: fd });
  return ret;
}

function* larger(sys: Sys, _ep: number, fd: number, bytes: Uint8Array): Code<number> {
  yield* sys.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 100_000);
  return yield* sys.write(fd, bytes);
}

function* napping(sys: Sys, _ep: number, fd: number, bytes: Uint8Array): Code<number> {
  for (let sent = 0; sent < bytes.length; ) {
    const n = yield* sys.write(fd, bytes.subarray(sent));
    if (n >= 0) sent += n;
    else if (n !== -EAGAIN) return n;
    else yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 1e6 });
  }
  return bytes.length;
}
