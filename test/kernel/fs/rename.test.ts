import { expect, test } from 'vitest';
import {
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EXDEV,
} from '../../../src/kernel/uapi/errno.ts';
import { AT_FDCWD, O_CREAT, O_RDONLY, O_RDWR } from '../../../src/kernel/uapi/fcntl.ts';
import { RENAME_EXCHANGE, RENAME_NOREPLACE, RENAME_WHITEOUT } from '../../../src/kernel/uapi/fs.ts';
import { randomSchedule } from '../../../src/sim/schedule.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { inThread } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';

function* touch(sys: Sys, path: string, text = ''): Code<void> {
  const fd = yield* sys.open(path, O_RDWR | O_CREAT, 0o600);
  yield* sys.write(fd, text);
  yield* sys.close(fd);
}

function* size(sys: Sys, path: string): Code<number> {
  const fd = yield* sys.open(path, O_RDONLY);
  return fd < 0 ? fd : yield* sys.lseek(fd, 0, 2);
}

/** How a configuration is replaced: readers find the old one or the new one, never none. */
test('rename replaces a file', () => {
  inMachine(function* (sys) {
    yield* touch(sys, '/tmp/new', 'abc');
    yield* touch(sys, '/tmp/old', 'a');
    const old = yield* sys.open('/tmp/old', O_RDONLY);
    expect(yield* sys.rename('/tmp/new', '/tmp/old')).toBe(0);
    expect(yield* size(sys, '/tmp/old')).toBe(3);
    expect(yield* size(sys, '/tmp/new')).toBe(-ENOENT);
    expect(yield* sys.lseek(old, 0, 2)).toBe(1);
  });
});

/** rename(2): two names of one file stay both. */
test('rename does nothing between two names of one file', () => {
  inMachine(function* (sys) {
    yield* touch(sys, '/tmp/a');
    yield* sys.link('/tmp/a', '/tmp/b');
    expect(yield* sys.rename('/tmp/a', '/tmp/b')).toBe(0);
    expect(yield* size(sys, '/tmp/a')).toBe(0);
  });
});

/** rename(2), ERRORS: a loop of directories, among others. */
test('rename says why not', () => {
  inMachine(function* (sys) {
    yield* touch(sys, '/tmp/a');
    yield* sys.mkdir('/tmp/d');
    yield* sys.mkdir('/tmp/d/e');
    expect(yield* sys.rename('/tmp/d', '/tmp/d/e/f')).toBe(-EINVAL);
    expect(yield* sys.rename('/tmp/d/e', '/tmp/d')).toBe(-ENOTEMPTY);
    expect(yield* sys.rename('/tmp/a', '/tmp/d')).toBe(-EISDIR);
    expect(yield* sys.rename('/tmp/d', '/tmp/a')).toBe(-ENOTDIR);
    expect(yield* sys.rename('/tmp/a', '/tmp/b/')).toBe(-ENOTDIR);
    expect(yield* sys.rename('/tmp/a', '/dev/a')).toBe(-EXDEV);
    expect(yield* sys.rename('/tmp/a', '/tmp/..')).toBe(-EBUSY);
    expect(yield* sys.rename('/dev', '/ved')).toBe(-EBUSY);
  });
});

/** renameat2(2): what mv -n and editors use. */
test('renameat2 keeps what is there, or lets both change places', () => {
  inMachine(function* (sys) {
    yield* touch(sys, '/a', 'abc');
    yield* sys.mkdir('/d');
    yield* touch(sys, '/d/b');
    const move = (flags: number): Code<number> =>
      sys.renameat2(AT_FDCWD, '/a', AT_FDCWD, '/d/b', flags);
    expect(yield* move(RENAME_NOREPLACE)).toBe(-EEXIST);
    expect(yield* move(RENAME_NOREPLACE | RENAME_EXCHANGE)).toBe(-EINVAL);
    expect(yield* move(RENAME_WHITEOUT)).toBe(-EINVAL);
    expect(yield* move(RENAME_EXCHANGE)).toBe(0);
    expect(yield* size(sys, '/a')).toBe(0);
    expect(yield* size(sys, '/d/b')).toBe(3);
  });
});

/** Directories are locked from the top down: two renames against each other do not wait for ever. */
test('Renames between two directories come to their end on every one of 50 schedules', () => {
  for (let seed = 1; seed <= 50; seed++) {
    inMachine(
      function* (sys) {
        yield* sys.mkdir('/d');
        yield* sys.mkdir('/d/e');
        yield* touch(sys, '/d/a');
        yield* touch(sys, '/d/e/b');
        const rets: number[] = [];
        const first = yield* inThread(sys, rets, (own) => own.rename('/d/a', '/d/e/a'));
        const second = yield* inThread(sys, rets, (own) => own.rename('/d/e/b', '/d/b'));
        const third = yield* inThread(sys, rets, (own) => own.unlink('/d/e/b'));
        for (const tid of [first, second, third]) yield* sys.pthread_join(tid);
        expect(yield* size(sys, '/d/e/a')).toBe(0);
        // b was moved before anybody could remove it, or removed before anybody could move it.
        expect(rets.filter((ret) => ret === -ENOENT)).toHaveLength(1);
      },
      { schedule: randomSchedule(seed) },
    );
  }
});
