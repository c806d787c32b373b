/** The task of lab 11: the solution passes, and each usual mistake is told what it is. */
import { type Code, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, type Sys } from 'epollsim';
import { describe } from 'vitest';
import solution from '../../../lab/tasks/11/solution.ts';
import starter from '../../../lab/tasks/11/starter.ts';
import { task } from '../../../lab/tasks/11/task.ts';
import batches from '../../../lab/tasks/11/wrong-batches.ts';
import edge from '../../../lab/tasks/11/wrong-edge.ts';
import inOrder from '../../../lab/tasks/11/wrong-in-order.ts';
import oneInside from '../../../lab/tasks/11/wrong-one-inside.ts';
import polls from '../../../lab/tasks/11/wrong-polls.ts';
import readsInstance from '../../../lab/tasks/11/wrong-reads-instance.ts';
import twoAtOnce from '../../../lab/tasks/11/wrong-two-at-once.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { fails, failsWhateverIsAsked, passes } from '../../support/lab.ts';

type Work = (sys: Sys, bytes: Uint8Array) => Code<boolean>;

function* setOf(sys: Sys, files: readonly number[], events = EPOLLIN): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  for (const fd of files) yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });
  return ep;
}

/** An edge-triggered outer instance, and inner ones that are emptied. */
const empties: Solution = function* (sys, urgent: number[], bulk: number[], work: Work) {
  const inner = [yield* setOf(sys, urgent), yield* setOf(sys, bulk)];
  const outer = yield* setOf(sys, inner, EPOLLIN | EPOLLET);
  const byte = new Uint8Array(1);
  for (;;) {
    yield* sys.epoll_wait(outer, 2, -1);
    for (let i = 0; i < inner.length; ) {
      const [event] = yield* sys.epoll_wait(inner[i] ?? -1, 1, 0);
      i = event === undefined ? i + 1 : 0;
      if (event === undefined) continue;
      yield* sys.read(Number(event.data), byte);
      if (yield* work(sys, byte)) return;
    }
  }
};

/** The urgent pipes stand in the outer instance themselves. */
const half: Solution = function* (sys, urgent: number[], bulk: number[], work: Work) {
  const inner = yield* setOf(sys, bulk);
  const outer = yield* setOf(sys, [...urgent, inner]);
  yield* sys.epoll_wait(outer, 1, -1);
  yield* work(sys, new Uint8Array(1));
};

/** The outer instance in an inner one: a circle. */
const circle: Solution = function* (sys, urgent: number[], bulk: number[], _work: Work) {
  const outer = yield* setOf(sys, []);
  const inner = yield* setOf(sys, [...urgent, ...bulk, outer]);
  yield* sys.epoll_ctl(outer, EPOLL_CTL_ADD, inner, { events: EPOLLIN });
  yield* sys.epoll_wait(outer, 1, -1);
};

/** Gives messages to work() that nobody has sent. */
const invents: Solution = function* (sys, _urgent, _bulk, work: Work) {
  while (!(yield* work(sys, new Uint8Array(2)))) {}
};

/** Stops early. */
const stops: Solution = function* (sys, urgent: number[], bulk: number[], work: Work) {
  const inner = [yield* setOf(sys, urgent), yield* setOf(sys, bulk)];
  const outer = yield* setOf(sys, inner);
  yield* sys.epoll_wait(outer, 2, -1);
  const [event] = yield* sys.epoll_wait(inner[0] ?? -1, 1, 0);
  const byte = new Uint8Array(1);
  yield* sys.read(Number(event?.data), byte);
  yield* work(sys, byte);
};

/** Messages that nobody has sent. */
const madeUp: Solution = function* (sys, _urgent, _bulk, work: Work) {
  while (!(yield* work(sys, new Uint8Array([33]))));
};

/** Asks the pipes themselves, again and again. */
const readsOn: Solution = function* (sys, urgent: number[], bulk: number[], work: Work) {
  for (const byte = new Uint8Array(1); ; ) {
    for (const fd of [...urgent, ...bulk]) {
      if ((yield* sys.read(fd, byte)) !== 1) continue;
      if (yield* work(sys, byte)) return;
      break;
    }
  }
};

describe('the task of lab 11', () => {
  passes(task, { solution, empties });
  fails(task, 'en', {
    starter: [starter, /instance that watches pipes/],
    edge: [edge, /nobody is told/],
    inOrder: [inOrder, /urgent one was there/],
    batches: [batches, /while another one is worked on: .*urgent one was there/],
    readsInstance: [readsInstance, /reads from an epoll instance/],
    polls: [polls, /timeout of 0/],
    half: [half, /instance that watches pipes/],
    circle: [circle, /watches nothing/],
    invents: [invents, /one byte at a time/],
    oneInside: [oneInside, /does not watch the two/],
    twoAtOnce: [twoAtOnce, /two messages of a kind lie in one pipe.*one byte at a time/],
    madeUp: [madeUp, /not read from a pipe/],
    readsOn: [readsOn, /EAGAIN.*busy loop/],
    stops: [stops, /messages are left/],
  });
  failsWhateverIsAsked(task);
});
