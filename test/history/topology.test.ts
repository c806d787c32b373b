/** What commits changed in epoll_ctl and in how items and instances end: with each, and without. */
import { describe, expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import { EINVAL, ELOOP, ENOSPC } from '../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import type { MachineOptions } from '../../src/sim/machine.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { add, del, epOf, eventfds, harvest } from '../support/epoll.ts';
import { inThreads, type Side, side, upTo } from '../support/kernels.ts';
import { pause, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import type { Stretch } from '../support/schedule.ts';
import { Recorder } from '../support/trace.ts';

/** New epolls. */
function* epolls(sys: Sys, count: number): Code<number[]> {
  const fds: number[] = [];
  for (let i = 0; i < count; i++) fds.push(yield* sys.epoll_create1(0));
  return fds;
}

describe('22bacca48a17', () => {
  /** R2 (CVE-2011-1082): four calls, and a process that cannot be killed. */
  const circle = (which: Side): number =>
    inMachine(
      function* (sys) {
        const [e1 = -1, e2 = -1] = yield* epolls(sys, 2);
        const [fd = -1] = yield* eventfds(sys, 0);
        yield* add(sys, e1, fd, EPOLLIN);
        yield* add(sys, e2, e1, EPOLLIN);
        yield* writeCount(sys, fd, 1n);
        return yield* add(sys, e1, e2, EPOLLIN); // Polls e2, which polls e1.
      },
      side(which, '22bacca48a17'),
    );

  test('with it a circle is ELOOP', () => {
    expect(circle('with')).toBe(-ELOOP);
  });

  test('without it an epoll that is added to a circle waits for itself', () => {
    expect(() => circle('without')).toThrow(/main locks ep->mtx, which it holds already/);
  });
});

describe('28d82dc1c4ed', () => {
  /** R25, CVE-2011-1083: a write that goes up 501 paths holds up the machine. */
  test.each<[Side, number]>([
    ['with', -EINVAL],
    ['without', 0],
  ])('%s it the 501st path of two epolls from a file is %i', (which, expected) => {
    const last = inMachine(
      function* (sys) {
        const [fd = -1] = yield* eventfds(sys, 0);
        const inner = yield* watch(sys, fd, EPOLLIN);
        let ret = 0;
        for (let i = 0; i < 501; i++) ret = yield* add(sys, yield* sys.epoll_create1(0), inner, 0);
        return ret;
      },
      side(which, '28d82dc1c4ed'),
    );

    expect(last).toBe(expected);
  });
});

describe('13d518074a95', () => {
  /** R5 (CVE-2012-3375): the list of an ADD that failed held a file that was closed then. */
  const program = (which: Side): number =>
    inMachine(
      function* (sys) {
        const [fd = -1, other = -1] = yield* eventfds(sys, 0, 0);
        const [e1 = -1, e2 = -1, e3 = -1] = yield* epolls(sys, 3);
        yield* add(sys, e1, fd, EPOLLIN);
        yield* add(sys, e1, e2, EPOLLIN);
        expect(yield* add(sys, e2, e1, EPOLLIN)).toBe(-ELOOP);
        yield* sys.close(fd);
        yield* add(sys, e3, other, EPOLLIN);
        return yield* add(sys, e1, e3, EPOLLIN);
      },
      side(which, '13d518074a95'),
    );

  test('with it a nested ADD after one that ended in ELOOP succeeds', () => {
    expect(program('with')).toBe(0);
  });

  test('without it a nested ADD after one that ended in ELOOP uses a closed file', () => {
    expect(() => program('without')).toThrow(/use after free: file anon_inode:\[eventfd\]/);
  });
});

describe('ebe06187bf2a', () => {
  /** R9: whoever closes a file that two epolls watch. */
  const closed = (which: Side): unknown =>
    inMachine(
      function* (sys) {
        const [fd = -1] = yield* eventfds(sys, 0);
        for (let i = 0; i < 2; i++) yield* watch(sys, fd, EPOLLIN);
        return yield* sys.close(fd);
      },
      side(which, 'ebe06187bf2a'),
    );

  test('with it a file in two epolls is closed', () => {
    expect(closed('with')).toBe(0);
  });

  test('without it a file in two epolls is closed by way of a freed item', () => {
    expect(() => closed('without')).toThrow(/use after free: epitem, by main/);
  });
});

/** One thread adds an epoll with a file in it to another; a second one gets rid of the file. */
const addAndGone = (
  gone: (sys: Sys, inner: number, fd: number) => Code<unknown>,
  stretches: readonly Stretch[],
  options: MachineOptions,
): Record<string, unknown> =>
  inThreads(
    function* (sys) {
      const [outer = -1, inner = -1] = yield* epolls(sys, 2);
      const [fd = -1] = yield* eventfds(sys, 0);
      yield* add(sys, inner, fd, EPOLLIN);
      return {
        adds: (self) => add(self, outer, inner, EPOLLIN),
        *goes(self) {
          yield* gone(self, inner, fd);
        },
      };
    },
    stretches,
    options,
  );

function* delAndClose(sys: Sys, inner: number, fd: number): Code<void> {
  yield* del(sys, inner, fd);
  yield* sys.close(fd);
}

describe('a9ed4a6560b8', () => {
  /**
   * R17 (CVE-2020-0466), in 3.13 to 5.8.
   *
   * | epoll_ctl(outer, ADD, inner)       | epoll_ctl(inner, DEL, fd); close(fd)        |
   * | ---------------------------------- | ------------------------------------------- |
   * | lists the file; unlocks inner      |                                             |
   * |                                    | no epoll watches it: freed, without epmutex |
   * | walks over the list: freed         |                                             |
   */
  const stretches = [
    ...upTo('adds', 'mutex_lock ep->mtx', 'mutex_lock epmutex', 'spin_lock ncalls->lock'),
    ...upTo('adds', 'mutex_lock ep->mtx', 'spin_lock ncalls->lock', 'mutex_lock ep->mtx'),
    { thread: 'goes' },
    { thread: 'adds' },
  ];

  test('without it a file on the check list is freed', () => {
    expect(() => addAndGone(delAndClose, stretches, side('without', 'a9ed4a6560b8'))).toThrow(
      /use after free: file anon_inode:\[eventfd\], by adds/,
    );
  });

  test('with it a file on the check list stays until it is off', () => {
    expect(addAndGone(delAndClose, stretches, side('with', 'a9ed4a6560b8'))['adds']).toBe(0);
  });
});

describe('77f4689de17c', () => {
  /** The bug of the fix: the file's last reference was gone already, and it was closed twice. */
  const stretches = [
    ...upTo('goes', 'mutex_lock epmutex'), // In eventpoll_release_file().
    { thread: 'adds' },
    { thread: 'goes' },
  ];
  const close = (sys: Sys, _inner: number, fd: number): Code<unknown> => sys.close(fd);

  test('without it a file that is being closed gets a reference again', () => {
    expect(() => addAndGone(close, stretches, side('without', '77f4689de17c'))).toThrow(
      /addition on 0; use after free/,
    );
  });

  test('with it a file that is being closed is not listed', () => {
    expect(addAndGone(close, stretches, side('with', '77f4689de17c'))['adds']).toBe(0);
  });
});

describe('18306c404abe and fe0a916c1eae', () => {
  /**
   * R18, in 3.13 to 5.8: `e1` is not watched yet when a file is added to it, so nobody counts the
   * paths of that file; and the ADD of `e1` has already looked for files in it.
   */
  const paths = (options: MachineOptions): Record<string, unknown> => {
    const trace = new Recorder();
    const seen = inThreads(
      function* (sys) {
        const [e0 = -1, e1 = -1] = yield* epolls(sys, 2);
        const [fd = -1] = yield* eventfds(sys, 0);
        return {
          nests: (self) => add(self, e0, e1, EPOLLIN),
          adds: (self) => add(self, e1, fd, EPOLLIN),
        };
      },
      [
        ...upTo('nests', 'mutex_lock ep->mtx', 'mutex_lock epmutex', 'spin_lock ncalls->lock'),
        ...upTo('nests', 'mutex_lock ep->mtx', 'spin_lock ncalls->lock', 'mutex_lock ep->mtx'),
        { thread: 'adds' },
        { thread: 'nests' },
      ],
      trace.on(options),
    );
    const slow = trace.lines.filter((line) => line.startsWith('adds: mutex_lock epmutex'));
    return { ...seen, slow: slow.length > 0 };
  };

  test.each<[string, MachineOptions, boolean]>([
    ['with both', { kernel: '5.9' }, true],
    ['without fe0a916c1eae', side('without', 'fe0a916c1eae'), false],
    ['without 18306c404abe', side('without', '18306c404abe'), false],
  ])('%s an ADD to an epoll that is being checked is checked too: %s', (_, options, slow) => {
    expect(paths(options)).toEqual({ nests: 0, adds: 0, slow });
  });
});

describe('f8d4f44df056', () => {
  /** R19 (CVE-2021-39634): callbacks ran up a path that was refused afterwards. */
  test.each<[Side, boolean]>([
    ['with', false],
    ['without', true],
  ])('%s it an item that is refused was on the wait queue of its file: %s', (which, was) => {
    const trace = new Recorder();
    inMachine(
      function* (sys) {
        const [fd = -1] = yield* eventfds(sys, 0);
        const inner = yield* sys.epoll_create1(0);
        for (let i = 0; i < 501; i++) yield* add(sys, yield* sys.epoll_create1(0), inner, 0);
        trace.lines.length = 0;
        expect(yield* add(sys, inner, fd, EPOLLIN)).toBe(-EINVAL);
        const queued = 'note ep_ptable_queue_proc: onto the wait queue of its file';
        expect(trace.lines.includes(queued)).toBe(was);
      },
      trace.on(side(which, 'f8d4f44df056')),
    );
  });
});

describe('1e1c15839df0', () => {
  /** max_user_watches: two threads that find the same room. */
  test.each<[Side, number[]]>([
    ['with', [-ENOSPC, 0]],
    ['without', [0, 0]],
  ])('%s it two ADDs at once into room for one are %j', (which, results) => {
    const seen = inThreads(
      function* (sys) {
        const [e1 = -1, e2 = -1] = yield* epolls(sys, 2);
        const [fd = -1] = yield* eventfds(sys, 0);
        return {
          a: (self) => add(self, e1, fd, EPOLLIN),
          b: (self) => add(self, e2, fd, EPOLLIN),
        };
      },
      [...upTo('a', 'spin_lock file->f_lock'), { thread: 'b' }, { thread: 'a' }],
      { maxUserWatches: 1, ...side(which, '1e1c15839df0') },
    );

    expect(Object.values(seen).sort()).toEqual(results);
  });
});

describe('58c9b016e128', () => {
  /** Closing any epoll waited for closing any other one, and for every nested ADD, in the system. */
  test.each<[Side, number]>([
    ['with', 0],
    ['without', 2],
  ])('%s it an epoll and a watched file are closed under epmutex %i times', (which, times) => {
    const trace = new Recorder();
    inMachine(
      function* (sys) {
        const [a = -1, b = -1] = yield* eventfds(sys, 0, 0);
        const [e1, e2] = [yield* watch(sys, a, EPOLLIN), yield* watch(sys, b, EPOLLIN)];
        trace.lines.length = 0;
        yield* sys.close(a);
        yield* sys.close(e2);
        expect(trace.lines.filter((line) => line === 'main: mutex_lock epmutex')).toHaveLength(
          times,
        );
        expect(yield* harvest(sys, e1)).toEqual([]);
      },
      trace.on(side(which, '58c9b016e128')),
    );
  });
});

describe('8c2e52ebbe88', () => {
  /**
   * R20 (CVE-2025-38349), in 6.4 to 6.15: a mutex that is unlocked is not done with yet.
   *
   * | close(file)                             | close(epoll)                          |
   * | --------------------------------------- | ------------------------------------- |
   * | drops its reference; gives mtx back …   |                                       |
   * |                                         | takes mtx; drops the last reference   |
   * |                                         | frees the epoll                       |
   * | … and is still busy with mtx: freed     |                                       |
   */
  const closes = (which: Side): unknown =>
    inThreads(
      function* (sys) {
        const [fd = -1] = yield* eventfds(sys, 0);
        const epfd = yield* watch(sys, fd, EPOLLIN);
        return {
          'closes file': (self) => self.close(fd),
          'closes epoll': (self) => self.close(epfd),
        };
      },
      [
        ...upTo('closes file', 'mutex_lock ep->mtx', 'write_lock ep->lock'),
        ...(which === 'without' ? upTo('closes file', 'access ep') : []),
        { thread: 'closes epoll' },
        { thread: 'closes file' },
      ],
      side(which, '8c2e52ebbe88'),
    );

  test('without it an epoll is freed while its mutex is being unlocked', () => {
    expect(() => closes('without')).toThrow(
      /use after free: closes file is still unlocking ep->mtx/,
    );
  });

  test('with it a reference is given back after the mutex', () => {
    expect(closes('with')).toEqual({ 'closes file': 0, 'closes epoll': 0 });
  });
});

describe('f2e467a48287', () => {
  /** R25 (CVE-2025-38614): chains could grow at the bottom, each ADD looking at one link. */
  test.each<[Side, number]>([
    ['with', -ELOOP],
    ['without', 0],
  ])('%s it the sixth epoll of a chain without a file is %i', (which, expected) => {
    const last = inMachine(
      function* (sys) {
        const chain = yield* epolls(sys, 6);
        let ret = 0;
        for (let i = 1; i < 6; i++) {
          ret = yield* add(sys, chain[i - 1] as number, chain[i] as number, EPOLLIN);
        }
        return ret;
      },
      side(which, 'f2e467a48287'),
    );

    expect(last).toBe(expected);
  });

  /** What the chains did: a wakeup that climbs until the stack is used up. */
  test('without it a write below a chain of nine epolls recurses beyond all levels', () => {
    const write = () =>
      inMachine(
        function* (sys) {
          const chain = yield* epolls(sys, 9);
          for (let i = 1; i < 9; i++) {
            yield* add(sys, chain[i - 1] as number, chain[i] as number, EPOLLIN);
          }
          const [fd = -1] = yield* eventfds(sys, 0);
          current.kernel.eventpoll.loop_check_gen++;
          yield* add(sys, chain[8] as number, fd, EPOLLIN);
          yield* writeCount(sys, fd, 1n);
        },
        { kernel: '6.16', without: ['f2e467a48287', '28d82dc1c4ed'] },
      );

    expect(write).toThrow(/lockdep: looking up invalid subclass: 8/);
  });
});

describe('fdcfce93073d', () => {
  /** A depth that wrapped let no circle through: the way up meets the epoll that saw it. */
  test.each<[Side, number]>([
    ['with', 6],
    ['without', 0],
  ])('%s it the depth above a circle reads %i, and the circle is ELOOP', (which, depth) => {
    const seen = inMachine(
      function* (sys) {
        const [e1 = -1, e2 = -1, e3 = -1] = yield* epolls(sys, 3);
        yield* add(sys, e1, e2, EPOLLIN);
        yield* add(sys, e2, e3, EPOLLIN);
        const ret = yield* add(sys, e3, e1, EPOLLIN);
        return [ret, epOf(e1).loop_check_depth];
      },
      side(which, 'fdcfce93073d'),
    );

    expect(seen).toEqual([-ELOOP, depth]);
  });
});

describe('07712db80857', () => {
  /** R24 (CVE-2026-43074). See test/races/topology-walk.test.ts. */
  const climb = (which: Side): unknown =>
    inThreads(
      function* (sys) {
        const middle = yield* sys.epoll_create1(0);
        const top = yield* watch(sys, middle, EPOLLIN);
        const inner = yield* sys.epoll_create1(0);
        return {
          adds: (self) => add(self, middle, inner, EPOLLIN),
          closes: (self) => self.close(top),
        };
      },
      [
        ...upTo('adds', 'mutex_lock epnested_mutex', 'mutex_lock ep->mtx', 'access ep'),
        { thread: 'closes' },
        { thread: 'adds' },
      ],
      side(which, '07712db80857'),
    );

  test('without it the check climbs to a freed epoll', () => {
    expect(() => climb('without')).toThrow(/use after free: eventpoll, by adds/);
  });

  test('with it an epoll outlives those who climb to it', () => {
    expect(climb('with')).toEqual({ adds: 0, closes: 0 });
  });
});

describe('a6dc643c6931', () => {
  /** R23 (CVE-2026-46242, "Bad Epoll"). See test/races/bad-epoll.test.ts. */
  const closes = (which: Side, stops: readonly string[]): unknown =>
    inThreads(
      function* (sys) {
        const inner = yield* sys.epoll_create1(0);
        const outer = yield* watch(sys, inner, EPOLLIN);
        return {
          outer: (self) => self.close(outer),
          inner: (self) => self.close(inner),
        };
      },
      [...upTo('outer', ...stops), { thread: 'inner' }, { thread: 'outer' }],
      side(which, 'a6dc643c6931'),
    );
  const atFileLock = ['spin_lock file->f_lock', 'access anon_inode:[eventpoll]'];

  test('without it an inner epoll is freed while its item is removed', () => {
    const stops = ['access anon_inode:[eventpoll]', ...atFileLock];

    expect(() => closes('without', stops.slice(1))).toThrow(/use after free: eventpoll, by outer/);
  });

  test('with it the file stays until its item is removed', () => {
    expect(closes('with', atFileLock)).toEqual({ outer: 0, inner: 0 });
  });

  /** The other order: the file is on its way out, and takes its item along. */
  test('with it an item of a dying file is left to that', () => {
    const seen = inThreads(
      function* (sys) {
        const [fd = -1] = yield* eventfds(sys, 0);
        const epfd = yield* watch(sys, fd, EPOLLIN | EPOLLET);
        return { file: (self) => self.close(fd), epoll: (self) => self.close(epfd) };
      },
      [...upTo('file', 'mutex_lock ep->mtx'), { thread: 'epoll' }, { thread: 'file' }],
      side('with', 'a6dc643c6931'),
    );

    expect(seen).toEqual({ file: 0, epoll: 0 });
  });
});

describe('0ede61d8589c', () => {
  /** What made R23 and R26 worse: the lock in a closed file is another file's at once. */
  test.each<[Side, boolean]>([
    ['with', true],
    ['without', false],
  ])('%s it a file is free as soon as it is closed, readers or not: %s', (which, freed) => {
    const seen = inThreads(
      function* (sys) {
        const [e0 = -1, e1 = -1] = yield* epolls(sys, 2);
        const [fd = -1] = yield* eventfds(sys, 0);
        yield* add(sys, e1, fd, EPOLLIN);
        const file = current.files.fd[fd] ?? null;
        return {
          adds: (self) => add(self, e0, e1, EPOLLIN), // A reader, while it counts paths.
          *goes(self) {
            yield* delAndClose(self, e1, fd);
          },
          *looks() {
            return file?.freed;
          },
          *waits(self) {
            yield* pause(self);
          },
        };
      },
      [
        ...upTo('adds', 'mutex_lock epnested_mutex', 'mutex_lock ep->mtx', 'mutex_lock ep->mtx'),
        ...upTo('adds', 'mutex_lock ep->mtx', 'spin_lock file->f_lock', 'access ep'),
        { thread: 'goes' },
        { thread: 'looks' },
      ],
      side(which, '0ede61d8589c'),
    );

    expect(seen['looks']).toBe(freed);
  });
});
