import { expect, test } from 'vitest';
import {
  EBADF,
  EEXIST,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  ENXIO,
  EPERM,
} from '../../../src/kernel/uapi/errno.ts';
import { EPOLL_CTL_ADD, EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import {
  AT_FDCWD,
  F_GETFL,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_EXCL,
  O_LARGEFILE,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from '../../../src/kernel/uapi/fcntl.ts';
import { SEEK_END } from '../../../src/kernel/uapi/fs.ts';
import { AF_UNIX, SOCK_STREAM } from '../../../src/kernel/uapi/socket.ts';
import { polled } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';

/** A log that is opened for every line: O_CREAT makes it once, and O_EXCL is how a lock is taken. */
test('O_CREAT makes a file that is not there, and O_EXCL refuses one that is', () => {
  inMachine(function* (sys) {
    expect(yield* sys.open('/tmp/a', O_RDWR)).toBe(-ENOENT);
    expect(yield* sys.open('/tmp/a', O_RDWR | O_CREAT, 0o600)).toBe(3);
    expect(yield* sys.open('/tmp/a', O_RDWR | O_CREAT | O_EXCL, 0o600)).toBe(-EEXIST);
    expect(yield* sys.open('/tmp/a', O_RDONLY)).toBe(4);
    expect(yield* sys.fcntl(4, F_GETFL)).toBe(O_RDONLY | O_LARGEFILE);
  });
});

/** Whoever checks the wrong errno takes a directory for a missing file. */
test('Directories are not written, and what is no directory is not walked through', () => {
  inMachine(function* (sys) {
    expect(yield* sys.open('/tmp', O_WRONLY)).toBe(-EISDIR);
    expect(yield* sys.open('/tmp', O_RDONLY | O_TRUNC)).toBe(-EISDIR);
    expect(yield* sys.open('/tmp', O_CREAT)).toBe(-EISDIR);
    expect(yield* sys.open('/tmp/x', O_CREAT | O_DIRECTORY)).toBe(-EINVAL);
    expect(yield* sys.open('/dev/null', O_DIRECTORY)).toBe(-ENOTDIR);
    expect(yield* sys.open('/dev/null/', O_RDONLY)).toBe(-ENOTDIR);
    expect(yield* sys.open('/dev/null/x', O_RDONLY)).toBe(-ENOTDIR);
    expect(yield* sys.open('', O_RDONLY)).toBe(-ENOENT);
  });
});

/** openat(2): a relative path starts at the descriptor, an absolute one does not look at it. */
test('openat starts at a directory that is open', () => {
  inMachine(function* (sys) {
    const tmp = yield* sys.open('/tmp', O_DIRECTORY);
    expect(yield* sys.openat(tmp, 'a', O_RDWR | O_CREAT, 0o600)).toBe(4);
    expect(yield* sys.openat(4, 'a', O_RDONLY)).toBe(-ENOTDIR);
    expect(yield* sys.openat(99, 'a', O_RDONLY)).toBe(-EBADF);
    expect(yield* sys.openat(99, '/tmp/a', O_RDONLY)).toBe(5);
    expect(yield* sys.openat(AT_FDCWD, 'tmp/../tmp/./a', O_RDONLY)).toBe(6);
  });
});

/** epoll(7): "EPERM: the target file does not support epoll", although poll(2) takes it. */
test('Regular files and directories are always ready for poll, and refused by epoll', () => {
  inMachine(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const file = yield* sys.open('/tmp/a', O_RDWR | O_CREAT, 0o600);
    const directory = yield* sys.open('/tmp', O_DIRECTORY);
    for (const fd of [file, directory]) {
      expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN })).toBe(-EPERM);
      expect(yield* polled(sys, fd)).toBe(0x145);
    }
  });
});

/** A log that is cut while it is open: who has it open writes on where it was. */
test('O_TRUNC empties a file that others have open', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.open('/tmp/a', O_RDWR | O_CREAT, 0o600);
    yield* sys.write(fd, 'abc');
    yield* sys.open('/tmp/a', O_WRONLY | O_TRUNC);
    expect(yield* sys.lseek(fd, 0, SEEK_END)).toBe(0);
  });
});

/** unix(7): a socket's name is a file, but not one that can be opened. */
test('The name of a socket cannot be opened', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    yield* sys.bind(fd, { family: AF_UNIX, path: '/tmp/s' });
    expect(yield* sys.open('/tmp/s', O_RDWR)).toBe(-ENXIO);
    expect(yield* sys.bind(fd, { family: AF_UNIX, path: '/nowhere/s' })).toBe(-ENOENT);
  });
});

/** A device has no pages that could be bypassed. */
test('O_DIRECT is for files that have it', () => {
  inMachine(function* (sys) {
    expect(yield* sys.open('/tmp/a', O_RDWR | O_CREAT | O_DIRECT, 0o600)).toBe(3);
    expect(yield* sys.open('/dev/zero', O_RDWR | O_DIRECT)).toBe(-EINVAL);
  });
});
