import { expect, test } from 'vitest';
import { check } from '../../src/check/check.ts';
import { EFD_NONBLOCK } from '../../src/kernel/uapi/eventfd.ts';
import { EPOLL_CTL_ADD, EPOLLET, EPOLLIN, EPOLLOUT } from '../../src/kernel/uapi/eventpoll.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

function* watched(sys: Sys, events: number): Code<{ ep: number; event: number }> {
  const event = yield* sys.eventfd2(0, EFD_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events });
  return { ep, event };
}

/** The sleeper is told that its edge was reported, and by which call. */
test('a finding says why the task that sleeps was not told', () => {
  const { findings } = check(function* (sys) {
    const { ep, event } = yield* watched(sys, EPOLLIN | EPOLLET);
    yield* sys.write(event, one);
    yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.epoll_wait(ep, 1, -1);
  });

  expect(findings.map(({ kind }) => kind)).toEqual(['deadlock']);
  expect(findings[0]?.because.map(({ cause }) => cause)).toEqual(['no-new-wakeup']);
  expect(findings[0]?.because[0]?.hops.at(-1)?.functions).toEqual(['ep_poll', 'ep_send_events']);
});

/** Nobody sleeps there: "nobody woke it" would be no answer. */
test('a loop that goes round for ever is given no such reason', () => {
  const { findings } = check(function* (sys) {
    const { ep } = yield* watched(sys, EPOLLOUT);
    for (;;) yield* sys.epoll_wait(ep, 1, -1);
  });

  expect(findings.map(({ kind }) => kind)).toEqual(['livelock']);
  expect(findings[0]?.because).toEqual([]);
});
