import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  ETIMEDOUT,
  inOrder,
  randomSchedule,
  SO_ERROR,
  SOL_SOCKET,
} from '../../../src/index.ts';
import {
  accepted,
  connected,
  differ,
  exchange,
  links,
  ms,
  type Pair,
  pair,
  pattern,
} from '../../support/hosts.ts';

describe('a link that is cut, and healed in time', () => {
  /**
   * Nothing but time is lost, whenever it is cut, and whichever half of it. (Unless a link that is
   * bad as well keeps the connection in recovery for a quarter of an hour.)
   */
  test('costs no byte', () => {
    const up = pattern(30_000);
    const down = pattern(10_000);
    const cuts = fc.record({
      at: fc.integer({ min: 0, max: 2000 * ms }),
      length: fc.integer({ min: 1, max: 10_000 * ms }),
      side: fc.constantFrom('a', 'b', undefined),
    });
    const seeds = fc.integer({ min: 1 });
    fc.assert(
      fc.property(links, cuts, seeds, fc.boolean(), (link, { at, length, side }, seed, mixed) => {
        const loss = link.loss / 2;
        const made = pair(
          { ...link, loss },
          { seed, schedule: mixed ? randomSchedule(seed) : inOrder },
        );
        const from = side === undefined ? undefined : made[side];
        made.machine.after(at, () => made.wire.partition(from));
        made.machine.after(at + length, () => made.wire.heal(from));

        const got = exchange(made, up, down);

        expect([differ(got.up, up), differ(got.down, down), got.asleep]).toEqual([-1, -1, 0]);
      }),
      { numRuns: 25 },
    );
  });

  test('delays the transfer until the next timeout after it is healed', () => {
    const made = pair({ latency_ns: ms, bandwidth_bps: 10e6 });
    const { machine, wire } = made;
    machine.after(50 * ms, () => wire.partition());
    machine.after(5000 * ms, () => wire.heal());

    const got = exchange(made, pattern(200_000), pattern(10));

    expect(differ(got.up, pattern(200_000))).toBe(-1);
    expect(got.asleep).toBe(0);
    expect(machine.now_ns).toBeGreaterThan(6_000 * ms);
  });
});

/** What an epoll instance of `a` tells of the connection after the link was cut for good. */
function toldAfterCut({ machine, a, b, wire }: Pair): unknown {
  machine.spawn(
    function* (sys) {
      yield* sys.read(yield* accepted(sys, b, 80), new Uint8Array(1));
    },
    { host: b },
  );
  const program = machine.spawn(
    function* (sys): Code<unknown> {
      const fd = yield* connected(sys, b, 80);
      const ep = yield* sys.epoll_create1(0);
      const events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: 0 });
      const seen = [[...(yield* sys.epoll_wait(ep, 1, -1))][0]?.events];
      wire.partition();
      yield* sys.write(fd, 'anybody?');
      seen.push([...(yield* sys.epoll_wait(ep, 1, -1))][0]?.events);
      const errors = [];
      for (let i = 0; i < 2; i++) {
        errors.push((yield* sys.getsockopt(fd, SOL_SOCKET, SO_ERROR)).value);
      }
      return { seen, errors, read: yield* sys.read(fd, new Uint8Array(1)) };
    },
    { host: a },
  );
  machine.run();
  return program.result?.how === 'returned' ? program.result.value : program.result;
}

describe('a link that stays cut', () => {
  /** tcp(7), tcp_retries2; epoll says everything at once, and SO_ERROR why, once. */
  test('ends in EPOLLERR, EPOLLHUP and ETIMEDOUT for who waits with epoll', () => {
    const all = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLERR | EPOLLHUP;

    expect(toldAfterCut(pair())).toEqual({
      seen: [EPOLLOUT, all],
      errors: [ETIMEDOUT, 0],
      read: 0,
    });
  });

  /** Who only reads has nothing to be told of: without keepalive the wait has no end (tcp(7)). */
  test('is noticed by nobody who only waits', () => {
    const { machine, a, b, wire } = pair();
    machine.spawn(
      function* (sys) {
        yield* sys.read(yield* accepted(sys, b, 80), new Uint8Array(1));
      },
      { host: b, name: 'server' },
    );
    machine.spawn(
      function* (sys) {
        yield* sys.read(yield* connected(sys, b, 80), new Uint8Array(1));
      },
      { host: a, name: 'client' },
    );
    machine.after(100 * ms, () => wire.partition());

    const { asleep } = machine.run();

    expect(asleep.map(({ name, call }) => `${name}: ${call}`)).toEqual([
      'server: read',
      'client: read',
    ]);
  });
});

/** A sender that leaves the link idle is of no use, nor is one that drowns it. */
test('a transfer takes about as long as the bandwidth calls for', () => {
  const made = pair({ latency_ns: 10 * ms, bandwidth_bps: 10e6 });
  const bytes = 2_000_000;

  const got = exchange(made, pattern(bytes), pattern(1));

  expect(got.asleep).toBe(0);
  // 1,448 bytes of each 1,500 that are sent.
  const least = ((bytes * 1500) / 1448) * 800;
  expect(made.machine.now_ns - 1000 * ms).toBeGreaterThan(least);
  expect(made.machine.now_ns - 1000 * ms).toBeLessThan(1.2 * least);
});
