import { describe, expect, test } from 'vitest';
import { current } from '../../../src/kernel/current.ts';
import type { eventpoll } from '../../../src/kernel/eventpoll/types.ts';
import type { file } from '../../../src/kernel/file.ts';
import { EPOLLET, EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { add_wait_queue, wait_queue_entry } from '../../../src/kernel/wait.ts';
import { randomSchedule } from '../../../src/sim/schedule.ts';
import { add, del, epOf, eventfds, fileOf, harvest, itemOf, queueOf } from '../../support/epoll.ts';
import { pause, watch, writeCount } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { byHand } from '../../support/schedule.ts';
import { Recorder } from '../../support/trace.ts';

/** What is left of the items on a file: entries on its wait queue, and `f_ep`. */
const traces = (efd: number): [number, number] => [
  [...queueOf(efd).head].length,
  [...(fileOf(efd).f_ep ?? [])].length,
];

const watches = (): number => current.user.epoll_watches;

describe('EPOLL_CTL_DEL', () => {
  /** A program that frees its connection after DEL must not be called back for it. */
  test('a removed item hangs on no queue, on no file and on no list', () => {
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 1);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      const before = [...traces(efd), watches()];
      yield* del(sys, epfd, efd);
      return [before, [...traces(efd), watches()], yield* harvest(sys, epfd)];
    });

    expect(seen).toEqual([[1, 1, 1], [0, 0, 0], []]);
  });

  /** The other epolls that watch the file go on. */
  test('removing one of two items leaves the other on the file', () => {
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 1);
      const [a, b] = [yield* watch(sys, efd, EPOLLIN), yield* watch(sys, efd, EPOLLIN)];
      yield* del(sys, a, efd);
      return [traces(efd), yield* harvest(sys, a), yield* harvest(sys, b)];
    });

    expect(seen).toEqual([[1, 1], [], [3]]);
  });

  /** R24: a walk over the topology that still stands on a removed item. */
  test('a removed item is poisoned: whoever follows it to its epoll is caught', () => {
    const follow = () =>
      inMachine(function* (sys) {
        const [efd = -1] = yield* eventfds(sys, 0);
        const epfd = yield* watch(sys, efd, EPOLLIN);
        const epi = itemOf(epfd, efd);
        yield* del(sys, epfd, efd);
        return epi.ep.mtx;
      });

    expect(follow).toThrow(/use after free: epitem, by main/);
  });
});

describe('close of the epoll', () => {
  /** A program that drops its whole set at once. */
  test('all items are removed from their files', () => {
    const seen = inMachine(function* (sys) {
      const fds = yield* eventfds(sys, 0, 1);
      const epfd = yield* sys.epoll_create1(0);
      for (const fd of fds) yield* add(sys, epfd, fd, EPOLLIN);
      yield* sys.close(epfd);
      return [...fds.map(traces), watches()];
    });

    expect(seen).toEqual([[0, 0], [0, 0], 0]);
  });

  /** Locks of a freed instance are poisoned, so that a late callback is caught. */
  test('the instance is freed with its last reference', () => {
    const freed = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      const copy = yield* sys.dup(epfd);
      const ep = epOf(epfd);
      yield* sys.close(epfd);
      const early = ep.mtx.freed;
      yield* sys.close(copy);
      return [early, ep.mtx.freed, ep.lock.freed];
    });

    expect(freed).toEqual([false, true, true]);
  });

  /** Whoever hangs on the queue of an epoll that goes away hears of it. */
  test('whoever is queued on the epoll descriptor is woken', () => {
    const keys: number[] = [];
    inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      const entry = new wait_queue_entry(function* (_self, _mode, _flags, key) {
        keys.push(key);
        return 0;
      }, null);
      yield* add_wait_queue(epOf(epfd).poll_wait, entry);
      yield* sys.close(epfd);
    });

    expect(keys).toEqual([EPOLLIN]);
  });

  /** C.5: a blocked epoll_wait holds the file, so it goes on and gets its events [K]. */
  test('a thread in epoll_wait still gets events after the descriptor was closed', () => {
    const events = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      yield* sys.pthread_create(function* (thread) {
        yield* thread.close(epfd);
        yield* writeCount(thread, efd, 1n);
      });
      return yield* sys.epoll_wait(epfd, 1, 1000);
    });

    expect(events.ret).toBe(1);
  });
});

