import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  type Code,
  EHOSTUNREACH,
  EPOLL_CTL_ADD,
  EPOLLERR,
  EPOLLHUP,
  EPOLLOUT,
  ETIMEDOUT,
  inOrder,
  type LinkOptions,
  type MachineOptions,
  type PacketView,
  randomSchedule,
  SO_LINGER,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  type Sys,
} from '../../../src/index.ts';
import { SOL_TCP, TCP_THIN_LINEAR_TIMEOUTS } from '../../../src/kernel/uapi/tcp.ts';
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
  readAll,
  writeAll,
} from '../../support/hosts.ts';

describe('over a link that loses, reorders and duplicates', () => {
  /** What TCP is for: RFC 9293, section 3.1. */
  test('the bytes that are read are those that were written, and both ends finish', () => {
    const up = pattern(30_000);
    const down = pattern(10_000);
    fc.assert(
      fc.property(links, fc.integer({ min: 1 }), fc.boolean(), (link, seed, mixed) => {
        const schedule = mixed ? randomSchedule(seed) : inOrder;

        const got = exchange(pair(link, { seed, schedule }), up, down);

        expect([differ(got.up, up), differ(got.down, down), got.asleep]).toEqual([-1, -1, 0]);
      }),
      { numRuns: 25 },
    );
  });

  /** A failure that is found by chance has to be found again. */
  test('the same seed gives the same packets at the same times', () => {
    const trace = (seed: number): string[] => {
      const seen: string[] = [];
      const loss = ({ text }: PacketView): boolean => {
        seen.push(`${made.machine.now_ns} ${text}`);
        return false;
      };
      const options: LinkOptions = { loss, reorder: 0.2, duplicate: 0.1 };
      const made = pair(options, { seed });
      exchange(made, pattern(20_000), pattern(10_000));
      return seen;
    };

    expect(trace(5)).toEqual(trace(5));
    expect(trace(5)).not.toEqual(trace(6));
  });
});

/** The times in ms at which packets that `of` knows were sent, when those that `drop` names are lost. */
function sentAt(
  { a, machine }: Pair & { readonly seen: number[] },
  run: (sys: Sys) => Code<unknown>,
): unknown {
  const program = machine.spawn(run, { host: a });
  machine.run();
  return program.result?.how === 'returned' ? program.result.value : program.result;
}

/** A pair whose link loses what `drop` says, and notes when packets of the kind `of` were sent. */
function watched(
  of: (packet: PacketView) => boolean,
  drop: (packet: PacketView, nth: number) => boolean,
  options: LinkOptions = {},
  machineOptions: MachineOptions = {},
): Pair & { readonly seen: number[] } {
  const seen: number[] = [];
  const loss = (packet: PacketView): boolean => {
    if (!of(packet)) return drop(packet, -1);
    seen.push(made.machine.now_ns / ms - 1000);
    return drop(packet, seen.length - 1);
  };
  const made = pair({ latency_ns: 10 * ms, ...options, loss }, machineOptions);
  return { ...made, seen };
}

const isSyn = ({ text }: PacketView): boolean => / SYN,/.test(text);
const isData = ({ from, payload }: PacketView): boolean => from === 'a' && payload > 0;

