/** Event loops and pidfd: children as events. Played on 6.18. */
import { expect, test } from 'vitest';
import { EPOLLET, EPOLLHUP, EPOLLIN, EPOLLRDNORM } from '../../src/kernel/uapi/eventpoll.ts';
import { PIDFD_THREAD } from '../../src/kernel/uapi/pidfd.ts';
import { P_PIDFD, WEXITED, WNOWAIT } from '../../src/kernel/uapi/wait.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { pause, reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { ready } from './scenes.ts';

/** A child that ends after some time, and a pidfd for it. */
function* child(sys: Sys, after = 5): Code<[number, number]> {
  const pid = yield* sys.fork((self) => pause(self, after));
  return [pid, yield* sys.pidfd_open(pid, 0)];
}

/** A supervisor in one loop, without SIGCHLD and its races. */
test('the end of a child wakes the loop', () => {
  inMachine(function* (sys) {
    const [pid, fd] = yield* child(sys);
    const ep = yield* watch(sys, fd, EPOLLIN);
    expect(yield* ready(sys, ep)).toEqual([]);
    const found = yield* sys.epoll_wait(ep, 8, -1);
    expect(found.map(({ data, events }) => [data, events])).toEqual([[fd, EPOLLIN]]);
    expect((yield* sys.waitid(P_PIDFD, fd, WEXITED)).si_pid).toBe(pid);
  });
});

/** Whoever waits for the child must take the descriptor out, or the loop spins. */
test('EPOLLHUP comes when the child has been waited for, and both stay', () => {
  inMachine(function* (sys) {
    const [, fd] = yield* child(sys);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLRDNORM);
    yield* sys.waitid(P_PIDFD, fd, WEXITED | WNOWAIT);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLRDNORM]);
    yield* sys.waitid(P_PIDFD, fd, WEXITED);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLRDNORM | EPOLLHUP]);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLRDNORM | EPOLLHUP]);
  });
});

/** An edge-triggered loop is woken twice for one child. */
test('with EPOLLET the end and the wait are an event each', () => {
  inMachine(function* (sys) {
    const [, fd] = yield* child(sys);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    yield* pause(sys, 10);
    const seen = [yield* reported(sys, ep), yield* reported(sys, ep)];
    yield* sys.waitid(P_PIDFD, fd, WEXITED);
    seen.push(yield* reported(sys, ep), yield* reported(sys, ep));
    expect(seen).toEqual([[EPOLLIN], [], [EPOLLIN | EPOLLHUP], []]);
  });
});

/** Numbers are given out again on Linux; a descriptor means the process that it was opened for. */
test('a process that is not a child can be watched', () => {
  const seen: number[] = [];
  inMachine(function* (sys) {
    const parent = yield* sys.getpid();
    yield* sys.fork(function* (self) {
      const ep = yield* watch(self, yield* self.pidfd_open(parent, 0), EPOLLIN);
      const found = yield* self.epoll_wait(ep, 8, -1);
      seen.push(...found.map(({ events }) => events));
    });
    yield* pause(sys);
  });
  expect(seen).toEqual([EPOLLIN | EPOLLHUP]); // Its parent, init, takes note at once.
});

/** 6.9, PIDFD_THREAD: a thread has no zombie, so both come at once. */
test('the end of a thread is EPOLLIN and EPOLLHUP', () => {
  inMachine(function* (sys) {
    const tid = yield* sys.pthread_create((self) => pause(self, 5));
    const ep = yield* watch(sys, yield* sys.pidfd_open(tid, PIDFD_THREAD), EPOLLIN);
    const found = yield* sys.epoll_wait(ep, 8, -1);
    expect(found.map(({ events }) => events)).toEqual([EPOLLIN | EPOLLHUP]);
  });
});

/** pidfd_poll(): a first thread that has ended early is not the end of the process. */
test('the end of the first thread wakes nobody as long as others live', () => {
  inMachine(function* (sys) {
    const pid = yield* sys.fork(function* (self) {
      yield* self.pthread_create((thread) => pause(thread, 20));
      yield* self.exit(3);
    });
    const fd = yield* sys.pidfd_open(pid, 0);
    const early = yield* watch(sys, fd, EPOLLIN);
    yield* pause(sys);
    const ep = yield* watch(sys, fd, EPOLLIN);
    expect([yield* ready(sys, early), yield* ready(sys, ep)]).toEqual([[], []]);
    expect((yield* sys.epoll_wait(ep, 8, 30)).ret).toBe(1);
  });
});
