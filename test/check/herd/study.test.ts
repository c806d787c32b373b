import { expect, test } from 'vitest';
import type { HerdRow } from '../../../src/check/herd/row.ts';
import type { HerdReport } from '../../../src/check/herd/study.ts';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
} from '../../../src/kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../../src/kernel/uapi/fcntl.ts';
import { SIGKILL } from '../../../src/kernel/uapi/signal.ts';
import { AF_INET, SOCK_NONBLOCK, SOCK_STREAM } from '../../../src/kernel/uapi/socket.ts';
import { herd } from '../../../src/scenario/herd.ts';
import { parseScenario } from '../../../src/scenario/parse.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';
import type { Code, Program, Sys } from '../../../src/syscalls/sys.ts';
import { pause } from '../../support/programs.ts';

const step = (call: string, args: object, thread = 'main', bind?: string[]): object =>
  bind === undefined ? { thread, call, args } : { thread, call, args, bind };

const wait = (thread: string, epfd = '$ep'): object =>
  step('epoll_wait', { epfd, maxevents: 1, timeout: -1 }, thread);

const byte = step('write', { fd: '$w', data: 'x' });

/** Threads that sleep in one instance, which watches a pipe. */
const sleepers = (threads: string[], then: object[], events = 'EPOLLIN'): Scenario =>
  parseScenario({
    threads: ['main', ...threads],
    steps: [
      step('pipe2', { flags: 'O_NONBLOCK' }, 'main', ['r', 'w']),
      step('epoll_create1', { flags: 0 }, 'main', ['ep']),
      step('epoll_ctl', { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$r', events }),
      ...threads.map((thread) => wait(thread)),
      ...then,
    ],
  });

const rowOf = ({ rows }: HerdReport, name: string): HerdRow => {
  const row = rows.find(({ arrangement }) => arrangement === name);
  if (row === undefined) throw new Error(`there is no row ${name}`);
  return row;
};

const wakeups = (report: HerdReport): Record<string, number> =>
  Object.fromEntries(
    report.rows.flatMap(({ arrangement, counts, refused }) =>
      refused === null ? [[arrangement, counts.wakeups]] : [],
    ),
  );

test('one byte wakes all who wait, one of them, or one at a time, by how they wait', () => {
  const report = herd(sleepers(['t1', 't2', 't3'], [byte]));

  expect(wakeups(report)).toEqual({
    'as written': 3, // Level-triggered, what is left is passed on to the next.
    LT: 3,
    ET: 1,
    ONESHOT: 1,
    EXCLUSIVE: 3, // It is for several instances: in one it changes nothing.
    'LT, own sets': 3,
    'ET, own sets': 3,
    'ONESHOT, own sets': 3,
    'EXCLUSIVE, own sets': 1,
  });
  const { delay } = rowOf(report, 'LT, own sets').counts;
  expect(delay?.most).toBe(delay?.least); // Until the first is told of it, not the last.
  for (const { counts, extent, refused } of report.rows) {
    if (refused === null)
      expect({ events: counts.events, extent }).toEqual({ events: 1, extent: 'one' });
  }
});

test('a wakeup is wasted where another one was quicker', () => {
  const take = (thread: string): object => step('read', { fd: '$r', len: 1 }, thread);
  const report = herd(sleepers(['t1', 't2'], [byte, take('t1'), take('t2')]));

  const { counts } = rowOf(report, 'LT, own sets');
  expect(counts).toMatchObject({ wakeups: 2, wasted: 1, told: 2, events: 1 });
  expect(counts.waiters.map(({ task, wasted }) => [task, wasted])).toEqual([
    ['t1', 0],
    ['t2', 1],
  ]);
});

test('whoever has not slept was not woken for nothing', () => {
  const report = herd(
    parseScenario({
      threads: ['main', 't1'],
      steps: [
        step('pipe2', { flags: 'O_NONBLOCK' }, 'main', ['r', 'w']),
        step('epoll_create1', { flags: 0 }, 'main', ['ep']),
        step('epoll_ctl', { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$r', events: 'EPOLLIN' }),
        byte,
        wait('main'),
        wait('t1'),
        step('read', { fd: '$r', len: 1 }, 't1'),
        step('read', { fd: '$r', len: 1 }),
      ],
    }),
  );

  expect(rowOf(report, 'LT').counts).toMatchObject({ wakeups: 0, wasted: 0, told: 2 });
});

test('shares: with EPOLLEXCLUSIVE whoever was added first gets all while it can', () => {
  const more = [byte, step('read', { fd: '$r', len: 1 }, 't1'), wait('t1'), byte];
  const report = herd(sleepers(['t1', 't2'], more));

  const { counts } = rowOf(report, 'EXCLUSIVE, own sets');
  expect(counts.waiters.map(({ share, task }) => [task, share])).toEqual([
    ['t1', 1],
    ['t2', 0],
  ]);
  expect(counts.fairness).toBe(0.5);
});

test('what was ready when it was added is one event, for however many instances', () => {
  const report = herd(
    parseScenario({
      threads: ['main', 't1', 't2'],
      steps: [
        step('pipe2', { flags: 'O_NONBLOCK' }, 'main', ['r', 'w']),
        step('epoll_create1', { flags: 0 }, 'main', ['ep']),
        byte,
        step('epoll_ctl', { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$r', events: 'EPOLLIN' }),
        wait('t1'),
        wait('t2'),
      ],
    }),
  );

  expect(rowOf(report, 'LT, own sets').counts).toMatchObject({ events: 1, told: 2 });
});

const nested = (waited: string): Scenario =>
  parseScenario({
    threads: ['main', 't1', 't2'],
    steps: [
      step('pipe2', { flags: 'O_NONBLOCK' }, 'main', ['r', 'w']),
      step('epoll_create1', { flags: 0 }, 'main', ['ep']),
      step('epoll_create1', { flags: 0 }, 'main', ['outer']),
      step('epoll_ctl', { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$r', events: 'EPOLLIN' }),
      step('epoll_ctl', { epfd: '$outer', op: 'EPOLL_CTL_ADD', fd: '$ep', events: 'EPOLLIN' }),
      wait('t1', waited),
      wait('t2', waited),
      byte,
    ],
  });

test('what comes through an inner instance is one event, and that one cannot be given to each', () => {
  const outer = herd(nested('$outer'));
  const inner = herd(nested('$ep'));

  expect(rowOf(outer, 'as written').counts).toMatchObject({ events: 1, told: 2 });
  expect(rowOf(inner, 'as written').counts).toMatchObject({ events: 1, told: 2 });
  expect(rowOf(outer, 'LT, own sets').counts.wakeups).toBe(2);
  expect(rowOf(inner, 'ET, own sets').refused).toBe('the epoll instance is watched itself');
});

test('EPOLLEXCLUSIVE is not taken beside EPOLLRDHUP', () => {
  const report = herd(sleepers(['t1', 't2'], [byte], 'EPOLLIN|EPOLLRDHUP'));

  expect(rowOf(report, 'EXCLUSIVE').refused).toContain('EPOLLEXCLUSIVE takes no events but');
  expect(rowOf(report, 'ET').refused).toBeNull();
});

const taker = (ep: number, fd: number, times: number): Program =>
  function* (sys) {
    for (let left = times; left > 0; ) {
      yield* sys.epoll_wait(ep, 1, -1);
      if ((yield* sys.read(fd, new Uint8Array(1))) === 1) left--;
    }
  };

test('EPOLLONESHOT is armed again for a program that does not', () => {
  const program: Program = function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN });
    const thread = yield* sys.pthread_create(taker(ep, reader, 3));
    for (let i = 0; i < 3; i++) {
      yield* pause(sys);
      yield* sys.write(writer, 'x');
    }
    yield* sys.pthread_join(thread);
  };
  const { counts, problems } = rowOf(
    herd(program, { strategy: 'random', executions: 20 }),
    'ONESHOT',
  );

  expect(problems).toEqual([]);
  expect(counts).toMatchObject({ untold: 0, told: 60 });
});

/** A pipe with two bytes, which is watched; then `rest`. */
const twoBytes = (
  rest: (sys: Sys, ep: number, reader: number) => Code<unknown>,
  events = EPOLLIN,
): Program =>
  function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events });
    yield* sys.write(writer, 'xx');
    yield* rest(sys, ep, reader);
  };
const once = { strategy: 'random', executions: 1 } as const;

test('what is left to read when it is armed again is no event of its own', () => {
  const program = twoBytes(function* (sys, ep, reader) {
    for (let i = 0; i < 2; i++) {
      yield* sys.epoll_wait(ep, 1, -1);
      yield* sys.read(reader, new Uint8Array(1));
    }
  });

  expect(rowOf(herd(program, once), 'ONESHOT').counts).toMatchObject({ events: 1, told: 2 });
});

test('it is armed again with the mask that the program gave it last', () => {
  const seen: number[] = [];
  const program = twoBytes(function* (sys, ep, reader) {
    yield* sys.epoll_wait(ep, 1, -1);
    const interest = { events: EPOLLOUT | EPOLLONESHOT };
    if ((yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, reader, interest)) !== 0) return; // EXCLUSIVE
    seen.push((yield* sys.epoll_wait(ep, 1, 0)).ret);
    seen.push((yield* sys.epoll_wait(ep, 1, 0)).ret);
  }, EPOLLIN | EPOLLONESHOT);
  herd(program, once);

  expect(new Set(seen)).toEqual(new Set([0]));
});

test('EPOLLEXCLUSIVE is for what is there before anybody waits: the rest can be changed', () => {
  const changed: number[] = [];
  const program = twoBytes(function* (sys, ep) {
    yield* sys.epoll_wait(ep, 1, -1);
    const own = yield* sys.eventfd2(0, 0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, own, { events: EPOLLIN });
    changed.push(yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, own, { events: EPOLLOUT }));
  });
  herd(program, once);

  expect(new Set(changed)).toEqual(new Set([0]));
});

