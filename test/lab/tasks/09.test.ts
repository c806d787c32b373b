/** The task of lab 9: the solution passes, and each usual mistake is told what it is. */
import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  EPOLLONESHOT,
  type Sys,
} from 'epollsim';
import { describe } from 'vitest';
import solution from '../../../lab/tasks/09/solution.ts';
import starter from '../../../lab/tasks/09/starter.ts';
import { task } from '../../../lab/tasks/09/task.ts';
import armedEarly from '../../../lab/tasks/09/wrong-armed-early.ts';
import edge from '../../../lab/tasks/09/wrong-edge.ts';
import endKept from '../../../lab/tasks/09/wrong-end-kept.ts';
import leftBehind from '../../../lab/tasks/09/wrong-left-behind.ts';
import level from '../../../lab/tasks/09/wrong-level.ts';
import neverArmed from '../../../lab/tasks/09/wrong-never-armed.ts';
import oneReads from '../../../lab/tasks/09/wrong-one-reads.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { fails, failsWhateverIsAsked, passes } from '../../support/lab.ts';

type Take = (sys: Sys, bytes: Uint8Array) => Code<void>;
type Worker = (sys: Sys, ep: number, sock: number, take: Take) => Code<void>;

/** A pool of `count` threads and the one that makes it. */
const pool = (events: number, count: number, work: Worker): Solution =>
  function* (sys, sock: number, take: Take) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, sock, { events });
    const others: number[] = [];
    for (let i = 0; i < count; i++) {
      others.push(yield* sys.pthread_create((self) => work(self, ep, sock, take)));
    }
    if (count < 2) yield* work(sys, ep, sock, take);
    for (const other of others) yield* sys.pthread_join(other);
  };

const once = EPOLLIN | EPOLLONESHOT;

/** Reads until EAGAIN before it arms the item, with two threads besides main. */
const drains = pool(once | EPOLLET, 2, function* (sys, ep, sock, take) {
  const buf = new Uint8Array(8);
  for (let n = 1; n !== 0; ) {
    yield* sys.epoll_wait(ep, 1, -1);
    while ((n = yield* sys.read(sock, buf)) > 0) yield* take(sys, buf.subarray(0, n));
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, { events: once | EPOLLET });
  }
});

const oneByOne: Worker = function* (sys, ep, sock, take) {
  const buf = new Uint8Array(8);
  for (let n = -1; n !== 0; ) {
    yield* sys.epoll_wait(ep, 1, -1);
    n = yield* sys.read(sock, buf);
    if (n > 0) yield* take(sys, buf.subarray(0, n));
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, { events: once });
  }
};

/** One thread does it all. */
const alone = pool(once, 0, oneByOne);

/** Hands over the whole buffer. */
const wholeBuffer = pool(once, 1, function* (sys, ep, sock, take) {
  const buf = new Uint8Array(8);
  for (let n = -1; n !== 0; ) {
    yield* sys.epoll_wait(ep, 1, -1);
    n = yield* sys.read(sock, buf);
    if (n > 0) yield* take(sys, buf);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, { events: once });
  }
});

/** Keeps what it has read. */
const keeps = pool(once, 1, (sys, ep, sock) => oneByOne(sys, ep, sock, function* () {}));

/** Asks again and again. */
const polls = pool(once, 1, function* (sys, ep, sock, take) {
  const buf = new Uint8Array(8);
  for (let n = -1; n !== 0; ) {
    const { ret } = yield* sys.epoll_wait(ep, 1, 0);
    if (ret === 0) continue;
    n = yield* sys.read(sock, buf);
    if (n > 0) yield* take(sys, buf.subarray(0, n));
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, { events: once });
  }
});

/** Never asks epoll. */
const spins = pool(once, 1, function* (sys, _ep, sock, take) {
  const buf = new Uint8Array(8);
  for (let n = -1; n !== 0; ) {
    n = yield* sys.read(sock, buf);
    if (n > 0) yield* take(sys, buf.subarray(0, n));
  }
});

/** A text, and no sys. */
const givesText: Solution = function* (_sys, _sock, take: (text: string) => Code<void>) {
  yield* take('ab');
};

describe('the task of lab 9', () => {
  passes(task, { solution, drains });
  fails(task, 'en', {
    starter: [starter, /sleeps for ever/],
    level: [level, /both were told of the same socket/],
    edge: [edge, /both were told of the same socket/],
    armedEarly: [armedEarly, /both were told of the same socket/],
    endKept: [endKept, /hear of the end/],
    neverArmed: [neverArmed, /item is disarmed/],
    leftBehind: [leftBehind, /hear of the end/],
    oneReads: [oneReads, /one thread has done all the reading/],
    givesText: [givesText, /take\(sys, bytes\)/],
    alone: [alone, /only one thread/],
    wholeBuffer: [wholeBuffer, /more bytes/],
    keeps: [keeps, /waited for in take/],
    polls: [polls, /timeout of -1/],
    spins: [spins, /busy loop/],
  });
  failsWhateverIsAsked(task);
});
