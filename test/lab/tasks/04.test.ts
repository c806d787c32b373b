import { type Code, EPOLL_CTL_DEL, type epoll_data_t, type Sys } from 'epollsim';
import solution from '../../../lab/tasks/04/solution.ts';
import starter from '../../../lab/tasks/04/starter.ts';
import { task } from '../../../lab/tasks/04/task.ts';
import bigger from '../../../lab/tasks/04/wrong-bigger.ts';
import doubles from '../../../lab/tasks/04/wrong-doubles.ts';
import often from '../../../lab/tasks/04/wrong-often.ts';
import reads from '../../../lab/tasks/04/wrong-reads.ts';
import untilEmpty from '../../../lab/tasks/04/wrong-until-empty.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { accepts, refuses, refusesWhateverIsAsked } from '../../support/handed_in.ts';

accepts(task, 'the solution', solution);
/** Until one comes again. */
accepts(task, 'until one comes again', function* (sys: Sys, ep: number) {
  const all: epoll_data_t[] = [];
  for (;;) {
    const events = yield* sys.epoll_wait(ep, 2, 0);
    for (const { data } of events) {
      if (all.includes(data)) return all;
      all.push(data);
    }
    if (events.length === 0) return all;
  }
});

refuses(task, 'the starter', starter, /Three of four.*tell of 2, and \d is missing/);
refuses(task, 'to wait for an empty list', untilEmpty, /again and again.*never becomes empty/);
refuses(task, 'to take one twice', doubles, /in your answer twice/);
refuses(task, 'a larger array', bigger, /passed 64 as maxevents/);
refuses(task, 'ten times', often, /call epoll_wait 10 times/);
refuses(task, 'to read', reads, /have read from a file/);

refuses(task, 'to return nothing', function* () {} as Solution, /returned undefined/);
refuses(task, 'an empty answer', empty, /is missing|never asked/);
refuses(task, 'to throw', thrown, /threw an error.*no idea/);
refuses(task, 'no generator', (() => []) as unknown as Solution, /no generator/);
refuses(task, 'to sleep for ever', asleep, /sleeps in epoll_wait for ever/);
refuses(task, 'to wait a while', patient, /timeout to be over/);
refuses(task, 'to take off the tree what was told', removing, /changed the tree/);
refuses(task, 'to write', writes, /another call than epoll_wait/);
refuses(task, 'an array that says what it is asked', liar, /is missing, which was ready/);
refuses(task, 'texts', texts, /"\d" is in your array/);

function* writes(sys: Sys, ep: number): Code<epoll_data_t[]> {
  const all = yield* solution(sys, ep);
  for (const fd of all) yield* sys.write(Number(fd), new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
  return all;
}

function* liar(sys: Sys, ep: number): Code<epoll_data_t[]> {
  yield* sys.epoll_wait(ep, 2, 0);
  return Object.assign([], { filter: () => [], find: () => undefined, includes: () => true });
}

function* texts(sys: Sys, ep: number): Code<string[]> {
  return (yield* solution(sys, ep)).map(String);
}

refusesWhateverIsAsked(task);

function* empty(): Code<unknown> {
  return [];
}

function* thrown(): Code<void> {
  throw new Error('no idea');
}

function* asleep(sys: Sys, ep: number): Code<unknown> {
  return (yield* sys.epoll_wait(ep, 2, -1)).map(({ data }) => data);
}

function* patient(sys: Sys, ep: number): Code<unknown> {
  return (yield* sys.epoll_wait(ep, 2, 10)).map(({ data }) => data);
}

function* removing(sys: Sys, ep: number): Code<unknown> {
  const all: epoll_data_t[] = [];
  for (;;) {
    const [event] = yield* sys.epoll_wait(ep, 1, 0);
    if (event === undefined) return all;
    yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, Number(event.data));
    all.push(event.data);
  }
}
