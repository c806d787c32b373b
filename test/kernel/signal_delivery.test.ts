import { describe, expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import { ktime_get } from '../../src/kernel/hrtimer.ts';
import { do_send_specific } from '../../src/kernel/kill.ts';
import { PF_EXITING } from '../../src/kernel/sched.ts';
import { SIG_DFL } from '../../src/kernel/signal.ts';
import { EINTR } from '../../src/kernel/uapi/errno.ts';
import { POLLIN } from '../../src/kernel/uapi/poll.ts';
import {
  SA_RESETHAND,
  SA_RESTART,
  SIG_BLOCK,
  SIG_SETMASK,
  SIGABRT,
  SIGBUS,
  SIGCONT,
  SIGFPE,
  SIGHUP,
  SIGILL,
  SIGKILL,
  SIGQUIT,
  SIGRTMIN,
  SIGSEGV,
  SIGSYS,
  SIGTERM,
  SIGTRAP,
  SIGTSTP,
  SIGUSR1,
} from '../../src/kernel/uapi/signal.ts';
import { Machine } from '../../src/sim/machine.ts';
import { type Code, type Sys, sigset } from '../../src/syscalls/sys.ts';
import { inMachine } from '../support/run.ts';

const ms = (n: number) => ({ tv_sec: Math.floor(n / 1000), tv_nsec: (n % 1000) * 1_000_000 });

const raise = (sys: Sys, sig: number): Code<number> => sys.tgkill(sys.task.tgid, sys.task.pid, sig);

const logging = (log: number[]) => ({
  *handler(signo: number) {
    log.push(signo);
  },
});

/** Sends signals while all are blocked, then lets them in; the handlers in the order they ran. */
const handled = (...signals: number[]): number[] => {
  const log: number[] = [];
  inMachine(function* (sys) {
    yield* sys.sigprocmask(SIG_SETMASK, ~0n);
    for (const sig of signals) {
      yield* sys.sigaction(sig, logging(log));
      yield* raise(sys, sig);
    }
    yield* sys.sigprocmask(SIG_SETMASK, 0n);
  });
  return log;
};

describe('the order in which signals are taken', () => {
  /** The handler of the signal that is taken last runs first (all verified on 6.18). */
  test.each([
    [
      [SIGUSR1, SIGSEGV, SIGHUP, SIGBUS],
      [SIGUSR1, SIGHUP, SIGSEGV, SIGBUS],
    ],
    [
      [SIGSYS, SIGTRAP, SIGQUIT, SIGFPE, SIGILL],
      [SIGQUIT, SIGSYS, SIGFPE, SIGTRAP, SIGILL],
    ],
  ])('synchronous signals are taken before all others', (sent, expected) => {
    expect(handled(...sent)).toEqual(expected);
  });

  /** signal(7): real-time signals queue, standard ones do not (verified on 6.18). */
  test('a real-time signal is handled as often as it was sent, a standard one once', () => {
    const rt = SIGRTMIN + 8;

    expect(handled(rt + 1, rt, rt, SIGRTMIN + 3)).toEqual([rt + 1, rt, rt, SIGRTMIN + 3]);
    expect(handled(SIGUSR1, SIGUSR1, rt, rt)).toEqual([rt, rt, SIGUSR1]);
  });

  /** sigaction(2): ignoring a signal drops it, however often it is queued. */
  test('a queued real-time signal that is ignored and handled again is gone', () => {
    const log: number[] = [];
    inMachine(function* (sys) {
      yield* sys.sigprocmask(SIG_SETMASK, ~0n);
      yield* sys.sigaction(SIGRTMIN, logging(log));
      yield* raise(sys, SIGRTMIN);
      yield* raise(sys, SIGRTMIN);
      yield* sys.sigaction(SIGRTMIN, { handler: 'SIG_IGN' });
      yield* sys.sigaction(SIGRTMIN, logging(log));
      yield* raise(sys, SIGRTMIN);
      yield* sys.sigprocmask(SIG_SETMASK, 0n);
    });

    expect(log).toEqual([SIGRTMIN]);
  });

  /** signal(7), job control: only the later of the two means anything (verified on 6.18). */
  test('a stop signal takes a pending SIGCONT back, and the other way round', () => {
    const pending: bigint[] = [];
    inMachine(function* (sys) {
      yield* sys.sigprocmask(SIG_SETMASK, ~0n);
      for (const sig of [SIGCONT, SIGTSTP, SIGCONT]) {
        yield* raise(sys, sig);
        pending.push(sys.task.pending.signal);
      }
      yield* sys.sigaction(SIGCONT, { handler: SIG_DFL });
    });

    expect(pending).toEqual([sigset(SIGCONT), sigset(SIGTSTP), sigset(SIGCONT)]);
  });
});

describe('dying', () => {
  /** A second thread sleeps, and the first one sends it a signal: what the first one still does. */
  const sendTo = (sig: number): string[] => {
    const log: string[] = [];
    const run = () =>
      inMachine(function* (sys) {
        const tid = yield* sys.pthread_create((thread) => thread.nanosleep(ms(1000)));
        yield* sys.nanosleep(ms(1));
        yield* sys.tgkill(sys.task.tgid, tid, sig);
        log.push('main went on');
        yield* sys.nanosleep(ms(1));
        log.push('main survived');
      });
    expect(run).toThrow(/never returned/);
    return log;
  };

  /** SIGHUP is the lower number, but a killed thread takes no other signal any more. */
  test('a thread that was killed does not take another signal', () => {
    const action = {
      flags: SA_RESETHAND,
      *handler() {
        throw new Error('the handler ran');
      },
    };
    const machine = new Machine();
    const { task } = machine.spawn(function* (sys) {
      yield* sys.sigaction(SIGHUP, action);
      yield* sys.nanosleep(ms(1000));
    });
    machine.spawn(function* (sys) {
      yield* sys.nanosleep(ms(1));
      yield* sys.tgkill(task.tgid, task.pid, SIGHUP);
      yield* sys.tgkill(task.tgid, task.pid, SIGKILL);
    });
    machine.run();

    expect([task.exit_code, task.flags & PF_EXITING]).toEqual([SIGKILL, PF_EXITING]);
    expect(task.sighand.action[SIGHUP]?.handler).toBe(action.handler); // Not reset.
  });

  /** Such a signal has to be taken by its thread first, which then writes the core. */
  test('a signal that dumps core ends the process only when its thread takes it', () => {
    expect(sendTo(SIGTERM)).toEqual([]);
    expect(sendTo(SIGABRT)).toEqual(['main went on']);
  });

  /** PF_EXITING: the close of a file at exit is not cut short by a signal. */
  test('a signal does not interrupt a thread that is on its way out', () => {
    const seen = inMachine(function* (sys) {
      yield* sys.sigaction(SIGUSR1, { *handler() {} });
      current.flags |= PF_EXITING;
      yield* do_send_specific(current, SIGUSR1);
      current.flags &= ~PF_EXITING;
      return [current.sigpending, current.pending.signal];
    });

    expect(seen).toEqual([false, sigset(SIGUSR1)]);
  });

  /** A process that is being killed takes no more signals. */
  test('a signal to a process that is dying is dropped', () => {
    const pending = inMachine(function* (sys) {
      yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
      current.signal.group_exit = true;
      yield* do_send_specific(current, SIGUSR1);
      current.signal.group_exit = false;
      return current.pending.signal;
    });

    expect(pending).toBe(0n);
  });
});

describe('a signal without a handler in the middle of a call', () => {
  /**
   * What the call returns, and after how many ns, when `sig` comes after 150 ms. SIGTSTP is what
   * Linux ignores, after it has interrupted, in a process group without a parent.
   */
  const interruptedBy = (sig: number, call: (sys: Sys) => Code<number>): [number, number] =>
    inMachine(function* (sys) {
      yield* sys.sigaction(SIGUSR1, { flags: SA_RESTART, *handler() {} });
      yield* sys.pthread_create(function* (thread) {
        yield* thread.nanosleep(ms(150));
        yield* thread.tgkill(sys.task.tgid, sys.task.pid, sig);
      });
      yield* sys.sched_yield();
      const start = ktime_get();
      const ret = yield* call(sys);
      return [ret, ktime_get() - start];
    });

  /** signal(7): "interruption of system calls by stop signals" (all verified on 6.18). */
  test.each<[string, (sys: Sys) => Code<number>]>([
    ['poll', (sys) => sys.poll([], 400)],
    ['ppoll', (sys) => sys.ppoll([], ms(400))],
    ['select', (sys) => sys.select(0, { in: new Set(), out: new Set(), ex: new Set() }, ms(400))],
  ])('%s goes on with the rest of its time', (_name, call) => {
    expect(interruptedBy(SIGTSTP, call)).toEqual([0, 400_000_000]);
  });

  /** The end that is kept for the second sleep is the latest one of the first. */
  test('nanosleep goes on with the rest of its time, its slack included', () => {
    const [ret, slept] = interruptedBy(SIGTSTP, (sys) => sys.nanosleep(ms(400)));

    expect([ret, slept]).toEqual([0, 400_050_000]);
  });

  /** signal(7): epoll_wait is one of the calls that fail with EINTR all the same. */
  test('epoll_wait is -EINTR', () => {
    const result = interruptedBy(SIGTSTP, function* (sys) {
      return (yield* sys.epoll_wait(yield* sys.epoll_create1(0), 1, 400)).ret;
    });

    expect(result).toEqual([-EINTR, 150_000_000]);
  });

  /** nanosleep(2): the rest is for a program that wants to go on by itself (verified on 6.18). */
  test('nanosleep says how much is left when a handler has run', () => {
    const rem = { tv_sec: -1, tv_nsec: -1 };
    const result = interruptedBy(SIGUSR1, (sys) => sys.nanosleep(ms(400), rem));

    expect(result).toEqual([-EINTR, 150_000_000]);
    expect(rem).toEqual({ tv_sec: 0, tv_nsec: 250_050_000 });
  });

  /** SA_RESTART does not help a poll, and it does not begin again either (verified on 6.18). */
  test('poll is -EINTR after a handler with SA_RESTART', () => {
    const result = interruptedBy(SIGUSR1, (sys) =>
      sys.poll([{ fd: -1, events: POLLIN, revents: 0 }], 400),
    );

    expect(result).toEqual([-EINTR, 150_000_000]);
  });

  /** A handler that runs just before the call would go on: sigreturn calls that off. */
  test('a call that was to go on is -EINTR once a handler has run', () => {
    const ret = inMachine(function* (sys) {
      yield* sys.sigaction(SIGUSR1, { *handler() {} });
      sys.task.restart_block = function* () {
        return 7;
      };
      yield* raise(sys, SIGUSR1);
      return yield* (sys.task.restart_block as () => Code<number>)();
    });

    expect(ret).toBe(-EINTR);
  });
});
