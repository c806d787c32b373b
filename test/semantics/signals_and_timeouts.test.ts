/** How epoll_wait ends when no event comes: by time, by a signal, or not at all. */
import { expect, test } from 'vitest';
import { SIG_IGN } from '../../src/kernel/signal.ts';
import { EINTR } from '../../src/kernel/uapi/errno.ts';
import { EFD_NONBLOCK } from '../../src/kernel/uapi/eventfd.ts';
import { EPOLLET, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { SA_RESTART, SIG_BLOCK, SIGUSR1, SIGUSR2 } from '../../src/kernel/uapi/signal.ts';
import { type Code, type Sys, sigset } from '../../src/syscalls/sys.ts';
import { inThread, ms, pause, reported, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { park, ready, remove } from './scenes.ts';

/** An instance that watches an eventfd, and handlers that do nothing for the two user signals. */
function* scene(sys: Sys, flags = 0): Code<[ep: number, fd: number]> {
  const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
  const ep = yield* watch(sys, fd, EPOLLIN);
  const handler = function* (): Code<void> {};
  yield* sys.sigaction(SIGUSR1, { handler, flags });
  yield* sys.sigaction(SIGUSR2, { handler, flags });
  return [ep, fd];
}

const kill = (sys: Sys, tid: number, sig = SIGUSR1): Code<number> =>
  sys.tgkill(sys.task.tgid, tid, sig);

/** A loop with work of its own polls like that: it must get its turn back. */
test('timeout 0 returns 0 at once when nothing is ready', () => {
  inMachine(function* (sys) {
    const [ep] = yield* scene(sys);
    expect((yield* sys.epoll_wait(ep, 8, 0)).ret).toBe(0);
  });
});

/** Timers of event loops are built on it (haproxy 2984 is what happens when it goes wrong). */
test('a positive timeout returns 0 when it is over, and not before', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep] = yield* scene(sys);
    yield* park(sys, ep, woken, 't1', { timeout: 150 });
    yield* pause(sys, 80);
    expect(woken).toEqual([]);
    yield* pause(sys, 150);
    expect(woken).toEqual(['t1: ']);
  });
});

/** epoll_wait(2): -1 waits for ever; so does every other negative number. */
test.each([-1, -5])('timeout %i has no end', (timeout) => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep, fd] = yield* scene(sys);
    yield* park(sys, ep, woken, 't1', { timeout });
    yield* pause(sys, 40);
    expect(woken).toEqual([]);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${fd}`]);
  });
});

/** The point of epoll_wait. A program that rounds up its timeouts pays no latency for it. */
test('an event ends the wait before the timeout', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep, fd] = yield* scene(sys);
    yield* park(sys, ep, woken, 't1', { timeout: 150 });
    yield* pause(sys, 50);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${fd}`]);
  });
});

/** The time is absolute inside: wakeups for nothing must not start it anew (or a timer never fires). */
test('a wakeup for nothing does not prolong the timeout', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep, fd] = yield* scene(sys);
    yield* park(sys, ep, woken, 't1', { timeout: 150 });
    yield* pause(sys, 100);
    yield* writeCount(sys, fd, 0n);
    yield* pause(sys, 100);
    expect(woken).toEqual(['t1: ']);
  });
});

/** signal(7), calls that are never restarted. crystal 10649 hung because it took -1 for a count. */
test.each([
  ['without SA_RESTART', 0],
  ['with SA_RESTART', SA_RESTART],
])('a handler %s ends the wait with EINTR', (_how, flags) => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep] = yield* scene(sys, flags);
    const tid = yield* park(sys, ep, woken, 't1');
    yield* kill(sys, tid);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${-EINTR}`]);
  });
});

/** fanout 19: the loop that starts over after EINTR has missed nothing. */
test('an event that comes after EINTR is found by the next epoll_wait', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const [ep] = yield* scene(sys);
    yield* sys.epoll_ctl(ep, 1, fd, { events: EPOLLIN | EPOLLET, data: fd });
    const tid = yield* park(sys, ep, woken, 't1');
    yield* kill(sys, tid);
    yield* pause(sys);
    yield* writeCount(sys, fd, 1n);
    expect(woken).toEqual([`t1: ${-EINTR}`]);
    expect(yield* ready(sys, ep)).toEqual([fd]);
  });
});

/** A thread pool: the signal is for one thread, and the others must sleep on. */
test('a signal interrupts the thread that it was sent to, and no other', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep] = yield* scene(sys);
    yield* park(sys, ep, woken, 't1');
    const tid = yield* park(sys, ep, woken, 't2');
    yield* park(sys, ep, woken, 't3');
    yield* kill(sys, tid);
    yield* pause(sys);
    expect(woken).toEqual([`t2: ${-EINTR}`]);
  });
});

/** The thread that was interrupted has left the queue: it must not use up a wakeup of the others. */
test('after an interruption the next event goes to a thread that still waits', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep, fd] = yield* scene(sys);
    yield* park(sys, ep, woken, 't1');
    const tid = yield* park(sys, ep, woken, 't2');
    yield* kill(sys, tid);
    yield* pause(sys);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t2: ${-EINTR}`, `t1: ${fd}`]);
  });
});

