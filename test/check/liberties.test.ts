import { describe, expect, test } from 'vitest';
import falseNegative from '../../examples/false-negative.ts';
import { Bounded } from '../../src/check/bounded.ts';
import { type CheckOptions, check, subjectOf } from '../../src/check/check.ts';
import { Dpor } from '../../src/check/dpor.ts';
import { explore } from '../../src/check/explore.ts';
import type { Strategy } from '../../src/check/strategy.ts';
import { EAGAIN, ECONNRESET, EINTR } from '../../src/kernel/uapi/errno.ts';
import { EPOLL_CTL_ADD, EPOLLET, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { F_SETFL, O_NONBLOCK } from '../../src/kernel/uapi/fcntl.ts';
import { INADDR_LOOPBACK } from '../../src/kernel/uapi/in.ts';
import {
  AF_INET,
  AF_UNIX,
  SHUT_WR,
  SO_RCVTIMEO,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../src/kernel/uapi/socket.ts';
import { type LibertyKind, libertyKinds } from '../../src/sim/liberty.ts';
import type { Code, Program, Sys } from '../../src/syscalls/sys.ts';

const calls = { sharedMemory: false } as const;

/** Two ends of a TCP connection, of which the second one does not block. */
function* connection(sys: Sys): Code<[number, number]> {
  const address = { family: AF_INET, addr: INADDR_LOOPBACK, port: 80 };
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.bind(listener, address);
  yield* sys.listen(listener, 1);
  const client = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.connect(client, address);
  return [client, yield* sys.accept4(listener, SOCK_NONBLOCK)];
}

/** Programs that take for granted what Linux does not promise. */
const careless: Readonly<Record<LibertyKind, Program>> = {
  *'ready-order'(sys) {
    const ep = yield* sys.epoll_create1(0);
    for (const data of [0, 1]) {
      const event = yield* sys.eventfd2(1, 0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN, data });
    }
    const [first] = yield* sys.epoll_wait(ep, 8, 0);
    sys.assert(first?.data === 0, 'the one that was ready first is told first');
  },
  *'short-read'(sys) {
    const [reader, writer] = yield* sys.pipe2(0);
    yield* sys.write(writer, 'hello');
    sys.assert((yield* sys.read(reader, new Uint8Array(8))) === 5, 'a message is read as a whole');
  },
  *'short-write'(sys) {
    const [, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    const taken = yield* sys.write(writer, 'hello');
    sys.assert(taken < 0 || taken === 5, 'a message is written as a whole, or not at all');
  },
  *eagain(sys) {
    const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    yield* sys.write(writer, 'hello');
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN });
    yield* sys.epoll_wait(ep, 1, -1);
    sys.assert((yield* sys.read(reader, new Uint8Array(8))) > 0, 'what was ready can be read');
  },
  *eintr(sys) {
    const ep = yield* sys.epoll_create1(0);
    const event = yield* sys.eventfd2(0, 0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
    yield* sys.pthread_create(function* (sys) {
      yield* sys.write(event, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    });
    sys.assert((yield* sys.epoll_wait(ep, 1, -1)).ret === 1, 'epoll_wait comes back with an event');
  },
  *'spurious-wakeup'(sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLET });
    yield* sys.write(writer, 'x');
    yield* sys.epoll_wait(ep, 1, 0);
    sys.assert((yield* sys.epoll_wait(ep, 1, 0)).ret === 0, 'an edge is told once');
  },
  *'late-timer'(sys) {
    yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 10_000_000 });
    const { tv_nsec } = yield* sys.clock_gettime(1);
    sys.assert(tv_nsec === 10_000_000, 'a timeout is over after 10 ms');
  },
  *reset(sys) {
    const [, server] = yield* connection(sys);
    const ret = yield* sys.read(server, new Uint8Array(8));
    sys.assert(ret !== -ECONNRESET, 'nobody resets the connection');
  },
};

