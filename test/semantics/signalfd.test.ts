/** Event loops and signalfd: whose signals an instance reports depends on who waits in it. */
import { expect, test } from 'vitest';
import { EAGAIN } from '../../src/kernel/uapi/errno.ts';
import { EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { SIG_BLOCK, SIGTERM, SIGUSR1 } from '../../src/kernel/uapi/signal.ts';
import { SFD_NONBLOCK } from '../../src/kernel/uapi/signalfd.ts';
import { type Code, type Sys, sigset } from '../../src/syscalls/sys.ts';
import { inThread, pause, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { park, ready } from './scenes.ts';

/** A blocked signal, a descriptor that reads it, and an instance that watches that. */
function* scene(sys: Sys, sig: number): Code<[number, number]> {
  yield* sys.sigprocmask(SIG_BLOCK, sigset(sig));
  const fd = yield* sys.signalfd4(-1, sigset(sig), SFD_NONBLOCK);
  return [yield* watch(sys, fd, EPOLLIN), fd];
}

const readOne = (sys: Sys, fd: number): Code<number> => sys.read(fd, new Uint8Array(128));

/** What another thread finds ready in an instance at once. */
function* readyInThread(sys: Sys, ep: number): Code<number[]> {
  const found: number[][] = [];
  const tid = yield* inThread(sys, found, (thread) => ready(thread, ep));
  yield* sys.pthread_join(tid);
  return found[0] as number[];
}

/** Graceful shutdown: SIGTERM as one more event of the loop. */
test('a signal to the process wakes the thread that waits', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep, fd] = yield* scene(sys, SIGTERM);
    yield* park(sys, ep, woken, 't1');
    yield* pause(sys);
    yield* sys.kill(sys.task.tgid, SIGTERM);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${fd}`]);
  });
});

/** Level-triggered as any other file, as long as the same thread asks. */
test('a signal is reported until it has been read', () => {
  inMachine(function* (sys) {
    const [ep, fd] = yield* scene(sys, SIGUSR1);
    yield* sys.kill(sys.task.tgid, SIGUSR1);
    expect([yield* ready(sys, ep), yield* ready(sys, ep)]).toEqual([[fd], [fd]]);
    expect(yield* readOne(sys, fd)).toBe(128);
    expect([yield* ready(sys, ep), yield* readOne(sys, fd)]).toEqual([[], -EAGAIN]);
  });
});

/** A pool of threads on one instance, and pthread_kill() to one of them. */
test('another thread does not see a signal to one thread, and takes its event away', () => {
  inMachine(function* (sys) {
    const [ep, fd] = yield* scene(sys, SIGUSR1);
    yield* sys.tgkill(sys.task.tgid, sys.task.pid, SIGUSR1);
    expect(yield* readyInThread(sys, ep)).toEqual([]);
    expect(yield* ready(sys, ep)).toEqual([]); // It is off the ready list, and still pending.
    expect(yield* readOne(sys, fd)).toBe(128);
  });
});

/** Why kill() is what a pool wants: whichever thread looks first. */
test('any thread sees a signal to the process', () => {
  inMachine(function* (sys) {
    const [ep, fd] = yield* scene(sys, SIGUSR1);
    yield* sys.kill(sys.task.tgid, SIGUSR1);
    expect(yield* readyInThread(sys, ep)).toEqual([fd]);
  });
});

/** The reason for the rule to block a signal first: else its handler is there before the loop. */
test('a signal that is not blocked wakes the loop and is handled on its way back', () => {
  inMachine(function* (sys) {
    const handled: number[] = [];
    yield* sys.sigaction(SIGUSR1, {
      *handler(sig) {
        handled.push(sig);
      },
    });
    const fd = yield* sys.signalfd4(-1, sigset(SIGUSR1), SFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* sys.pthread_create(function* (thread) {
      yield* thread.tgkill(sys.task.tgid, sys.task.pid, SIGUSR1);
    });
    const events = yield* sys.epoll_wait(ep, 8, -1);
    expect([events.ret, handled]).toEqual([1, [SIGUSR1]]);
    expect(yield* readOne(sys, fd)).toBe(-EAGAIN);
  });
});
