/** Which errno a call gives when several would fit, and what a failed call leaves behind. */
import { expect, test } from 'vitest';
import {
  EBADF,
  EEXIST,
  EFAULT,
  EINVAL,
  ELOOP,
  EMFILE,
  ENOENT,
  EPERM,
} from '../../src/kernel/uapi/errno.ts';
import { EFD_NONBLOCK } from '../../src/kernel/uapi/eventfd.ts';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  EPOLLOUT,
} from '../../src/kernel/uapi/eventpoll.ts';
import { watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { waitInto } from './buffers.ts';
import { add, modify, ready, remove, threeEventfds } from './scenes.ts';
import { ctl, eventfds, play, wait, waitBadly } from './steps.ts';

const closed = 99;
const nothing = { events: 0 };

/** The event is copied in before anything else is looked at: a bad pointer hides a bad descriptor. */
test('epoll_ctl without an event is EFAULT, whatever else is wrong', () => {
  inMachine(function* (sys) {
    expect(yield* sys.epoll_ctl(closed, EPOLL_CTL_ADD, closed, null)).toBe(-EFAULT);
    expect(yield* sys.epoll_ctl(closed, EPOLL_CTL_MOD, closed, null)).toBe(-EFAULT);
    expect(yield* sys.epoll_ctl(closed, 99, closed, null)).toBe(-EFAULT);
  });
});

/** epoll_ctl(2), BUGS: since 2.6.9 DEL may come with NULL. Old programs pass an event all the same. */
test('DEL takes no event, and does not look at one', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    const ep = yield* watch(sys, fd, EPOLLIN);
    expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd, null)).toBe(0);
    yield* add(sys, ep, fd, EPOLLIN);
    expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd, { events: EPOLLEXCLUSIVE })).toBe(0);
  });
});

/** A cleanup that deletes what is closed already: EBADF, where one may expect ENOENT. */
test('epoll_ctl looks at both descriptors before it looks at the operation', () => {
  inMachine(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    expect(yield* sys.epoll_ctl(closed, 99, ep, nothing)).toBe(-EBADF);
    expect(yield* sys.epoll_ctl(ep, 99, closed, nothing)).toBe(-EBADF);
    expect(yield* remove(sys, ep, closed)).toBe(-EBADF);
    expect(yield* remove(sys, 0, closed)).toBe(-EBADF); // 0 is no epoll, which comes later.
  });
});

/** libmtev 682, tmux 3622, Go 44552: standard input from /dev/null or a file breaks a loop. */
test.each([
  ['ADD', EPOLL_CTL_ADD],
  ['MOD', EPOLL_CTL_MOD],
  ['DEL', EPOLL_CTL_DEL],
  ['an unknown operation', 99],
])('%s on a file that cannot be polled is EPERM', (_name, op) => {
  inMachine(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    expect(yield* sys.epoll_ctl(ep, op, 0, { events: EPOLLIN })).toBe(-EPERM);
  });
});

/** EPERM is found at the watched file, EINVAL at the instance: the file is looked at first. */
test('a file that cannot be polled is EPERM, though the instance is none', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    expect(yield* add(sys, fd, 0, EPOLLIN)).toBe(-EPERM);
    expect(yield* add(sys, 0, 0, EPOLLIN)).toBe(-EPERM);
    expect(yield* add(sys, 0, fd, EPOLLIN)).toBe(-EINVAL);
  });
});

/** The rules of EPOLLEXCLUSIVE come before the lookup: gRPC probes for the flag with MOD. */
test('MOD with EPOLLEXCLUSIVE is EINVAL, not ENOENT, for a file that is not there', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    const ep = yield* sys.epoll_create1(0);
    expect(yield* modify(sys, ep, fd, EPOLLIN | EPOLLEXCLUSIVE)).toBe(-EINVAL);
    expect(yield* modify(sys, ep, fd, EPOLLIN)).toBe(-ENOENT);
  });
});

/** libevent and libuv turn EEXIST into MOD and ENOENT into ADD, so each must come as such. */
test('a second ADD is EEXIST, MOD and DEL of what is absent are ENOENT', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    const ep = yield* sys.epoll_create1(0);
    expect(yield* modify(sys, ep, fd, EPOLLIN)).toBe(-ENOENT);
    expect(yield* remove(sys, ep, fd)).toBe(-ENOENT);
    expect(yield* add(sys, ep, fd, EPOLLIN)).toBe(0);
    expect(yield* add(sys, ep, fd, EPOLLIN)).toBe(-EEXIST);
  });
});

/** The last check of all: an unknown operation on two good descriptors. */
test('an unknown operation is EINVAL', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    const ep = yield* watch(sys, fd, EPOLLIN);
    expect(yield* sys.epoll_ctl(ep, 0, fd, nothing)).toBe(-EINVAL);
    expect(yield* sys.epoll_ctl(ep, 4, fd, nothing)).toBe(-EINVAL);
  });
});

/** An edge that exists is checked for circles all the same, and is no circle. */
test('a second ADD of an instance is EEXIST, and a circle ELOOP before it', () => {
  inMachine(function* (sys) {
    const inner = yield* sys.epoll_create1(0);
    const outer = yield* watch(sys, inner, EPOLLIN);
    expect(yield* add(sys, outer, inner, EPOLLIN)).toBe(-EEXIST);
    expect(yield* add(sys, inner, outer, EPOLLIN)).toBe(-ELOOP);
  });
});

