import { describe, expect, test } from 'vitest';
import { SIG_DFL, SIG_IGN, type sigset_t } from '../../src/kernel/signal.ts';
import { EAGAIN, EBADF, EINTR, EINVAL } from '../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { F_GETFD, F_GETFL, O_NONBLOCK, O_RDWR } from '../../src/kernel/uapi/fcntl.ts';
import {
  SA_RESTART,
  SI_QUEUE,
  SI_TKILL,
  SI_USER,
  SIG_BLOCK,
  SIG_UNBLOCK,
  SIGCHLD,
  SIGKILL,
  SIGPIPE,
  SIGSEGV,
  SIGSTOP,
  SIGUSR1,
  SIGUSR2,
} from '../../src/kernel/uapi/signal.ts';
import { SFD_CLOEXEC, SFD_NONBLOCK } from '../../src/kernel/uapi/signalfd.ts';
import { AF_UNIX, SOCK_STREAM } from '../../src/kernel/uapi/socket.ts';
import { type signalfd_siginfo, signalsRead } from '../../src/syscalls/signalfd.ts';
import { type Code, type Sys, sigset } from '../../src/syscalls/sys.ts';
import { fdinfo, inThread, pause, reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

/** The thread sends to itself. */
const raise = (sys: Sys, sig: number): Code<number> => sys.tgkill(sys.task.tgid, sys.task.pid, sig);

/** Signals that are blocked, and a descriptor that does not block and reads them. */
function* reader(sys: Sys, ...signals: number[]): Code<number> {
  yield* sys.sigprocmask(SIG_BLOCK, sigset(...signals));
  return yield* sys.signalfd4(-1, sigset(...signals), SFD_NONBLOCK);
}

/** What one read of `length` bytes gives: the signals, or -errno. */
function* taken(sys: Sys, fd: number, length = 4096): Code<signalfd_siginfo[] | number> {
  const bytes = new Uint8Array(length);
  const ret = yield* sys.read(fd, bytes);
  return ret < 0 ? ret : signalsRead(bytes, ret);
}

/** Only their numbers. */
function* numbers(sys: Sys, fd: number, length = 4096): Code<number[] | number> {
  const found = yield* taken(sys, fd, length);
  return typeof found === 'number' ? found : found.map(({ ssi_signo }) => ssi_signo);
}

describe('signalfd4()', () => {
  /** signalfd(2), ERRORS; flags are looked at first, also where they have no meaning. */
  test.each([
    ['unknown flags', -1, 1, -EINVAL],
    ['unknown flags and no file', 99, 1, -EINVAL],
    ['a descriptor that is not open', 99, 0, -EBADF],
    ['a negative one other than -1', -2, 0, -EBADF],
    ['a file of another kind', 3, 0, -EINVAL],
  ])('%s', (_, fd, flags, expected) => {
    const ret = inMachine(function* (sys) {
      yield* sys.eventfd2(0, 0);
      return yield* sys.signalfd4(fd, 0n, flags);
    });
    expect(ret).toBe(expected);
  });

  /** proc_pid_fdinfo(5); both flags in one call, as every program does it. */
  test('a new one has the flags that were asked for, and never SIGKILL and SIGSTOP', () => {
    const seen = inMachine(function* (sys) {
      const all: sigset_t = (1n << 64n) - 1n;
      const fd = yield* sys.signalfd4(-1, all, SFD_NONBLOCK | SFD_CLOEXEC);
      return [yield* fdinfo(sys, fd), yield* sys.fcntl(fd, F_GETFL), yield* sys.fcntl(fd, F_GETFD)];
    });
    expect(seen).toEqual([['sigmask:\tfffffffffffbfeff'], O_RDWR | O_NONBLOCK, 1]);
    expect(sigset(SIGKILL, SIGSTOP)).toBe(0x40100n);
  });

  /** A service that learns at run time which signals it is for; the flags stay as they were. */
  test('with a descriptor it replaces the mask of that and gives it back', () => {
    const seen = inMachine(function* (sys) {
      const fd = yield* reader(sys, SIGUSR1);
      const again = yield* sys.signalfd4(fd, sigset(SIGUSR2), 0);
      return [again === fd, yield* fdinfo(sys, fd), yield* sys.fcntl(fd, F_GETFL)];
    });
    expect(seen).toEqual([true, ['sigmask:\t0000000000000800'], O_RDWR | O_NONBLOCK]);
  });
});

describe('read()', () => {
  /** 127 bytes are not a signal; a write has no meaning. */
  test('EINVAL for less than one entry and for a write, EAGAIN where nothing is pending', () => {
    const seen = inMachine(function* (sys) {
      const fd = yield* reader(sys, SIGUSR1);
      const short = [yield* numbers(sys, fd, 127), yield* numbers(sys, fd, 0)];
      return [...short, yield* numbers(sys, fd, 128), yield* sys.write(fd, 'x')];
    });
    expect(seen).toEqual([-EINVAL, -EINVAL, -EAGAIN, -EINVAL]);
  });

  /**
   * As Linux 6.18 answered: what an instruction can bring about first, then by number, standard
   * signals once and real-time ones as often as they were sent.
   */
  test('gives what fits of the pending signals, in the order of their delivery', () => {
    const seen = inMachine(function* (sys) {
      const fd = yield* reader(sys, SIGUSR1, SIGUSR2, SIGSEGV, 34, 35);
      for (const sig of [35, 34, SIGUSR2, 35, SIGUSR1, SIGUSR1, SIGSEGV]) yield* raise(sys, sig);
      const parts = [yield* numbers(sys, fd, 255), yield* numbers(sys, fd, 3 * 128)];
      return [...parts, yield* numbers(sys, fd), yield* numbers(sys, fd)];
    });
    expect(seen).toEqual([[SIGSEGV], [SIGUSR1, SIGUSR2, 34], [35, 35], -EAGAIN]);
  });

  /** Both sets at once: `kill` from outside, `pthread_kill` from within. */
  test('gives the signals of the thread before those of the process', () => {
    const seen = inMachine(function* (sys) {
      const fd = yield* reader(sys, SIGUSR1, 34);
      yield* sys.kill(sys.task.tgid, SIGUSR1);
      yield* raise(sys, 34);
      return yield* numbers(sys, fd);
    });
    expect(seen).toEqual([34, SIGUSR1]);
  });

  /** Who logs the sender of a SIGTERM relies on ssi_pid; a value comes with sigqueue() alone. */
  test('tells who sent a signal, how, and with which value', () => {
    const [infos, pid] = inMachine(function* (sys) {
      const fd = yield* reader(sys, SIGUSR1, SIGUSR2, SIGPIPE, 34);
      yield* raise(sys, SIGUSR1);
      yield* sys.kill(sys.task.tgid, SIGUSR2);
      yield* sys.sigqueue(sys.task.tgid, 34, -7);
      const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
      yield* sys.close(a);
      yield* sys.write(b, 'x');
      return [yield* taken(sys, fd), sys.task.tgid];
    });
    const of = (ssi_signo: number, ssi_code: number): signalfd_siginfo => ({
      ...{ ssi_signo, ssi_code, ssi_pid: pid as number, ssi_uid: 0 },
      ...{ ssi_status: 0, ssi_int: 0, ssi_ptr: 0n },
    });
    const queued = { ...of(34, SI_QUEUE), ssi_int: -7, ssi_ptr: BigInt.asUintN(64, -7n) };
    expect(infos).toEqual([
      of(SIGUSR1, SI_TKILL),
      of(SIGPIPE, SI_USER),
      of(SIGUSR2, SI_USER),
      queued,
    ]);
  });

  /** A blocked signal is never dropped when it is sent, even one that is ignored. */
  test('gives a blocked signal that is ignored', () => {
    const seen = inMachine(function* (sys) {
      const fd = yield* reader(sys, SIGUSR1, SIGCHLD);
      yield* sys.sigaction(SIGUSR1, { handler: SIG_IGN });
      yield* raise(sys, SIGUSR1);
      yield* raise(sys, SIGCHLD);
      const found = yield* numbers(sys, fd);
      yield* sys.sigaction(SIGUSR1, { handler: SIG_DFL });
      return found;
    });
    expect(seen).toEqual([SIGUSR1, SIGCHLD]);
  });

  /** A thread that does nothing but read signals. */
  test('sleeps until a signal of the mask is sent', () => {
    const seen = inMachine(function* (sys) {
      const found: unknown[] = [];
      yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1, SIGUSR2));
      const fd = yield* sys.signalfd4(-1, sigset(SIGUSR1), 0);
      yield* inThread(sys, found, (thread) => numbers(thread, fd));
      yield* pause(sys);
      yield* sys.kill(sys.task.tgid, SIGUSR2);
      yield* pause(sys);
      const before = [...found];
      yield* sys.kill(sys.task.tgid, SIGUSR1);
      yield* pause(sys);
      return [before, found];
    });
    expect(seen).toEqual([[], [[SIGUSR1]]]);
  });

  /** The program forgot to block it: the reader, once woken, is faster than the handler. */
  test('that sleeps takes an unblocked signal away from its handler', () => {
    const [handled, seen] = inMachine(function* (sys) {
      const log: number[] = [];
      yield* sys.sigaction(SIGUSR1, {
        *handler(sig) {
          log.push(sig);
        },
      });
      const fd = yield* sys.signalfd4(-1, sigset(SIGUSR1), 0);
      yield* sys.pthread_create(function* (thread) {
        yield* thread.tgkill(sys.task.tgid, sys.task.pid, SIGUSR1);
      });
      return [log, yield* numbers(sys, fd)];
    });
    expect([handled, seen]).toEqual([[], [SIGUSR1]]);
  });

  /** signal(7): read() of a signalfd is not restarted only without SA_RESTART. */
  test.each([
    [0, -EINTR],
    [SA_RESTART, [SIGUSR2]],
  ])('that sleeps is cut short by the handler of another signal (flags %i)', (flags, expected) => {
    const seen = inMachine(function* (sys) {
      yield* sys.sigaction(SIGUSR1, { flags, *handler() {} });
      yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR2));
      const fd = yield* sys.signalfd4(-1, sigset(SIGUSR2), 0);
      yield* sys.pthread_create(function* (thread) {
        yield* thread.tgkill(sys.task.tgid, sys.task.pid, SIGUSR1);
        yield* pause(thread);
        yield* thread.tgkill(sys.task.tgid, sys.task.pid, SIGUSR2);
      });
      return yield* numbers(sys, fd);
    });
    expect(seen).toEqual(expected);
  });
});

