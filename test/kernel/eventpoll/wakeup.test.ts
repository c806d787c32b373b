import { expect, test } from 'vitest';
import { current } from '../../../src/kernel/current.ts';
import { EventBuffer, FaultingPage } from '../../../src/kernel/uaccess.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLWAKEUP,
} from '../../../src/kernel/uapi/eventpoll.ts';
import { CAP_BLOCK_SUSPEND } from '../../../src/kernel/user.ts';
import { dropCapability } from '../../support/capabilities.ts';
import { add, del, epOf, eventfds, harvest, itemOf, mod, waitInto } from '../../support/epoll.ts';
import { inThread, pause, readCount, watch, writeCount } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';

/** Is the item's source active, and the instance's? null where there is no source. */
const active = (epfd: number, fd: number): (boolean | null)[] => [
  itemOf(epfd, fd).ws?.active ?? null,
  epOf(epfd).ws?.active ?? null,
];

/** epoll_ctl(2): the system stays awake from the event until the next epoll_wait. */
test('an item with EPOLLWAKEUP keeps the system awake while it is queued', () => {
  const seen = inMachine(function* (sys) {
    const [efd = -1] = yield* eventfds(sys, 0);
    const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET | EPOLLWAKEUP);
    const states = [active(epfd, efd)];
    yield* writeCount(sys, efd, 1n);
    states.push(active(epfd, efd));
    yield* harvest(sys, epfd);
    states.push(active(epfd, efd));
    return states;
  });

  expect(seen).toEqual([
    [false, false],
    [true, false],
    [false, false],
  ]);
});

/** A level-triggered item is back on the list after each report, and so awake. */
test('a level-triggered item stays awake until it is found not ready', () => {
  const seen = inMachine(function* (sys) {
    const [efd = -1] = yield* eventfds(sys, 1);
    const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLWAKEUP);
    const states = [active(epfd, efd)[0]];
    yield* harvest(sys, epfd);
    states.push(active(epfd, efd)[0]);
    yield* readCount(sys, efd);
    yield* harvest(sys, epfd);
    states.push(active(epfd, efd)[0]);
    return states;
  });

  expect(seen).toEqual([true, true, false]);
});

/** Between the two lists nothing of the item is active: the instance itself stands in. */
test('the instance stays awake while an event is being copied', () => {
  const seen = inMachine(function* (sys) {
    const [efd = -1] = yield* eventfds(sys, 1);
    const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET | EPOLLWAKEUP);
    const page = new FaultingPage();
    yield* inThread(sys, [], () => waitInto(epfd, new EventBuffer(-1, page), 1, -1));
    yield* pause(sys);
    const during = active(epfd, efd);
    page.supply();
    yield* pause(sys);
    return [during, active(epfd, efd)];
  });

  expect(seen).toEqual([
    [false, true],
    [false, false],
  ]);
});

/** An event that could not be copied is still to be reported. */
test('an item whose event could not be copied stays awake', () => {
  const seen = inMachine(function* (sys) {
    const [efd = -1] = yield* eventfds(sys, 1);
    const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET | EPOLLWAKEUP);
    yield* waitInto(epfd, new EventBuffer(0), 1, -1);
    return active(epfd, efd);
  });

  expect(seen).toEqual([true, false]);
});

/** What arrives during a scan keeps the system awake as well. */
test('an item that is queued during a scan is awake', () => {
  const seen = inMachine(function* (sys) {
    const [ready = -1, later = -1] = yield* eventfds(sys, 1, 0);
    const epfd = yield* watch(sys, ready, EPOLLIN | EPOLLET);
    yield* add(sys, epfd, later, EPOLLIN | EPOLLET | EPOLLWAKEUP);
    const page = new FaultingPage();
    yield* inThread(sys, [], () => waitInto(epfd, new EventBuffer(-1, page), 1, -1));
    yield* pause(sys);
    yield* writeCount(sys, later, 1n);
    const during = active(epfd, later)[0];
    page.supply();
    yield* pause(sys);
    return [during, active(epfd, later)[0]];
  });

  expect(seen).toEqual([true, true]);
});

/** epoll_ctl(2): without CAP_BLOCK_SUSPEND the flag is dropped without a word. */
test('EPOLLWAKEUP without CAP_BLOCK_SUSPEND is dropped from the mask', () => {
  const seen = inMachine(function* (sys) {
    dropCapability(current.user, CAP_BLOCK_SUSPEND);
    const [efd = -1] = yield* eventfds(sys, 1);
    const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLWAKEUP);
    return [itemOf(epfd, efd).event.events, itemOf(epfd, efd).ws];
  });

  expect(seen).toEqual([EPOLLIN | EPOLLERR | EPOLLHUP, null]);
});

/** MOD gives and takes the source like every other flag. */
test('MOD adds a wakeup source, keeps it, and takes it away', () => {
  const seen = inMachine(function* (sys) {
    const [efd = -1] = yield* eventfds(sys, 1);
    const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET);
    yield* harvest(sys, epfd);
    const sources = [itemOf(epfd, efd).ws];
    for (const flag of [EPOLLWAKEUP, EPOLLWAKEUP, 0]) {
      yield* mod(sys, epfd, efd, EPOLLIN | EPOLLET | flag);
      sources.push(itemOf(epfd, efd).ws);
    }
    return [sources.map((ws) => ws !== null), sources[1] === sources[2], sources[1]?.active];
  });

  expect(seen).toEqual([[false, true, true, false], true, false]);
});

/** A source that stays active after its item is gone would keep the system awake for ever. */
test.each([
  ['EPOLL_CTL_DEL', 'del'],
  ['close of the epoll', 'close'],
])('%s lets go of the sources', (_what, how) => {
  const seen = inMachine(function* (sys) {
    const [efd = -1] = yield* eventfds(sys, 1);
    const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLWAKEUP);
    const { ws } = itemOf(epfd, efd);
    const before = ws?.active;
    if (how === 'del') yield* del(sys, epfd, efd);
    else yield* sys.close(epfd);
    return [before, ws?.active];
  });

  expect(seen).toEqual([true, false]);
});

/** /sys/kernel/debug/wakeup_sources shows who keeps the system awake. */
test('the sources are named after the file and after eventpoll', () => {
  const seen = inMachine(function* (sys) {
    const [efd = -1] = yield* eventfds(sys, 1);
    const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLWAKEUP);
    return [itemOf(epfd, efd).ws?.name, epOf(epfd).ws?.name];
  });

  expect(seen[0]).toMatch(/\[eventfd\]$/);
  expect(seen[1]).toBe('eventpoll');
});
