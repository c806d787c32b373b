/** The task of lab 8: the solution passes, and each usual mistake is told what it is. */
import { EPOLL_CTL_MOD, EPOLLET, EPOLLIN, EPOLLONESHOT } from 'epollsim';
import { describe } from 'vitest';
import solution from '../../../lab/tasks/08/solution.ts';
import starter from '../../../lab/tasks/08/starter.ts';
import { task } from '../../../lab/tasks/08/task.ts';
import deleteAndAdd from '../../../lab/tasks/08/wrong-delete-and-add.ts';
import earlyReturn from '../../../lab/tasks/08/wrong-early-return.ts';
import firstSilence from '../../../lab/tasks/08/wrong-first-silence.ts';
import neverArmed from '../../../lab/tasks/08/wrong-never-armed.ts';
import noLongerOneshot from '../../../lab/tasks/08/wrong-no-longer-oneshot.ts';
import room from '../../../lab/tasks/08/wrong-room.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { fails, failsWhateverIsAsked, passes } from '../../support/lab.ts';

const once = EPOLLIN | EPOLLONESHOT;

/** Reads until EAGAIN before it arms the item, edge-triggered as well. */
const drains: Solution = function* (sys, ep, sock) {
  for (let total = 0; ; ) {
    yield* sys.epoll_wait(ep, 8, -1);
    let n = yield* sys.read(sock, new Uint8Array(1));
    for (; n > 0; n = yield* sys.read(sock, new Uint8Array(1))) total += n;
    if (n === 0) return total;
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, { events: once | EPOLLET });
  }
};

/** Arms the item before it reads: right where there is one thread. */
const armsFirst: Solution = function* (sys, ep, sock) {
  for (let total = 0; ; ) {
    yield* sys.epoll_pwait(ep, 1, -1, null);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, { events: once });
    const n = yield* sys.recv(sock, new Uint8Array(4), 0);
    if (n === 0) return total;
    total += Math.max(0, n);
  }
};

/** Never asks epoll. */
const spins: Solution = function* (sys, _ep, sock) {
  for (let total = 0; ; ) {
    const n = yield* sys.read(sock, new Uint8Array(8));
    if (n === 0) return total;
    if (n > 0) total += n;
  }
};

/** Asks epoll with a timeout of 0. */
const polls: Solution = function* (sys, ep, sock) {
  for (let total = 0; ; ) {
    const { ret } = yield* sys.epoll_wait(ep, 1, 0);
    if (ret === 0) continue;
    const n = yield* sys.read(sock, new Uint8Array(8));
    if (n === 0) return total;
    total += Math.max(0, n);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, { events: once });
  }
};

/** Adds errors up. */
const addsErrors: Solution = function* (sys, ep, sock) {
  for (let total = 0; ; ) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(sock, new Uint8Array(8));
    if (n === 0) return total;
    total += Math.abs(n);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, { events: once });
  }
};

/** Does not see the end. */
const noEnd: Solution = function* (sys, ep, sock) {
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.read(sock, new Uint8Array(8));
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, { events: once });
  }
};

/** Hides the refusal of a timeout, and of another call. */
const hides: Solution = function* (sys, ep, sock) {
  try {
    yield* sys.poll([{ fd: sock, events: 1, revents: 0 }], -1);
  } catch {}
  return yield* solution(sys, ep, sock);
};

describe('the task of lab 8', () => {
  passes(task, { solution, drains, armsFirst });
  fails(task, 'en', {
    starter: [starter, /before all bytes/],
    neverArmed: [neverArmed, /told of once and is disarmed/],
    earlyReturn: [earlyReturn, /another thread has read the byte.*told of once/],
    noLongerOneshot: [noLongerOneshot, /MOD replaces all flags/],
    deleteAndAdd: [deleteAndAdd, /item is deleted/],
    firstSilence: [firstSilence, /returns before all bytes/],
    room: [room, /EAGAIN.*busy loop/],
    spins: [spins, /EAGAIN.*busy loop/],
    polls: [polls, /timeout of -1/],
    addsErrors: [addsErrors, /more than was sent/],
    noEnd: [noEnd, /goes round for ever/],
    hides: [hides, /poll\(\) is called/],
  });
  failsWhateverIsAsked(task);
});
