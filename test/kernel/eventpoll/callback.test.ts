import { describe, expect, test } from 'vitest';
import { current } from '../../../src/kernel/current.ts';
import { ep_poll_safewake } from '../../../src/kernel/eventpoll/callback.ts';
import { file, type file_operations } from '../../../src/kernel/file.ts';
import { list_empty } from '../../../src/kernel/list.ts';
import { poll_wait } from '../../../src/kernel/poll.ts';
import { TASK_NORMAL, WF_SYNC } from '../../../src/kernel/sched.ts';
import {
  EPOLL_URING_WAKE,
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLPRI,
} from '../../../src/kernel/uapi/eventpoll.ts';
import { O_RDWR } from '../../../src/kernel/uapi/fcntl.ts';
import { POLLFREE } from '../../../src/kernel/uapi/poll.ts';
import {
  add_wait_queue,
  wait_queue_entry,
  wait_queue_head,
  wake_up,
  wake_up_interruptible_sync_poll,
  wake_up_poll,
  wake_up_pollfree,
} from '../../../src/kernel/wait.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import {
  add,
  del,
  entryOf,
  epOf,
  eventfds,
  harvest,
  itemOf,
  mod,
  queueOf,
  readyList,
} from '../../support/epoll.ts';
import { pause, watch, writeCount } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { Recorder } from '../../support/trace.ts';

/** Starts a thread that sleeps in epoll_wait; its name goes to `log` when it returns. */
const waiter = (sys: Sys, epfd: number, log: string[], name: string): Code<number> =>
  sys.pthread_create(function* (thread) {
    const { ret } = yield* thread.epoll_wait(epfd, 1, -1);
    log.push(`${name}: ${ret}`);
  }, name);

/** An entry on `queue` that writes down what it is woken with. */
function* spy(queue: Parameters<typeof add_wait_queue>[0], seen: number[][]): Code<void> {
  const entry = new wait_queue_entry(function* (_self, _mode, wake_flags, key) {
    seen.push([wake_flags, key]);
    return 0;
  }, null);
  yield* add_wait_queue(queue, entry);
}

describe('what is queued', () => {
  /** The way of every event. */
  test('a wakeup whose key has a bit of the mask puts the item onto rdllist', () => {
    const trace = new Recorder();
    const ready = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      yield* writeCount(sys, efd, 1n);
      return readyList(epfd).length;
    }, trace.on());

    expect(ready).toBe(1);
    expect(trace).toVisit('ep_poll_callback: onto rdllist');
  });

  /** A reader that drains a socket must not queue the item of one that waits for data. */
  test('a wakeup whose key has nothing of the mask leaves the item alone', () => {
    const trace = new Recorder();
    const ready = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLPRI);
      yield* writeCount(sys, efd, 1n);
      return readyList(epfd);
    }, trace.on());

    expect(ready).toEqual([]);
    expect(trace).toVisit('ep_poll_callback: the key has nothing of the mask');
  });

  /** FIN and the last close of a pipe come without a key: every item has to look. */
  test('a wakeup without a key queues the item whatever its mask, and the scan drops it', () => {
    const [queued, reported, after] = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      yield* wake_up(queueOf(efd));
      return [readyList(epfd), yield* harvest(sys, epfd), readyList(epfd)];
    });

    expect(queued).toHaveLength(1);
    expect(reported).toEqual([]);
    expect(after).toEqual([]);
  });

  /** D.13: a ONESHOT item that fired is silent until EPOLL_CTL_MOD, errors included. */
  test('a wakeup of an item whose one shot is spent leaves it alone', () => {
    const trace = new Recorder();
    const ready = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 1);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLONESHOT);
      yield* harvest(sys, epfd);
      yield* wake_up(queueOf(efd));
      yield* wake_up_poll(queueOf(efd), EPOLLERR);
      return readyList(epfd);
    }, trace.on());

    expect(ready).toEqual([]);
    expect(trace).toVisit('ep_poll_callback: disabled, its one shot is spent');
  });

  /** ADD and MOD add both bits, so a mask of 0 is not a pause (D.16). */
  test('an item with mask 0 is queued by an error', () => {
    const ready = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, 0);
      yield* wake_up_poll(queueOf(efd), EPOLLERR);
      return readyList(epfd).length;
    });

    expect(ready).toBe(1);
  });

  /** A burst of packets is one event. */
  test('a wakeup of an item that is queued does not queue it twice', () => {
    const trace = new Recorder();
    const ready = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET);
      yield* writeCount(sys, efd, 1n);
      yield* writeCount(sys, efd, 1n);
      return readyList(epfd).length;
    }, trace.on());

    expect(ready).toBe(1);
    expect(trace).toVisit('ep_poll_callback: queued already');
  });

  /** D.25: an eventfd that is never read still announces each write to an ET item. */
  test('each write to an eventfd that is not read gives an ET item one event', () => {
    const events = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET);
      const counts: number[] = [];
      for (let i = 0; i < 2; i++) {
        yield* writeCount(sys, efd, 1n);
        counts.push((yield* harvest(sys, epfd)).length, (yield* harvest(sys, epfd)).length);
      }
      return counts;
    });

    expect(events).toEqual([1, 0, 1, 0]);
  });
});