/** A mistake must not change anything: a failed ADD or MOD leaves mask and data as they were. */
test('a refused change leaves the item as it was', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN);
    expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: 0, data: 77 })).toBe(-EEXIST);
    expect(yield* sys.epoll_ctl(ep, 99, fd, { events: 0, data: 77 })).toBe(-EINVAL);
    expect(yield* ready(sys, ep)).toEqual([fd]);
  });
});

/** ae3a4f1fdc2c (6.15): the descriptor first; before, the size of the array. */
test('epoll_wait looks at the descriptor, then at maxevents, then at what the file is', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    const ep = yield* sys.epoll_create1(0);
    expect((yield* sys.epoll_wait(closed, 0, 0)).ret).toBe(-EBADF);
    expect((yield* sys.epoll_wait(ep, 0, 0)).ret).toBe(-EINVAL);
    expect((yield* sys.epoll_wait(ep, -1, 0)).ret).toBe(-EINVAL);
    expect((yield* sys.epoll_wait(fd, 1, 0)).ret).toBe(-EINVAL);
    expect((yield* sys.epoll_wait(0, 1, 0)).ret).toBe(-EINVAL);
  });
});

/** INT_MAX bytes is the most that an array may have; its size counts, not what is in it. */
test('maxevents may be 178956970 and no more', () => {
  inMachine(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    expect((yield* sys.epoll_wait(ep, 178_956_970, 0)).ret).toBe(0);
    expect((yield* sys.epoll_wait(ep, 178_956_971, 0)).ret).toBe(-EINVAL);
  });
});

/** epoll_pwait2(2), EINVAL: the span is read before the descriptor. */
test('epoll_pwait2 looks at the time span first', () => {
  inMachine(function* (sys) {
    const bad = { tv_sec: -1, tv_nsec: 0 };
    expect((yield* sys.epoll_pwait2(closed, 0, bad)).ret).toBe(-EINVAL);
    expect((yield* sys.epoll_pwait2(closed, 0, { tv_sec: 0, tv_nsec: 0 })).ret).toBe(-EBADF);
  });
});

/** Nothing is copied, so nothing faults: a program with a bad pointer works until an event comes. */
test('a bad buffer is no error while there is nothing to report', () => {
  expect(play(eventfds(1, 'EPOLLIN'), [waitBadly('main', 8)])).toEqual([
    'main epoll_wait: nothing',
  ]);
});

/** d0305882825 (2.6.30): before, a fault swallowed the event, which ET and ONESHOT never repeat. */
test.each(['EPOLLIN|EPOLLET', 'EPOLLIN|EPOLLONESHOT', 'EPOLLIN'])(
  'an event of %s that could not be copied is reported by the next epoll_wait',
  (events) => {
    const lines = play(eventfds(3, events, 1), [waitBadly('main', 8), wait('main', 8)]);
    expect(lines).toEqual(['main epoll_wait: EFAULT', 'main epoll_wait: 0 1 2']);
  },
);

/** A fault in the middle of the array: what was copied counts, what was not keeps its place. */
test('a fault at the second event returns the first, and the rest comes next', () => {
  inMachine(function* (sys) {
    const [ep, a, b, c] = yield* threeEventfds(sys, EPOLLOUT);
    expect(yield* waitInto(sys, ep, 1)).toEqual([a]);
    expect(yield* waitInto(sys, ep, 0)).toBe(-EFAULT);
    expect(yield* ready(sys, ep)).toEqual([b, c, a]);
  });
});

/** A bad buffer on a bad instance: the mistakes of the arguments come before those of the memory. */
test('a bad buffer hides no other mistake', () => {
  const lines = play(eventfds(1, 'EPOLLIN', 1), [
    wait('main', 0, { buffer: 'bad' }),
    wait('main', 1, { buffer: 'bad', epfd: '$e0' }),
    wait('main', 1, { buffer: 'bad', epfd: 99 }),
    ctl('main', 'DEL', 99),
  ]);
  expect(lines).toEqual([
    'main epoll_wait: EINVAL',
    'main epoll_wait: EINVAL',
    'main epoll_wait: EBADF',
    'main epoll_ctl: EBADF',
  ]);
});

/** epoll_create(2): the size has meant nothing since 2.6.8, and must be positive all the same. */
test('epoll_create takes any positive size, and epoll_create1 one flag', () => {
  inMachine(function* (sys) {
    expect(yield* sys.epoll_create(0)).toBe(-EINVAL);
    expect(yield* sys.epoll_create(-1)).toBe(-EINVAL);
    expect(yield* sys.epoll_create(1)).toBe(3);
    expect(yield* sys.epoll_create1(1)).toBe(-EINVAL);
  });
});

/** A server at its limit cannot build a new loop either; the flags are looked at before. */
test('a process without free descriptors gets no instance', () => {
  inMachine(
    function* (sys) {
      expect(yield* sys.epoll_create1(0)).toBe(3);
      expect(yield* sys.epoll_create1(0)).toBe(-EMFILE);
      expect(yield* sys.epoll_create1(1)).toBe(-EINVAL);
    },
    { nofile: 4 },
  );
});
