import { describe, expect, test } from 'vitest';
import { current } from '../../../src/kernel/current.ts';
import {
  __ep_eventpoll_poll,
  ep_events_available,
  ep_send_events,
  epi_fget,
} from '../../../src/kernel/eventpoll/scan.ts';
import { EP_UNACTIVE_PTR } from '../../../src/kernel/eventpoll/types.ts';
import type { KernelChoice } from '../../../src/kernel/history.ts';
import { sigmask } from '../../../src/kernel/signal.ts';
import { EventBuffer, FaultingPage } from '../../../src/kernel/uaccess.ts';
import { EFAULT, EINTR } from '../../../src/kernel/uapi/errno.ts';
import {
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLRDNORM,
} from '../../../src/kernel/uapi/eventpoll.ts';
import { SIGKILL, SIGUSR1 } from '../../../src/kernel/uapi/signal.ts';
import { wake_up_poll } from '../../../src/kernel/wait.ts';
import { Machine } from '../../../src/sim/machine.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import {
  add,
  del,
  epOf,
  eventfds,
  fileOf,
  harvest,
  itemOf,
  queueOf,
  readyList,
  waitInto,
} from '../../support/epoll.ts';
import { inThread, pause, readCount, watch, writeCount } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { Recorder } from '../../support/trace.ts';

/** An epoll that watches eventfds with these counts, data 0, 1, 2…; then the eventfds. */
function* set(sys: Sys, events: number, ...counts: number[]): Code<[number, number[]]> {
  const fds = yield* eventfds(sys, ...counts);
  const epfd = yield* sys.epoll_create1(0);
  for (const [i, fd] of fds.entries()) yield* add(sys, epfd, fd, events, i);
  return [epfd, fds];
}

/** Starts a thread whose epoll_wait stops at the copy of its first event, until `supply` is called. */
function* heldScan(
  sys: Sys,
  epfd: number,
  maxevents: number,
): Code<{ supply: () => void; result: unknown[] }> {
  const page = new FaultingPage();
  const buffer = new EventBuffer(-1, page);
  const result: unknown[] = [];
  yield* inThread(sys, result, () => waitInto(epfd, buffer, maxevents, -1));
  yield* pause(sys);
  return { supply: () => page.supply(), result };
}

describe('what becomes of a reported item', () => {
  /** epoll(7): level-triggered means reported as long as it is ready. */
  test('a level-triggered item is reported until it is not ready any more', () => {
    const trace = new Recorder();
    const seen = inMachine(function* (sys) {
      const [epfd, [efd = -1]] = yield* set(sys, EPOLLIN, 1);
      const rounds = [yield* harvest(sys, epfd), yield* harvest(sys, epfd)];
      yield* readCount(sys, efd);
      rounds.push(yield* harvest(sys, epfd));
      return [rounds, readyList(epfd)];
    }, trace.on());

    expect(seen).toEqual([[[0], [0], []], []]);
    expect(trace).toVisit('ep_send_events: level-triggered, back onto rdllist');
    expect(trace).toVisit('ep_send_events: not ready any more, off the list');
  });

  /** epoll(7): an edge-triggered item that is not drained hangs until the next event (D.7). */
  test('an edge-triggered item is reported once for one event', () => {
    const seen = inMachine(function* (sys) {
      const [epfd] = yield* set(sys, EPOLLIN | EPOLLET, 5);
      return [yield* harvest(sys, epfd), yield* harvest(sys, epfd)];
    });

    expect(seen).toEqual([[0], []]);
  });

  /** fdinfo shows 0xc0000000 after the shot: only the private bits are left (verified on 6.18). */
  test('EPOLLONESHOT disarms the item once its event has been copied out', () => {
    const trace = new Recorder();
    const seen = inMachine(function* (sys) {
      const [epfd, [efd = -1]] = yield* set(sys, EPOLLIN | EPOLLONESHOT | EPOLLET, 1);
      const first = yield* harvest(sys, epfd);
      yield* writeCount(sys, efd, 1n);
      return [first, yield* harvest(sys, epfd), itemOf(epfd, efd).event.events];
    }, trace.on());

    expect(seen).toEqual([[0], [], EPOLLONESHOT | EPOLLET]);
    expect(trace).toVisit('ep_send_events: one shot, disarmed');
  });

  /** D.15: what is delivered is what is true now, not what the wakeup said. */
  test('an event carries all bits of the mask that are ready when it is copied', () => {
    const events = inMachine(function* (sys) {
      const [epfd, [efd = -1]] = yield* set(sys, EPOLLIN | EPOLLOUT | EPOLLET, 0);
      yield* harvest(sys, epfd);
      yield* writeCount(sys, efd, 1n);
      return (yield* sys.epoll_wait(epfd, 1, 0)).map((event) => event.events);
    });

    expect(events).toEqual([EPOLLIN | EPOLLOUT]);
  });

  /** A read in between makes an event stale; epoll_wait must not report it. */
  test('an item that is queued and not ready any more is dropped unreported', () => {
    const seen = inMachine(function* (sys) {
      const [epfd, [efd = -1]] = yield* set(sys, EPOLLIN | EPOLLET, 0);
      yield* writeCount(sys, efd, 1n);
      yield* readCount(sys, efd);
      const before = readyList(epfd).length;
      return [before, yield* harvest(sys, epfd), readyList(epfd).length];
    });

    expect(seen).toEqual([1, [], 0]);
  });
});

