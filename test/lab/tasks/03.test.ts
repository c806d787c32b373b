import { type Code, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, type Sys } from 'epollsim';
import solution from '../../../lab/tasks/03/solution.ts';
import starter from '../../../lab/tasks/03/starter.ts';
import { task } from '../../../lab/tasks/03/task.ts';
import allReads from '../../../lab/tasks/03/wrong-all-reads.ts';
import bothDirections from '../../../lab/tasks/03/wrong-both-directions.ts';
import busy from '../../../lab/tasks/03/wrong-busy.ts';
import deaf from '../../../lab/tasks/03/wrong-deaf.ts';
import eachOnce from '../../../lab/tasks/03/wrong-each-once.ts';
import looksOn from '../../../lab/tasks/03/wrong-looks-on.ts';
import quitAlone from '../../../lab/tasks/03/wrong-quit-alone.ts';
import quitFirst from '../../../lab/tasks/03/wrong-quit-first.ts';
import tick from '../../../lab/tasks/03/wrong-tick.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { accepts, refuses, refusesWhateverIsAsked } from '../../support/handed_in.ts';

accepts(task, 'the solution', solution);
/** One event a call, and edges: all that is there is read at each. */
accepts(task, 'edges', function* (sys: Sys, socks: number[], quit: number): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  for (const fd of [...socks, quit]) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN | EPOLLET, data: fd });
  }
  for (let total = 0; ; ) {
    const [event] = yield* sys.epoll_wait(ep, 1, -1);
    if (event?.data === quit) return total;
    total += yield* sys.read(Number(event?.data), new Uint8Array(64));
  }
});

refuses(task, 'the starter', starter, /sleeps in read\(\d\).*this one file/);
refuses(task, 'a quit that is not watched', deaf, /wait queue of each file/);
refuses(task, 'to read from all', allReads, /sleeps in read\(\d\)/);
refuses(task, 'both directions', bothDirections, /EPOLLOUT.*always ready/);
refuses(task, 'a tick', tick, /returned 0 events.*timeout|asks again and again/);
refuses(task, 'to quit before it reads', quitFirst, /returned \d; 4 bytes were written/);
refuses(
  task,
  'to read each once',
  eachOnce,
  /more than a socket holds.*callback|more than a socket holds.*wait queue/,
);
refuses(task, 'to wait for the end alone', quitAlone, /more than a socket holds.*wait queue/);
refuses(task, 'to look on', looksOn, /same socket again and again.*EAGAIN/);
refuses(task, 'a busy loop', busy, /asks again and again|returned 0 events/);

refuses(task, 'to return at once', function* () {} as Solution, /without ever waiting/);
refuses(task, 'to say a number', nine, /without ever waiting/);
refuses(task, 'to throw', thrown, /threw an error.*no idea/);
refuses(task, 'no generator', (() => 9) as unknown as Solution, /no generator/);
refuses(task, 'to sleep for ever', asleep, /wait queue of each file/);
refuses(task, 'a nap', nap, /another call than epoll_wait/);
refuses(task, 'a thread for each', threads, /another thread/);
refusesWhateverIsAsked(task);

function* nine(): Code<number> {
  return 9;
}

function* thrown(): Code<void> {
  throw new Error('no idea');
}

function* asleep(sys: Sys): Code<void> {
  yield* sys.epoll_wait(yield* sys.epoll_create1(0), 1, -1);
}

function* nap(sys: Sys): Code<void> {
  yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
}

function* threads(sys: Sys, socks: number[], quit: number): Code<number> {
  let total = 0;
  for (const sock of socks) {
    yield* sys.pthread_create(function* (own) {
      total += yield* own.read(sock, new Uint8Array(64));
    });
  }
  yield* sys.read(quit, new Uint8Array(8));
  return total;
}
