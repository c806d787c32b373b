import { describe, expect, test } from 'vitest';
import { SIG_DFL, SIG_IGN } from '../../src/kernel/signal.ts';
import { EAGAIN, EBADF, ECHILD, EINTR, EINVAL, ESRCH } from '../../src/kernel/uapi/errno.ts';
import {
  CLD_EXITED,
  CLD_KILLED,
  SA_NOCLDWAIT,
  SA_RESTART,
  SIGCHLD,
  SIGKILL,
  SIGTERM,
  SIGUSR1,
} from '../../src/kernel/uapi/signal.ts';
import {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  P_ALL,
  P_PGID,
  P_PID,
  P_PIDFD,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from '../../src/kernel/uapi/wait.ts';
import { randomSchedule } from '../../src/sim/schedule.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { WEXITSTATUS, WIFEXITED, WIFSIGNALED, WTERMSIG } from '../../src/syscalls/wait.ts';
import { Recorder } from '../../src/trace/recorder.ts';
import { inThread, ms, pause } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

/** A child that ends with `code`, after some time. */
const exiting = (sys: Sys, code: number, after = 0): Code<number> =>
  sys.fork(function* (child) {
    if (after > 0) yield* pause(child, after);
    yield* child.exit_group(code);
  });

/** A child that sleeps until it is killed. */
const sleeping = (sys: Sys): Code<number> =>
  sys.fork(function* (child) {
    yield* child.nanosleep(ms(100_000));
  });

const nobody = { si_signo: 0, si_code: 0, si_pid: 0, si_uid: 0, si_status: 0 };

describe('wait4()', () => {
  /** Supervisors restart by exit code; 300 is a popular mistake. */
  test('tells the low eight bits of the exit code', () => {
    inMachine(function* (sys) {
      const child = yield* exiting(sys, 300);
      const { ret, status } = yield* sys.wait4(-1);
      expect([ret, WIFEXITED(status), WEXITSTATUS(status)]).toEqual([child, true, 44]);
      expect((yield* sys.wait4(-1)).ret).toBe(-ECHILD);
    });
  });

  /** Else a worker that was killed looks like one that ended. */
  test('tells the signal that killed the child', () => {
    inMachine(function* (sys) {
      const child = yield* sleeping(sys);
      yield* sys.kill(child, SIGTERM);
      const { status } = yield* sys.wait4(child);
      expect([WIFSIGNALED(status), WTERMSIG(status)]).toEqual([true, SIGTERM]);
    });
  });

  /** wait(2), ERRORS; all of them played on 6.18. */
  test.each([
    ['nobody', -1, 0, -ECHILD],
    ['nobody, without waiting', -1, WNOHANG, -ECHILD],
    ['a process that is no child', 1, 0, -ECHILD],
    ['a group that does not exist', -12345, 0, -ECHILD],
    ['a group that no number can mean', -0x8000_0000, 0, -ESRCH],
    ['an unknown option', -1, 0x40, -EINVAL],
    ['WEXITED, which is for waitid()', -1, WEXITED, -EINVAL],
  ])('of %s', (_, pid, options, expected) => {
    inMachine(function* (sys) {
      expect((yield* sys.wait4(pid, options)).ret).toBe(expected);
    });
  });

  /** The loop of every SIGCHLD handler: as many as there are, and not one more. */
  test('with WNOHANG gives 0 as long as no child has ended', () => {
    inMachine(function* (sys) {
      const child = yield* exiting(sys, 0, 5);
      expect((yield* sys.wait4(-1, WNOHANG)).ret).toBe(0);
      yield* pause(sys, 10);
      expect((yield* sys.wait4(-1, WNOHANG)).ret).toBe(child);
    });
  });

  /** A zombie costs a number until it is waited for; kill(pid, 0) is no test for life. */
  test('is what makes a dead child disappear', () => {
    inMachine(function* (sys) {
      const child = yield* exiting(sys, 0);
      yield* pause(sys);
      expect([yield* sys.kill(child, 0), yield* sys.kill(child, SIGKILL)]).toEqual([0, 0]);
      yield* sys.wait4(child);
      expect([yield* sys.kill(child, 0), yield* sys.getpgid(child)]).toEqual([-ESRCH, -ESRCH]);
    });
  });

  /** A job of a shell: the pipeline and nothing else. */
  test('of a process group passes by children of other groups', () => {
    inMachine(function* (sys) {
      const other = yield* exiting(sys, 1);
      const leader = yield* sys.fork(function* (child) {
        yield* child.setpgid(0, 0);
        yield* pause(child, 5);
      });
      yield* sys.setpgid(leader, leader);
      expect((yield* sys.wait4(-leader)).ret).toBe(leader);
      expect((yield* sys.wait4(0)).ret).toBe(other);
    });
  });

  /** A thread pool whose threads each start programs. */
  test('finds the children of other threads, unless __WNOTHREAD', () => {
    inMachine(function* (sys) {
      const made: unknown[] = [];
      const tid = yield* sys.pthread_create(function* (thread) {
        made.push(yield* exiting(thread, 0));
        yield* pause(thread, 50);
      });
      yield* pause(sys);
      expect((yield* sys.wait4(-1, __WNOTHREAD)).ret).toBe(-ECHILD);
      expect((yield* sys.wait4(-1)).ret).toBe(made[0]);
      yield* sys.pthread_join(tid);
    });
  });

  /** clone(2): a child that sends another signal is a "clone" child. */
  test('passes by a child that sends no SIGCHLD, unless __WALL or __WCLONE', () => {
    inMachine(function* (sys) {
      const first = yield* sys.clone(0, function* () {});
      const second = yield* sys.clone(0, function* () {});
      expect((yield* sys.wait4(-1)).ret).toBe(-ECHILD);
      expect((yield* sys.wait4(-1, __WCLONE)).ret).toBe(first);
      expect((yield* sys.wait4(-1, __WALL)).ret).toBe(second);
    });
  });

  /** A server that handles SIGTERM while it waits for its workers. */
  test('ends with EINTR for a handler, and goes on after one with SA_RESTART', () => {
    inMachine(function* (sys) {
      const parent = yield* sys.getpid();
      const child = yield* sys.fork(function* (self) {
        yield* pause(self, 5);
        yield* self.kill(parent, SIGUSR1);
        yield* pause(self, 5);
        yield* self.kill(parent, SIGUSR1);
        yield* pause(self, 5);
      });
      yield* sys.sigaction(SIGUSR1, { *handler() {} });
      expect((yield* sys.wait4(child)).ret).toBe(-EINTR);
      yield* sys.sigaction(SIGUSR1, { *handler() {}, flags: SA_RESTART });
      expect((yield* sys.wait4(child)).ret).toBe(child);
    });
  });
});

describe('waitid()', () => {
  /** wait(2), ERRORS; all of them played on 6.18. */
  test.each([
    ['no event at all', P_ALL, 0, 0, -EINVAL],
    ['an unknown kind of children', 9, 0, WEXITED, -EINVAL],
    ['process 0', P_PID, 0, WEXITED, -EINVAL],
    ['a negative group', P_PGID, -1, WEXITED, -EINVAL],
    ['a descriptor that is not open', P_PIDFD, 77, WEXITED, -EBADF],
    ['a descriptor that is no pidfd', P_PIDFD, 0, WEXITED, -EBADF],
    ['a negative descriptor', P_PIDFD, -1, WEXITED, -EINVAL],
    ['nobody', P_ALL, 0, WEXITED, -ECHILD],
  ])('of %s', (_, idtype, id, options, expected) => {
    inMachine(function* (sys) {
      expect(yield* sys.waitid(idtype, id, options)).toEqual({ ...nobody, ret: expected });
    });
  });

  /** A supervisor looks first, and leaves the child to the library that made it. */
  test('with WNOWAIT tells and leaves the child to be waited for', () => {
    inMachine(function* (sys) {
      const si_pid = yield* exiting(sys, 7);
      const told = { si_signo: SIGCHLD, si_code: CLD_EXITED, si_pid, si_uid: 0, si_status: 7 };
      expect(yield* sys.waitid(P_ALL, 0, WEXITED | WNOWAIT)).toEqual({ ...told, ret: 0 });
      expect(yield* sys.waitid(P_PID, si_pid, WEXITED)).toEqual({ ...told, ret: 0 });
      expect((yield* sys.waitid(P_ALL, 0, WEXITED)).ret).toBe(-ECHILD);
    });
  });

  /** 0 and no si_pid: the documented way to find out that nobody has ended. */
  test('with WNOHANG fills nothing in as long as no child has ended', () => {
    inMachine(function* (sys) {
      const child = yield* sleeping(sys);
      expect(yield* sys.waitid(P_ALL, 0, WEXITED | WNOHANG)).toEqual({ ...nobody, ret: 0 });
      yield* sys.kill(child, SIGKILL);
      const told = yield* sys.waitid(P_ALL, 0, WEXITED);
      expect([told.si_code, told.si_status]).toEqual([CLD_KILLED, SIGKILL]);
    });
  });

  /** pidfd_open(2): an event loop that must not sleep elsewhere. */
  test('of a pidfd that does not block is EAGAIN as long as the child lives', () => {
    inMachine(function* (sys) {
      const child = yield* sleeping(sys);
      const fd = yield* sys.pidfd_open(child, 0o4000);
      expect((yield* sys.waitid(P_PIDFD, fd, WEXITED)).ret).toBe(-EAGAIN);
      expect((yield* sys.waitid(P_PIDFD, fd, WEXITED | WNOHANG)).ret).toBe(0);
      yield* sys.kill(child, SIGKILL);
      yield* pause(sys);
      expect((yield* sys.waitid(P_PIDFD, fd, WEXITED)).si_pid).toBe(child);
    });
  });
});

describe('a parent that does not want to know', () => {
  /** wait(2), NOTES: no zombies, and wait() waits for all of them and then fails. */
  test.each([
    ['ignores SIGCHLD', { handler: SIG_IGN } as const],
    ['has SA_NOCLDWAIT', { handler: SIG_DFL, flags: SA_NOCLDWAIT } as const],
  ])('%s: wait4() waits for the last child and finds nobody', (_, action) => {
    inMachine(function* (sys) {
      yield* sys.sigaction(SIGCHLD, action);
      const child = yield* exiting(sys, 0, 5);
      yield* exiting(sys, 0, 10);
      expect((yield* sys.wait4(-1)).ret).toBe(-ECHILD);
      expect(yield* sys.kill(child, 0)).toBe(-ESRCH);
    });
  });

  /** The manual leaves it open; Linux sends it. */
  test('gets SIGCHLD with SA_NOCLDWAIT all the same', () => {
    inMachine(function* (sys) {
      const told: number[] = [];
      yield* sys.sigaction(SIGCHLD, {
        flags: SA_NOCLDWAIT,
        *handler(_, { si_pid }) {
          told.push(si_pid);
        },
      });
      const child = yield* exiting(sys, 0);
      yield* pause(sys);
      expect(told).toEqual([child]);
    });
  });

  /** Zombies that are there already stay: only an end is looked at. */
  test('and begins to ignore SIGCHLD too late has a zombie', () => {
    inMachine(function* (sys) {
      const child = yield* exiting(sys, 0);
      yield* pause(sys);
      yield* sys.sigaction(SIGCHLD, { handler: SIG_IGN });
      expect((yield* sys.wait4(-1)).ret).toBe(child);
    });
  });
});

describe('several waiters', () => {
  /** Who waits for another child sleeps on. */
  test('each get the child that they wait for', () => {
    inMachine(function* (sys) {
      const slow = yield* exiting(sys, 0, 20);
      const fast = yield* exiting(sys, 0, 10);
      const found: unknown[] = [];
      yield* inThread(sys, found, (thread) => thread.wait4(slow));
      expect((yield* sys.wait4(fast)).ret).toBe(fast);
      expect(found).toEqual([]);
      yield* pause(sys, 20);
      expect(found).toEqual([{ ret: slow, status: 0 }]);
    });
  });

  /** Only one of them can take note of the end. */
  test('for one child: one gets it, the other ECHILD', () => {
    inMachine(function* (sys) {
      yield* exiting(sys, 3, 10);
      const found: { ret: number }[] = [];
      const tid = yield* inThread(sys, found, (thread) => thread.wait4(-1));
      found.push(yield* sys.wait4(-1));
      yield* sys.pthread_join(tid);
      expect(found.map(({ ret }) => Math.sign(ret)).sort()).toEqual([-1, 1]);
    });
  });

  /** wait_task_zombie(): between its look and its release another one may look. */
  test('that look at the same time never both get it, on every schedule tried', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const found: number[] = [];
      inMachine(
        function* (sys) {
          yield* exiting(sys, 0);
          const tid = yield* sys.pthread_create(function* (thread) {
            found.push((yield* thread.wait4(-1)).ret);
          });
          found.push((yield* sys.wait4(-1)).ret);
          yield* sys.pthread_join(tid);
        },
        { schedule: randomSchedule(seed), cpus: 4 },
      );
      expect([seed, ...found.map(Math.sign).sort()]).toEqual([seed, -1, 1]);
    }
  });

  /** child_wait_callback(): else each of a thousand waiters would look at each end. */
  test.each([
    ['for another child', 0],
    ['for children of its own only', __WNOTHREAD],
  ])('that waits %s is not woken', (_, options) => {
    const woken: string[] = [];
    const tracer = new Recorder((event) => {
      if (event.kind === 'wakeup' && event.task.comm === 'child') woken.push(event.woken.comm);
    });
    inMachine(
      function* (sys) {
        const slow = yield* exiting(sys, 0, 20);
        yield* sys.pthread_create(function* (thread) {
          yield* thread.fork((child) => pause(child, 5), 'child');
          yield* pause(thread, 30);
        });
        yield* sys.wait4(options === 0 ? slow : -1, options);
      },
      { tracer },
    );
    expect(woken).toEqual([]);
  });
});
