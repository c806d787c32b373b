/** /proc/sys as files. All verified on 6.18 with /proc/sys/fs/epoll/max_user_watches. */
import { expect, test } from 'vitest';
import { EINVAL, ENOSPC } from '../../src/kernel/uapi/errno.ts';
import { EPOLL_CTL_ADD, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from '../../src/kernel/uapi/fcntl.ts';
import { SEEK_SET } from '../../src/kernel/uapi/fs.ts';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../src/kernel/uapi/poll.ts';
import { polled } from '../support/programs.ts';
import { readText } from '../support/pty.ts';
import { inMachine } from '../support/run.ts';

const path = '/proc/sys/fs/epoll/max_user_watches';

/** `cat` reads until the end; it must come. */
test('max_user_watches reads as one line, and then as nothing', () => {
  inMachine(
    function* (sys) {
      const fd = yield* sys.open(path, O_RDONLY);
      expect(yield* readText(sys, fd)).toBe('77\n');
      expect(yield* readText(sys, fd)).toBe('');
      yield* sys.lseek(fd, 0, SEEK_SET);
      expect(yield* readText(sys, fd, 1)).toBe('7');
      expect(yield* readText(sys, fd)).toBe('');
    },
    { maxUserWatches: 77 },
  );
});

/** `echo 0 > /proc/sys/...`: the next registration is one too many. */
test('what is written to max_user_watches holds at once', () => {
  inMachine(function* (sys) {
    const knob = yield* sys.open(path, O_WRONLY | O_TRUNC);
    const ep = yield* sys.epoll_create1(0);
    const fd = yield* sys.eventfd2(0, 0);
    expect(yield* sys.write(knob, '0\n')).toBe(2);
    expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN })).toBe(-ENOSPC);
    yield* sys.lseek(knob, 0, SEEK_SET);
    yield* sys.write(knob, '1');
    expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN })).toBe(0);
  });
});

/** What a shell script may write, and how much of it is taken. */
test.each([
  ['1000\n', 5, '1000\n'],
  ['  78  \n', 7, '78\n'],
  ['0x10', 4, '16\n'],
  ['010', 3, '8\n'],
  ['12 34', 3, '12\n'],
  ['-1', -EINVAL, '77\n'],
  ['abc', -EINVAL, '77\n'],
  ['12abc', -EINVAL, '77\n'],
  ['  ', -EINVAL, '77\n'],
  ['99999999999999999999', -EINVAL, '77\n'],
  ['', 0, '77\n'],
])('writing %j gives %i, and then there is %j', (text, ret, shown) => {
  inMachine(
    function* (sys) {
      const fd = yield* sys.open(path, O_RDWR);
      expect(yield* sys.write(fd, text)).toBe(ret);
      yield* sys.lseek(fd, 0, SEEK_SET);
      expect(yield* readText(sys, fd)).toBe(shown);
    },
    { maxUserWatches: 77 },
  );
});

/** kernel.sysctl_writes_strict: a number that is written in two pieces is not the second one. */
test('what is not written to the start is taken and changes nothing', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.open(path, O_RDWR);
    expect(yield* sys.write(fd, '12')).toBe(2);
    expect(yield* sys.write(fd, '34')).toBe(2);
    yield* sys.lseek(fd, 0, SEEK_SET);
    expect(yield* readText(sys, fd)).toBe('12\n');
  });
});

/** proc_sys_poll: such a file is always ready, and epoll takes it. */
test('a file of /proc/sys can be watched, and is ready', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.open(path, O_RDONLY);
    expect(yield* polled(sys, fd)).toBe(POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
    const ep = yield* sys.epoll_create1(0);
    expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN })).toBe(0);
  });
});
