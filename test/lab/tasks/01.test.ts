import type { Code, Sys } from 'epollsim';
import solution from '../../../lab/tasks/01/solution.ts';
import starter, { now } from '../../../lab/tasks/01/starter.ts';
import { task } from '../../../lab/tasks/01/task.ts';
import again from '../../../lab/tasks/01/wrong-again.ts';
import floor from '../../../lab/tasks/01/wrong-floor.ts';
import leak from '../../../lab/tasks/01/wrong-leak.ts';
import once from '../../../lab/tasks/01/wrong-once.ts';
import slices from '../../../lab/tasks/01/wrong-slices.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { accepts, refuses, refusesWhateverIsAsked } from '../../support/handed_in.ts';

accepts(task, 'the solution', solution);
/** To the nanosecond, by the younger call. */
accepts(task, 'epoll_pwait2', function* (sys: Sys, ms: number): Code<void> {
  const end = (yield* now(sys)) + ms;
  const ep = yield* sys.epoll_create1(0);
  for (let left = ms; left > 0; left = end - (yield* now(sys))) {
    yield* sys.epoll_pwait2(ep, 1, { tv_sec: 0, tv_nsec: Math.ceil(left * 1e6) });
  }
  yield* sys.close(ep);
});

refuses(task, 'the starter', starter, /descriptor is left open/);
refuses(task, 'a wait that begins anew', again, /Two signals.*160\.7 ms, which is longer/);
refuses(task, 'a wait that is taken for the whole', once, /Two signals.*30\.4 ms, which is less/);
refuses(task, 'a rest that is rounded down', floor, /without sleeping.*cut off becomes 0/);
refuses(task, 'an instance for each sleep', leak, /left open/);
refuses(task, 'a look each millisecond', slices, /call epoll_wait 100 times/);

refuses(task, 'to return at once', function* () {}, /returned at once/);
refuses(task, 'to sleep for ever', forEver, /no end.*for ever/);
refuses(task, 'to throw', thrown, /threw an error.*no idea/);
refuses(task, 'no generator', (() => 5) as unknown as Solution, /no generator/);
refuses(task, 'an endless loop', spinning, /without sleeping/);
refuses(task, 'a look at the clock, again and again', watching, /epoll_wait|without sleeping/);
refuses(task, 'poll', polling, /another call than epoll_wait/);
refuses(task, 'nanosleep', napping, /another call than epoll_wait/);
refuses(task, 'a wait for a descriptor that is none', failing, /failed|without sleeping/);
refusesWhateverIsAsked(task);

function* forEver(sys: Sys): Code<void> {
  yield* sys.epoll_wait(yield* sys.epoll_create1(0), 1, -1);
}

function* thrown(): Code<void> {
  throw new Error('no idea');
}

function* spinning(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  for (;;) yield* sys.epoll_wait(ep, 1, 0);
}

function* watching(sys: Sys, ms: number): Code<void> {
  const end = (yield* now(sys)) + ms;
  while ((yield* now(sys)) < end);
}

function* polling(sys: Sys, ms: number): Code<void> {
  yield* sys.ppoll([], { tv_sec: 0, tv_nsec: ms * 1e6 });
}

function* napping(sys: Sys, ms: number): Code<void> {
  yield* sys.nanosleep({ tv_sec: 0, tv_nsec: ms * 1e6 });
}

function* failing(sys: Sys, ms: number): Code<void> {
  const end = (yield* now(sys)) + ms;
  while ((yield* now(sys)) < end) yield* sys.epoll_wait(99, 1, ms);
}