/** Whoever relies on more than Linux promises is bitten, some day: the checker says by what. */
describe.each(libertyKinds)('%s', (kind) => {
  const program = careless[kind];

  test('breaks a program that takes for granted that it does not happen', () => {
    expect(check(program, calls)).toMatchObject({ complete: true, findings: [] });
    const others = libertyKinds.filter((other) => other !== kind);
    expect(check(program, { ...calls, liberties: others }).findings).toEqual([]);
    const [finding] = check(program, { ...calls, liberties: 'all' }).findings;
    expect(finding?.kind).toBe('assertion');
    expect(finding?.liberties.map((taken) => taken.kind)).toEqual([kind]);
    expect(finding?.fewestLiberties).toBe(true);
  });

  test('is in the schedule, which breaks the program again', () => {
    const [finding] = check(program, { ...calls, liberties: 'all' }).findings;
    const schedule = finding?.schedule ?? '';
    expect(schedule).toContain(`# liberties ${kind}\n`);
    expect(schedule).toContain(`liberty: ${finding?.liberties[0]?.does}\n`);
    const again = check(program, { ...calls, strategy: 'replay', schedule });
    expect(again.findings[0]?.schedule).toBe(schedule);
  });

  /** What is found at random after some liberties is told with the one that it needs. */
  test.each(['random', 'pct'] as const)(
    'is found by %s, and what else was done left out',
    (strategy) => {
      const options = { ...calls, liberties: 'all', strategy, executions: 2000 } as const;
      const [finding] = check(program, options).findings;
      expect(finding?.liberties.map((taken) => taken.kind)).toEqual([kind]);
    },
  );
});

const limitOf3s = { tv_sec: 3, tv_usec: 0 };

/** One call that sleeps until another thread has done something, if one does, or for 3 s. */
const sleepy: Readonly<Record<string, (limit: number) => Program>> = {
  recv: (limit) =>
    function* (sys) {
      const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
      if (limit !== 0) yield* sys.setsockopt(reader, SOL_SOCKET, limit, limitOf3s);
      yield* sys.pthread_create(function* (sys) {
        yield* sys.write(writer, 'x');
      });
      return yield* sys.recv(reader, new Uint8Array(8), 0);
    },
  accept: (limit) =>
    function* (sys) {
      const address = { family: AF_UNIX, path: '\0listener' };
      const listener = yield* sys.socket(AF_UNIX, SOCK_STREAM);
      yield* sys.bind(listener, address);
      yield* sys.listen(listener, 1);
      if (limit !== 0) yield* sys.setsockopt(listener, SOL_SOCKET, limit, limitOf3s);
      yield* sys.pthread_create(function* (sys) {
        const client = yield* sys.socket(AF_UNIX, SOCK_STREAM);
        yield* sys.connect(client, address);
      });
      const ret = yield* sys.accept4(listener, 0);
      return Math.min(ret, 1);
    },
  send: (limit) =>
    function* (sys) {
      const [writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
      yield* sys.setsockopt(writer, SOL_SOCKET, SO_SNDBUF, 1);
      while ((yield* sys.write(writer, 'x')) > 0);
      if (limit !== 0) yield* sys.setsockopt(writer, SOL_SOCKET, limit, limitOf3s);
      yield* sys.fcntl(writer, F_SETFL, 0);
      return yield* sys.send(writer, 'x', 0);
    },
};

/**
 * Whoever gives a blocking socket a timeout, and takes every error for the end of the connection. As
 * seen on Linux 6.18 with SIGSTOP and SIGCONT: without a timeout the call is made anew.
 */
describe.each([
  ['recv', SO_RCVTIMEO, SO_SNDTIMEO],
  ['accept', SO_RCVTIMEO, SO_SNDTIMEO],
  ['send', SO_SNDTIMEO, SO_RCVTIMEO],
])('%s', { timeout: 20_000 }, (name, own, other) => {
  const resultsWith = (limit: number): readonly string[] => {
    const program = (sleepy[name] as (limit: number) => Program)(limit);
    const options = { ...calls, liberties: ['eintr'], findings: 'all' } as const;
    const { complete, results } = check(program, options);
    expect(complete).toBe(true);
    return [...results.keys()];
  };

  test('is interrupted where its socket has a timeout', () => {
    expect(resultsWith(own)).toContain(String(-EINTR));
  });

  test('is not where it has none, or only for the other direction', () => {
    for (const limit of [0, other]) expect(resultsWith(limit)).not.toContain(String(-EINTR));
  });
});

/** Reads until EAGAIN, and again after EINTR. */
function* readAll(sys: Sys, ep: number, fd: number, length: number): Code<number> {
  const buf = new Uint8Array(16);
  let total = 0;
  while (total < length) {
    const { ret } = yield* sys.epoll_wait(ep, 1, -1);
    if (ret === -EINTR) continue;
    for (let n = 0; n !== -EAGAIN; ) {
      n = yield* sys.read(fd, buf);
      if (n > 0) total += n;
    }
  }
  return total;
}

/** Writes all of it, whatever is taken at once. */
function* writeAll(sys: Sys, fd: number, bytes: Uint8Array): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: 4 /* EPOLLOUT */ | EPOLLET });
  for (let done = 0; done < bytes.length; ) {
    const n = yield* sys.write(fd, bytes.subarray(done));
    if (n > 0) done += n;
    else yield* sys.epoll_wait(ep, 1, -1);
  }
}