describe('close of a watched file', () => {
  /** epoll(7), question 6. */
  test('its items are removed from every epoll that watches it', () => {
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 1);
      const epfds = [yield* watch(sys, efd, EPOLLIN), yield* watch(sys, efd, EPOLLIN)];
      yield* sys.close(efd);
      return [
        watches(),
        yield* harvest(sys, epfds[0] as number),
        epOf(epfds[1] as number).refcount.refs,
      ];
    });

    expect(seen).toEqual([0, [], 1]);
  });

  /** C.5: the items go before the file is shut down, so no HUP of its own close reaches them. */
  test('the file is released after its items are removed', () => {
    const trace = new Recorder();
    inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      yield* watch(sys, efd, EPOLLIN | EPOLLET);
      yield* sys.close(efd);
    }, trace.on());
    const at = (fn: string): number => trace.calls.indexOf(fn);

    expect(at('eventpoll_release_file')).toBeGreaterThan(at('__fput'));
    expect(trace.calls.filter((fn) => fn === 'ep_poll_callback')).toEqual([]);
  });

  /** A nested epoll that is closed leaves its outer epoll. */
  test('an inner epoll that is closed is removed from the outer one', () => {
    const seen = inMachine(function* (sys) {
      const inner = yield* sys.epoll_create1(0);
      const outer = yield* watch(sys, inner, EPOLLIN);
      const ep = epOf(inner);
      yield* sys.close(inner);
      return [watches(), ep.mtx.freed, epOf(outer).refcount.refs];
    });

    expect(seen).toEqual([0, true, 1]);
  });
});

describe('both at once', () => {
  /** Closes the epoll and the file that it watches in two threads; what is left of both. */
  function closeBoth(
    schedule: ReturnType<typeof randomSchedule>,
    nested: boolean,
    trace = new Recorder(),
  ): unknown[] {
    let ep: eventpoll | null = null;
    let target: file | null = null;
    const left: number[] = [];
    inMachine(
      function* (sys) {
        const fd = nested ? yield* sys.epoll_create1(0) : yield* sys.eventfd2(1, 0);
        const epfd = yield* watch(sys, fd, EPOLLIN);
        ep = epOf(epfd);
        target = fileOf(fd);
        for (const [name, victim] of [
          ['closes epoll', epfd],
          ['closes file', fd],
        ] as const) {
          yield* sys.pthread_create(function* (thread) {
            yield* thread.close(victim);
          }, name);
        }
        yield* pause(sys);
        left.push(watches());
      },
      trace.on({ cpus: 3, schedule }),
    );
    const freed = ep as eventpoll | null;
    return [left[0], freed?.mtx.freed, freed?.refcount.refs, (target as file | null)?.freed];
  }

  /**
   * The dying flag decides who removes the item; it is removed once. 6.18 has one hole in this,
   * see test/races/bad-epoll.test.ts.
   */
  test.each([
    ['an eventfd', false],
    ['an inner epoll', true],
  ])(
    '%s and its epoll are both freed, on every sampled schedule but bad-epoll',
    (_what, nested) => {
      let bad = 0;
      for (let seed = 0; seed < 150; seed++) {
        try {
          expect(closeBoth(randomSchedule(seed), nested)).toEqual([0, true, 0, true]);
        } catch (error) {
          expect((error as Error).message).toMatch(
            /use after free: (eventpoll, by closes epoll|closes epoll .* file->f_lock)/,
          );
          bad++;
        }
      }

      expect(bad).toBeLessThan(50);
    },
  );

  /** The one who comes second leaves the item to the one who has marked it. */
  test('close of the epoll leaves an item alone that its dying file removes', () => {
    const trace = new Recorder();
    const schedule = byHand([
      { thread: 'main' },
      { thread: 'closes file', until: 'mutex_lock ep->mtx' }, // dying is set
      { thread: 'closes epoll' },
      { thread: 'closes file' },
    ]);

    expect(closeBoth(schedule, false, trace)).toEqual([0, true, 0, true]);
    expect(trace).toVisit('__ep_remove: dying, left to eventpoll_release_file()');
  });
});