/** Two threads that accept, each so many connections as there are. */
const server = (count: number): Program =>
  function* (sys): Code<void> {
    const address = { family: AF_INET, addr: 0x7f000001, port: 8000 };
    const listener = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
    yield* sys.bind(listener, address);
    yield* sys.listen(listener, 8);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: EPOLLIN });
    const accept: Program = function* (thread: Sys) {
      for (;;) {
        yield* thread.epoll_wait(ep, 1, -1);
        yield* thread.accept4(listener, SOCK_NONBLOCK);
      }
    };
    yield* sys.pthread_create(accept);
    yield* sys.pthread_create(accept);
    yield* pause(sys);
    for (let i = 0; i < count; i++) {
      const client = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
      yield* sys.connect(client, address);
      yield* pause(sys);
    }
    yield* sys.exit_group(0);
  };

test('with SO_REUSEPORT nobody is woken for nothing', () => {
  const report = herd(server(6), { strategy: 'random', executions: 4, sharedMemory: false });

  const own = rowOf(report, 'SO_REUSEPORT');
  expect(own.refused).toBeNull();
  expect(own.counts.wasted).toBe(0);
  expect(own.counts.waiters.every(({ told }) => told > 0)).toBe(true);
  expect(rowOf(report, 'LT, own sets').counts.wasted).toBeGreaterThan(0);
});