describe('order and size', () => {
  /** C.15: no ready file starves behind another, however small the buffer. */
  test('with room for one event ready items take turns', () => {
    const seen = inMachine(function* (sys) {
      const [epfd] = yield* set(sys, EPOLLIN, 1, 1, 1);
      const turns = [];
      for (let i = 0; i < 6; i++) turns.push(...(yield* harvest(sys, epfd, 1)));
      return turns;
    });

    expect(seen).toEqual([0, 1, 2, 0, 1, 2]);
  });

  /** What was not reported this time comes first the next time. */
  test('what did not fit is reported before what was', () => {
    const seen = inMachine(function* (sys) {
      const [epfd] = yield* set(sys, EPOLLIN | EPOLLET, 1, 1, 1, 1);
      return [
        yield* harvest(sys, epfd, 3),
        yield* harvest(sys, epfd, 3),
        yield* harvest(sys, epfd, 3),
      ];
    });

    expect(seen).toEqual([[0, 1, 2], [3], []]);
  });

  /** Servers handle the oldest connection first. */
  test('events are reported in the order of their arrival', () => {
    const seen = inMachine(function* (sys) {
      const [epfd, fds] = yield* set(sys, EPOLLIN | EPOLLET, 0, 0, 0);
      for (const i of [2, 0, 1]) yield* writeCount(sys, fds[i] as number, 1n);
      return yield* harvest(sys, epfd);
    });

    expect(seen).toEqual([2, 0, 1]);
  });

  /** C.15, measured with userfaultfd: rest of the batch, arrivals in order, then the LT items. */
  test('after a scan: the rest of the batch, what arrived, what was reported', () => {
    const seen = inMachine(function* (sys) {
      const [epfd, fds] = yield* set(sys, EPOLLIN, 1, 1, 1, 0, 0, 0);
      const scan = yield* heldScan(sys, epfd, 2);
      for (const i of [5, 3, 4]) yield* writeCount(sys, fds[i] as number, 1n);
      scan.supply();
      yield* pause(sys);
      return [scan.result, yield* harvest(sys, epfd)];
    });

    expect(seen).toEqual([[2], [2, 5, 3, 4, 0, 1]]);
  });

  /** Before 5.1 what arrived during a scan came back newest first. */
  test('without c141175d011f what arrived during a scan is reported newest first', () => {
    const seen = inMachine(
      function* (sys) {
        const [epfd, fds] = yield* set(sys, EPOLLIN, 1, 0, 0, 0);
        const scan = yield* heldScan(sys, epfd, 1);
        for (const i of [1, 2, 3]) yield* writeCount(sys, fds[i] as number, 1n);
        scan.supply();
        yield* pause(sys);
        return yield* harvest(sys, epfd);
      },
      { without: ['c141175d011f'] },
    );

    expect(seen).toEqual([0, 3, 2, 1]);
  });
});