describe('a lost segment', () => {
  /** tcp_syn_linear_timeouts: four seconds in a row, then twice as long each time. */
  test('SYN is sent again after 1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 64 s, then ETIMEDOUT', () => {
    const made = watched(isSyn, () => true);
    const { machine, b, seen } = made;

    const err = sentAt(made, function* (sys) {
      const fd = yield* sys.socket(AF_INET, SOCK_STREAM, 0);
      return yield* sys.connect(fd, b.sockaddr(80));
    });

    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67].map((s) => s * 1000));
    expect(err).toBe(-ETIMEDOUT);
    expect(machine.now_ns / ms - 1000).toBe(131_000);
  });

  /** RFC 6298: 200 ms and a round trip at least, and twice as long each time. */
  test('data is sent again after the RTO, which doubles', () => {
    const made = watched(isData, (_packet, nth) => nth >= 0 && nth < 4);
    const { machine, b, seen } = made;
    machine.spawn(
      function* (sys) {
        yield* readAll(sys, yield* accepted(sys, b, 80));
      },
      { host: b },
    );

    sentAt(made, function* (sys) {
      const fd = yield* connected(sys, b, 80);
      yield* sys.write(fd, 'hello');
      yield* sys.close(fd);
    });

    expect(seen.slice(0, 5)).toEqual([20, 240, 680, 1560, 3320]);
  });

  /** tcp(7), for games and shells: who sends little cannot be told of a loss by duplicates. */
  test('TCP_THIN_LINEAR_TIMEOUTS keeps the RTO of a thin stream as it is six times', () => {
    const made = watched(isData, (_packet, nth) => nth >= 0 && nth < 8);
    const { machine, b, seen } = made;
    machine.spawn(
      function* (sys) {
        yield* sys.read(yield* accepted(sys, b, 80), new Uint8Array(9));
      },
      { host: b },
    );

    sentAt(made, function* (sys) {
      const fd = yield* connected(sys, b, 80);
      yield* sys.setsockopt(fd, SOL_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1);
      yield* sys.write(fd, 'hello');
      yield* sys.nanosleep({ tv_sec: 10, tv_nsec: 0 });
    });

    expect(seen).toEqual([20, 240, 460, 680, 900, 1120, 1340, 1560, 2000]);
  });

  /** RFC 5681, 4.2: who fills a gap is told at once, though nobody reads. */
  test('that fills the gap before a FIN is acknowledged at once, and the FIN with it', () => {
    const made = watched(isData, (_packet, nth) => nth === 0);
    const { machine, b } = made;
    machine.spawn(
      function* (sys) {
        yield* accepted(sys, b, 80);
        yield* sys.nanosleep({ tv_sec: 10, tv_nsec: 0 });
      },
      { host: b },
    );

    const closed = sentAt(made, function* (sys) {
      const fd = yield* connected(sys, b, 80);
      yield* sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, 5);
      yield* sys.write(fd, 'hello');
      yield* sys.close(fd);
      return machine.now_ns / ms - 1000;
    });

    expect(closed).toBe(260); // Sent again after 220 ms, and a round trip.
  });

  /** RFC 5681: three duplicates, and no timeout is waited for. */
  test('is sent again as soon as three duplicates have come', () => {
    const made = watched(isData, (_packet, nth) => nth === 2);
    const { machine, b, seen } = made;
    machine.spawn(
      function* (sys) {
        const got = yield* readAll(sys, yield* accepted(sys, b, 80));
        sys.assert(got.length === 10 * 1448, 'all has come');
      },
      { host: b },
    );

    sentAt(made, function* (sys) {
      const fd = yield* connected(sys, b, 80);
      yield* writeAll(sys, fd, pattern(10 * 1448));
      yield* sys.close(fd);
    });

    // Ten at once after the handshake, the third of them once more when its duplicates come.
    expect(seen).toEqual([...Array(10).fill(20), 40]);
  });

  /** RFC 6937: an acknowledgement that tells of another loss does not let one more go. */
  test('that an acknowledgement tells of lets nothing go but itself', () => {
    const lost = [1, 3, 17, 22, 29, 31, 37, 38, 43, 45, 47, 50, 57, 58];
    const made = watched(isData, (_packet, nth) => lost.includes(nth));
    const { machine, b, seen } = made;
    machine.spawn(
      function* (sys) {
        yield* readAll(sys, yield* accepted(sys, b, 80));
      },
      { host: b },
    );

    sentAt(made, function* (sys) {
      const fd = yield* connected(sys, b, 80);
      yield* writeAll(sys, fd, pattern(100 * 1448));
      yield* sys.close(fd);
    });

    expect(seen.filter((time) => time === 260)).toHaveLength(1);
  });
});

describe('the first flight', () => {
  /** How many segments each end sends at once when the handshake, of which some is lost, is over. */
  function flights(
    lost: (packet: PacketView, nth: number) => boolean,
    latency_ns: number,
  ): number[] {
    let nr = 0;
    const at: Record<string, number[]> = { a: [], b: [] };
    const loss = (packet: PacketView): boolean => {
      if (packet.payload > 0) at[packet.from]?.push(made.machine.now_ns);
      return packet.text.includes('SYN') && lost(packet, nr++);
    };
    const made = pair({ latency_ns, loss });
    const talk = function* (sys: Sys, fd: number): Code<void> {
      yield* writeAll(sys, fd, pattern(20 * 1448));
      yield* sys.nanosleep({ tv_sec: 10, tv_nsec: 0 });
    };
    made.machine.spawn(
      function* (sys) {
        yield* talk(sys, yield* accepted(sys, made.b, 80));
      },
      { host: made.b },
    );
    made.machine.spawn(
      function* (sys) {
        yield* talk(sys, yield* connected(sys, made.b, 80));
      },
      { host: made.a },
    );
    made.machine.run();
    return [at.a, at.b].map((times = []) => times.filter((time) => time === times[0]).length);
  }
  const none = (): boolean => false;
  const calls = ({ from }: PacketView): boolean => from === 'a';

  /** RFC 5681, 3.1; a single SYN is forgiven, since it is sent again so soon (RFC 6298). */
  test.each([
    ['nothing is lost', none, 10 * ms, [10, 10]],
    ['a SYN is lost', (_: PacketView, nth: number) => nth < 1, 10 * ms, [10, 10]],
    ['two SYNs are lost', (_: PacketView, nth: number) => nth < 2, 10 * ms, [1, 10]],
    ['answers are lost', (p: PacketView, nth: number) => !calls(p) && nth < 6, 10 * ms, [10, 1]],
    ['nothing is lost on a way of 1.5 s', none, 1500 * ms, [10, 10]],
  ])(
    'is of one segment after several SYNs, unless they were not lost: %s',
    (_what, lost, ns, n) => {
      expect(flights(lost, ns)).toEqual(n);
    },
  );
});