test('processes that each make an instance cannot share one', () => {
  const program: Program = function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const worker: Program = function* (child) {
      const ep = yield* child.epoll_create1(0);
      yield* child.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN });
      yield* child.epoll_wait(ep, 1, -1);
      yield* child.read(reader, new Uint8Array(1));
    };
    const children = [yield* sys.fork(worker, 'one'), yield* sys.fork(worker, 'two')];
    yield* pause(sys);
    yield* sys.write(writer, 'x');
    yield* pause(sys);
    for (const pid of children) yield* sys.kill(pid, SIGKILL);
  };
  const report = herd(program, { strategy: 'random', executions: 60, sharedMemory: false });

  expect(rowOf(report, 'ET').refused).toBe('each who waits has an epoll instance of its own');
  expect(rowOf(report, 'SO_REUSEPORT').refused).toContain('nobody waits for a TCP listener');
  const shared = rowOf(report, 'LT, own sets').counts;
  const exclusive = rowOf(report, 'EXCLUSIVE, own sets').counts;
  expect(shared.wasted).toBeGreaterThan(0);
  expect(exclusive.wasted).toBeLessThan(shared.wasted);
});

const concurrent = (after: object[] = []): Scenario =>
  parseScenario({
    mode: 'concurrent',
    threads: ['main', 't1'],
    steps: [
      step('pipe2', { flags: 'O_NONBLOCK' }, 'main', ['r', 'w']),
      step('epoll_create1', { flags: 0 }, 'main', ['ep']),
      step('epoll_ctl', { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$r', events: 'EPOLLIN' }),
    ],
    concurrent: {
      main: [{ call: 'write', args: { fd: '$w', data: 'x' } }],
      t1: [{ call: 'epoll_wait', args: { epfd: '$ep', maxevents: 1, timeout: -1 } }],
    },
    after,
  });

test('all interleavings where there are few, some at random where there are more', () => {
  const all = rowOf(herd(concurrent()), 'as written');
  const some = rowOf(herd(concurrent(), { executions: 2 }), 'as written');

  expect(all.extent).toBe('all');
  expect(all.executions).toBeGreaterThan(2);
  expect(all.counts.wakeupsAnEvent).toMatchObject({ least: 0, most: 1 }); // Asleep by then, or not.
  expect([some.extent, some.executions]).toEqual(['sample', 2]);
});

test('an arrangement that breaks the program says so', () => {
  const program: Program = function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN });
    yield* sys.write(writer, 'xx');
    yield* sys.pthread_join(yield* sys.pthread_create(taker(ep, reader, 2)));
  };
  const report = herd(program, { strategy: 'random', executions: 4 });

  expect(rowOf(report, 'LT').problems).toEqual([]);
  expect(rowOf(report, 'ET').problems).toMatchObject([{ kind: 'stranded-data', executions: 4 }]);
});

