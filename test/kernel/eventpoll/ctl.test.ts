import { describe, expect, test } from 'vitest';
import { current } from '../../../src/kernel/current.ts';
import { ep_find_tfd, get_epoll_tfile_raw_ptr } from '../../../src/kernel/eventpoll/ctl.ts';
import { do_epoll_ctl } from '../../../src/kernel/eventpoll/index.ts';
import { statics } from '../../../src/kernel/eventpoll/types.ts';
import { ktime_get, schedule_hrtimeout_range } from '../../../src/kernel/hrtimer.ts';
import { type mutex, mutex_lock, mutex_unlock } from '../../../src/kernel/mutex.ts';
import { TASK_UNINTERRUPTIBLE } from '../../../src/kernel/sched.ts';
import {
  EAGAIN,
  EBADF,
  EEXIST,
  EFAULT,
  EINVAL,
  ENOENT,
  ENOSPC,
  EPERM,
} from '../../../src/kernel/uapi/errno.ts';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  EPOLLWAKEUP,
} from '../../../src/kernel/uapi/eventpoll.ts';
import type { Sys } from '../../../src/syscalls/sys.ts';
import {
  add,
  del,
  epOf,
  eventfds,
  fileOf,
  harvest,
  itemOf,
  mod,
  queueOf,
  readyList,
} from '../../support/epoll.ts';
import { inThread, pause, watch, writeCount } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { byHand } from '../../support/schedule.ts';
import { Recorder } from '../../support/trace.ts';

const IN = { events: EPOLLIN };

/** Found without a walk through the tree as long as few watch a file, and by the walk then. */
test('An item is found by its file and its number, however many others watch the file', () => {
  const results = inMachine(function* (sys) {
    const event = yield* sys.eventfd2(0, 0);
    const numbers = [event, yield* sys.dup(event), yield* sys.dup(event)];
    const eps: number[] = [];
    for (let i = 0; i < 7; i++) {
      const ep = yield* sys.epoll_create1(0);
      for (const fd of numbers.slice(0, i % 3)) yield* add(sys, ep, fd, EPOLLIN);
      eps.push(ep);
    }
    const found: number[] = [];
    for (const ep of eps) {
      let count = 0;
      for (const fd of numbers) if ((yield* mod(sys, ep, fd, EPOLLIN)) === 0) count++;
      found.push(count);
    }
    return found;
  });

  expect(results).toEqual([0, 1, 2, 0, 1, 2, 0]);
});