describe('a connection whose link is cut', () => {
  /** tcp_retries2: 15 retransmissions take a quarter of an hour. */
  test('ends with ETIMEDOUT after 15 retransmissions', () => {
    const made = watched(isData, () => false);
    const { machine, b, wire, seen } = made;
    machine.spawn(
      function* (sys) {
        yield* sys.read(yield* accepted(sys, b, 80), new Uint8Array(1));
      },
      { host: b },
    );

    const err = sentAt(made, function* (sys) {
      const fd = yield* connected(sys, b, 80);
      wire.partition();
      yield* sys.write(fd, 'anybody?');
      return yield* sys.read(fd, new Uint8Array(1));
    });

    expect(err).toBe(-ETIMEDOUT);
    expect(seen).toHaveLength(16);
    expect(machine.now_ns / ms / 1000 / 60).toBeGreaterThan(15);
    expect(machine.now_ns / ms / 1000 / 60).toBeLessThan(18);
  });
});

describe('a slow reader', () => {
  /** The window closes, and the writer sleeps until it opens. */
  test('stalls the writer, who goes on when there is room', () => {
    const { machine, a, b } = pair({ latency_ns: ms });
    const at: number[] = [];
    const bytes = pattern(3_000_000);
    machine.spawn(
      function* (sys) {
        const fd = yield* accepted(sys, b, 80);
        yield* sys.nanosleep({ tv_sec: 100, tv_nsec: 0 });
        sys.assert((yield* readAll(sys, fd)).length === bytes.length, 'all has come');
      },
      { host: b },
    );
    machine.spawn(
      function* (sys) {
        const fd = yield* connected(sys, b, 80);
        yield* writeAll(sys, fd, bytes);
        at.push(machine.now_ns / ms - 1000);
        yield* sys.close(fd);
      },
      { host: a },
    );

    const { asleep } = machine.run();

    expect(asleep).toEqual([]);
    expect(at[0]).toBeGreaterThan(100_000);
    expect(at[0]).toBeLessThan(101_000);
  });

  /** The persist timer: without it both would wait for ever (RFC 9293, 3.8.6.1). */
  test('is asked for its window if the news of it was lost', () => {
    const opens: number[] = [];
    let lost = false;
    const loss = ({ from, text, payload }: PacketView): boolean => {
      const deaf = lost && from === 'b' && payload === 0 && / ACK,/.test(text) && opens.length < 8;
      if (deaf) opens.push(1);
      return deaf;
    };
    const { machine, a, b } = pair({ latency_ns: ms, loss });
    const bytes = pattern(1_000_000);
    machine.spawn(
      function* (sys) {
        const fd = yield* accepted(sys, b, 80);
        yield* sys.nanosleep({ tv_sec: 10, tv_nsec: 0 });
        lost = true;
        sys.assert((yield* readAll(sys, fd)).length === bytes.length, 'all has come');
      },
      { host: b },
    );
    machine.spawn(
      function* (sys) {
        const fd = yield* connected(sys, b, 80);
        yield* writeAll(sys, fd, bytes);
        yield* sys.close(fd);
      },
      { host: a },
    );

    expect(machine.run().asleep).toEqual([]);
    expect(opens).toHaveLength(8);
  });
});

/** EHOSTUNREACH is kept while a connection is tried, and is what it ends with. */
test('a connection to an address that nobody has ends with EHOSTUNREACH for poll as well', () => {
  const { machine, a } = pair();
  const nobody = { family: AF_INET, addr: 0x0a000077, port: 1 };
  const program = machine.spawn(
    function* (sys) {
      const fd = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      yield* sys.connect(fd, nobody);
      const ep = yield* sys.epoll_create1(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLOUT, data: 0 });
      const events = [...(yield* sys.epoll_wait(ep, 1, -1))].map((event) => event.events);
      return [events, yield* sys.connect(fd, nobody)];
    },
    { host: a },
  );

  machine.run();

  expect(program.result).toMatchObject({
    value: [[EPOLLOUT | EPOLLERR | EPOLLHUP], -EHOSTUNREACH],
  });
});

/** A reader that never reads is a deadlock, and a test that never ends does not say so. */
test('a writer whose peer keeps its window closed for ever is found asleep', () => {
  const { machine, a, b } = pair({ latency_ns: ms });
  machine.spawn(
    function* (sys) {
      yield* accepted(sys, b, 80);
      yield* sys.epoll_wait(yield* sys.epoll_create1(0), 1, -1);
    },
    { host: b, name: 'reader' },
  );
  machine.spawn(
    function* (sys) {
      yield* writeAll(sys, yield* connected(sys, b, 80), pattern(3_000_000));
    },
    { host: a, name: 'writer' },
  );

  const { asleep } = machine.run();

  expect(asleep.map(({ name, call }) => `${name}: ${call}`)).toEqual([
    'reader: epoll_wait',
    'writer: write',
  ]);
});
