import { describe, expect, test } from 'vitest';
import { EBADF, EINVAL, ENOENT, EPERM, ESRCH } from '../../src/kernel/uapi/errno.ts';
import {
  F_GETFD,
  F_GETFL,
  F_SETFL,
  FD_CLOEXEC,
  O_DIRECT,
  O_NONBLOCK,
  O_RDWR,
  PIDFD_SELF_THREAD,
  PIDFD_SELF_THREAD_GROUP,
} from '../../src/kernel/uapi/fcntl.ts';
import {
  PIDFD_NONBLOCK,
  PIDFD_SIGNAL_PROCESS_GROUP,
  PIDFD_SIGNAL_THREAD,
  PIDFD_SIGNAL_THREAD_GROUP,
  PIDFD_THREAD,
} from '../../src/kernel/uapi/pidfd.ts';
import {
  SI_QUEUE,
  SI_TKILL,
  SI_USER,
  SIGKILL,
  SIGUSR1,
  SIGUSR2,
} from '../../src/kernel/uapi/signal.ts';
import type { Code, Program, Sys } from '../../src/syscalls/sys.ts';
import { WTERMSIG } from '../../src/syscalls/wait.ts';
import { fdinfo, ms, pause } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

const sleeping: Program = (child) => child.nanosleep(ms(100_000));

/** A child, and a pidfd for it. */
function* child(sys: Sys, flags = 0): Code<[number, number]> {
  const pid = yield* sys.fork(sleeping);
  return [pid, yield* sys.pidfd_open(pid, flags)];
}

describe('pidfd_open()', () => {
  /** pidfd_open(2), ERRORS; played on 6.18. */
  test.each([
    ['unknown flags', 1001, 4, -EINVAL],
    ['process 0', 0, 0, -EINVAL],
    ['a negative number', -5, 0, -EINVAL],
    ['nobody', 99_999, 0, -ESRCH],
  ])('of %s', (_, pid, flags, expected) => {
    expect(inMachine((sys) => sys.pidfd_open(pid, flags))).toBe(expected);
  });

  /** Since 6.18 the two errors are told apart. */
  test('of a thread needs PIDFD_THREAD', () => {
    inMachine(function* (sys) {
      const tid = yield* sys.pthread_create((thread) => pause(thread, 5));
      expect(yield* sys.pidfd_open(tid, 0)).toBe(-ENOENT);
      expect(yield* sys.pidfd_open(tid, PIDFD_THREAD)).toBeGreaterThan(2);
    });
  });

  /** A pidfd that leaks into a program can end another one. */
  test('sets FD_CLOEXEC, and keeps its flags where fcntl() sees them', () => {
    inMachine(function* (sys) {
      const [pid, fd] = yield* child(sys, PIDFD_NONBLOCK);
      const thread = yield* sys.pidfd_open(pid, PIDFD_THREAD);
      expect(yield* sys.fcntl(fd, F_GETFD)).toBe(FD_CLOEXEC);
      expect(yield* sys.fcntl(fd, F_GETFL)).toBe(O_RDWR | O_NONBLOCK);
      yield* sys.fcntl(thread, F_SETFL, 0);
      expect(yield* sys.fcntl(thread, F_GETFL)).toBe(O_RDWR | PIDFD_THREAD);
      expect(yield* sys.fcntl(fd, F_SETFL, O_DIRECT)).toBe(-EINVAL);
      yield* sys.kill(pid, SIGKILL);
    });
  });

  /** A zombie can be opened, whoever has been waited for cannot. */
  test('finds a process until its parent has waited for it', () => {
    inMachine(function* (sys) {
      const pid = yield* sys.fork(function* () {});
      yield* pause(sys);
      expect(yield* sys.pidfd_open(pid, 0)).toBeGreaterThan(2);
      yield* sys.wait4(pid);
      expect(yield* sys.pidfd_open(pid, 0)).toBe(-ESRCH);
    });
  });

  /** It is watched and sent to; there is nothing to read. */
  test('opens a file that can neither be read nor written', () => {
    inMachine(function* (sys) {
      const fd = yield* sys.pidfd_open(yield* sys.getpid(), 0);
      expect(yield* sys.read(fd, new Uint8Array(8))).toBe(-EINVAL);
      expect(yield* sys.write(fd, 'x')).toBe(-EINVAL);
    });
  });
});

