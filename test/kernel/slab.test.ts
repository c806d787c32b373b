import { expect, test } from 'vitest';
import { statics } from '../../src/kernel/eventpoll/types.ts';
import { kmem_cache_alloc, kmem_cache_create, kmem_cache_free } from '../../src/kernel/slab.ts';
import { EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { randomSchedule } from '../../src/sim/schedule.ts';
import { add, del, eventfds } from '../support/epoll.ts';
import { inMachine } from '../support/run.ts';

/** /proc/slabinfo: how a leak of epoll items is found on a server. */
test('a cache counts the objects that are alive', () => {
  const cache = kmem_cache_create('test', 8);
  const object = {};

  expect(kmem_cache_alloc(cache, object)).toBe(object);
  kmem_cache_alloc(cache, {});
  expect(cache.active).toBe(2);
  kmem_cache_free(cache);
  expect(cache.active).toBe(1);
});

/** A free too many would hand the memory out twice. */
test('more frees than allocations are a kernel bug', () => {
  expect(() => kmem_cache_free(kmem_cache_create('test', 8))).toThrow(/test: more frees/);
});

/** What a server adds and removes all day long must not add up. */
test('eventpoll frees what it allocates, on every sampled schedule', () => {
  for (let seed = 0; seed < 40; seed++) {
    const left = inMachine(
      function* (sys) {
        const fds = yield* eventfds(sys, 0, 1);
        const epfds = [yield* sys.epoll_create1(0), yield* sys.epoll_create1(0)];
        const tids: number[] = [];
        for (const epfd of epfds) {
          const tid = yield* sys.pthread_create(function* (thread) {
            for (const fd of fds) yield* add(thread, epfd, fd, EPOLLIN);
            yield* thread.epoll_wait(epfd, 1, 0);
            for (const fd of fds) yield* del(thread, epfd, fd);
          });
          tids.push(tid);
        }
        for (const tid of tids) yield* sys.pthread_join(tid);
        const { epi_cache, pwq_cache, ephead_cache } = statics();
        return [epi_cache.active, pwq_cache.active, ephead_cache.active];
      },
      { cpus: 3, schedule: randomSchedule(seed) },
    );

    expect(left).toEqual([0, 0, 0]);
  }
});

/** Two epolls that are the first to watch a file: only one of them may bring the list head. */
test('a file that two threads add at once has one list head, on every sampled schedule', () => {
  for (let seed = 0; seed < 60; seed++) {
    const heads = inMachine(
      function* (sys) {
        const [efd = -1] = yield* eventfds(sys, 0);
        const epfds = [yield* sys.epoll_create1(0), yield* sys.epoll_create1(0)];
        const tids: number[] = [];
        for (const epfd of epfds) {
          tids.push(yield* sys.pthread_create((thread) => add(thread, epfd, efd, EPOLLIN)));
        }
        for (const tid of tids) yield* sys.pthread_join(tid);
        return statics().ephead_cache.active;
      },
      { cpus: 3, schedule: randomSchedule(seed) },
    );

    expect(heads).toBe(1);
  }
});
