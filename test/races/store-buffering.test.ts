import { describe, expect, test } from 'vitest';
import { check, subjectOf, type Verdict } from '../../src/check/check.ts';
import { detect } from '../../src/check/detectors/index.ts';
import { explore } from '../../src/check/explore.ts';
import type { ContextId } from '../../src/check/order.ts';
import { type Choosing, Once } from '../../src/check/strategy.ts';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLONESHOT,
} from '../../src/kernel/uapi/eventpoll.ts';
import { INADDR_LOOPBACK } from '../../src/kernel/uapi/in.ts';
import { POLLIN, POLLOUT } from '../../src/kernel/uapi/poll.ts';
import {
  AF_INET,
  AF_UNIX,
  MSG_DONTWAIT,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../src/kernel/uapi/socket.ts';
import { type Memory, ScheduleMismatch } from '../../src/sim/schedule.ts';
import type { Code, Program, Sys } from '../../src/syscalls/sys.ts';

type Main = (sys: Sys) => Code<void>;

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** Runs `other` in a thread while `main` goes on; ends with both. */
function* beside(sys: Sys, other: Program, main: () => Code<void>): Code<void> {
  const thread = yield* sys.pthread_create(other);
  yield* main();
  yield* sys.pthread_join(thread);
}

/** Polls one end of a pair while a thread sends from the other. */
const pollsWhileSent: Main = function* (sys) {
  const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const sends: Program = function* (thread) {
    yield* thread.send(b, one, 0);
  };
  yield* beside(sys, sends, function* () {
    yield* sys.poll([{ fd: a, events: POLLIN, revents: 0 }], -1);
  });
};

/** As before, by an epoll. */
const addsWhileSent: Main = function* (sys) {
  const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const ep = yield* sys.epoll_create1(0);
  const sends: Program = function* (thread) {
    yield* thread.send(b, one, 0);
  };
  yield* beside(sys, sends, function* () {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, a, { events: EPOLLIN });
    yield* sys.epoll_wait(ep, 1, -1);
  });
};

/** Arms an item again, whose one shot is spent, while a thread writes. */
const rearmsWhileWritten: Main = function* (sys) {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLONESHOT | EPOLLIN });
  yield* sys.epoll_wait(ep, 1, 0);
  yield* sys.read(event, new Uint8Array(8));
  const writes: Program = function* (thread) {
    yield* thread.write(event, one);
  };
  yield* beside(sys, writes, function* () {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, event, { events: EPOLLIN });
    yield* sys.epoll_wait(ep, 1, -1);
  });
};

/** Waits while a thread adds what is ready. */
const waitsWhileAdded: Main = function* (sys) {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  const adds: Program = function* (thread) {
    yield* thread.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  };
  yield* beside(sys, adds, function* () {
    yield* sys.epoll_wait(ep, 1, -1);
  });
};

const checked = (
  program: Main,
  kernel: string,
  memory: 'sc' | 'tso',
  without: readonly string[] = [],
): Verdict => check(program, { kernel, memory, without, sharedMemory: false });

/** The kernels of x86 had these; a sequentially consistent checker calls them right. */
describe.each([
  [
    'a sender does not wait for what it sent before it looks for pollers',
    pollsWhileSent,
    '6.13',
    'a57de0b4336e',
  ],
  ['as before, on the kernel of today', pollsWhileSent, '6.18', 'a57de0b4336e'],
  ['a poller looks before it is on the queue', pollsWhileSent, '6.18', 'cacd9ae4bf80'],
  ['an epoll looks before its item is on the queue', addsWhileSent, '6.18', 'cacd9ae4bf80'],
  ['MOD polls before its mask is there', rearmsWhileWritten, '4.4', '128dd1759d96'],
  ['ADD looks for waiters before its item is on the list', waitsWhileAdded, '5.6', '1b53734bd0b2'],
] as const)('%s', (_, program, kernel, commit) => {
  test(`${kernel} without ${commit} loses the wakeup`, () => {
    const { findings } = checked(program, kernel, 'tso', [commit]);
    expect(findings).toMatchObject([{ kind: 'lost-wakeup' }]);
  });

  test('with it no interleaving does', { timeout: 120_000 }, () => {
    expect(checked(program, kernel, 'tso')).toMatchObject({ complete: true, findings: [] });
  });

  test('nor without it where every store is seen at once', { timeout: 120_000 }, () => {
    const verdict = checked(program, kernel, 'sc', [commit]);
    expect(verdict).toMatchObject({ complete: true, findings: [] });
  });
});