describe('who is woken', () => {
  /** D.21: LIFO, so the busiest thread is chosen. */
  test('one event wakes the thread that fell asleep last, and no other', () => {
    const log: string[] = [];
    inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET);
      for (const name of ['first', 'second', 'last']) yield* waiter(sys, epfd, log, name);
      yield* pause(sys);
      yield* writeCount(sys, efd, 1n);
      yield* pause(sys);
    });

    expect(log).toEqual(['last: 1']);
  });

  /** C.9: N events can wake N sleepers, also while the item is queued already. */
  test('a second event wakes a second thread although the item is still queued', () => {
    const woken = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET);
      for (const name of ['a', 'b', 'c']) yield* waiter(sys, epfd, [], name);
      yield* pause(sys);
      yield* wake_up_poll(queueOf(efd), EPOLLIN);
      yield* wake_up_poll(queueOf(efd), EPOLLIN);
      return [...epOf(epfd).wq.head].map((entry) => entry.private?.comm);
    });

    expect(woken).toEqual(['a']);
  });

  /** A filtered wakeup must not cost a context switch. */
  test('a wakeup that leaves the item alone wakes nobody', () => {
    const log: string[] = [];
    inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLPRI);
      yield* waiter(sys, epfd, log, 'waiter');
      yield* pause(sys);
      yield* writeCount(sys, efd, 1n);
      yield* pause(sys);
    });

    expect(log).toEqual([]);
  });

  /** Sockets wake with the hint that the waker is about to sleep; it is passed on. */
  test.each([
    ['sync', wake_up_interruptible_sync_poll, WF_SYNC],
    ['ordinary', wake_up_poll, 0],
  ])('a %s wakeup reaches ep->wq as such, without a key', (_kind, wake, wake_flags) => {
    const seen: number[][] = [];
    inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      yield* spy(epOf(epfd).wq, seen);
      yield* wake(queueOf(efd), EPOLLIN);
    });

    expect(seen).toEqual([[wake_flags, 0]]);
  });

  /** D.20: whoever polls the epoll descriptor is told outside ep->lock, with EPOLLIN as the key. */
  test.each([
    ['EPOLLIN', EPOLLIN, EPOLLIN],
    ['the io_uring mark', EPOLLIN | EPOLL_URING_WAKE, EPOLLIN | EPOLL_URING_WAKE],
    ['EPOLLOUT', EPOLLOUT, EPOLLIN],
  ])('a wakeup with %s tells whoever watches the epoll', (_what, key, expected) => {
    const seen: number[][] = [];
    const told = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLOUT);
      yield* harvest(sys, epfd);
      yield* spy(epOf(epfd).poll_wait, seen);
      yield* wake_up_poll(queueOf(efd), key);
      return [...seen];
    });

    expect(told).toEqual([[0, expected]]);
  });

  /** An outer epoll watches an inner one, and so on: the lock of each level nests in the last. */
  test('a wakeup climbs through five epolls, each one level deeper, and leaves no mark', () => {
    const trace = new Recorder();
    const [ready, nests] = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfds = [yield* watch(sys, efd, EPOLLIN)];
      for (let i = 0; i < 4; i++) epfds.push(yield* watch(sys, epfds[i] as number, EPOLLIN));
      trace.lines.length = 0;
      yield* writeCount(sys, efd, 1n);
      const levels = trace.lines.flatMap((line) => /poll_wait.lock\/(\d)$/.exec(line)?.[1] ?? []);
      expect(levels).toEqual(['1', '2', '3', '4']);
      return [readyList(epfds[4] as number).length, epfds.map((epfd) => epOf(epfd).nests)];
    }, trace.on());

    expect(ready).toBe(1);
    expect(nests).toEqual([0, 0, 0, 0, 0]);
  });

  /** A wakeup outside a callback starts at depth 0. */
  test('ep_poll_safewake without an item wakes the watchers once', () => {
    const seen: number[][] = [];
    const told = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      yield* spy(epOf(epfd).poll_wait, seen);
      yield* ep_poll_safewake(epOf(epfd), null, 0);
      return [...seen];
    });

    expect(told).toEqual([[0, EPOLLIN]]);
  });
});

