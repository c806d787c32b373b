import { describe, expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import { do_send_specific, group_send_sig_info } from '../../src/kernel/kill.ts';
import { ownInfo } from '../../src/kernel/signal_send.ts';
import { EINTR, EINVAL, ESRCH } from '../../src/kernel/uapi/errno.ts';
import { SI_USER, SIG_BLOCK, SIGKILL, SIGUSR1, SIGUSR2 } from '../../src/kernel/uapi/signal.ts';
import { Machine } from '../../src/sim/machine.ts';
import { type Code, type Sys, sigset } from '../../src/syscalls/sys.ts';
import { inThread, ms, pause } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

/** Notes which thread handles a signal, by what it is called. */
const noteHandlers = (sys: Sys, log: string[], sig: number): Code<number> =>
  sys.sigaction(sig, {
    *handler(signo) {
      log.push(`${current.comm} handles ${signo}`);
    },
  });

describe('a signal to a process', () => {
  /** kill(2), ERRORS. */
  test.each([
    ['signal 65', 0, 65, -EINVAL],
    ['signal 0, which only asks', 0, 0, 0],
    ['a process that does not exist', 5000, SIGUSR1, -ESRCH],
  ])('%s', (_, offset, sig, expected) => {
    expect(inMachine((sys) => sys.kill(sys.task.tgid + offset, sig))).toBe(expected);
  });

  /** A number that was somebody's: a program that keeps the pid of a worker. */
  test('ESRCH once the process has ended', () => {
    const machine = new Machine();
    const { pid } = machine.spawn(function* () {}, 'short').task;
    machine.run();
    const asked = machine.spawn(function* (sys) {
      return [yield* sys.kill(pid, 0), yield* sys.tgkill(pid, pid, 0)];
    });
    machine.run();
    expect(asked.result).toEqual({ how: 'returned', value: [-ESRCH, -ESRCH] });
  });

  /** The usual set-up: all threads block it but one, which is there for signals. */
  test('is handled by a thread that does not block it, whose sleep ends', () => {
    const [log, slept] = inMachine(function* (sys) {
      const seen: string[] = [];
      const rets: number[] = [];
      yield* noteHandlers(sys, seen, SIGUSR1);
      yield* inThread(sys, rets, (thread) => thread.nanosleep(ms(1000)));
      yield* pause(sys);
      yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
      yield* sys.kill(sys.task.tgid, SIGUSR1);
      yield* pause(sys);
      return [seen, rets];
    });
    expect([log, slept]).toEqual([[`t1 handles ${SIGUSR1}`], [-EINTR]]);
  });

  /** Else it would wait until the handler is through, although somebody is free to take it. */
  test('is left to another thread by one whose handler blocks it', () => {
    const seen = inMachine(function* (sys) {
      const log: string[] = [];
      yield* noteHandlers(sys, log, SIGUSR2);
      yield* sys.sigaction(SIGUSR1, {
        mask: sigset(SIGUSR2),
        *handler() {
          yield* pause(sys);
          log.push('the other handler ends');
        },
      });
      yield* sys.pthread_create((thread) => thread.nanosleep(ms(1000)));
      yield* pause(sys);
      yield* group_send_sig_info(ownInfo(SIGUSR2, SI_USER), current, 'PIDTYPE_TGID');
      yield* do_send_specific(current, SIGUSR1);
      yield* sys.getpid();
      return log;
    });
    expect(seen).toEqual([`t1 handles ${SIGUSR2}`, 'the other handler ends']);
  });

  /** A worker that ends just when the signal had been given to it. */
  test('is left to another thread by one that ends', () => {
    const seen = inMachine(function* (sys) {
      const log: string[] = [];
      yield* noteHandlers(sys, log, SIGUSR1);
      yield* sys.pthread_create(function* () {
        yield* group_send_sig_info(ownInfo(SIGUSR1, SI_USER), current, 'PIDTYPE_TGID');
      });
      const ret = yield* sys.nanosleep(ms(1000));
      return [ret, ...log];
    });
    expect(seen).toEqual([-EINTR, `main handles ${SIGUSR1}`]);
  });

  /** No mask holds it off, whoever the thread is that it is found for. */
  test('that kills ends all threads', () => {
    const log: string[] = [];
    const machine = new Machine();
    machine.spawn(function* (sys) {
      yield* sys.pthread_create(function* (thread) {
        yield* thread.nanosleep(ms(10));
        log.push('went on');
      });
      yield* sys.kill(sys.task.tgid, SIGKILL);
      log.push('went on');
    });
    machine.run();
    expect(log).toEqual([]);
  });
});