/** Polls for room in a connection whose peer reads all, when the sender's flag is not set yet. */
const pollsWhileRead: Main = function* (sys) {
  const address = { family: AF_INET, addr: INADDR_LOOPBACK, port: 80 };
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.setsockopt(listener, SOL_SOCKET, SO_RCVBUF, 4000);
  yield* sys.bind(listener, address);
  yield* sys.listen(listener, 1);
  const client = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.setsockopt(client, SOL_SOCKET, SO_SNDBUF, 1);
  yield* sys.connect(client, address);
  const server = yield* sys.accept4(listener, 0);
  // Less than a third of the buffer is free, and no send has failed: nobody has asked to be told.
  yield* sys.send(client, new Uint8Array(4000), 0);
  yield* sys.send(client, new Uint8Array(1000), 0);
  const reads: Program = function* (thread) {
    for (let i = 0; i < 2; i++) yield* thread.recv(server, new Uint8Array(8000), MSG_DONTWAIT);
  };
  yield* beside(sys, reads, function* () {
    yield* sys.poll([{ fd: client, events: POLLOUT, revents: 0 }], -1);
  });
};

/** The poller, once there is a thread, goes on for so many steps; then the thread runs to its end. */
class TakesOver extends Once {
  private steps: number;

  constructor(steps: number) {
    super();
    this.steps = steps;
  }

  choose(choosing: Choosing): ContextId {
    const { possible, preferred } = choosing;
    const of = (who: string): ContextId | undefined =>
      possible.find((context) => choosing.describe(context).startsWith(who));
    const thread = of('t1: ');
    if (thread === undefined) return of('main: ') ?? preferred;
    if (this.steps-- > 0) return of('main: ') ?? of('store buffer of main: ') ?? thread;
    return thread;
  }
}

/** A connection has too many interleavings to cover all of them: here the peer reads at each moment. */
describe('a poller looks for room before SOCK_NOSPACE is seen', () => {
  const lost = (memory: Memory, without: readonly string[]): number[] => {
    const subject = subjectOf(pollsWhileRead, { without });
    const moments: number[] = [];
    for (let steps = 0; steps < 20; steps++) {
      const options = { memory, sharedMemory: false } as const;
      for (const execution of explore(subject, new TakesOver(steps), options)) {
        if (detect(execution).some(({ kind }) => kind === 'lost-wakeup')) moments.push(steps);
      }
    }
    return moments;
  };

  test('without 3c7151275c0c the wakeup is lost', () => {
    expect(lost('tso', ['3c7151275c0c'])).not.toEqual([]);
  });

  test('with it, it is not', () => {
    expect(lost('tso', [])).toEqual([]);
  });

  test('nor without it where every store is seen at once', () => {
    expect(lost('sc', ['3c7151275c0c'])).toEqual([]);
  });
});

/** The release that had it, with nothing taken out. */
test.each(['5.1', '5.5'])('%s loses the wakeup of an ADD, as it did', (kernel) => {
  expect(checked(waitsWhileAdded, kernel, 'tso').findings).toMatchObject([{ kind: 'lost-wakeup' }]);
});

describe('the schedule of a finding', () => {
  const lost = { kernel: '6.18', without: ['128dd1759d96'], sharedMemory: false } as const;
  const [found] = check(rearmsWhileWritten, { ...lost, memory: 'tso' }).findings;
  const schedule = found?.schedule ?? '';

  test('says when a store is seen', () => {
    expect(schedule).toContain('# memory tso\n');
    expect(schedule).toMatch(/t1: lock ep->lock\nstore buffer of main: write ep\n/);
  });

  test('shows it again', () => {
    const { findings } = check(rearmsWhileWritten, {
      ...lost,
      memory: 'tso',
      strategy: 'replay',
      schedule,
    });
    expect(findings[0]?.cause).toBe(found?.cause);
  });

  test('does not fit where every store is seen at once', () => {
    const replay = (): unknown =>
      check(rearmsWhileWritten, { ...lost, memory: 'sc', strategy: 'replay', schedule });
    expect(replay).toThrow(ScheduleMismatch);
  });
});