describe('EPOLLEXCLUSIVE', () => {
  /** What the callback of an item with `mask` answers to a wakeup with `key`. */
  const answer = (mask: number, key: number, sleeping: boolean): number =>
    inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, mask);
      yield* harvest(sys, epfd);
      if (sleeping) yield* spy(epOf(epfd).wq, []);
      const entry = entryOf(epfd, efd);
      return yield* entry.func(entry, TASK_NORMAL, 0, key);
    });

  /** C.9: 1 ends the walk over the source's queue, so other processes are spared. */
  test.each([
    ['IN for IN', EPOLLIN, EPOLLIN, 1],
    ['OUT for OUT', EPOLLOUT, EPOLLOUT, 1],
    ['IN for IN|OUT', EPOLLIN | EPOLLOUT, EPOLLIN, 1],
    ['IN and OUT at once', EPOLLIN | EPOLLOUT, EPOLLIN | EPOLLOUT, 0],
    ['nothing', EPOLLIN, 0, 1],
    ['an error only', EPOLLIN, EPOLLERR, 1],
    ['OUT with an error, for IN', EPOLLIN, EPOLLOUT | EPOLLERR, 0],
    ['IN with an error, for OUT', EPOLLOUT, EPOLLIN | EPOLLHUP, 0],
    ['OUT for IN', EPOLLIN, EPOLLOUT, 0],
    ['POLLFREE', EPOLLIN, POLLFREE | EPOLLHUP, 0],
  ])('the callback of an exclusive item with a sleeper, woken with %s', (_w, mask, key, ewake) => {
    expect(answer(mask | EPOLLEXCLUSIVE, key, true)).toBe(ewake);
  });

  /** D.22 d: at least one, not exactly one. The walk goes on to a process that sleeps. */
  test('the callback of an exclusive item without a sleeper queues it and does not count', () => {
    const [ret, ready] = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLEXCLUSIVE);
      const entry = entryOf(epfd, efd);
      return [yield* entry.func(entry, TASK_NORMAL, 0, EPOLLIN), readyList(epfd).length];
    });

    expect(ret).toBe(0);
    expect(ready).toBe(1);
  });

  /** Non-exclusive entries never end a walk, whatever they return; Linux returns 1 always. */
  test.each([
    ['queued', EPOLLIN],
    ['filtered', EPOLLPRI],
  ])('the callback of an ordinary item returns 1 when it was %s', (_what, key) => {
    expect(answer(EPOLLIN, key, false)).toBe(1);
  });

  /** C.15: registrations N E E N E are called back 3 0 1 2 4. */
  test('ordinary items are called back newest first, then exclusive ones oldest first', () => {
    const order = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfds: number[] = [];
      for (const flags of [0, EPOLLEXCLUSIVE, EPOLLEXCLUSIVE, 0, EPOLLEXCLUSIVE]) {
        const epfd = yield* watch(sys, efd, EPOLLIN | flags);
        epfds.push(epfd);
      }
      const outer = yield* sys.epoll_create1(0);
      for (const [i, epfd] of epfds.entries()) yield* add(sys, outer, epfd, EPOLLIN, i);
      yield* writeCount(sys, efd, 1n);
      return yield* harvest(sys, outer);
    });

    expect(order).toEqual([3, 0, 1, 2, 4]);
  });

  /** D.21: the oldest registration with a sleeper wins every time; entries never move. */
  test('of two exclusive epolls with sleepers the older registration is woken every time', () => {
    const log: string[] = [];
    inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const [old, young] = [
        yield* watch(sys, efd, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE),
        yield* watch(sys, efd, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE),
      ];
      for (let round = 0; round < 3; round++) {
        yield* waiter(sys, old, log, 'old');
        if (round === 0) yield* waiter(sys, young, log, 'young');
        yield* pause(sys);
        yield* writeCount(sys, efd, 1n);
        yield* pause(sys);
      }
    });

    expect(log).toEqual(['old: 1', 'old: 1', 'old: 1']);
  });
});