describe('a buffer that faults', () => {
  /** d0305882825: EFAULT must not eat an edge-triggered event. */
  test('a fault at the first event is -EFAULT, and the item is the first again', () => {
    const seen = inMachine(function* (sys) {
      const [epfd] = yield* set(sys, EPOLLIN | EPOLLET, 1, 1, 1);
      const ret = yield* waitInto(epfd, new EventBuffer(0), 3, -1);
      return [ret, yield* harvest(sys, epfd)];
    });

    expect(seen).toEqual([-EFAULT, [0, 1, 2]]);
  });

  /** C.15: a fault in the second slot returns 1, and 1 2 0 follow. */
  test('a fault later on returns the events before it, and loses none', () => {
    const seen = inMachine(function* (sys) {
      const [epfd] = yield* set(sys, EPOLLIN, 1, 1, 1);
      const buffer = new EventBuffer(1);
      const ret = yield* waitInto(epfd, buffer, 3, -1);
      return [ret, buffer.entries.length, yield* harvest(sys, epfd)];
    });

    expect(seen).toEqual([1, 1, [1, 2, 0]]);
  });

  /** C.15: a NULL buffer with nothing ready is never looked at. */
  test('a buffer that is not mapped does no harm while nothing is ready', () => {
    const ret = inMachine(function* (sys) {
      const [epfd] = yield* set(sys, EPOLLIN, 0);
      return yield* waitInto(epfd, new EventBuffer(0), 3, 0);
    });

    expect(ret).toBe(0);
  });

  /** A ONESHOT item that could not be reported must stay armed. */
  test('a ONESHOT item whose event could not be copied stays armed', () => {
    const seen = inMachine(function* (sys) {
      const [epfd] = yield* set(sys, EPOLLIN | EPOLLONESHOT, 1);
      const ret = yield* waitInto(epfd, new EventBuffer(0), 1, -1);
      return [ret, yield* harvest(sys, epfd), yield* harvest(sys, epfd)];
    });

    expect(seen).toEqual([-EFAULT, [0], []]);
  });
});

