import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  type Code,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EHOSTUNREACH,
  ENETUNREACH,
  Machine,
  SOCK_STREAM,
  type Sys,
} from '../../src/index.ts';
import { accepted, connected, listening, ms, pair } from '../support/hosts.ts';

const text = (bytes: Uint8Array, n: number): string => String.fromCharCode(...bytes.subarray(0, n));

describe('hosts', () => {
  /** Whoever writes a test wants to read the addresses in it. */
  test('hosts have the addresses 10.0.0.1, 10.0.0.2, … unless told otherwise', () => {
    const machine = new Machine();

    const hosts = [
      machine.host('a'),
      machine.host('b', { address: '10.0.0.3' }),
      machine.host('c'),
      machine.host('d'),
    ];

    expect(hosts.map(({ address }) => address)).toEqual([
      '10.0.0.1',
      '10.0.0.3',
      '10.0.0.2',
      '10.0.0.4',
    ]);
    expect(hosts[0]?.sockaddr(80)).toEqual({ family: AF_INET, addr: 0x0a000001, port: 80 });
  });

  /** ip(7): an address that is not the host's. */
  test('bind to the address of another host is EADDRNOTAVAIL', () => {
    const { machine, a, b } = pair();
    const bound = machine.spawn(
      function* (sys) {
        const fd = yield* sys.socket(AF_INET, SOCK_STREAM, 0);
        return yield* sys.bind(fd, b.sockaddr(80));
      },
      { host: a },
    );

    machine.run();

    expect(bound.result).toEqual({ how: 'returned', value: -EADDRNOTAVAIL });
  });

  /** Two servers on two hosts may both be on port 80. */
  test('a port that is taken on one host is free on another', () => {
    const { machine, a, b } = pair();
    const bindTwice = function* (sys: Sys): Code<number> {
      yield* listening(sys, b, 80);
      const again = yield* sys.socket(AF_INET, SOCK_STREAM, 0);
      return yield* sys.bind(again, b.sockaddr(80));
    };
    machine.spawn((sys) => listening(sys, a, 80), { host: a });
    const onB = machine.spawn(bindTwice, { host: b });

    machine.run();

    expect(onB.result).toEqual({ how: 'returned', value: -EADDRINUSE });
  });

  /** 127.0.0.1 is the host itself, whichever that is. */
  test('127.0.0.1 of one host does not lead to another', () => {
    const { machine, a, b } = pair();
    const local = { family: AF_INET, addr: 0x7f000001, port: 80 };
    const connect = function* (sys: Sys): Code<number> {
      yield* sys.nanosleep({ tv_sec: 0, tv_nsec: ms });
      return yield* sys.connect(yield* sys.socket(AF_INET, SOCK_STREAM, 0), local);
    };
    machine.spawn(
      function* (sys) {
        const fd = yield* sys.socket(AF_INET, SOCK_STREAM, 0);
        yield* sys.bind(fd, local);
        yield* sys.listen(fd, 1);
        yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
      },
      { host: b },
    );
    const onB = machine.spawn(connect, { host: b });
    const onA = machine.spawn(connect, { host: a });

    machine.run();

    expect([onA.result, onB.result]).toEqual([
      { how: 'returned', value: -111 },
      { how: 'returned', value: 0 },
    ]);
  });

  /** A host connects to itself by its own address as by 127.0.0.1, and no link is asked. */
  test('what a host sends to its own address does not go by its link', () => {
    const { machine, b, wire } = pair();
    machine.spawn((sys) => accepted(sys, b, 80), { host: b });
    const at = machine.spawn(
      function* (sys) {
        yield* connected(sys, b, 80);
        return machine.now_ns;
      },
      { host: b },
    );

    machine.run();

    expect(wire.counts(b).sent).toBe(0);
    expect(at.result).toEqual({ how: 'returned', value: 1_000_000_000 });
  });

  /** The two errors of a wrong address: at once without a route, else after three questions. */
  test('connect is ENETUNREACH without a way, and EHOSTUNREACH after 3 s where nobody answers', () => {
    const { machine, a } = pair();
    const call = (addr: number) =>
      machine.spawn(
        function* (sys) {
          const fd = yield* sys.socket(AF_INET, SOCK_STREAM, 0);
          return [yield* sys.connect(fd, { family: AF_INET, addr, port: 1 }), machine.now_ns];
        },
        { host: a },
      );
    const elsewhere = call(0x08080808);
    const nobody = call(0x0a000063);

    machine.run();

    expect(elsewhere.result).toEqual({ how: 'returned', value: [-ENETUNREACH, 1000 * ms] });
    expect(nobody.result).toEqual({ how: 'returned', value: [-EHOSTUNREACH, 4000 * ms] });
  });
});