/** Who does what the man pages ask for is not bitten: no liberty takes more than they allow. */
test.each(['pipe', 'socketpair'])(
  'an edge-triggered loop over a %s that reads and writes until EAGAIN bears one liberty of any kind',
  (kind) => {
    const program = function* (sys: Sys): Code<number> {
      const [reader, writer] =
        kind === 'pipe'
          ? yield* sys.pipe2(O_NONBLOCK)
          : yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
      const ep = yield* sys.epoll_create1(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLET });
      yield* sys.pthread_create((sys) => writeAll(sys, writer, new Uint8Array(3)));
      return yield* readAll(sys, ep, reader, 3);
    };
    const verdict = check(program, { ...calls, liberties: 'all' });
    expect(verdict).toMatchObject({ complete: true, findings: [] });
    expect([...verdict.results.keys()]).toEqual(['3']);
    expect(verdict.executions).toBeGreaterThan(check(program, calls).executions);
  },
  60_000,
);

/** epoll_wait(2): more ready files than events take turns, so that none starves. */
test('ready-order lets no file be told twice while another one waits', () => {
  const program = function* (sys: Sys): Code<number[]> {
    const ep = yield* sys.epoll_create1(0);
    for (const data of [0, 1, 2]) {
      const event = yield* sys.eventfd2(1, 0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN, data });
    }
    const told: number[] = [];
    for (let i = 0; i < 3; i++) told.push(Number((yield* sys.epoll_wait(ep, 1, 0))[0]?.data));
    return told;
  };
  const options = { ...calls, liberties: ['ready-order'], maxLiberties: 3 } as const;
  const orders = [...check(program, options).results.keys()];
  expect(orders).toEqual(['[0,1,2]', '[0,2,1]', '[1,0,2]', '[1,2,0]', '[2,0,1]', '[2,1,0]']);
});

/** pipe(7): a write of PIPE_BUF bytes or less is atomic, and goes where there is room. */
test.each([
  [4096, ['4096']],
  [4097, ['1', '4096', '4097']],
])('a write of %i bytes to an empty pipe takes %s', (length, taken) => {
  const program = function* (sys: Sys): Code<number> {
    const [, writer] = yield* sys.pipe2(O_NONBLOCK);
    return yield* sys.write(writer, new Uint8Array(length));
  };
  const options = { ...calls, liberties: ['short-write', 'eagain'] } as const;
  expect([...check(program, options).results.keys()]).toEqual(taken);
});

/** recv(2): MSG_WAITALL gets all that was asked for, and who blocks never sees EAGAIN. */
test('a read that waits for all bytes gets them, and a blocking one is never refused', () => {
  const program = function* (sys: Sys): Code<number[]> {
    const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
    yield* sys.write(writer, 'hello');
    const MSG_WAITALL = 0x100;
    const all = yield* sys.recv(reader, new Uint8Array(2), MSG_WAITALL);
    return [all, yield* sys.read(reader, new Uint8Array(1))];
  };
  const options = { ...calls, liberties: ['short-read', 'eagain'] } as const;
  expect([...check(program, options).results.keys()]).toEqual(['[2,1]']);
});

/** All results of a program, and whether its executions were all that there are. */
function resultsOf(program: Program, strategy: Strategy, options: CheckOptions): string[] {
  const results = new Set<string>();
  for (const { extent, result } of explore(subjectOf(program, options), strategy, options)) {
    if (extent === 'whole') results.add(JSON.stringify(result?.value));
  }
  return [...results].sort();
}