describe('the order of checks', () => {
  /** C.3, verified on 6.18: two wrong arguments give the error of the first check. */
  test.each([
    ['no event, and nothing else right', 99, EPOLL_CTL_ADD, 98, null, -EFAULT],
    ['no event, unknown operation', 99, 77, 98, null, -EFAULT],
    ['neither descriptor open', 99, EPOLL_CTL_ADD, 98, IN, -EBADF],
    ['the epoll not open', 99, EPOLL_CTL_ADD, 0, IN, -EBADF],
    ['the target not open, the epoll not one', 0, EPOLL_CTL_ADD, 98, IN, -EBADF],
    ['a target that cannot be polled, the epoll not one', 4, EPOLL_CTL_ADD, 0, IN, -EPERM],
    ['an epoll that is none', 4, EPOLL_CTL_ADD, 3, IN, -EINVAL],
    ['the epoll itself', 3, EPOLL_CTL_ADD, 3, IN, -EINVAL],
    ['an unknown operation', 3, 77, 4, IN, -EINVAL],
    ['an unknown operation on /dev/null', 3, 77, 0, IN, -EPERM],
    ['DEL without an event', 3, EPOLL_CTL_DEL, 4, null, -ENOENT],
    ['MOD of what was not added', 3, EPOLL_CTL_MOD, 4, IN, -ENOENT],
    ['MOD of what was not added, exclusive', 3, EPOLL_CTL_MOD, 4, exclusive(EPOLLIN), -EINVAL],
  ])('epoll_ctl with %s', (_what, epfd, op, fd, event, expected) => {
    const ret = inMachine(function* (sys) {
      yield* sys.epoll_create1(0); // 3
      yield* sys.eventfd2(0, 0); // 4
      return yield* sys.epoll_ctl(epfd, op, fd, event);
    });

    expect(ret).toBe(expected);
  });

  /** D.19: stdin redirected from /dev/null or a file; all three operations refuse it. */
  test.each([EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL])(
    'operation %i on /dev/null is -EPERM',
    (op) => {
      const ret = inMachine(function* (sys) {
        return yield* sys.epoll_ctl(yield* sys.epoll_create1(0), op, 0, IN);
      });

      expect(ret).toBe(-EPERM);
    },
  );

  /** An epoll under a second name is still itself. */
  test('ADD of a copy of the epoll descriptor is -EINVAL', () => {
    const ret = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      return yield* add(sys, epfd, yield* sys.dup(epfd), EPOLLIN);
    });

    expect(ret).toBe(-EINVAL);
  });

  /** A reference that leaks on an error path keeps a closed file alive for ever. */
  test.each([
    ['a target that is not open', 98, EPOLL_CTL_ADD],
    ['a target that cannot be polled', 0, EPOLL_CTL_ADD],
    ['an operation that nobody knows', 4, 77],
    ['an item that is not there', 4, EPOLL_CTL_MOD],
    ['the epoll itself', 3, EPOLL_CTL_ADD],
    ['nothing to refuse', 4, EPOLL_CTL_ADD],
  ])('epoll_ctl with %s gives all references back', (_what, fd, op) => {
    const refs = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0); // 3
      const efd = yield* sys.eventfd2(0, 0); // 4
      yield* sys.epoll_ctl(epfd, op, fd, IN);
      return [epfd, efd, 0].map((each) => fileOf(each).f_ref.refs);
    });

    expect(refs).toEqual([1, 1, 3]);
  });

  function exclusive(events: number) {
    return { events: events | EPOLLEXCLUSIVE };
  }

  /** C.3, 7: what EPOLLEXCLUSIVE goes with, verified on 6.18. */
  test.each([
    ['IN', EPOLLIN, 0],
    [
      'everything that it goes with',
      EPOLLIN | EPOLLOUT | EPOLLET | EPOLLERR | EPOLLHUP | EPOLLWAKEUP,
      0,
    ],
    ['RDHUP', EPOLLIN | EPOLLRDHUP, -EINVAL],
    ['PRI', EPOLLIN | EPOLLPRI, -EINVAL],
    ['ONESHOT', EPOLLIN | EPOLLONESHOT, -EINVAL],
  ])('ADD with EPOLLEXCLUSIVE and %s', (_what, events, expected) => {
    const ret = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      return yield* sys.epoll_ctl(
        epfd,
        EPOLL_CTL_ADD,
        yield* sys.eventfd2(0, 0),
        exclusive(events),
      );
    });

    expect(ret).toBe(expected);
  });

  /** Nested exclusive wakeups do not exist. */
  test('ADD of an epoll with EPOLLEXCLUSIVE is -EINVAL', () => {
    const ret = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      return yield* add(sys, epfd, yield* sys.epoll_create1(0), EPOLLIN | EPOLLEXCLUSIVE);
    });

    expect(ret).toBe(-EINVAL);
  });

  /** D.22 a: the wait queue entry is made by ADD, so MOD cannot change what it is. */
  test('MOD of an exclusive item is -EINVAL, with the flag or without', () => {
    const rets = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLEXCLUSIVE);
      return [
        yield* mod(sys, epfd, efd, EPOLLIN),
        yield* mod(sys, epfd, efd, EPOLLIN | EPOLLEXCLUSIVE),
      ];
    });

    expect(rets).toEqual([-EINVAL, -EINVAL]);
  });

  /** An operation nobody knows, with a flag that only ADD and MOD look at. */
  test('an unknown operation with EPOLLEXCLUSIVE is -EINVAL', () => {
    const ret = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      return yield* sys.epoll_ctl(epfd, 77, yield* sys.eventfd2(0, 0), exclusive(EPOLLIN));
    });

    expect(ret).toBe(-EINVAL);
  });
});

