import { describe, expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import type { eventfd_ctx } from '../../src/kernel/eventfd.ts';
import { ktime_get } from '../../src/kernel/hrtimer.ts';
import type { fd_set_bits, pollfd } from '../../src/kernel/select.ts';
import { poll_select_set_timeout, select_estimate_accuracy } from '../../src/kernel/select.ts';
import { EBADF, EINTR, EINVAL } from '../../src/kernel/uapi/errno.ts';
import { F_DUPFD } from '../../src/kernel/uapi/fcntl.ts';
import { POLLERR, POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../../src/kernel/uapi/poll.ts';
import { SIG_BLOCK, SIGUSR1 } from '../../src/kernel/uapi/signal.ts';
import { type Code, type Sys, sigset } from '../../src/syscalls/sys.ts';
import { inMachine, runAlone } from '../support/run.ts';

const entry = (fd: number, events: number): pollfd => ({ fd, events, revents: -1 });

/** What poll answers at once about a program's descriptors. */
const pollNow = (
  prepare: (sys: Sys) => Code<readonly pollfd[]>,
): { ret: number; revents: number[] } =>
  inMachine(function* (sys) {
    const fds = yield* prepare(sys);
    const ret = yield* sys.poll(fds, 0);
    return { ret, revents: fds.map((pfd) => pfd.revents) };
  });

const sets = (
  readable: readonly number[],
  writable: readonly number[] = [],
  except: readonly number[] = [],
): fd_set_bits => ({ in: new Set(readable), out: new Set(writable), ex: new Set(except) });

const lists = (fds: fd_set_bits): number[][] => [[...fds.in], [...fds.out], [...fds.ex]];

const ms = (n: number) => ({ tv_sec: Math.floor(n / 1000), tv_nsec: (n % 1000) * 1_000_000 });

describe('poll', () => {
  /** What epoll refuses with EPERM poll calls always ready: programs meet it with stdin. */
  test('poll calls /dev/null readable and writable', () => {
    const { ret, revents } = pollNow(function* () {
      return [entry(0, POLLIN | POLLOUT | POLLPRI)];
    });

    expect(ret).toBe(1);
    expect(revents).toEqual([POLLIN | POLLOUT]);
  });

  /** poll(2): a negative entry is skipped, one that is not open counts as ready with POLLNVAL. */
  test('poll skips a negative descriptor and reports one that is not open', () => {
    const { ret, revents } = pollNow(function* () {
      return [entry(-5, POLLIN), entry(99, POLLIN)];
    });

    expect(ret).toBe(1);
    expect(revents).toEqual([0, POLLNVAL]);
  });

  /** The count is of entries, not of bits, and an entry shows only what it asked for. */
  test('poll reports of each entry what is both asked for and ready', () => {
    const { ret, revents } = pollNow(function* (sys) {
      const empty = yield* sys.eventfd2(0, 0);
      const full = yield* sys.eventfd2(1, 0);
      return [
        entry(empty, POLLIN),
        entry(empty, POLLIN | POLLOUT),
        entry(full, POLLIN | POLLOUT),
        entry(full, 0),
      ];
    });

    expect(ret).toBe(2);
    expect(revents).toEqual([0, POLLOUT, POLLIN | POLLOUT, 0]);
  });

  /** poll(2): POLLERR and POLLHUP come unasked. */
  test('poll reports an error that was not asked for', () => {
    const { revents } = pollNow(function* (sys) {
      const efd = yield* sys.eventfd2(0, 0);
      const most = new Uint8Array(8).fill(0xff);
      most[0] = 0xfe;
      yield* sys.write(efd, most);
      const ctx = current.files.fd[efd]?.private_data as eventfd_ctx;
      ctx.count.low++; // eventfd_signal() of the kernel may reach ULLONG_MAX, a write may not.
      return [entry(efd, 0)];
    });

    expect(revents).toEqual([POLLERR]);
  });

  /** poll(2): EINVAL beyond RLIMIT_NOFILE (verified on 6.18 with 64 and 65). */
  test('poll with more entries than RLIMIT_NOFILE is -EINVAL', () => {
    const rets = inMachine(
      function* (sys) {
        const fds = (n: number) => Array.from({ length: n }, () => entry(-1, 0));
        return [yield* sys.poll(fds(64), 0), yield* sys.poll(fds(65), 0)];
      },
      { nofile: 64 },
    );

    expect(rets).toEqual([0, -EINVAL]);
  });

  /** The simplest event loop there is. */
  test('poll sleeps until one of its files becomes ready', () => {
    const [ret, revents, waited] = inMachine(function* (sys) {
      const efd = yield* sys.eventfd2(0, 0);
      const other = yield* sys.eventfd2(0, 0);
      const start = ktime_get();
      yield* sys.pthread_create(function* (thread) {
        yield* thread.nanosleep(ms(20));
        yield* thread.write(efd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
      });
      const fds = [entry(other, POLLIN), entry(efd, POLLIN)];
      const ret = yield* sys.poll(fds, -1);
      return [ret, fds.map((pfd) => pfd.revents), ktime_get() - start] as const;
    });

    expect(ret).toBe(1);
    expect(revents).toEqual([0, POLLIN]);
    expect(waited).toBe(20_000_000);
  });

  /** A wakeup for something else must not end the sleep, nor make it longer. */
  test('poll sleeps on after a wakeup that brings nothing it asked for', () => {
    const [ret, waited] = inMachine(function* (sys) {
      const efd = yield* sys.eventfd2(0, 0);
      const start = ktime_get();
      yield* sys.pthread_create(function* (thread) {
        yield* thread.nanosleep(ms(10));
        yield* thread.write(efd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
      });
      const ret = yield* sys.poll([entry(efd, POLLPRI)], 30);
      return [ret, ktime_get() - start] as const;
    });

    expect(ret).toBe(0);
    expect(waited).toBe(30_000_000);
  });

  /** poll(2): the timeout is an upper limit that is used up. */
  test.each([
    [0, 0],
    [1, 1_000_000],
    [1500, 1_500_000_000],
  ])('poll with timeout %i ms returns 0 after that time', (timeout, ns) => {
    const [ret, waited] = inMachine(function* (sys) {
      const start = ktime_get();
      const ret = yield* sys.poll([entry(yield* sys.eventfd2(0, 0), POLLIN)], timeout);
      return [ret, ktime_get() - start] as const;
    });

    expect(ret).toBe(0);
    expect(waited).toBe(ns);
  });

  /** Each poll leaves no entry behind on the queues that it slept on. */
  test('poll leaves the wait queues as it found them', () => {
    const waiters = inMachine(function* (sys) {
      const efd = yield* sys.eventfd2(0, 0);
      yield* sys.poll([entry(efd, POLLIN)], 10);
      const f = current.files.fd[efd];
      const ctx = f?.private_data as { wqh: { head: Iterable<unknown> } };
      return [[...ctx.wqh.head].length, f?.f_ref.refs];
    });

    expect(waiters).toEqual([0, 1]);
  });
});

describe('ppoll', () => {
  /** ppoll(2): EINVAL for a time that is none. */
  test.each([
    [0, 1_000_000_000],
    [0, -1],
    [-1, 0],
  ])('ppoll with the time span %i s %i ns is -EINVAL', (tv_sec, tv_nsec) => {
    expect(inMachine((sys) => sys.ppoll([], { tv_sec, tv_nsec }))).toBe(-EINVAL);
  });

  /** The race that ppoll() exists for: a signal between the check and the sleep. */
  test('a signal that ppoll unblocks ends it', () => {
    const [ret, blocked] = inMachine(function* (sys) {
      yield* sys.sigaction(SIGUSR1, { *handler() {} });
      yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
      yield* sys.tgkill(sys.task.tgid, sys.task.pid, SIGUSR1);
      return [yield* sys.ppoll([], null, 0n), sys.task.blocked] as const;
    });

    expect(ret).toBe(-EINTR);
    expect(blocked).toBe(sigset(SIGUSR1));
  });

  /** An entry that is ready comes before the signal. */
  test('ppoll reports what is ready although a signal is pending', () => {
    const ret = inMachine(function* (sys) {
      yield* sys.sigaction(SIGUSR1, { *handler() {} });
      yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
      yield* sys.tgkill(sys.task.tgid, sys.task.pid, SIGUSR1);
      return yield* sys.ppoll([entry(0, POLLIN)], null, 0n);
    });

    expect(ret).toBe(1);
  });
});

describe('select', () => {
  /** select(2): the sets are replaced, so that a loop has to fill them again each time. */
  test('select replaces its sets by what is ready and counts the bits', () => {
    const [ret, after] = inMachine(function* (sys) {
      const empty = yield* sys.eventfd2(0, 0);
      const full = yield* sys.eventfd2(1, 0);
      const fds = sets([empty, full], [empty, full], [full]);
      return [yield* sys.select(10, fds, ms(0)), lists(fds)] as const;
    });

    expect(ret).toBe(3);
    expect(after).toEqual([[4], [3, 4], []]);
  });

  /** The sets of a select that found nothing are empty, not as they were. */
  test('select empties its sets when the time is over', () => {
    const [ret, after, waited] = inMachine(function* (sys) {
      const fds = sets([yield* sys.eventfd2(0, 0)]);
      const start = ktime_get();
      return [yield* sys.select(10, fds, ms(20)), lists(fds), ktime_get() - start] as const;
    });

    expect(ret).toBe(0);
    expect(after).toEqual([[], [], []]);
    expect(waited).toBe(20_000_000);
  });

  /** select(2): EBADF, which a program meets that closes a watched descriptor. */
  test('select with a descriptor that is not open is -EBADF and leaves the sets alone', () => {
    const [ret, after] = inMachine(function* (sys) {
      const fds = sets([0, 50]);
      return [yield* sys.select(60, fds, ms(0)), lists(fds)] as const;
    });

    expect(ret).toBe(-EBADF);
    expect(after).toEqual([[0, 50], [], []]);
  });

  /** nfds is one more than the highest: what lies above does not count. */
  test('select does not look at descriptors from nfds on', () => {
    const [ret, after] = inMachine(function* (sys) {
      const fds = sets([0, 50]);
      return [yield* sys.select(10, fds, ms(0)), lists(fds)] as const;
    });

    expect(ret).toBe(1);
    expect(after).toEqual([[0], [], []]);
  });

  /** select(2): EINVAL. */
  test('select with a negative nfds or time is -EINVAL', () => {
    expect(inMachine((sys) => sys.select(-1, sets([]), ms(0)))).toBe(-EINVAL);
    expect(inMachine((sys) => sys.select(1, sets([]), { tv_sec: -1, tv_nsec: 0 }))).toBe(-EINVAL);
  });

  /** The third set is for urgent data; /dev/null has none (verified on 6.18). */
  test('select calls /dev/null readable and writable and not exceptional', () => {
    const [ret, after] = inMachine(function* (sys) {
      const fds = sets([0], [0], [0]);
      return [yield* sys.select(1, fds, null), lists(fds)] as const;
    });

    expect(ret).toBe(2);
    expect(after).toEqual([[0], [0], []]);
  });

  /** A blocked select must hear of a write in another thread. */
  test('select sleeps until one of its descriptors becomes ready', () => {
    const [ret, after] = inMachine(function* (sys) {
      const efd = yield* sys.eventfd2(0, 0);
      yield* sys.pthread_create(function* (thread) {
        yield* thread.write(efd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
      });
      const fds = sets([efd]);
      return [yield* sys.select(10, fds, null), lists(fds)] as const;
    });

    expect(ret).toBe(1);
    expect(after).toEqual([[3], [], []]);
  });

  /** Whole words are copied, so bits between nfds and their end go too (verified on 6.18). */
  test('select clears what lies above nfds in the last word, and nothing beyond it', () => {
    const after = inMachine(function* (sys) {
      const fds = sets([0, 10, 70]);
      yield* sys.select(1, fds, ms(0));
      const untouched = sets([0]);
      yield* sys.select(0, untouched, ms(0));
      return [[...fds.in], [...untouched.in]];
    });

    expect(after).toEqual([[0, 70], [0]]);
  });

  /** The table starts with 64 entries and doubles; dup2() to a far place makes it grow (6.18). */
  test('select overlooks a descriptor beyond the size of the table', () => {
    const answers = inMachine(function* (sys) {
      const ask = (fd: number) => sys.select(1024, sets([fd]), ms(0));
      const before = [yield* ask(63), yield* ask(64)];
      yield* sys.dup2(0, 100);
      const grown = [yield* ask(127), yield* ask(128)];
      yield* sys.dup2(77, 300); // Fails, and yet the table has grown.
      yield* sys.close(100);
      const stays = [yield* ask(511), yield* ask(512)];
      yield* sys.fcntl(0, F_DUPFD, 600);
      return [before, grown, stays, yield* ask(1000)];
    });

    expect(answers).toEqual([[-EBADF, 0], [-EBADF, 0], [-EBADF, 0], -EBADF]);
  });

  /** A timeval need not be normal, and what is left is in microseconds (verified on 6.18). */
  test.each([
    [{ tv_sec: 0, tv_nsec: 1_500_000_999 }, 1, { tv_sec: 1, tv_nsec: 500_000_000 }],
    [{ tv_sec: 1, tv_nsec: -1_000_000_000 }, 1, { tv_sec: 1, tv_nsec: -1_000_000_000 }],
    [{ tv_sec: 1, tv_nsec: -1000 }, -EINVAL, { tv_sec: 1, tv_nsec: -1000 }],
    [{ tv_sec: -1, tv_nsec: 500_000_000 }, -EINVAL, { tv_sec: -1, tv_nsec: 500_000_000 }],
  ])('select with the time %o answers %i and leaves %o', (timeout, expected, left) => {
    const ret = inMachine((sys) => sys.select(1, sets([0]), timeout));

    expect(ret).toBe(expected);
    expect(timeout).toEqual(left);
  });

  /** pselect6 takes a timespec, which must be normal. */
  test('pselect6 refuses nanoseconds of a second and more', () => {
    const timeout = { tv_sec: 0, tv_nsec: 1_000_000_000 };

    expect(inMachine((sys) => sys.pselect6(1, sets([0]), timeout))).toBe(-EINVAL);
  });

  /** pselect6 with a mask, and a handler that runs. */
  test('a signal that pselect6 unblocks ends it', () => {
    const ret = inMachine(function* (sys) {
      yield* sys.sigaction(SIGUSR1, { *handler() {} });
      yield* sys.sigprocmask(SIG_BLOCK, sigset(SIGUSR1));
      yield* sys.tgkill(sys.task.tgid, sys.task.pid, SIGUSR1);
      return yield* sys.pselect6(0, sets([]), ms(1000), 0n);
    });

    expect(ret).toBe(-EINTR);
  });
});

describe('what is left of the time', () => {
  /** It is counted in seconds, which go further than the clock (verified on 6.18). */
  test('ppoll leaves a span that is longer than the clock less what has passed', () => {
    const left = inMachine(function* (sys) {
      const tmo = { tv_sec: 2 ** 40, tv_nsec: 500 };
      const efd = yield* sys.eventfd2(0, 0);
      yield* sys.pthread_create(function* (thread) {
        yield* thread.nanosleep(ms(1500));
        yield* thread.write(efd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
      });
      return [yield* sys.ppoll([entry(efd, POLLIN)], tmo), tmo];
    });

    expect(left).toEqual([1, { tv_sec: 2 ** 40 - 2, tv_nsec: 500_000_500 }]);
  });

  /** A timeval has no room for less than a microsecond, and is cut. */
  test('select leaves whole microseconds', () => {
    const timeout = ms(5);
    inMachine(function* (sys) {
      const efd = yield* sys.eventfd2(0, 0);
      yield* sys.pthread_create(function* (thread) {
        yield* thread.nanosleep({ tv_sec: 0, tv_nsec: 1_500_300 });
        yield* thread.write(efd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
      });
      yield* sys.select(10, sets([efd]), timeout);
    });

    expect(timeout).toEqual({ tv_sec: 0, tv_nsec: 3_499_000 });
  });

  /** pselect(2): a call whose time is over leaves nothing. */
  test('ppoll leaves zero when its time is over', () => {
    const tmo = ms(20);
    inMachine((sys) => sys.ppoll([], tmo));

    expect(tmo).toEqual(ms(0));
  });
});

describe('time', () => {
  /** epoll_pwait2 and ppoll take any span; what is none is refused. */
  test('poll_select_set_timeout is a point of time, 0 for none, -EINVAL for nonsense', () => {
    const [now, ...answers] = runAlone(function* () {
      return [
        ktime_get(),
        poll_select_set_timeout(2, 5),
        poll_select_set_timeout(0, 0),
        poll_select_set_timeout(0, 1_000_000_000),
        poll_select_set_timeout(-1, 0),
      ];
    });

    expect(answers).toEqual([(now as number) + 2_000_000_005, 0, -EINVAL, -EINVAL]);
  });

  /** fs/select.c: a sleep may be late by 0.1 %, 0.5 % for nice tasks, at most 100 ms. */
  test.each([
    ['1 ms: the slack of the task', 1_000_000, 0, 50_000],
    ['1 s: 0.1 %', 1_000_000_000, 0, 1_000_000],
    ['1 s, nice: 0.5 %', 1_000_000_000, 1, 5_000_000],
    ['1000 s: at most 100 ms', 1_000_000_000_000, 0, 100_000_000],
    ['in the past: the slack of the task', -5, 0, 50_000],
  ])('select_estimate_accuracy of %s', (_what, left, nice, slack) => {
    const ret = runAlone(function* () {
      current.nice = nice;
      return select_estimate_accuracy(ktime_get() + left);
    });

    expect(ret).toBe(slack);
  });
});