/** The reduction leaves no liberty out at any moment that matters: against plain enumeration. */
test.each<[LibertyKind[], Program]>([
  [
    ['short-read', 'eagain'],
    function* (sys) {
      const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
      yield* sys.write(writer, 'abc');
      const buf = new Uint8Array(8);
      return [yield* sys.read(reader, buf), yield* sys.read(reader, buf)];
    },
  ],
  [
    ['ready-order', 'eintr'],
    function* (sys) {
      const ep = yield* sys.epoll_create1(0);
      for (const data of [0, 1]) {
        const event = yield* sys.eventfd2(1, 0);
        yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN | EPOLLET, data });
      }
      const told = yield* sys.epoll_wait(ep, 8, 0);
      const { ret } = yield* sys.epoll_wait(ep, 8, 1);
      return [told.map(({ data }) => Number(data)), ret];
    },
  ],
])(
  '%s: plain enumeration finds no result more',
  (liberties, program) => {
    const options = { ...calls, liberties, maxLiberties: 2 };
    const reduced = resultsOf(program, new Dpor(), options);
    expect(reduced.length).toBeGreaterThan(3);
    expect(reduced).toEqual(resultsOf(program, new Bounded(1000), options));
  },
  60_000,
);

/** Whoever is told of a liberty that has nothing to do with it looks in the wrong place. */
test.each(['exhaustive', 'random', 'pct'] as const)(
  'a program that breaks without any liberty needs none, as %s finds it',
  (strategy) => {
    const options = { ...calls, liberties: 'all', strategy, executions: 2000 } as const;
    const [finding] = check(falseNegative, options).findings;
    expect(finding).toMatchObject({ kind: 'assertion', liberties: [], fewestLiberties: true });
    expect(finding?.schedule).not.toContain('liberty');
  },
);

/** The lists had other locks, and a scan another form. */
test.each(['4.4', '4.20', '5.10', '6.12', '7.3'])(
  'the kernel of %s takes liberties as well',
  (kernel) => {
    for (const kind of libertyKinds) {
      const [finding] = check(careless[kind], { ...calls, kernel, liberties: [kind] }).findings;
      expect(finding?.liberties.map((taken) => taken.kind)).toEqual([kind]);
    }
  },
);

/** A reset that came while one end wrote, and found its number used up, left the other end waiting for ever. */
test('A reset ends both ends of a connection, whoever of them is in a call', () => {
  const program: Program = function* (sys) {
    const [client, server] = yield* connection(sys);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, server, { events: EPOLLIN });
    yield* sys.write(client, 'hi');
    yield* sys.shutdown(client, SHUT_WR);
    for (let n = 1; n > 0; ) {
      yield* sys.epoll_wait(ep, 1, -1);
      n = yield* sys.read(server, new Uint8Array(64));
    }
  };
  expect(check(program, { liberties: ['reset'] })).toMatchObject({ complete: true, findings: [] });
});

test('What needs no liberty has a schedule, too, where the kernel might have taken some', () => {
  const program: Program = function* (sys) {
    yield* sys.close(yield* sys.epoll_create1(0));
    throw new Error('always');
  };
  const [finding] = check(program, { liberties: 'all' }).findings;
  expect(finding?.liberties).toEqual([]);
  const schedule = finding?.schedule ?? '';
  expect(schedule).toContain('# liberties none\n');
  const again = check(program, { strategy: 'replay', schedule });
  expect(again.findings[0]?.schedule).toContain(schedule.split('\n').slice(-4).join('\n'));
});

test('liberties that there are not are refused', () => {
  const options = { liberties: ['short-reads'] as unknown as LibertyKind[] };
  expect(() => check(careless.eintr, options)).toThrow(
    /^liberties: expected 'all' or a list of ready-order, .*, found \["short-reads"\]$/,
  );
  expect(() => check(careless.eintr, { liberties: 'all', maxLiberties: -1 })).toThrow(
    'maxLiberties: expected 0 or more, found -1',
  );
  const schedule = '# epollsim schedule 1\n# kernel 6.18\n# liberties tea\nmain: start\n';
  expect(() => check(careless.eintr, { strategy: 'replay', schedule })).toThrow(
    'line 3: expected none, or liberties out of ready-order,',
  );
});
