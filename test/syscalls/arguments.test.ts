import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import {
  CLOCK_MONOTONIC,
  type Code,
  check,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLET,
  EPOLLIN,
  ESRCH,
  SO_LINGER,
  SOL_SOCKET,
  Sys,
  simulate,
} from '../../src/index.ts';
import { EDEADLK, EFAULT } from '../../src/kernel/uapi/errno.ts';
import { isInterest } from '../../src/syscalls/arguments.ts';

/** Sys for a program in JavaScript, or one whose types somebody has stripped. */
type Untyped = Record<string, (...args: unknown[]) => Code<unknown>>;

/** What comes out of the call that is given to a program, as a text. */
const outcomeOf = (call: (sys: Untyped) => Code<unknown>): unknown =>
  simulate(function* (sys) {
    try {
      return yield* call(sys as unknown as Untyped);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return error.message;
    }
  });

const its = { it_interval: { tv_sec: 0, tv_nsec: 0 }, it_value: { tv_sec: 1, tv_nsec: 0 } };

/** A test that passes because a wrong call did nothing, or answered with some errno. */
test.each<[string, unknown[], string]>([
  ['epoll_ctl', [3, 1, 0, 1], 'event: expected { events, data } or null, found 1'],
  ['epoll_ctl', [3, 1, 0, {}], 'event.events: expected an integer, found undefined'],
  [
    'epoll_ctl',
    [3, 1, 0, { events: 'EPOLLIN' }],
    "event.events: expected an integer, found 'EPOLLIN'",
  ],
  [
    'epoll_ctl',
    [3, 1, 0, { events: 1, data: { a: 1 } }],
    'event.data: expected an integer or a bigint of 64 bits, found { a: 1 }',
  ],
  [
    'epoll_ctl',
    [3, 1, 0, { events: 1, data: 'hey' }],
    "event.data: expected an integer or a bigint of 64 bits, found 'hey'",
  ],
  [
    'epoll_ctl',
    [3, 1, 0, { events: 1, data: 1.5 }],
    'event.data: expected an integer or a bigint of 64 bits, found 1.5',
  ],
  [
    'epoll_ctl',
    [3, 1, 0, { events: 1, data: 2n ** 64n }],
    'event.data: expected an integer or a bigint of 64 bits, found 18446744073709551616n',
  ],
  ['epoll_ctl', [3, 1, '0', { events: 1 }], "fd: expected an integer, found '0'"],
  ['epoll_wait', [3, Number.NaN, 0], 'maxevents: expected an integer, found NaN'],
  ['epoll_wait', [3, '8', 0], "maxevents: expected an integer, found '8'"],
  ['epoll_wait', [3, 8], 'timeout: expected an integer, found undefined'],
  [
    'epoll_pwait',
    [3, 8, 0, 5],
    'sigmask: expected a set of signals (a bigint, see sigset) or null, found 5',
  ],
  ['epoll_pwait2', [3, 8, 10], 'timeout: expected { tv_sec, tv_nsec } or null, found 10'],
  ['poll', [[{ fd: 'x', events: 1 }], 0], "pollfds[0].fd: expected an integer, found 'x'"],
  [
    'select',
    [1, { in: [0], out: new Set(), ex: new Set() }, null],
    'sets.in: expected a Set of descriptors, found an array',
  ],
  ['dup', ['3'], "oldfd: expected an integer, found '3'"],
  ['close', [2 ** 53], 'fd: expected an integer, found 9007199254740992'],
  ['eventfd2', ['a', 0], "initval: expected an integer, found 'a'"],
  ['write', [3, 1n], 'buf: expected bytes (a Uint8Array) or a text, found 1n'],
  ['write', [3, 5], 'buf: expected bytes (a Uint8Array) or a text, found 5'],
  ['write', [3, null], 'buf: expected bytes (a Uint8Array) or a text, found null'],
  ['read', [3, 8], 'buf: expected bytes (a Uint8Array), found 8'],
  ['read', [3], 'buf: expected bytes (a Uint8Array), found undefined'],
  [
    'read',
    [3, new ArrayBuffer(8)],
    'buf: expected bytes (a Uint8Array), found an object of the kind ArrayBuffer',
  ],
  ['writev', [3, ['a', 1]], 'iov[1]: expected bytes (a Uint8Array) or a text, found 1'],
  ['ioctl', [3, 1, 5], 'argp: expected an object, such as { value: 0 }, found 5'],
  ['nanosleep', [10], 'req: expected { tv_sec, tv_nsec }, found 10'],
  ['nanosleep', [{ tv_sec: 0.5 }], 'req.tv_sec: expected an integer, found 0.5'],
  [
    'timerfd_settime',
    [3, 0, 100],
    'new_value: expected { it_interval, it_value } or null, found 100',
  ],
  [
    'timerfd_settime',
    [3, 0, { ...its, it_value: 5 }],
    'new_value.it_value: expected { tv_sec, tv_nsec }, found 5',
  ],
  ['bind', [3, { family: 2, port: '80' }], "addr.port: expected an integer, found '80'"],
  ['setsockopt', [3, 1, 2, 'on'], "optval: expected an integer or { tv_sec, tv_usec }, found 'on'"],
  ['sigaction', [10, 5], 'act: expected { handler, flags, mask }, found 5'],
  [
    'sigaction',
    [10, { handler: async () => {} }],
    'act.handler: expected a generator function, SIG_DFL or SIG_IGN, found the async function handler',
  ],
  [
    'pthread_create',
    [5],
    'start_routine: expected a generator function (function* (sys) { … }), found 5',
  ],
  ['pthread_join', [undefined], 'tid: expected an integer, found undefined'],
])('%s(%o): %s', (call, args, message) => {
  expect(outcomeOf((sys) => sys[call]?.(...args) as Code<unknown>)).toBe(`${call}: ${message}`);
});

