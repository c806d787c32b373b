import { type Code, EEXIST, ENOENT, EPOLL_CTL_ADD, EPOLL_CTL_DEL, type Sys } from 'epollsim';
import solution from '../../../lab/tasks/02/solution.ts';
import starter from '../../../lab/tasks/02/starter.ts';
import { task } from '../../../lab/tasks/02/task.ts';
import addsFlags from '../../../lab/tasks/02/wrong-adds-flags.ts';
import anew from '../../../lab/tasks/02/wrong-anew.ts';
import blind from '../../../lab/tasks/02/wrong-blind.ts';
import emptyMask from '../../../lab/tasks/02/wrong-empty-mask.ts';
import forgiving from '../../../lab/tasks/02/wrong-forgiving.ts';
import secondTry from '../../../lab/tasks/02/wrong-second-try.ts';
import table from '../../../lab/tasks/02/wrong-table.ts';
import untilZero from '../../../lab/tasks/02/wrong-until-zero.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { accepts, refuses, refusesWhateverIsAsked } from '../../support/handed_in.ts';

const MOD = 3;

accepts(task, 'the solution', solution);
/** In the other order. */
accepts(task, 'ADD first', function* (sys: Sys, ep: number, fd: number, events: number) {
  const ops = events === 0 ? [EPOLL_CTL_DEL] : [EPOLL_CTL_ADD, MOD];
  for (let i = 0; ; i++) {
    const op = ops[i % ops.length] ?? 0;
    const ret: number = yield* sys.epoll_ctl(ep, op, fd, { events, data: fd });
    if (op === EPOLL_CTL_DEL && ret === -ENOENT) return 0;
    if (ret !== -EEXIST && ret !== -ENOENT) return ret;
  }
});

/** Data are 64 bits wide, and a bigint may be put into them. */
accepts(task, 'data as a bigint', function* (sys: Sys, ep: number, fd: number, events: number) {
  const interest = { events, data: BigInt(fd) };
  for (let op = events === 0 ? EPOLL_CTL_DEL : EPOLL_CTL_ADD; ; op = MOD + EPOLL_CTL_ADD - op) {
    const ret: number = yield* sys.epoll_ctl(ep, op, fd, interest);
    if (op === EPOLL_CTL_DEL) return ret === -ENOENT ? 0 : ret;
    if (ret !== -EEXIST && ret !== -ENOENT) return ret;
  }
});

refuses(task, 'the starter', starter, /returned -EEXIST.*in the tree at this moment/);
refuses(task, 'DEL and ADD', anew, /taken out of the tree/);
refuses(task, 'an empty mask', emptyMask, /still in the tree, with an empty mask/);
refuses(task, 'one more try', secondTry, /One thread asks.*-ENOENT.*has changed the tree/);
refuses(task, 'tries without end', untilZero, /cannot be watched.*same way/);
refuses(task, 'a look at no result', blind, /EBADF.*real error.*returned 0/);
refuses(
  task,
  'more flags than asked for',
  addsFlags,
  /Asked for EPOLLIN.*item with EPOLLIN\|EPOLLET/,
);
refuses(task, 'a look at no result of DEL', forgiving, /Asked for 0.*EBADF.*returned 0/);
refuses(task, 'a table', table, /another way each time.*inside of the function/);

refuses(task, 'to do nothing', function* () {} as Solution, /returned undefined|no call/);
refuses(task, 'to say 0', zero, /the tree has no item/);
refuses(task, 'to throw', thrown, /threw an error.*no idea/);
refuses(task, 'no generator', (() => 0) as unknown as Solution, /no generator/);
refuses(task, 'an endless loop', spinning, /same way|round and round/);
refuses(task, 'to sleep for ever', asleep, /sleeps for ever/);
refuses(task, 'to forget the data', forgetful, /data of the item/);
refusesWhateverIsAsked(task);

function* zero(): Code<number> {
  return 0;
}

function* thrown(): Code<void> {
  throw new Error('no idea');
}

function* spinning(sys: Sys, ep: number, fd: number): Code<void> {
  for (;;) yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
}

function* asleep(sys: Sys, ep: number): Code<void> {
  yield* sys.epoll_wait(ep, 1, -1);
}

function* forgetful(sys: Sys, ep: number, fd: number, events: number): Code<number> {
  return yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events });
}