describe('EPOLL_CTL_ADD', () => {
  /** epoll(7): what is ready when it is added is reported, edge-triggered or not. */
  test('a file that is ready already is queued, and one that is not is not', () => {
    const trace = new Recorder();
    const lists = inMachine(function* (sys) {
      const [empty = -1, full = -1] = yield* eventfds(sys, 0, 1);
      return [
        readyList(yield* watch(sys, empty, EPOLLIN | EPOLLET)),
        readyList(yield* watch(sys, full, EPOLLIN | EPOLLET)),
      ];
    }, trace.on());

    expect(lists).toEqual([[], [4]]);
    expect(trace).toVisit('ep_insert: ready, onto rdllist');
  });

  /** epoll_ctl(2): EPOLLERR and EPOLLHUP need not be set. */
  test('EPOLLERR and EPOLLHUP are added to the mask', () => {
    const events = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      return itemOf(yield* watch(sys, efd, EPOLLPRI), efd).event.events;
    });

    expect(events).toBe(EPOLLPRI | EPOLLERR | EPOLLHUP);
  });

  /** A program that re-adds after dup2 sees EEXIST only for the same file under the same number. */
  test('the same file can be added under each of its numbers, and once under each', () => {
    const rets = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const copy = yield* sys.dup(efd);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      return [yield* add(sys, epfd, efd, EPOLLIN), yield* add(sys, epfd, copy, EPOLLIN)];
    });

    expect(rets).toEqual([-EEXIST, 0]);
  });

  /** D.1: after close and reuse the number stands for another file, which is another item. */
  test('another file under the same number is another item', () => {
    const rets = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const copy = yield* sys.dup(efd);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      yield* sys.close(efd);
      const [again = -1] = yield* eventfds(sys, 0);
      const ret = yield* add(sys, epfd, again, EPOLLIN);
      return [again === efd, ret, yield* del(sys, epfd, copy), current.user.epoll_watches];
    });

    expect(rets).toEqual([true, 0, -ENOENT, 2]);
  });

  /** R10: ADD of a ready file in one thread must wake the thread that sleeps in epoll_wait. */
  test('a ready file wakes a thread that waits', () => {
    const [results, rest] = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      const [full = -1] = yield* eventfds(sys, 1);
      const seen: unknown[] = [];
      yield* inThread(sys, seen, (thread) => thread.epoll_wait(epfd, 1, -1));
      yield* pause(sys);
      yield* add(sys, epfd, full, EPOLLIN | EPOLLET);
      yield* pause(sys);
      return [seen, readyList(epfd)];
    });

    expect(results).toEqual([Object.assign([{ events: EPOLLIN, data: 5 - 1 }], { ret: 1 })]);
    expect(rest).toEqual([]);
  });

  /** An outer epoll learns that an inner one has become readable by an ADD. */
  test('a ready file wakes whoever watches the epoll', () => {
    const events = inMachine(function* (sys) {
      const inner = yield* sys.epoll_create1(0);
      const outer = yield* watch(sys, inner, EPOLLIN | EPOLLET);
      const [full = -1] = yield* eventfds(sys, 1);
      yield* add(sys, inner, full, EPOLLIN);
      return yield* harvest(sys, outer);
    });

    expect(events).toEqual([3]);
  });

  /** From the poll on callbacks can come: one of them may queue the item before ADD does. */
  test('an item that a callback has queued during ADD is not queued twice', () => {
    const trace = new Recorder();
    const done: number[][] = [];
    inMachine(
      function* (sys) {
        const [efd = -1] = yield* eventfds(sys, 0);
        const epfd = yield* sys.epoll_create1(0);
        const adder = yield* sys.pthread_create(function* (thread) {
          yield* add(thread, epfd, efd, EPOLLIN);
        }, 'adder');
        const writer = yield* sys.pthread_create(function* (thread) {
          yield* writeCount(thread, efd, 1n);
        }, 'writer');
        yield* sys.pthread_join(adder);
        yield* sys.pthread_join(writer);
        done.push(readyList(epfd));
      },
      trace.on({
        cpus: 3,
        schedule: byHand([
          { thread: 'main' },
          { thread: 'adder', until: 'access eventfd' }, // queued on wqh, state not read yet
          { thread: 'writer' },
          { thread: 'adder' },
        ]),
      }),
    );

    expect(trace).toVisit('ep_poll_callback: onto rdllist');
    expect(trace).not.toVisit('ep_insert: ready, onto rdllist');
    expect(done).toEqual([[3]]);
  });

  /** /proc/sys/fs/epoll/max_user_watches is per user, over all of its epolls (verified on 6.18). */
  test('-ENOSPC is the answer when the user has max_user_watches items', () => {
    const rets = inMachine(
      function* (sys) {
        const fds = yield* eventfds(sys, 0, 0, 0);
        const [a, b] = [yield* sys.epoll_create1(0), yield* sys.epoll_create1(0)];
        const seen: number[] = [];
        for (const fd of fds) seen.push(yield* add(sys, fd === 4 ? a : b, fd, EPOLLIN));
        seen.push(yield* del(sys, a, 4), yield* add(sys, a, 5, EPOLLIN));
        return seen;
      },
      { maxUserWatches: 2 },
    );

    expect(rets).toEqual([0, 0, -ENOSPC, 0, 0]);
  });

  /** A refused ADD leaves nothing behind that a later event could reach. */
  test('an ADD that is refused with -ENOSPC leaves no trace on the file', () => {
    const seen = inMachine(
      function* (sys) {
        const [efd = -1] = yield* eventfds(sys, 0);
        yield* add(sys, yield* sys.epoll_create1(0), efd, EPOLLIN);
        return [[...queueOf(efd).head].length, fileOf(efd).f_ep, current.user.epoll_watches];
      },
      { maxUserWatches: 0 },
    );

    expect(seen).toEqual([0, null, 0]);
  });
});