describe('POLLFREE', () => {
  /** R6, R7: a signalfd's queue goes away before the epoll that hangs on it. */
  test('a wakeup with POLLFREE takes the entry off and lets go of the queue', () => {
    const [linked, whead] = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      const pwq = itemOf(epfd, efd).pwqlist;
      const entry = entryOf(epfd, efd);
      yield* wake_up_pollfree(queueOf(efd));
      return [!list_empty(entry.entry), pwq?.whead];
    });

    expect(linked).toBe(false);
    expect(whead).toBe(null);
  });

  /** The queue's lock may be gone when the item is removed. */
  test('EPOLL_CTL_DEL after POLLFREE does not touch the queue', () => {
    const ret = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      yield* wake_up_pollfree(queueOf(efd));
      queueOf(efd).lock.freed = true;
      const answer = yield* del(sys, epfd, efd);
      queueOf(efd).lock.freed = false;
      return answer;
    });

    expect(ret).toBe(0);
  });

  /** C.9: POLLFREE counts for no exclusive item, so that all of them let go. */
  test('a wakeup with POLLFREE reaches every exclusive item, sleepers or not', () => {
    const heads = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const items = [];
      for (let i = 0; i < 3; i++) {
        const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLEXCLUSIVE);
        yield* spy(epOf(epfd).wq, []);
        items.push(itemOf(epfd, efd));
      }
      yield* wake_up_pollfree(queueOf(efd));
      return items.map((epi) => epi.pwqlist?.whead);
    });

    expect(heads).toEqual([null, null, null]);
  });
});

/** A terminal or a device may have one queue for reading and one for writing (R31). */
test('an item of a file with two wait queues hears both, and leaves both', () => {
  const queues = [new wait_queue_head('read'), new wait_queue_head('write')];
  const fops: file_operations = {
    name: 'device',
    *poll(f, wait) {
      for (const queue of queues) yield* poll_wait(f, queue, wait);
      return 0;
    },
  };
  const seen = inMachine(function* (sys) {
    const device = new file(fops, 'device', current.kernel.anon_inode_inode, O_RDWR, null);
    const fd = yield* sys.eventfd2(0, 0);
    current.files.fd[fd] = device;
    const epfd = yield* watch(sys, fd, EPOLLIN | EPOLLOUT);
    const heard: number[] = [];
    for (const queue of queues) {
      yield* wake_up(queue);
      heard.push(readyList(epfd).length);
      yield* harvest(sys, epfd);
    }
    const before = queues.map((queue) => [...queue.head].length);
    yield* del(sys, epfd, fd);
    return [heard, before, queues.map((queue) => [...queue.head].length)];
  });

  expect(seen).toEqual([
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
});

/** A callback that fires while the item is being added must not be lost, nor queue it twice. */
test('EPOLL_CTL_MOD to another mask decides which wakeups queue the item', () => {
  const seen = inMachine(function* (sys) {
    const [efd = -1] = yield* eventfds(sys, 0);
    const epfd = yield* watch(sys, efd, EPOLLPRI);
    yield* writeCount(sys, efd, 1n);
    const before = readyList(epfd).length;
    yield* mod(sys, epfd, efd, EPOLLIN | EPOLLET);
    yield* harvest(sys, epfd);
    yield* writeCount(sys, efd, 1n);
    return [before, readyList(epfd).length, current.user.epoll_watches];
  });

  expect(seen).toEqual([0, 1, 1]);
});
