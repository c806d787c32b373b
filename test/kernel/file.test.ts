import { describe, expect, test } from 'vitest';
import { __set_bit } from '../../src/kernel/bitmap.ts';
import { current } from '../../src/kernel/current.ts';
import {
  __fput,
  fdget,
  file,
  file_ref_get,
  fput,
  fput_close_sync,
  get_file,
  get_unused_fd_flags,
  ksys_dup3,
  put_unused_fd,
} from '../../src/kernel/file.ts';
import { openNull } from '../../src/kernel/mem.ts';
import type { Kernel } from '../../src/kernel/op.ts';
import { EBADF, EBUSY, EINVAL, EMFILE } from '../../src/kernel/uapi/errno.ts';
import { EPOLL_CTL_ADD, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import {
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDWR,
} from '../../src/kernel/uapi/fcntl.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { inMachine, runAlone } from '../support/run.ts';

const newEventfd = (sys: Sys): Code<number> => sys.eventfd2(0, 0);

/** Runs calls one after the other; their results. */
const results = (...calls: ((sys: Sys) => Code<number>)[]): number[] =>
  inMachine(function* (sys) {
    const rets: number[] = [];
    for (const call of calls) rets.push(yield* call(sys));
    return rets;
  });

describe('descriptors', () => {
  /** dup(2): the lowest number that is free. Programs that close 0 and open rely on it. */
  test('a new descriptor is the lowest free one', () => {
    const rets = results(
      newEventfd,
      (sys) => sys.dup(3),
      (sys) => sys.dup(3),
      (sys) => sys.close(4),
      (sys) => sys.dup(3),
      (sys) => sys.dup(3),
    );

    expect(rets).toEqual([3, 4, 5, 0, 4, 6]);
  });

  /** RLIMIT_NOFILE counts numbers, not files: the accept loop of D.10 spins on this error. */
  test('-EMFILE is the answer when no number below RLIMIT_NOFILE is free', () => {
    const rets = inMachine(
      function* (sys) {
        const seen: number[] = [];
        for (let i = 0; i < 3; i++) seen.push(yield* newEventfd(sys));
        seen.push(yield* sys.close(1), yield* sys.epoll_create1(0), yield* sys.epoll_create1(0));
        return seen;
      },
      { nofile: 5 },
    );

    expect(rets).toEqual([3, 4, -EMFILE, 0, 1, -EMFILE]);
  });

  /** An epoll that got no descriptor must leave nothing behind. */
  test('an epoll_create1 that fails with -EMFILE frees its instance', () => {
    const run = () => inMachine((sys) => sys.epoll_create1(0), { nofile: 3 });

    expect(run()).toBe(-EMFILE);
  });

  /** A number that was reserved and then not used is free again. */
  test('put_unused_fd gives a reserved number back', () => {
    const fds = runAlone(function* () {
      const first = yield* get_unused_fd_flags(0);
      const second = yield* get_unused_fd_flags(0);
      yield* put_unused_fd(first);
      return [first, second, yield* get_unused_fd_flags(0)];
    });

    expect(fds).toEqual([3, 4, 3]);
  });

  /** A number that is reserved has no file yet: other threads get EBADF. */
  test('fdget finds no file behind a number that is only reserved', () => {
    const found = runAlone(function* () {
      return fdget(yield* get_unused_fd_flags(0));
    });

    expect(found).toBe(null);
  });

  /** close(2): EBADF, which hides double closes in threaded programs until the number is reused. */
  test('close of a number that is not open is -EBADF', () => {
    const rets = results(
      newEventfd,
      (sys) => sys.close(3),
      (sys) => sys.close(3),
    );

    expect(rets).toEqual([3, 0, -EBADF]);
  });
});

describe('dup2 and dup3', () => {
  /** dup(2), "If oldfd equals newfd …": dup2 does nothing, dup3 refuses. */
  test('dup2 of an open number onto itself is that number, dup3 refuses it', () => {
    const rets = results(
      newEventfd,
      (sys) => sys.dup2(3, 3),
      (sys) => sys.dup2(50, 50),
      (sys) => sys.dup3(3, 3, 0),
      (sys) => sys.dup3(50, 50, 0),
    );

    expect(rets).toEqual([3, 3, -EBADF, -EINVAL, -EINVAL]);
  });

  /** Checked in this order on 6.18. */
  test('dup3 refuses flags before numbers, and a number beyond the limit with -EBADF', () => {
    const rets = results(
      (sys) => sys.dup3(50, 9, 1),
      (sys) => sys.dup3(50, 9, O_CLOEXEC),
      (sys) => sys.dup2(0, 1024),
      (sys) => sys.dup2(0, -1),
    );

    expect(rets).toEqual([-EINVAL, -EBADF, -EBADF, -EBADF]);
  });

  /** The survivor trick of D.1: dup2 back onto the old number. */
  test('dup2 onto an open number closes the file that was there', () => {
    const freed = inMachine(function* (sys) {
      yield* newEventfd(sys);
      yield* newEventfd(sys);
      const victim = current.files.fd[4] as file;
      yield* sys.dup2(3, 4);
      return [victim.freed, current.files.fd[3] === current.files.fd[4]];
    });

    expect(freed).toEqual([true, true]);
  });

  /** A full table does not matter: no new number is needed. */
  test('dup2 onto an open number works when the table is full', () => {
    const ret = inMachine((sys) => sys.dup2(0, 2), { nofile: 3 });

    expect(ret).toBe(2);
  });

  /** dup2(2): EBUSY, seen when it races with open() in another thread. */
  test('dup2 onto a number that another call has reserved is -EBUSY', () => {
    const ret = runAlone(function* () {
      const reserved = yield* get_unused_fd_flags(0);
      return yield* ksys_dup3(0, reserved, 0);
    });

    expect(ret).toBe(-EBUSY);
  });
});

describe('fcntl', () => {
  /** Shells move descriptors out of the way like that. */
  test('F_DUPFD takes the lowest free number from its argument on', () => {
    const rets = results(
      newEventfd,
      (sys) => sys.fcntl(3, F_DUPFD, 20),
      (sys) => sys.fcntl(3, F_DUPFD, 20),
      (sys) => sys.fcntl(3, F_DUPFD, 0),
    );

    expect(rets).toEqual([3, 20, 21, 4]);
  });

  /** fcntl(2): EINVAL beyond the limit, EMFILE when the rest is taken. */
  test('F_DUPFD from beyond the limit is -EINVAL, and -EMFILE when all above are taken', () => {
    const rets = results(
      (sys) => sys.fcntl(0, F_DUPFD, 1024),
      (sys) => sys.fcntl(0, F_DUPFD, -1),
      (sys) => sys.fcntl(0, F_DUPFD, 1023),
      (sys) => sys.fcntl(0, F_DUPFD, 1023),
    );

    expect(rets).toEqual([-EINVAL, -EINVAL, 1023, -EMFILE]);
  });

  /** close-on-exec belongs to the descriptor; a copy starts without it. */
  test('close-on-exec is kept per descriptor and not copied by dup', () => {
    const rets = results(
      (sys) => sys.epoll_create1(O_CLOEXEC),
      (sys) => sys.fcntl(3, F_GETFD),
      (sys) => sys.dup(3),
      (sys) => sys.fcntl(4, F_GETFD),
      (sys) => sys.fcntl(3, F_DUPFD_CLOEXEC, 9),
      (sys) => sys.fcntl(9, F_GETFD),
      (sys) => sys.fcntl(9, F_SETFD, 0),
      (sys) => sys.fcntl(9, F_GETFD),
    );

    expect(rets).toEqual([3, FD_CLOEXEC, 4, 0, 9, FD_CLOEXEC, 0, 0]);
  });

  /** O_NONBLOCK set on a shared stdin makes the parent's shell fail: the flag is the file's. */
  test('O_NONBLOCK is kept per open file and shared by dup', () => {
    const rets = results(
      newEventfd,
      (sys) => sys.dup(3),
      (sys) => sys.fcntl(3, F_SETFL, O_NONBLOCK),
      (sys) => sys.fcntl(4, F_GETFL),
    );

    expect(rets).toEqual([3, 4, 0, O_RDWR | O_NONBLOCK]);
  });

  /** fcntl(2): EBADF comes before the unknown command. */
  test('an unknown command is -EINVAL, unless the number is not open', () => {
    const rets = results(
      (sys) => sys.fcntl(0, 999),
      (sys) => sys.fcntl(50, 999),
    );

    expect(rets).toEqual([-EINVAL, -EBADF]);
  });
});

describe('the last reference', () => {
  /** A file that counts how often it was released. */
  function countingFile(): { f: file; released: () => number } {
    let count = 0;
    const f = new file(
      {
        name: 'counting',
        *release(): Kernel<void> {
          count++;
        },
      },
      'counting',
      current.kernel.anon_inode_inode,
      O_RDWR,
      null,
    );
    return { f, released: () => count };
  }

  /** D.1: closing a descriptor is not closing the file while a copy is open. */
  test('a file is released when its last descriptor is closed', () => {
    const released = inMachine(function* (sys) {
      const { f, released } = countingFile();
      current.files.fd[3] = f;
      __set_bit(3, current.files.open_fds);
      yield* sys.dup(3);
      yield* sys.close(3);
      const early = released();
      yield* sys.close(4);
      return [early, released(), f.freed];
    });

    expect(released).toEqual([0, 1, true]);
  });

  /** A blocked epoll_wait keeps its epoll alive: close in another thread frees nothing (C.5). */
  test('a system call under way keeps its file when another thread closes the number', () => {
    const [early, late] = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      const f = current.files.fd[epfd] as file;
      const seen: boolean[] = [];
      yield* sys.pthread_create(function* (thread) {
        yield* thread.close(epfd);
        seen.push(f.freed);
      });
      yield* sys.epoll_wait(epfd, 1, 50);
      seen.push(f.freed);
      return seen;
    });

    expect(early).toBe(false);
    expect(late).toBe(true);
  });

  /** fput() may be called where release() must not run: under a lock, in an interrupt. */
  test('fput puts the release off until the task returns to user mode', () => {
    const order = runAlone(function* () {
      const { f, released } = countingFile();
      fput(f);
      const early = released();
      for (const work of current.task_works.splice(0)) yield* work();
      return [early, released()];
    });

    expect(order).toEqual([0, 1]);
  });

  /** close(2) reports what release() had to say, so it does not put it off. */
  test('fput_close_sync releases at once', () => {
    const count = runAlone(function* () {
      const { f, released } = countingFile();
      yield* fput_close_sync(f);
      return released();
    });

    expect(count).toBe(1);
  });

  /** Epoll polls its files without a descriptor: a dying one must be refused, not revived. */
  test('file_ref_get refuses a file whose last reference is gone', () => {
    const seen = runAlone(function* () {
      const f = openNull();
      const living = file_ref_get(f);
      fput(f);
      fput(f);
      return [living, file_ref_get(f)];
    });

    expect(seen).toEqual([true, false]);
  });

  /** A count that is wrong by one frees a file under somebody else. */
  test('a file that is freed twice is a kernel bug', () => {
    const code = function* () {
      const f = openNull();
      yield* __fput(f);
      yield* __fput(f);
    };

    expect(() => runAlone(code)).toThrow(/use after free.*freed twice/);
  });

  /** A file that somebody still holds survives every close. */
  test('get_file keeps a file alive', () => {
    const released = runAlone(function* () {
      const { f, released } = countingFile();
      get_file(f);
      yield* fput_close_sync(f);
      return released();
    });

    expect(released).toBe(0);
  });

  /** epoll(7), question 6: closing the last descriptor takes the file out of every epoll set. */
  test('the last close removes the file from the epolls that watch it', () => {
    const watches = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      const efd = yield* newEventfd(sys);
      const copy = yield* sys.dup(efd);
      yield* sys.epoll_ctl(epfd, EPOLL_CTL_ADD, efd, { events: EPOLLIN });
      const seen = [current.user.epoll_watches];
      yield* sys.close(efd);
      seen.push(current.user.epoll_watches);
      yield* sys.close(copy);
      seen.push(current.user.epoll_watches);
      return seen;
    });

    expect(watches).toEqual([1, 1, 0]);
  });

  /** The end of a process closes what it left open. */
  test('the end of the last thread closes every descriptor', () => {
    let f: file | null = null;
    inMachine(function* (sys) {
      f = current.files.fd[yield* newEventfd(sys)] as file;
    });

    expect((f as file | null)?.freed).toBe(true);
  });
});