describe('EPOLL_CTL_MOD', () => {
  /** D.24: the wakeup trick of asio; MOD of a ready ET item is an event again. */
  test('MOD of a ready item gives an event again, with the new data', () => {
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 1);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET);
      const first = yield* harvest(sys, epfd);
      const second = yield* harvest(sys, epfd);
      yield* mod(sys, epfd, efd, EPOLLIN | EPOLLET, 77);
      return [first, second, yield* harvest(sys, epfd)];
    });

    expect(seen).toEqual([[3], [], [77]]);
  });

  /** D.13: re-arming is race-free because MOD looks at the file after it has stored the mask. */
  test('MOD re-arms a ONESHOT item, and reports what came while it was disarmed', () => {
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 1);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLONESHOT);
      const first = yield* harvest(sys, epfd);
      yield* writeCount(sys, efd, 1n);
      const disarmed = yield* harvest(sys, epfd);
      yield* mod(sys, epfd, efd, EPOLLIN | EPOLLONESHOT);
      return [first, disarmed, yield* harvest(sys, epfd), yield* harvest(sys, epfd)];
    });

    expect(seen).toEqual([[3], [], [3], []]);
  });

  /** C.5: MOD never removes an item from the list; the next scan drops it. */
  test('MOD to a mask that is not ready leaves a queued item to the next scan', () => {
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 1);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      yield* mod(sys, epfd, efd, EPOLLPRI);
      return [readyList(epfd), yield* harvest(sys, epfd), readyList(epfd)];
    });

    expect(seen).toEqual([[3], [], []]);
  });

  /** A MOD that finds nothing must not make epoll_wait look in vain. */
  test('MOD of an item that is not ready queues nothing', () => {
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      yield* mod(sys, epfd, efd, EPOLLIN | EPOLLET);
      return readyList(epfd);
    });

    expect(seen).toEqual([]);
  });

  /** A second link of the same item would tear the list. */
  test('MOD of an item that is queued does not queue it twice', () => {
    const trace = new Recorder();
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 1);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      yield* mod(sys, epfd, efd, EPOLLIN);
      return readyList(epfd);
    }, trace.on());

    expect(seen).toEqual([3]);
    expect(trace).not.toVisit('ep_modify: ready, onto rdllist');
  });

  /** R10: lost on 5.1 to 5.5. */
  test('MOD to a mask that is ready wakes a thread that waits, and whoever watches the epoll', () => {
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 1);
      const inner = yield* watch(sys, efd, EPOLLPRI);
      const outer = yield* watch(sys, inner, EPOLLIN | EPOLLET);
      const results: unknown[] = [];
      yield* inThread(sys, results, function* (thread) {
        return (yield* thread.epoll_wait(outer, 1, -1)).ret;
      });
      yield* pause(sys);
      yield* mod(sys, inner, efd, EPOLLIN);
      yield* pause(sys);
      return results;
    });

    expect(seen).toEqual([1]);
  });

  /** C.3: the whole mask is replaced; EPOLLET cannot be changed alone. */
  test('MOD replaces the whole mask, flags included', () => {
    const events = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET | EPOLLONESHOT);
      yield* mod(sys, epfd, efd, EPOLLOUT);
      return itemOf(epfd, efd).event.events;
    });

    expect(events).toBe(EPOLLOUT | EPOLLERR | EPOLLHUP);
  });
});

