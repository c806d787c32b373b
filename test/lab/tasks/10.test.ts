/** The task of lab 10: the solution passes, and each usual mistake is told what it is. */
import { EAGAIN, EPOLL_CTL_ADD, EPOLLET, EPOLLEXCLUSIVE, EPOLLIN } from 'epollsim';
import { describe } from 'vitest';
import solution from '../../../lab/tasks/10/solution.ts';
import starter from '../../../lab/tasks/10/starter.ts';
import { task } from '../../../lab/tasks/10/task.ts';
import edge from '../../../lab/tasks/10/wrong-edge.ts';
import exclusiveEdge from '../../../lab/tasks/10/wrong-exclusive-edge.ts';
import level from '../../../lab/tasks/10/wrong-level.ts';
import refused from '../../../lab/tasks/10/wrong-refused.ts';
import unchecked from '../../../lab/tasks/10/wrong-unchecked.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { fails, failsWhateverIsAsked, passes } from '../../support/lab.ts';

/** Accepts until EAGAIN. */
const drains = (events: number, timeout = -1): Solution =>
  function* (sys, listener: number) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events });
    for (;;) {
      yield* sys.epoll_wait(ep, 1, timeout);
      let fd = yield* sys.accept4(listener, 0);
      for (; fd !== -EAGAIN; fd = yield* sys.accept4(listener, 0)) {
        yield* sys.send(fd, 'hi', 0);
        yield* sys.close(fd);
      }
    }
  };

/** Registers nothing. */
const spins: Solution = function* (sys, listener: number) {
  for (;;) {
    const fd = yield* sys.accept4(listener, 0);
    if (fd === -EAGAIN) continue;
    yield* sys.write(fd, 'hi');
    yield* sys.close(fd);
  }
};

/** Forgets to close. */
const leaves: Solution = function* (sys, listener: number) {
  const ep = yield* sys.epoll_create1(0);
  const events = EPOLLIN | EPOLLEXCLUSIVE;
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events });
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const fd = yield* sys.accept4(listener, 0);
    if (fd >= 0) yield* sys.write(fd, 'hi');
  }
};

/** Serves one connection, and goes. */
const once: Solution = function* (sys, listener: number) {
  const ep = yield* sys.epoll_create1(0);
  const events = EPOLLIN | EPOLLEXCLUSIVE;
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events });
  yield* sys.epoll_wait(ep, 1, -1);
  const fd = yield* sys.accept4(listener, 0);
  yield* sys.write(fd, 'hi');
  yield* sys.close(fd);
};

/** A worker that answers by `write`. */
const answers = (...parts: readonly string[]): Solution =>
  function* (sys, listener: number) {
    const ep = yield* sys.epoll_create1(0);
    const interest = { events: EPOLLIN | EPOLLEXCLUSIVE };
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, interest);
    for (;;) {
      yield* sys.epoll_wait(ep, 1, -1);
      const fd = yield* sys.accept4(listener, 0);
      if (fd === -EAGAIN) continue;
      for (const part of parts) yield* sys.write(fd, part);
      yield* sys.close(fd);
    }
  };

/** A stream has no seams: the client may get it in two. */
const inParts = answers('h', 'i');
const chats = answers('hi', ' there');

/** Needs the listener no more, it thinks. */
const closesListener: Solution = function* (sys, listener: number) {
  yield* sys.close(listener);
};

let shared: number | null = null;
/** One instance for all workers, and for all times that this is run. */
const remembers: Solution = function* (sys, listener: number) {
  if (shared === null) {
    shared = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(shared, EPOLL_CTL_ADD, listener, { events: EPOLLIN });
  }
  for (;;) {
    yield* sys.epoll_wait(shared, 1, -1);
    const fd = yield* sys.accept4(listener, 0);
    if (fd === -EAGAIN) continue;
    yield* sys.write(fd, 'hi');
    yield* sys.close(fd);
  }
};

describe('the task of lab 10', () => {
  passes(task, {
    solution,
    inParts,
    drains: drains(EPOLLIN | EPOLLEXCLUSIVE),
    drainsEdges: drains(EPOLLIN | EPOLLEXCLUSIVE | EPOLLET),
  });
  fails(task, 'en', {
    starter: [starter, /goes round for ever/],
    level: [level, /more workers are woken than.*12 for 4/],
    edge: [edge, /connection waits, and all workers sleep/],
    edgesDrained: [drains(EPOLLIN | EPOLLET), /more workers are woken/],
    exclusiveEdge: [exclusiveEdge, /connection waits, and all workers sleep/],
    refused: [refused, /registered nothing/],
    unchecked: [unchecked, /two workers are free: an error is taken for a descriptor/],
    spins: [spins, /busy loop/],
    polls: [drains(EPOLLIN | EPOLLEXCLUSIVE, 0), /timeout of -1/],
    closesListener: [closesListener, /closed for all of them/],
    chats: [chats, /two bytes and no more/],
    remembers: [remembers, /another way when it is run again/],
    leaves: [leaves, /answered and closed/],
    once: [once, /worker returns/],
  });
  failsWhateverIsAsked(task);
});