describe('wakeups', () => {
  /** Edge-triggered loops: a standard signal that is pending already makes no edge. */
  test('each signal that becomes pending is an edge, and so is a new mask', () => {
    const seen = inMachine(function* (sys) {
      const fd = yield* reader(sys, SIGUSR1, SIGUSR2);
      const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
      const edges: number[] = [];
      const look = function* (): Code<void> {
        edges.push((yield* reported(sys, ep)).length);
      };
      yield* raise(sys, SIGUSR1);
      yield* look();
      yield* raise(sys, SIGUSR1);
      yield* look();
      yield* raise(sys, SIGUSR2);
      yield* look();
      yield* sys.signalfd4(fd, sigset(34), 0);
      yield* look();
      yield* sys.signalfd4(fd, sigset(SIGUSR1), 0);
      yield* look();
      return edges;
    });
    expect(seen).toEqual([1, 0, 1, 0, 1]);
  });

  /** A signal of another process, and one that is not in the mask. */
  test('a signal that is not in the mask is not reported', () => {
    const seen = inMachine(function* (sys) {
      const fd = yield* reader(sys, SIGUSR1);
      const ep = yield* watch(sys, fd, EPOLLIN);
      yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR2));
      yield* raise(sys, SIGUSR2);
      return yield* reported(sys, ep);
    });
    expect(seen).toEqual([]);
  });

  /** The queue is gone with the process, and nobody is left on it: a use after free otherwise. */
  test('the queue of a process that ends lets go of its watchers', () => {
    const left = inMachine(function* (sys) {
      const fd = yield* reader(sys, SIGUSR1);
      yield* watch(sys, fd, EPOLLIN);
      const { files, sighand } = sys.task;
      // Somebody else keeps both files: they outlive the process.
      for (const f of files.fd.slice(3)) if (f !== null) f.f_ref.refs++;
      yield* sys.sigprocmask(SIG_UNBLOCK, sigset(SIGUSR1));
      return sighand.signalfd_wqh;
    });
    expect([...left.head]).toEqual([]);
  });
});