describe('while a scan is held open by a missing page', () => {
  /** What `call` in another thread has answered before and after the page is supplied. */
  const during = (
    call: (sys: Sys, epfd: number, efd: number) => Code<unknown>,
    events: number = EPOLLIN,
  ): { before: unknown[]; after: unknown[]; scan: unknown[] } =>
    inMachine(
      function* (sys) {
        const [epfd, [efd = -1]] = yield* set(sys, events, 1);
        const scan = yield* heldScan(sys, epfd, 1);
        const results: unknown[] = [];
        yield* inThread(sys, results, (thread) => call(thread, epfd, efd));
        yield* pause(sys);
        const before = [...results];
        scan.supply();
        yield* pause(sys);
        return { before, after: results, scan: scan.result };
      },
      { cpus: 4 },
    );

  /** E.1, 6: a wait with timeout 0 can block, behind the mutex of the scan (C.15). */
  test('epoll_wait with timeout 0 blocks', () => {
    const seen = during(function* (sys, epfd) {
      return (yield* sys.epoll_wait(epfd, 1, 0)).ret;
    });

    expect(seen).toEqual({ before: [], after: [1], scan: [1] });
  });

  /** D.6: DEL that has returned proves that no later harvest contains the item. */
  test.each([
    ['EPOLL_CTL_DEL', (sys: Sys, epfd: number, efd: number) => del(sys, epfd, efd)],
    ['close of a watched file', (sys: Sys, _epfd: number, efd: number) => sys.close(efd)],
    [
      'an outer epoll that looks at this one',
      function* (sys: Sys, epfd: number) {
        const outer = yield* watch(sys, epfd, EPOLLIN);
        return (yield* harvest(sys, outer)).length - 1;
      },
    ],
  ])('%s waits for its end', (_what, call) => {
    const seen = during(call);

    expect(seen).toEqual({ before: [], after: [0], scan: [1] });
  });

  /** C.15: the event that arrives during the copy is not the one being copied. */
  test('a write to an ET item that is being copied gives a second event', () => {
    const trace = new Recorder();
    const seen = inMachine(function* (sys) {
      const [epfd, [efd = -1]] = yield* set(sys, EPOLLIN | EPOLLET, 1);
      const scan = yield* heldScan(sys, epfd, 1);
      yield* writeCount(sys, efd, 1n);
      const link = itemOf(epfd, efd).next;
      scan.supply();
      yield* pause(sys);
      return [link === null, scan.result, yield* harvest(sys, epfd)];
    }, trace.on());

    expect(seen).toEqual([true, [1], [0]]);
    expect(trace).toVisit('ep_poll_callback: onto ovflist');
    expect(trace).toVisit('ep_done_scan: from ovflist onto rdllist');
  });

  /** C.15: the disarm comes after the write, and wins. */
  test('a write to a ONESHOT item that is being copied is not reported', () => {
    const seen = inMachine(function* (sys) {
      const [epfd, [efd = -1]] = yield* set(sys, EPOLLIN | EPOLLONESHOT, 1);
      const scan = yield* heldScan(sys, epfd, 1);
      yield* writeCount(sys, efd, 1n);
      scan.supply();
      yield* pause(sys);
      return [scan.result, yield* harvest(sys, epfd)];
    });

    expect(seen).toEqual([[1], []]);
  });

  /** The overflow list is singly linked: a second link of an item would cut it. */
  test('two writes to one item put it onto ovflist once', () => {
    const trace = new Recorder();
    const seen = inMachine(function* (sys) {
      const [epfd, [efd = -1, other = -1]] = yield* set(sys, EPOLLIN | EPOLLET, 1, 0);
      const scan = yield* heldScan(sys, epfd, 1);
      for (const fd of [other, efd, other]) yield* writeCount(sys, fd, 1n);
      scan.supply();
      yield* pause(sys);
      return yield* harvest(sys, epfd);
    }, trace.on());

    expect(seen).toEqual([1, 0]);
    expect(trace.notes.filter((note) => note === 'ep_poll_callback: onto ovflist')).toHaveLength(2);
  });

  /** 0c54a6a44bf3: until 5.7 a callback during a scan woke nobody, and the event waited. */
  test('a write wakes a thread that went to sleep before the scan began', () => {
    const seen = inMachine(
      function* (sys) {
        const [epfd, [efd = -1, other = -1]] = yield* set(sys, EPOLLIN | EPOLLET, 0, 0);
        const results: unknown[] = [];
        for (let i = 0; i < 2; i++) yield* inThread(sys, results, (t) => harvest(t, epfd, 1, -1));
        yield* pause(sys);
        const scan = yield* heldScan(sys, epfd, 1);
        yield* writeCount(sys, efd, 1n); // The newest sleeper scans, and is held.
        yield* pause(sys);
        yield* writeCount(sys, other, 1n);
        const asleep = [...epOf(epfd).wq.head].length;
        scan.supply();
        yield* pause(sys);
        return [asleep, scan.result, results];
      },
      { cpus: 5 },
    );

    expect(seen).toEqual([1, [1], [[1]]]);
  });

  /** epi_fget(): a file that is being closed is as good as gone. */
  test('a file whose last close waits for the scan is not reported by it', () => {
    const seen = inMachine(
      function* (sys) {
        const [epfd, fds] = yield* set(sys, EPOLLIN, 1, 1);
        const closing = itemOf(epfd, fds[1] as number);
        const scan = yield* heldScan(sys, epfd, 2);
        yield* inThread(sys, [], (thread) => thread.close(fds[1] as number));
        yield* pause(sys);
        const pinned = epi_fget(closing);
        scan.supply();
        yield* pause(sys);
        return [pinned, scan.result, yield* harvest(sys, epfd)];
      },
      { cpus: 4 },
    );

    expect(seen).toEqual([null, [1], [0]]);
  });

  /** The lockless test must say yes while a scan is open, or a sleeper would miss its end. */
  test('ep_events_available is true although both lists are empty', () => {
    const seen = inMachine(function* (sys) {
      const [epfd] = yield* set(sys, EPOLLIN, 1);
      const scan = yield* heldScan(sys, epfd, 1);
      const open = [readyList(epfd).length, ep_events_available(epOf(epfd))];
      scan.supply();
      yield* pause(sys);
      return [open, epOf(epfd).ovflist === EP_UNACTIVE_PTR];
    });

    expect(seen).toEqual([[0, true], true]);
  });
});