/** Whoever has the struct of C in mind finds what this takes in its place. */
test('setsockopt says what SO_LINGER takes in place of a struct', () => {
  const linger = { l_onoff: 1, l_linger: 2 };
  const set = (sys: Untyped) => sys['setsockopt']?.(3, SOL_SOCKET, SO_LINGER, linger);
  expect(outcomeOf(set as never)).toBe(
    'setsockopt: optval: expected an integer (for SO_LINGER its seconds, negative for off) or ' +
      '{ tv_sec, tv_usec }, found { l_onoff: 1, l_linger: 2 }',
  );
});

/** JavaScript alone says that something is not iterable. */
test.each([
  ['epol_wait', 'did you mean epoll_wait?'],
  ['io_uring_setup', 'docs/limits.md says what is not modelled'],
])('sys.%s(), which there is not, is called so: %s', (name, hint) => {
  expect(outcomeOf((sys) => sys[name]?.() as Code<unknown>)).toBe(
    `sys.${name}: expected a system call that is modelled, found none of that name; ${hint}`,
  );
});

/** What is asked of any object is no call: to be awaited, printed, or looked at by a test runner. */
test.each(['then', 'toJSON', 'asymmetricMatch', '$$typeof', 'nodeType'])(
  'sys.%s is undefined',
  (name) => {
    const read = (sys: Sys): unknown => (sys as never as Record<string, unknown>)[name];
    expect(
      simulate(function* (sys) {
        return [read(sys), name in sys, sys instanceof Sys];
      }),
    ).toEqual([undefined, false, true]);
  },
);

/** The call of the function in place of the function. */
test.each([
  ['simulate', simulate],
  ['check', check],
] as const)('%s() says of a generator that the function is wanted', (name, run) => {
  const program = function* (sys: Sys): Code<void> {
    yield* sys.getpid();
  };
  expect(() => run(program(null as never) as never)).toThrow(
    `${name}: expected a generator function (function* (sys) { … }), found what a call gives ` +
      '(a Generator): hand over the function itself, without calling it',
  );
});

/** The star forgotten in the line before: a call stands where its result should. */
test('a call in place of its result is called what it is', () => {
  const program = function* (sys: Sys) {
    yield* sys.epoll_wait(sys.epoll_create1(0) as unknown as number, 1, 0);
  };

  expect(() => simulate(program)).toThrow(
    'epoll_wait: epfd: expected an integer, found a call without "yield*"',
  );
});

/** NULL is for the kernel to refuse, and what a call has no use for it does not look at. */
test('null is NULL where a pointer may be, and DEL needs no event', () => {
  const answers = simulate(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const efd = yield* sys.eventfd2(0, 0);
    const tfd = yield* sys.timerfd_create(CLOCK_MONOTONIC, 0);
    return [
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, efd, null),
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, efd, { events: EPOLLIN | EPOLLET, data: -1n }),
      yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, efd),
      yield* sys.timerfd_settime(tfd, 0, null),
    ];
  });

  expect(answers).toEqual([-EFAULT, 0, 0, -EFAULT]);
});

/** A u64 may be written as signed or unsigned; beyond both there is nothing to hand back. */
test.each([
  [-(2n ** 63n), true],
  [2n ** 64n - 1n, true],
  [-(2n ** 63n) - 1n, false],
  [Number.MAX_SAFE_INTEGER, true],
])('data of %s fits: %s', (data, fits) => {
  expect(isInterest({ events: 0, data })).toBe(fits);
});

/** Jest gives each test globals of its own; Node's Buffers are not of their Uint8Array. */
test('bytes and sets of another realm are as good', () => {
  const [bytes, set] = runInNewContext('[new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]), new Set()]');
  expect(bytes).not.toBeInstanceOf(Uint8Array);

  expect(
    simulate(function* (sys) {
      const efd = yield* sys.eventfd2(0, 0);
      const written = yield* sys.write(efd, bytes);
      return [written, yield* sys.select(0, { in: set, out: set, ex: set }, its.it_interval)];
    }),
  ).toEqual([8, 0]);
});

/** pthread_join(3): a number that nobody has had is no thread, one that ended is joined at once. */
test('pthread_join() tells a thread that has ended from one that never was', () => {
  const program = function* (sys: Sys) {
    const tid = yield* sys.pthread_create(function* () {});
    yield* sys.pthread_join(tid);
    return [
      yield* sys.pthread_join(tid),
      yield* sys.pthread_join(tid + 1),
      yield* sys.pthread_join(0),
      yield* sys.pthread_join(yield* sys.gettid()),
    ];
  };

  expect(simulate(program)).toEqual([0, -ESRCH, -ESRCH, -EDEADLK]);
});

/** The sys of the function around is in reach, and would act on behalf of somebody else. */
test.each(['getpid', 'read'] as const)('%s() of another thread is refused', (call) => {
  const program = function* (sys: Sys) {
    const tid = yield* sys.pthread_create(function* () {
      if (call === 'getpid') yield* sys.getpid();
      else yield* sys.read(0, new Uint8Array(1));
    });
    yield* sys.pthread_join(tid);
  };

  expect(() => simulate(program)).toThrow(
    `${call}: expected a call by main, whose sys this is, ` +
      'found a call by t1, whose function is given a sys of its own',
  );
});

/** A sys that was kept would change a machine that nobody runs any more. */
test('a sys is of no use after the run', () => {
  const kept: Sys[] = [];
  simulate(function* (sys) {
    kept.push(sys);
    yield* sys.getpid();
  });

  expect(() => kept[0]?.write(0, 'x')).toThrow(
    'write: expected a call by main, whose sys this is, found one when nothing runs',
  );
});
