import { expect, test } from 'vitest';
import {
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EXDEV,
} from '../../../src/kernel/uapi/errno.ts';
import { O_CREAT, O_DIRECTORY, O_RDONLY, O_RDWR } from '../../../src/kernel/uapi/fcntl.ts';
import { inMachine } from '../../support/run.ts';

/** A temporary file: it has no name any more, and is there as long as it is open. */
test('An open file outlives its name', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.open('/tmp/a', O_RDWR | O_CREAT, 0o600);
    yield* sys.write(fd, 'abc');
    expect(yield* sys.unlink('/tmp/a')).toBe(0);
    expect(yield* sys.open('/tmp/a', O_RDONLY)).toBe(-ENOENT);
    yield* sys.lseek(fd, 0, 0);
    expect(yield* sys.read(fd, new Uint8Array(9))).toBe(3);
  });
});

/** link(2): both names are the file; the first is not special. */
test('A file with two names is there until both are gone', () => {
  inMachine(function* (sys) {
    yield* sys.open('/tmp/a', O_RDWR | O_CREAT, 0o600);
    expect(yield* sys.link('/tmp/a', '/tmp/b')).toBe(0);
    expect(yield* sys.link('/tmp/a', '/tmp/b')).toBe(-EEXIST);
    expect(yield* sys.unlink('/tmp/a')).toBe(0);
    const fd = yield* sys.open('/tmp/b', O_RDWR);
    expect(yield* sys.write(fd, 'x')).toBe(1);
  });
});

/** unlink(2), link(2), ERRORS. */
test('unlink and link refuse directories and other file systems', () => {
  inMachine(function* (sys) {
    yield* sys.open('/tmp/a', O_RDWR | O_CREAT, 0o600);
    expect(yield* sys.unlink('/tmp')).toBe(-EISDIR);
    expect(yield* sys.unlink('/tmp/a/')).toBe(-ENOTDIR);
    expect(yield* sys.unlink('/tmp/..')).toBe(-EISDIR);
    expect(yield* sys.link('/tmp', '/d')).toBe(-EPERM);
    expect(yield* sys.link('/tmp/a', '/dev/a')).toBe(-EXDEV);
    expect(yield* sys.link('/tmp/a', '/tmp/b/')).toBe(-ENOENT);
  });
});

/** mkdir(2), rmdir(2), ERRORS. */
test('mkdir and rmdir say why not', () => {
  inMachine(function* (sys) {
    expect(yield* sys.mkdir('/d/', 0o755)).toBe(0);
    expect(yield* sys.mkdir('/d', 0o755)).toBe(-EEXIST);
    expect(yield* sys.mkdir('/d/e/f', 0o755)).toBe(-ENOENT);
    expect(yield* sys.mkdir(`/d/${'é'.repeat(128)}`, 0o755)).toBe(-ENAMETOOLONG);
    expect(yield* sys.mkdir('/d/e', 0o755)).toBe(0);
    expect(yield* sys.rmdir('/d')).toBe(-ENOTEMPTY);
    expect(yield* sys.rmdir('/d/e/..')).toBe(-ENOTEMPTY);
    expect(yield* sys.rmdir('/d/.')).toBe(-EINVAL);
    expect(yield* sys.rmdir('/dev')).toBe(-EBUSY);
    expect(yield* sys.rmdir('/dev/null')).toBe(-ENOTDIR);
    expect(yield* sys.rmdir('/d/e')).toBe(0);
  });
});

/** A service that keeps its directory open does not see that somebody has removed it. */
test('Nothing can be made in a directory that was removed', () => {
  inMachine(function* (sys) {
    yield* sys.mkdir('/d', 0o755);
    const fd = yield* sys.open('/d', O_DIRECTORY);
    yield* sys.rmdir('/d');
    expect(yield* sys.openat(fd, 'a', O_RDWR | O_CREAT, 0o600)).toBe(-ENOENT);
    expect(yield* sys.openat(fd, '../tmp', O_RDONLY)).toBe(4);
  });
});
