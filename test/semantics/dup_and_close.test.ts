/** What is registered is the open file under the number of its ADD; what duplicates and close do. */
import { expect, test } from 'vitest';
import { EBADF, EEXIST, ENOENT } from '../../src/kernel/uapi/errno.ts';
import { EFD_NONBLOCK } from '../../src/kernel/uapi/eventfd.ts';
import { EPOLLHUP, EPOLLIN, EPOLLOUT } from '../../src/kernel/uapi/eventpoll.ts';
import { pause, reported, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { add, modify, park, readText, ready, remove, unixPair } from './scenes.ts';

/** epoll(7), "will closing a file descriptor cause it to be removed": libuv 1099, uvloop 61. */
test('a file is reported under a number that is closed, as long as a duplicate is open', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* sys.dup(a);
    yield* sys.close(a);
    yield* sys.write(b, 'x');
    expect(yield* ready(sys, ep)).toEqual([a]);
    expect(yield* ready(sys, ep)).toEqual([a]);
  });
});

/** The same programs, when they notice: neither number removes the item any more. */
test('DEL by the closed number is EBADF, and by the duplicate ENOENT', () => {
  inMachine(function* (sys) {
    const [a] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT);
    const copy = yield* sys.dup(a);
    yield* sys.close(a);
    expect(yield* remove(sys, ep, a)).toBe(-EBADF);
    expect(yield* remove(sys, ep, copy)).toBe(-ENOENT);
    expect(yield* ready(sys, ep)).toEqual([a]);
  });
});

/** The way out for who has the duplicate: file and number make the key, so both must be restored. */
test('dup2 of the duplicate back onto the old number makes DEL work again', () => {
  inMachine(function* (sys) {
    const [a] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT);
    const copy = yield* sys.dup(a);
    yield* sys.close(a);
    expect(yield* sys.dup2(copy, a)).toBe(a);
    expect(yield* remove(sys, ep, a)).toBe(0);
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** libuv 1468: the rule that all loops follow by now. */
test('DEL before close silences the file, though a duplicate is open', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* sys.dup(a);
    yield* remove(sys, ep, a);
    yield* sys.close(a);
    yield* sys.write(b, 'x');
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** epoll(7): the last close removes the item. A loop that never calls DEL leaks nothing. */
test('the last close of a file takes it out of the instance', () => {
  inMachine(function* (sys) {
    const [a] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT);
    const copy = yield* sys.dup(a);
    yield* sys.close(a);
    expect(yield* ready(sys, ep)).toEqual([a]);
    yield* sys.close(copy);
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** A thread that waits for its own connection, which another thread closes: it is not told. */
test('closing a watched file is no event for who waits for it', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [a] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* park(sys, ep, woken, 't1');
    yield* sys.close(a);
    yield* pause(sys);
    expect(woken).toEqual([]);
  });
});

/** The way to watch reading and writing by different masks and data, which epoll(7) permits. */
test('a file and its duplicate are two items', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const copy = yield* sys.dup(a);
    const ep = yield* watch(sys, a, EPOLLIN);
    expect(yield* add(sys, ep, a, EPOLLIN)).toBe(-EEXIST);
    expect(yield* add(sys, ep, copy, EPOLLOUT)).toBe(0);
    yield* sys.write(b, 'x');
    expect((yield* ready(sys, ep)).sort()).toEqual([a, copy]);
  });
});

/** The number of a closed connection is taken at once: ADD must not find the old item. */
test('a new file under a number that is still registered is an item of its own', () => {
  inMachine(function* (sys) {
    const [a] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT);
    yield* sys.dup(a);
    yield* sys.close(a);
    const reused = yield* sys.eventfd2(1, EFD_NONBLOCK);
    expect(reused).toBe(a);
    expect(yield* modify(sys, ep, reused, EPOLLIN)).toBe(-ENOENT);
    expect(yield* add(sys, ep, reused, EPOLLIN)).toBe(0);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT, EPOLLIN]);
  });
});

/** libuv 826, baresip 266: what epoll_wait has copied is not recalled, and the number is reused. */
test('closing a file does not take back an event that was harvested with it', () => {
  inMachine(function* (sys) {
    const [a] = yield* unixPair(sys);
    const [c] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT);
    yield* add(sys, ep, c, EPOLLOUT);
    const batch = yield* sys.epoll_wait(ep, 8, 0);
    yield* sys.close(c); // By the handler of the first event.
    const stranger = yield* sys.eventfd2(0, EFD_NONBLOCK);
    expect(batch[1]?.data).toBe(stranger);
    expect(yield* ready(sys, ep)).toEqual([a]);
  });
});

/** A loop that redirects a descriptor (a shell, a log rotation): dup2 closes what was there. */
test('dup2 over a watched descriptor removes its file, and watches nothing instead', () => {
  inMachine(function* (sys) {
    const [a] = yield* unixPair(sys);
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    const ep = yield* watch(sys, a, EPOLLOUT);
    yield* sys.dup2(fd, a);
    expect(yield* ready(sys, ep)).toEqual([]);
    expect(yield* remove(sys, ep, a)).toBe(-ENOENT);
  });
});

/** The peer is another file: what is a silent removal here is a hangup there. */
test('closing one end of a pair is a hangup for the other end only', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* add(sys, ep, b, 0);
    yield* sys.close(a);
    expect(yield* reported(sys, ep)).toEqual([EPOLLHUP]);
    expect(yield* ready(sys, ep)).toEqual([b]);
  });
});

/** One instance, two descriptors: what a helper registers through its own, the loop gets. */
test('a duplicate of the epoll descriptor is the same instance', () => {
  inMachine(function* (sys) {
    const [a] = yield* unixPair(sys);
    const ep = yield* sys.epoll_create1(0);
    const copy = yield* sys.dup(ep);
    yield* add(sys, copy, a, EPOLLOUT);
    expect(yield* ready(sys, ep)).toEqual([a]);
    yield* sys.close(ep);
    expect(yield* ready(sys, copy)).toEqual([a]);
  });
});

/** miri 5203: shutdown by close(epfd) from another thread does not work, nor does it crash. */
test('closing the epoll descriptor neither wakes nor fails a thread that waits in it', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* park(sys, ep, woken, 't1');
    expect(yield* sys.close(ep)).toBe(0);
    yield* pause(sys);
    expect(woken).toEqual([]);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${fd}`]);
    expect((yield* sys.epoll_wait(ep, 8, 0)).ret).toBe(-EBADF);
  });
});

/** Registrations hold no reference: or nothing that is watched would ever see its peer close. */
test('being watched does not keep a file open', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    yield* watch(sys, a, EPOLLIN);
    yield* sys.close(a);
    expect(yield* readText(sys, b)).toBe('');
  });
});