describe('the end of a scan', () => {
  /** Threads that wait, each for one event; the names of those that returned. */
  const cascade = (kernel: KernelChoice, events: number): unknown[] =>
    inMachine(
      function* (sys) {
        const [epfd, [efd = -1]] = yield* set(sys, events, 0);
        const results: unknown[] = [];
        for (let i = 0; i < 3; i++) {
          yield* inThread(sys, results, function* (thread) {
            return (yield* thread.epoll_wait(epfd, 1, -1)).ret;
          });
        }
        yield* pause(sys);
        yield* writeCount(sys, efd, 1n);
        yield* pause(sys);
        return results;
      },
      { ...kernel, cpus: 4 },
    );

  /** D.20: three sleepers and one level-triggered event make three returns (C.15). */
  test('something left wakes the next waiter, so that LT wakes them all', () => {
    expect(cascade({}, EPOLLIN)).toEqual([1, 1, 1]);
  });

  /** ET stops the cascade: nothing is left. */
  test('nothing left wakes nobody', () => {
    expect(cascade({}, EPOLLIN | EPOLLET)).toEqual([1]);
  });

  /** R16: from 5.5 to 5.12 the end of a scan woke nobody, and Qpid Proton hung. */
  test.each([
    ['6.18', [], 3],
    ['6.18 without 7fab29e35630', ['7fab29e35630'], 1],
    ['6.18 without 339ddb53d373 too', ['7fab29e35630', '339ddb53d373'], 3],
  ])('on %s a level-triggered event wakes so many of three threads', (_kernel, without, woken) => {
    expect(cascade({ without }, EPOLLIN)).toHaveLength(woken);
  });

  /** An outer ET epoll must not hear of what is merely left over in the inner one. */
  test.each([
    ['6.18', [], []],
    ['6.18 without 339ddb53d373', ['339ddb53d373'], [3]],
  ])('on %s an outer ET epoll after an inner harvest', (_kernel, without, second) => {
    const seen = inMachine(
      function* (sys) {
        const inner = yield* sys.epoll_create1(0);
        const outer = yield* watch(sys, inner, EPOLLIN | EPOLLET);
        const [efd = -1] = yield* eventfds(sys, 0);
        yield* add(sys, inner, efd, EPOLLIN);
        yield* writeCount(sys, efd, 1n);
        const first = yield* harvest(sys, outer);
        yield* harvest(sys, inner);
        return [first, yield* harvest(sys, outer)];
      },
      { without },
    );

    expect(seen).toEqual([[3], second]);
  });
});