describe('EPOLL_CTL_DEL', () => {
  /** epoll_ctl(2): the event is ignored and can be NULL. */
  test('DEL removes an item once', () => {
    const rets = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 1);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      return [
        yield* del(sys, epfd, efd),
        yield* del(sys, epfd, efd),
        (yield* harvest(sys, epfd)).length,
      ];
    });

    expect(rets).toEqual([0, -ENOENT, 0]);
  });

  /** D.1: DEL through a copy of the descriptor does not find the item. */
  test('DEL goes by file and number', () => {
    const rets = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      const copy = yield* sys.dup(efd);
      yield* sys.close(efd);
      return [yield* del(sys, epfd, copy), yield* del(sys, epfd, efd)];
    });

    expect(rets).toEqual([-ENOENT, -EBADF]);
  });
});

describe('without blocking, as io_uring calls it', () => {
  /** What ADD answers while another thread holds a mutex, and after that. */
  const nonblocking = (fd: number, mutexOf: () => mutex): number[] =>
    inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0); // 3
      yield* sys.epoll_create1(0); // 4
      yield* sys.eventfd2(0, 0); // 5
      const held = mutexOf();
      yield* sys.pthread_create(function* () {
        yield mutex_lock(held);
        current.__state = TASK_UNINTERRUPTIBLE;
        yield* schedule_hrtimeout_range(ktime_get() + 10_000_000, 0);
        mutex_unlock(held);
      });
      yield* pause(sys);
      const event = { events: EPOLLIN, data: 0 };
      const early = yield* do_epoll_ctl(epfd, EPOLL_CTL_ADD, fd, event, true);
      yield* pause(sys, 20);
      return [early, yield* do_epoll_ctl(epfd, EPOLL_CTL_ADD, fd, event, true)];
    });

  /** A caller that must not sleep tries again later. */
  test('ADD gives -EAGAIN while another thread holds the mutex of the instance', () => {
    expect(nonblocking(5, () => epOf(3).mtx)).toEqual([-EAGAIN, 0]);
  });

  /** The check for loops takes a global mutex. */
  test('ADD of an epoll gives -EAGAIN while another thread checks for loops', () => {
    expect(nonblocking(4, () => statics().epnested_mutex)).toEqual([-EAGAIN, 0]);
  });
});

describe('kcmp', () => {
  /** How CRIU finds out which file an item stands for (verified on 6.18). */
  test('get_epoll_tfile_raw_ptr finds the n-th item of a number, whatever its file', () => {
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      const first = fileOf(efd);
      yield* sys.dup(efd);
      yield* sys.close(efd);
      const [again = -1] = yield* eventfds(sys, 0);
      yield* add(sys, epfd, again, EPOLLIN);
      const ask = (tfd: number, toff: number) => get_epoll_tfile_raw_ptr(fileOf(epfd), tfd, toff);
      return [
        (yield* ask(efd, 0)) === first,
        (yield* ask(efd, 1)) === fileOf(again),
        yield* ask(efd, 2),
        yield* ask(99, 0),
        yield* get_epoll_tfile_raw_ptr(first, efd, 0),
      ];
    });

    expect(seen).toEqual([true, true, -ENOENT, -ENOENT, -EINVAL]);
  });

  /** The walk counts only items of that number. */
  test('ep_find_tfd skips items of other numbers', () => {
    const found = inMachine(function* (sys) {
      const fds = yield* eventfds(sys, 0, 0);
      const epfd = yield* sys.epoll_create1(0);
      for (const fd of fds) yield* add(sys, epfd, fd, EPOLLIN);
      return [ep_find_tfd(epOf(epfd), 4, 0)?.ffd.fd, ep_find_tfd(epOf(epfd), 4, 1)];
    });

    expect(found).toEqual([4, null]);
  });
});

/** A watchdog and a worker that register the same descriptor. */
test('two threads that add one file to one epoll both return, one with -EEXIST', () => {
  const rets: number[] = [];
  inMachine(function* (sys: Sys) {
    const [efd = -1] = yield* eventfds(sys, 0);
    const epfd = yield* sys.epoll_create1(0);
    const tids: number[] = [];
    for (const name of ['a', 'b']) {
      const tid = yield* sys.pthread_create(function* (thread) {
        rets.push(yield* add(thread, epfd, efd, EPOLLIN));
      }, name);
      tids.push(tid);
    }
    for (const tid of tids) yield* sys.pthread_join(tid);
  });

  expect(rets.sort()).toEqual([-EEXIST, 0]);
});