/** Instances that main makes for its workers, and what they wait for. */
const madeByMain = (names: readonly (string | undefined)[]): Program =>
  function* (sys) {
    const address = { family: AF_INET, addr: 0x7f000001, port: 8000 };
    const listener = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
    yield* sys.bind(listener, address);
    yield* sys.listen(listener, 8);
    for (const name of names) {
      const ep = yield* sys.epoll_create1(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: EPOLLIN });
      yield* sys.pthread_create(function* (thread) {
        for (;;) {
          yield* thread.epoll_wait(ep, 1, -1);
          yield* thread.accept4(listener, SOCK_NONBLOCK);
        }
      }, name);
    }
    yield* pause(sys);
    for (let i = 0; i < 6; i++) {
      const client = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
      yield* sys.connect(client, address);
      yield* pause(sys);
    }
    yield* sys.exit_group(0);
  };
const sampled = { executions: 6, sharedMemory: false } as const;

test('an instance is whose that waits in it, whoever has made it', { timeout: 30_000 }, () => {
  const { counts } = rowOf(herd(madeByMain([undefined, undefined]), sampled), 'SO_REUSEPORT');

  expect(counts).toMatchObject({ events: 36, told: 36, wasted: 0 });
  expect(counts.waiters.every(({ told }) => told > 0)).toBe(true);
});

test('in a sample of a program time passes as in play: who sleeps is asleep when the next comes', {
  timeout: 30_000,
}, () => {
  const { counts, extent } = rowOf(
    herd(madeByMain([undefined, undefined]), sampled),
    'LT, own sets',
  );

  expect(extent).toBe('sample');
  expect(counts.wakeupsAnEvent).toEqual({ mean: 2, least: 2, most: 2 });
});

test('two tasks of one name are two', { timeout: 30_000 }, () => {
  const { counts } = rowOf(herd(madeByMain(['worker', 'worker']), sampled), 'LT, own sets');

  expect(counts.waiters.map(({ task }) => task)).toEqual(['worker (main/1)', 'worker (main/2)']);
});

test('whoever waits alone in an instance counts where others wait for the same file', () => {
  const report = herd(
    parseScenario({
      threads: ['main', 't1', 't2', 't3'],
      steps: [
        step('pipe2', { flags: 'O_NONBLOCK' }, 'main', ['r', 'w']),
        step('epoll_create1', { flags: 0 }, 'main', ['e1']),
        step('epoll_create1', { flags: 0 }, 'main', ['e2']),
        step('epoll_ctl', { epfd: '$e1', op: 'EPOLL_CTL_ADD', fd: '$r', events: 'EPOLLIN' }),
        step('epoll_ctl', { epfd: '$e2', op: 'EPOLL_CTL_ADD', fd: '$r', events: 'EPOLLIN' }),
        wait('t1', '$e1'),
        wait('t2', '$e2'),
        wait('t3', '$e2'),
        byte,
      ],
    }),
  );

  expect(rowOf(report, 'as written').counts).toMatchObject({ events: 1, wakeups: 3 });
  const { counts } = rowOf(report, 'EXCLUSIVE');
  expect(counts.waiters.map(({ task, told }) => [task, told])).toEqual([
    ['t1', 1],
    ['t2', 0],
    ['t3', 0],
  ]);
});

test('EPOLLEXCLUSIVE is not for an instance in another one, nor for a kernel before 4.5', () => {
  expect(rowOf(herd(nested('$outer')), 'EXCLUSIVE').refused).toContain('in another one');
  const old = herd(sleepers(['t1', 't2'], [byte]), { kernel: '4.4' });
  expect(rowOf(old, 'EXCLUSIVE').refused).toBe('this kernel has no EPOLLEXCLUSIVE');
});

test('steps of a thread that has not been woken are left out', () => {
  const after = ['t1', 't2'].map((thread) => step('read', { fd: '$r', len: 1 }, thread));
  const report = herd(sleepers(['t1', 't2'], [byte, ...after]));

  expect(rowOf(report, 'ET')).toMatchObject({ refused: null, problems: [] });
  expect(rowOf(report, 'ET').counts.wakeups).toBe(1);
});

test('more instances do not shift the numbers of what comes later', () => {
  const report = herd(
    parseScenario({
      threads: ['main', 't1', 't2'],
      steps: [
        step('epoll_create1', { flags: 0 }),
        step('eventfd2', { initval: 0, flags: 0 }),
        step('epoll_ctl', { epfd: 3, op: 'EPOLL_CTL_ADD', fd: 4, events: 'EPOLLIN' }),
        wait('t1', 3 as never),
        wait('t2', 3 as never),
        step('write', { fd: 4, value: 1 }),
      ],
    }),
  );

  expect(rowOf(report, 'LT, own sets').counts).toMatchObject({ events: 1, told: 2 });
});

test('who looks afterwards waits for nothing', () => {
  const { counts } = rowOf(herd(concurrent([wait('main')])), 'as written');

  expect(counts.waiters.map(({ task }) => task)).toEqual(['t1']);
});