/** Daemons ignore SIGPIPE and SIGHUP; an ignored signal is nothing to wake up for. */
test('an ignored signal does not interrupt', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep] = yield* scene(sys);
    yield* sys.sigaction(SIGUSR1, { handler: SIG_IGN });
    const tid = yield* park(sys, ep, woken, 't1');
    yield* kill(sys, tid);
    yield* pause(sys);
    expect(woken).toEqual([]);
  });
});

/** epoll_pwait(2): blocked for the length of the call; the signal is not lost, only late. */
test('epoll_pwait does not hear of a signal that its mask blocks', () => {
  inMachine(function* (sys) {
    const results: number[] = [];
    const [ep, fd] = yield* scene(sys);
    const tid = yield* inThread(sys, results, function* (self) {
      return (yield* self.epoll_pwait(ep, 8, -1, sigset(SIGUSR1))).ret;
    });
    yield* pause(sys);
    yield* kill(sys, tid, SIGUSR1);
    yield* pause(sys);
    expect(results).toEqual([]);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(results).toEqual([1]);
  });
});

/** The mask replaces the thread's own, so another signal interrupts as ever. */
test('epoll_pwait is interrupted by a signal that its mask does not block', () => {
  inMachine(function* (sys) {
    const results: number[] = [];
    const [ep] = yield* scene(sys);
    const tid = yield* inThread(sys, results, function* (self) {
      return (yield* self.epoll_pwait(ep, 8, -1, sigset(SIGUSR1))).ret;
    });
    yield* pause(sys);
    yield* kill(sys, tid, SIGUSR2);
    yield* pause(sys);
    expect(results).toEqual([-EINTR]);
  });
});

/** What epoll_pwait is for: a signal that came just before is not slept through (pselect's race). */
test('epoll_pwait is interrupted by a signal that was pending and blocked before', () => {
  inMachine(function* (sys) {
    const [ep] = yield* scene(sys);
    yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
    yield* kill(sys, yield* sys.gettid());
    expect((yield* sys.epoll_wait(ep, 8, 20)).ret).toBe(0);
    expect((yield* sys.epoll_pwait(ep, 8, -1, 0n)).ret).toBe(-EINTR);
    expect((yield* sys.epoll_pwait(ep, 8, 20, 0n)).ret).toBe(0); // It has been delivered.
  });
});

/** A loop under a storm of signals still makes progress: events come first. */
test('events that are ready win over a signal that is pending', () => {
  inMachine(function* (sys) {
    const [ep, fd] = yield* scene(sys);
    yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
    yield* kill(sys, yield* sys.gettid());
    yield* writeCount(sys, fd, 1n);
    expect((yield* sys.epoll_pwait(ep, 8, -1, 0n)).ret).toBe(1);
  });
});

/** A loop that only ever polls must not rely on EINTR to hear of its signals. */
test('a pending signal does not make timeout 0 return EINTR', () => {
  inMachine(function* (sys) {
    const [ep] = yield* scene(sys);
    yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
    yield* kill(sys, yield* sys.gettid());
    expect((yield* sys.epoll_pwait(ep, 8, 0, 0n)).ret).toBe(0);
    expect((yield* sys.epoll_pwait(ep, 8, 20, 0n)).ret).toBe(-EINTR);
  });
});

/** libtorrent 757 turned microseconds into 0 ms and spun; epoll_pwait2 takes them as they are. */
test('epoll_pwait2 waits for spans below a millisecond', () => {
  inMachine(function* (sys) {
    const [ep] = yield* scene(sys);
    const timer = yield* sys.timerfd_create(1, EFD_NONBLOCK);
    yield* sys.epoll_ctl(ep, 1, timer, { events: EPOLLIN, data: timer });
    yield* sys.timerfd_settime(timer, 0, {
      it_value: { tv_sec: 0, tv_nsec: 100_000 },
      it_interval: ms(0),
    });
    const found = yield* sys.epoll_pwait2(ep, 8, { tv_sec: 0, tv_nsec: 900_000 });
    expect(found.map((event) => event.data)).toEqual([timer]);
  });
});

/** No span at all is for ever; a program that passes {0, 0} for it spins instead. */
test('epoll_pwait2 with NULL has no end, and with a span of zero it returns at once', () => {
  inMachine(function* (sys) {
    const results: number[] = [];
    const [ep, fd] = yield* scene(sys);
    expect((yield* sys.epoll_pwait2(ep, 8, ms(0))).ret).toBe(0);
    yield* inThread(sys, results, function* (self) {
      return (yield* self.epoll_pwait2(ep, 8, null)).ret;
    });
    yield* pause(sys, 40);
    expect(results).toEqual([]);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(results).toEqual([1]);
  });
});

/** An empty instance is legal, and a thread may wait in it for what others will add. */
test('epoll_wait on an instance without items waits for its time', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep, fd] = yield* scene(sys);
    yield* remove(sys, ep, fd);
    yield* park(sys, ep, woken, 't1', { timeout: 50 });
    expect(woken).toEqual([]);
    yield* pause(sys, 100);
    expect(woken).toEqual(['t1: ']);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});
