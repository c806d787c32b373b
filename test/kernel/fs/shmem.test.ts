import { expect, test } from 'vitest';
import { EBADF, EINVAL, EISDIR, ENOSPC, ENXIO, ESPIPE } from '../../../src/kernel/uapi/errno.ts';
import { O_APPEND, O_CREAT, O_RDONLY, O_RDWR } from '../../../src/kernel/uapi/fcntl.ts';
import { SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from '../../../src/kernel/uapi/fs.ts';
import { FIONREAD } from '../../../src/kernel/uapi/ioctls.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { inMachine } from '../../support/run.ts';

const create = (sys: Sys, flags = 0): Code<number> =>
  sys.open('/tmp/a', O_RDWR | O_CREAT | flags, 0o600);

function* text(sys: Sys, fd: number): Code<string> {
  const buf = new Uint8Array(20);
  const n = yield* sys.read(fd, buf);
  return n < 0 ? String(n) : new TextDecoder().decode(buf.subarray(0, n));
}

/** What is read follows what was read before; a gap that nobody wrote is zeros. */
test('Reads and writes go on where the last one ended, and lseek moves that', () => {
  inMachine(function* (sys) {
    const fd = yield* create(sys);
    expect(yield* sys.write(fd, 'hello')).toBe(5);
    expect(yield* text(sys, fd)).toBe('');
    expect(yield* sys.lseek(fd, 1, SEEK_SET)).toBe(1);
    expect(yield* text(sys, fd)).toBe('ello');
    expect(yield* sys.lseek(fd, 2, SEEK_END)).toBe(7);
    yield* sys.write(fd, '!');
    yield* sys.lseek(fd, -4, SEEK_CUR);
    expect(yield* text(sys, fd)).toBe('o\0\0!');
  });
});

/** Two descriptors of one open file share the position, two opens do not: what fork() relies on. */
test('dup shares the position, a second open has its own', () => {
  inMachine(function* (sys) {
    const fd = yield* create(sys);
    const copy = yield* sys.dup(fd);
    yield* sys.write(fd, 'ab');
    yield* sys.write(copy, 'cd');
    expect(yield* text(sys, yield* sys.open('/tmp/a', O_RDONLY))).toBe('abcd');
  });
});

/** Several processes with one log: each write goes to the end, wherever that is by then. */
test('O_APPEND writes at the end whatever the position is', () => {
  inMachine(function* (sys) {
    const fd = yield* create(sys, O_APPEND);
    const other = yield* create(sys);
    yield* sys.write(other, 'abc');
    yield* sys.write(fd, 'de');
    expect(yield* text(sys, other)).toBe('de');
  });
});

/** lseek(2), ERRORS. */
test('lseek refuses what is before the start, beyond the end of data, and what has no position', () => {
  inMachine(function* (sys) {
    const fd = yield* create(sys);
    yield* sys.write(fd, 'abc');
    expect(yield* sys.lseek(fd, -1, SEEK_SET)).toBe(-EINVAL);
    expect(yield* sys.lseek(fd, 3, SEEK_DATA)).toBe(-ENXIO);
    expect(yield* sys.lseek(fd, 1, SEEK_HOLE)).toBe(3);
    expect(yield* sys.lseek(fd, 0, 5)).toBe(-EINVAL);
    expect(yield* sys.lseek(99, 0, SEEK_SET)).toBe(-EBADF);
    const [read] = yield* sys.pipe2(0);
    expect(yield* sys.lseek(read, 0, SEEK_SET)).toBe(-ESPIPE);
    // An eventfd has a position that nothing moves.
    expect(yield* sys.lseek(yield* sys.eventfd2(0, 0), 5, SEEK_SET)).toBe(0);
  });
});

/** ftruncate(2): what is cut off is gone, also when the file grows again. */
test('ftruncate cuts, and fills with zeros', () => {
  inMachine(function* (sys) {
    const fd = yield* create(sys);
    yield* sys.write(fd, 'abcd');
    expect(yield* sys.ftruncate(fd, 1)).toBe(0);
    expect(yield* sys.truncate('/tmp/a', 3)).toBe(0);
    yield* sys.lseek(fd, 0, SEEK_SET);
    const left = { value: 0 };
    yield* sys.ioctl(fd, FIONREAD, left);
    expect(left.value).toBe(3);
    expect(yield* text(sys, fd)).toBe('a\0\0');
    expect(yield* sys.ftruncate(yield* sys.open('/tmp/a', O_RDONLY), 0)).toBe(-EINVAL);
    expect(yield* sys.truncate('/tmp', 0)).toBe(-EISDIR);
  });
});

/** A program with a wrong offset would fill the memory of whoever runs the model. */
test('A file does not grow without bound', () => {
  inMachine(function* (sys) {
    const fd = yield* create(sys);
    yield* sys.lseek(fd, 2 ** 40, SEEK_SET);
    expect(yield* sys.write(fd, 'x')).toBe(-ENOSPC);
    expect(yield* sys.ftruncate(fd, 2 ** 40)).toBe(-ENOSPC);
  });
});
