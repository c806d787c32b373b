import { expect, test } from 'vitest';
import { EPERM } from '../../src/kernel/uapi/errno.ts';
import { EPOLL_CTL_ADD, EPOLLIN, EPOLLOUT } from '../../src/kernel/uapi/eventpoll.ts';
import { O_RDWR } from '../../src/kernel/uapi/fcntl.ts';
import { RNDGETENTCNT } from '../../src/kernel/uapi/random.ts';
import { polled, reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

/** random(4): readable once, then for ever; it has no end that could be full. */
test('/dev/random is readable and never writable, for poll and for epoll', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.open('/dev/random', O_RDWR);
    expect(yield* polled(sys, fd)).toBe(0x41);
    expect(yield* reported(sys, yield* watch(sys, fd, EPOLLIN | EPOLLOUT))).toEqual([EPOLLIN]);
    expect(yield* sys.write(fd, 'abc')).toBe(3);
    const bits = { value: 0 };
    yield* sys.ioctl(fd, RNDGETENTCNT, bits);
    expect(bits.value).toBe(256);
  });
});

/** The two devices are one generator, and yet only one of them can be polled. */
test('/dev/urandom is refused by epoll', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.open('/dev/urandom', O_RDWR);
    const ep = yield* sys.epoll_create1(0);
    expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN })).toBe(-EPERM);
    expect(yield* polled(sys, fd)).toBe(0x145);
  });
});

/** A run that nobody could repeat would be of no use. */
test('The bytes follow from the seed of the machine', () => {
  const bytes = (seed: number): Uint8Array =>
    inMachine(
      function* (sys) {
        const buf = new Uint8Array(16);
        yield* sys.read(yield* sys.open('/dev/urandom', O_RDWR), buf);
        return buf;
      },
      { seed },
    );
  expect(bytes(7)).toEqual(bytes(7));
  expect(bytes(7)).not.toEqual(bytes(8));
});
