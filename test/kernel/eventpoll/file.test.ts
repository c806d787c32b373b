import { describe, expect, test } from 'vitest';
import { is_file_epoll } from '../../../src/kernel/eventpoll/index.ts';
import { EINVAL } from '../../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLIN, EPOLLONESHOT, EPOLLOUT } from '../../../src/kernel/uapi/eventpoll.ts';
import {
  F_GETFD,
  F_GETFL,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDWR,
} from '../../../src/kernel/uapi/fcntl.ts';
import { add, epOf, eventfds, fileOf, harvest } from '../../support/epoll.ts';
import { fdinfo } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';

describe('epoll_create', () => {
  /** epoll_create(2), verified on 6.18. */
  test.each([
    [0, 3],
    [O_CLOEXEC, 3],
    [1, -EINVAL],
    [O_CLOEXEC | 1, -EINVAL],
    [O_NONBLOCK, -EINVAL],
  ])('epoll_create1(%i) is %i', (flags, expected) => {
    expect(inMachine((sys) => sys.epoll_create1(flags))).toBe(expected);
  });

  /** epoll_create(2): the size has no meaning but must be positive. */
  test.each([
    [1, 3],
    [0, -EINVAL],
    [-1, -EINVAL],
  ])('epoll_create(%i) is %i', (size, expected) => {
    expect(inMachine((sys) => sys.epoll_create(size))).toBe(expected);
  });

  /** What a program sees with fcntl (verified on 6.18). */
  test('an epoll descriptor is open for reading and writing, close-on-exec as asked for', () => {
    const seen = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(O_CLOEXEC);
      return [yield* sys.fcntl(epfd, F_GETFL), yield* sys.fcntl(epfd, F_GETFD)];
    });

    expect(seen).toEqual([O_RDWR, FD_CLOEXEC]);
  });

  /** It has no bytes: a program that mixes its descriptors up gets EINVAL. */
  test('read and write of an epoll descriptor are -EINVAL', () => {
    const rets = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      return [yield* sys.read(epfd, new Uint8Array(8)), yield* sys.write(epfd, 'x')];
    });

    expect(rets).toEqual([-EINVAL, -EINVAL]);
  });

  /** What decides whether ADD looks for circles. */
  test('is_file_epoll tells an epoll from another file', () => {
    const seen = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      return [
        is_file_epoll(fileOf(epfd)),
        is_file_epoll(fileOf(0)),
        epOf(epfd).file === fileOf(epfd),
      ];
    });

    expect(seen).toEqual([true, false, true]);
  });
});

describe('/proc/PID/fdinfo', () => {
  /** CRIU parses these lines; recorded on 6.18, with the inode number of that boot. */
  test('an item is one line: tfd, events, data, position, inode and device', () => {
    const lines = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0); // 3
      const [a = -1, b = -1] = yield* eventfds(sys, 0, 1); // 4, 5
      yield* add(sys, epfd, a, EPOLLIN, 7);
      yield* add(sys, epfd, b, EPOLLIN | EPOLLET | EPOLLONESHOT, -1);
      yield* add(sys, epfd, yield* sys.dup(a), EPOLLOUT | EPOLLET, 0x123456789abcdef0n);
      const ino = fileOf(a).f_inode.i_ino.toString(16);
      return (yield* fdinfo(sys, epfd)).map((line) => line.replace(`ino:${ino}`, 'ino:40e'));
    });

    expect(lines).toEqual([
      'tfd:        4 events:       19 data:                7  pos:0 ino:40e sdev:10',
      'tfd:        6 events: 8000001c data: 123456789abcdef0  pos:0 ino:40e sdev:10',
      'tfd:        5 events: c0000019 data: ffffffffffffffff  pos:0 ino:40e sdev:10',
    ]);
  });

  /** How a person finds out why a connection is silent (D.13). */
  test('after the shot of a ONESHOT item only its private bits are left', () => {
    const lines = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      const [efd = -1] = yield* eventfds(sys, 1);
      yield* add(sys, epfd, efd, EPOLLIN | EPOLLET | EPOLLONESHOT, 0);
      yield* harvest(sys, epfd);
      return yield* fdinfo(sys, epfd);
    });

    expect(lines[0]).toContain('events: c0000000 ');
  });

  /** The order of the tree: by file, then by number, whatever the order of adding. */
  test('items stand in the order in which their files were opened', () => {
    const tfds = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      const [a = -1, b = -1, c = -1] = yield* eventfds(sys, 0, 0, 0);
      for (const fd of [c, a, b]) yield* add(sys, epfd, fd, EPOLLIN);
      return (yield* fdinfo(sys, epfd)).map((line) => Number(/tfd: *(\d+)/.exec(line)?.[1]));
    });

    expect(tfds).toEqual([4, 5, 6]);
  });

  /** An empty set shows nothing. */
  test('an epoll without items shows no line', () => {
    const lines = inMachine(function* (sys) {
      return yield* fdinfo(sys, yield* sys.epoll_create1(0));
    });

    expect(lines).toEqual([]);
  });
});