describe('polling an epoll descriptor', () => {
  /** C.8: never writable, never in error. */
  test('it is readable while an item of its list is ready, and nothing else', () => {
    const masks = inMachine(function* (sys) {
      const [epfd, [efd = -1]] = yield* set(sys, EPOLLIN, 0);
      const look = () => __ep_eventpoll_poll(fileOf(epfd), null, 0);
      const seen = [yield* look()];
      yield* writeCount(sys, efd, 1n);
      seen.push(yield* look(), yield* look());
      yield* readCount(sys, efd);
      seen.push(yield* look(), readyList(epfd).length);
      return seen;
    });

    expect(masks).toEqual([0, EPOLLIN | EPOLLRDNORM, EPOLLIN | EPOLLRDNORM, 0, 0]);
  });

  /** 5071f97ec6d: a ready list with stale items only is not readable; poll cleans it. */
  test('items that are not ready any more are dropped by the look', () => {
    const trace = new Recorder();
    const seen = inMachine(function* (sys) {
      const [epfd, [efd = -1]] = yield* set(sys, EPOLLIN, 0);
      yield* wake_up_poll(queueOf(efd), EPOLLIN | EPOLLHUP);
      const before = readyList(epfd).length;
      return [before, yield* __ep_eventpoll_poll(fileOf(epfd), null, 0), readyList(epfd).length];
    }, trace.on());

    expect(seen).toEqual([1, 0, 0]);
    expect(trace).toVisit('ep_eventpoll_poll: not ready any more, off the list');
  });

  /** C.8: looking does not consume: an ET item is still there for epoll_wait. */
  test('a look leaves a ready ET item, and all behind it, on the list in order', () => {
    const seen = inMachine(function* (sys) {
      const [epfd] = yield* set(sys, EPOLLIN | EPOLLET, 1, 1);
      yield* __ep_eventpoll_poll(fileOf(epfd), null, 0);
      return yield* harvest(sys, epfd);
    });

    expect(seen).toEqual([0, 1]);
  });

  /** Two levels: the outer is ready because the inner is. */
  test('it is readable when an inner epoll is', () => {
    const seen = inMachine(function* (sys) {
      const [inner, [efd = -1]] = yield* set(sys, EPOLLIN, 0);
      const outer = yield* watch(sys, inner, EPOLLIN);
      const before = yield* harvest(sys, outer);
      yield* writeCount(sys, efd, 1n);
      return [before, yield* harvest(sys, outer), yield* harvest(sys, inner)];
    });

    expect(seen).toEqual([[], [4], [0]]);
  });
});

/** c257a340ede0: a killed thread in a busy loop must end instead of fetching more. */
test('ep_send_events of a thread that was killed is -EINTR and leaves the list alone', () => {
  const seen = inMachine(function* (sys) {
    const [epfd] = yield* set(sys, EPOLLIN | EPOLLET, 1);
    current.pending.signal |= sigmask(SIGKILL);
    current.sigpending = true;
    const ret = yield* ep_send_events(epOf(epfd), new EventBuffer(), 1);
    current.pending.signal = 0n;
    current.sigpending = false;
    return [ret, readyList(epfd).length];
  });

  expect(seen).toEqual([-EINTR, 1]);
});

/** handle_userfault() sleeps killably, and the copy goes on after any other signal. */
describe('a thread whose event buffer is on a missing page', () => {
  const signalled = (sig: number) => {
    const buffer = new EventBuffer(-1, new FaultingPage());
    const machine = new Machine();
    const held = machine.spawn(function* (sys) {
      const [epfd] = yield* set(sys, EPOLLIN, 1);
      yield* sys.sigaction(SIGUSR1, { *handler() {} });
      yield* waitInto(epfd, buffer, 1, -1);
    }, 'held');
    machine.spawn(function* (sys) {
      yield* pause(sys);
      yield* sys.tgkill(held.task.tgid, held.task.tgid, sig);
    }, 'killer');
    machine.run();
    return [held.result, buffer.entries.length];
  };

  /** Verified on 6.18: who kills it does not wait for the page. */
  test('ends when it is killed', () => {
    expect(signalled(SIGKILL)).toEqual([{ how: 'killed', signo: SIGKILL }, 0]);
  });

  /** A handler has to wait for the end of the call. */
  test('goes on waiting when another signal comes', () => {
    expect(signalled(SIGUSR1)).toEqual([null, 0]);
  });
});
