import { expect, test } from 'vitest';
import { ENOSPC, EPERM } from '../../src/kernel/uapi/errno.ts';
import { EPOLL_CTL_ADD, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { O_RDWR } from '../../src/kernel/uapi/fcntl.ts';
import { SEEK_END } from '../../src/kernel/uapi/fs.ts';
import { polled } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

/** A loop that writes its log to /dev/null must not ask epoll about it. */
test.each(['/dev/null', '/dev/zero', '/dev/full'])(
  '%s is refused by epoll, not by poll',
  (path) => {
    inMachine(function* (sys) {
      const fd = yield* sys.open(path, O_RDWR);
      const ep = yield* sys.epoll_create1(0);
      expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN })).toBe(-EPERM);
      expect(yield* polled(sys, fd)).toBe(0x145);
      expect(yield* sys.lseek(fd, 7, SEEK_END)).toBe(0);
    });
  },
);

/** null(4), full(4). */
test('null is empty, zero and full have zeros, and full is full', () => {
  inMachine(function* (sys) {
    const [none, zero, full] = [
      yield* sys.open('/dev/null', O_RDWR),
      yield* sys.open('/dev/zero', O_RDWR),
      yield* sys.open('/dev/full', O_RDWR),
    ];
    const buf = new Uint8Array([1, 2]);
    expect(yield* sys.read(none, buf)).toBe(0);
    expect(yield* sys.read(zero, buf)).toBe(2);
    expect([...buf]).toEqual([0, 0]);
    expect(yield* sys.read(full, new Uint8Array(3))).toBe(3);
    expect(yield* sys.write(none, 'ab')).toBe(2);
    expect(yield* sys.write(zero, 'ab')).toBe(2);
    expect(yield* sys.write(full, 'ab')).toBe(-ENOSPC);
    expect(yield* sys.writev(full, ['ab'])).toBe(-ENOSPC);
  });
});