/** proc_pid_fdinfo(5): how lsof and systemd find out whose a pidfd is. */
test('fdinfo has the number of the process, and -1 once it is gone', () => {
  inMachine(function* (sys) {
    const [pid, fd] = yield* child(sys);
    const seen = [yield* fdinfo(sys, fd)];
    yield* sys.pidfd_send_signal(fd, SIGKILL);
    yield* sys.wait4(pid);
    seen.push(yield* fdinfo(sys, fd));
    expect(seen).toEqual([
      [`Pid:\t${pid}`, `NSpid:\t${pid}`],
      ['Pid:\t-1', 'NSpid:\t-1'],
    ]);
  });
});

describe('pidfd_send_signal()', () => {
  /** pidfd_send_signal(2), ERRORS; played on 6.18. */
  test('refuses other files, unknown and contradicting flags, unknown signals', () => {
    inMachine(function* (sys) {
      const fd = yield* sys.pidfd_open(yield* sys.getpid(), 0);
      expect(yield* sys.pidfd_send_signal(0, 0)).toBe(-EBADF);
      expect(yield* sys.pidfd_send_signal(77, 0)).toBe(-EBADF);
      expect(yield* sys.pidfd_send_signal(fd, 0, null, 8)).toBe(-EINVAL);
      expect(yield* sys.pidfd_send_signal(fd, 0, null, 3)).toBe(-EINVAL);
      expect(yield* sys.pidfd_send_signal(fd, 99)).toBe(-EINVAL);
    });
  });

  /** What a pidfd is for: the number may be somebody else's by now. */
  test('never reaches another process than the one that was meant', () => {
    inMachine(function* (sys) {
      const [pid, fd] = yield* child(sys);
      expect(yield* sys.pidfd_send_signal(fd, SIGKILL)).toBe(0);
      expect(WTERMSIG((yield* sys.wait4(pid)).status)).toBe(SIGKILL);
      expect(yield* sys.pidfd_send_signal(fd, 0)).toBe(-ESRCH);
    });
  });

  /** To the process, the thread, or a group that the process leads. */
  test('goes to whom the pidfd stands for, or to whom the flags say', () => {
    inMachine(function* (sys) {
      const codes: number[] = [];
      yield* sys.sigaction(SIGUSR1, {
        *handler(_, { si_code }) {
          codes.push(si_code);
        },
      });
      const pid = yield* sys.getpid();
      const process = yield* sys.pidfd_open(pid, 0);
      const thread = yield* sys.pidfd_open(pid, PIDFD_THREAD);
      for (const [fd, flags] of [
        [process, 0],
        [thread, 0],
        [process, PIDFD_SIGNAL_THREAD],
        [thread, PIDFD_SIGNAL_THREAD_GROUP],
        [process, PIDFD_SIGNAL_PROCESS_GROUP],
        [PIDFD_SELF_THREAD, 0],
        [PIDFD_SELF_THREAD_GROUP, 0],
      ] as const) {
        yield* sys.pidfd_send_signal(fd, SIGUSR1, null, flags);
      }
      expect(codes).toEqual([SI_USER, SI_TKILL, SI_TKILL, SI_USER, SI_USER, SI_TKILL, SI_USER]);
    });
  });

  /** Nobody can make a signal look as if the kernel, or kill(), had sent it. */
  test('sends a siginfo of its caller’s, which may lie to the caller alone', () => {
    inMachine(function* (sys) {
      const told: bigint[] = [];
      yield* sys.sigaction(SIGUSR1, {
        *handler(_, { si_value }) {
          told.push(si_value);
        },
      });
      const info = { si_signo: SIGUSR1, si_pid: 1, si_uid: 0, si_value: 7n, si_status: 0 };
      const own = yield* sys.pidfd_open(yield* sys.getpid(), 0);
      const [pid, other] = yield* child(sys);
      const send = (fd: number, si_code: number): Code<number> =>
        sys.pidfd_send_signal(fd, SIGUSR1, { ...info, si_code });
      expect([yield* send(own, SI_QUEUE), yield* send(own, SI_USER)]).toEqual([0, 0]);
      expect([yield* send(other, SI_USER), yield* send(other, SI_TKILL)]).toEqual([-EPERM, -EPERM]);
      const wrong = { ...info, si_code: SI_QUEUE };
      expect(yield* sys.pidfd_send_signal(own, SIGUSR2, wrong)).toBe(-EINVAL);
      expect(told).toEqual([7n, 7n]);
      yield* sys.kill(pid, SIGKILL);
    });
  });
});