describe('links', () => {
  /** The handshake takes a round trip, and a byte half of one. */
  test('a packet is on the way for as long as the latency says', () => {
    const { machine, a, b } = pair({ latency_ns: 7 * ms });
    const at: number[] = [];
    machine.spawn(
      function* (sys) {
        const fd = yield* accepted(sys, b, 80);
        const buf = new Uint8Array(10);
        const n = yield* sys.read(fd, buf);
        at.push(machine.now_ns / ms);
        sys.assert(text(buf, n) === 'hello', 'what was written is read');
      },
      { host: b },
    );
    machine.spawn(
      function* (sys) {
        const fd = yield* connected(sys, b, 80);
        at.push(machine.now_ns / ms);
        yield* sys.write(fd, 'hello');
      },
      { host: a },
    );

    machine.run();

    expect(at).toEqual([1014, 1021]);
  });
});

describe('errors', () => {
  const of = (build: (machine: Machine) => unknown) => () => build(new Machine());

  test.each<[string, (machine: Machine) => unknown, string]>([
    ['a name', (m) => m.host(5 as never), 'host: expected a name, found 5'],
    [
      'a name twice',
      (m) => [m.host('a'), m.host('a')],
      "host: expected a name that is free, found 'a' once more",
    ],
    [
      'an address',
      (m) => m.host('a', { address: '127.0.0.1' }),
      'host a: address: expected an IPv4 address as a text, such as ' +
        "'10.0.0.1', that a host can have, found '127.0.0.1'",
    ],
    [
      'an address twice',
      (m) => [m.host('a'), m.host('b', { address: '10.0.0.1' })],
      'host b: expected an address that is free, found 10.0.0.1, which is that of a',
    ],
    [
      'an option of a host',
      (m) => m.host('a', { adress: '10.0.0.1' } as never),
      'host a: expected one of address, found "adress"',
    ],
    [
      'a loop',
      (m) => {
        const a = m.host('a');
        m.link(a, a);
      },
      'link: expected two hosts, found a twice',
    ],
    [
      'a second link',
      (m) => {
        const [a, b] = [m.host('a'), m.host('b')];
        m.link(a, b);
        m.link(b, a);
      },
      'link: expected one link, found a second one of b and a',
    ],
    [
      'a host of another machine',
      (m) => m.link(m.host('a'), new Machine().host('b')),
      'link: expected a host, as machine.host() gives it, found b of another machine',
    ],
    [
      'a share',
      (m) => m.link(m.host('a'), m.host('b'), { loss: 5 }),
      'link: loss: expected a number from 0 to 1, or a function that says of a packet ' +
        'whether it is lost, found 5',
    ],
    [
      'an option of a link',
      (m) => m.link(m.host('a'), m.host('b'), { latency: 5 } as never),
      'link: expected one of latency_ns, bandwidth_bps, queue, loss, reorder, duplicate, ' +
        'found "latency"',
    ],
    [
      'an end',
      (m) => m.link(m.host('a'), m.host('b')).partition(m.host('c')),
      'partition: expected an end of the link, a or b, found c',
    ],
    [
      'a place to run',
      (m) => m.spawn(function* () {}, { host: 'a' } as never),
      "spawn: host: expected a host, found 'a'",
    ],
    ['a time', (m) => m.after(-1, () => {}), 'after: expected nanoseconds, 0 or more, found -1'],
  ])('%s that cannot be is refused in words', (_what, build, message) => {
    expect(of(build)).toThrow(message);
  });
});
