import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  type Code,
  EAGAIN,
  ECONNREFUSED,
  EPOLL_CTL_ADD,
  EPOLLOUT,
  type Host,
  inOrder,
  type LinkOptions,
  MSG_DONTWAIT,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOL_SOCKET,
  type Sys,
} from '../../src/index.ts';
import { datagrams, ms, pair } from '../support/hosts.ts';

/** The first byte, and the time in ms, of each datagram that comes of `count`, sent in one go. */
function received(options: LinkOptions, count: number, seed = 0, size = 1): [number, number][] {
  const { machine, a, b } = pair(options, { seed, schedule: inOrder });
  const came: [number, number][] = [];
  machine.spawn(
    function* (sys) {
      const fd = yield* datagrams(sys, b, 9);
      const buf = new Uint8Array(65_536);
      while ((yield* sys.read(fd, buf)) > 0)
        came.push([buf[0] as number, machine.now_ns / ms - 1000]);
    },
    { host: b },
  );
  machine.spawn(
    function* (sys) {
      const fd = yield* sys.socket(AF_INET, SOCK_DGRAM, 0);
      yield* sys.connect(fd, b.sockaddr(9));
      for (let i = 0; i < count; i++) yield* sys.write(fd, new Uint8Array(size).fill(i));
    },
    { host: a },
  );
  machine.run();
  return came;
}
/** Takes the first byte of each datagram that comes. */
function* hear(sys: Sys, host: Host, port: number, heard: number[]): Code<void> {
  const fd = yield* datagrams(sys, host, port);
  const buf = new Uint8Array(9);
  while ((yield* sys.read(fd, buf)) > 0) heard.push(buf[0] as number);
}

/** Sends 0, 1, …, one each `pause_ns`. */
function* say(sys: Sys, host: Host, port: number, count: number, pause_ns: number): Code<void> {
  const fd = yield* sys.socket(AF_INET, SOCK_DGRAM, 0);
  yield* sys.connect(fd, host.sockaddr(port));
  for (let i = 0; i < count; i++) {
    yield* sys.write(fd, new Uint8Array([i]));
    yield* sys.nanosleep({ tv_sec: 0, tv_nsec: pause_ns });
  }
}

const numbers = (came: readonly (readonly number[])[]): number[] =>
  came.map(([nr]) => nr as number);

describe('a link', () => {
  /** 1,472 bytes and 28 of headers are 12,000 bits. */
  test('takes the time that its bandwidth calls for, one packet after another', () => {
    const came = received({ latency_ns: 0, bandwidth_bps: 12_000_000 }, 3, 0, 1472);

    expect(came).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  /** What bursts into a full queue is gone, and nobody is told: bufferbloat's opposite. */
  test('drops what finds its queue full', () => {
    const came = received({ bandwidth_bps: 1_000_000, queue: 4 }, 10);

    expect(numbers(came)).toEqual([0, 1, 2, 3]);
  });

  /** A replayed failure is worth something only if it is the same one. */
  test('loses the same packets for the same seed, and others for another', () => {
    const lost = (seed: number) => numbers(received({ loss: 0.5 }, 40, seed));

    expect(lost(1)).toEqual(lost(1));
    expect(lost(1)).not.toEqual(lost(2));
    expect(lost(1).length).toBeGreaterThan(5);
    expect(lost(1).length).toBeLessThan(35);
  });

  test('loses what a function says is lost', () => {
    expect(numbers(received({ loss: ({ nr }) => nr % 2 === 1 }, 6))).toEqual([0, 2, 4]);
  });

  test('brings packets twice where it is told to', () => {
    expect(numbers(received({ duplicate: 1 }, 3))).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test('lets later packets overtake where it is told to, and none otherwise', () => {
    const sorted = Array.from({ length: 40 }, (_, i) => i);

    const overtaken = numbers(received({ reorder: 0.2 }, 40, 3));

    expect(overtaken).not.toEqual(sorted);
    expect([...overtaken].sort((x, y) => x - y)).toEqual(sorted);
    expect(numbers(received({}, 40, 3))).toEqual(sorted);
  });

  /** udp(7): an error of a connected socket tells that nobody is at the port. */
  test('carries the ICMP message that nobody is at the port', () => {
    const { machine, a, b } = pair({ latency_ns: 5 * ms });
    const told = machine.spawn(
      function* (sys) {
        const fd = yield* sys.socket(AF_INET, SOCK_DGRAM, 0);
        yield* sys.connect(fd, b.sockaddr(9));
        yield* sys.write(fd, 'anybody?');
        return [yield* sys.read(fd, new Uint8Array(9)), machine.now_ns / ms];
      },
      { host: a },
    );

    machine.run();

    expect(told.result).toEqual({ how: 'returned', value: [-ECONNREFUSED, 1010] });
  });

  /** A cable that is pulled out loses what is in it. */
  test('that is cut loses what is on the way, and works again once it is healed', () => {
    const { machine, a, b, wire } = pair({ latency_ns: 5 * ms });
    const heard: number[] = [];
    machine.spawn((sys) => hear(sys, b, 9, heard), { host: b });
    machine.spawn((sys) => say(sys, b, 9, 4, 10 * ms), { host: a });
    machine.after(12 * ms, () => wire.partition());
    machine.after(25 * ms, () => wire.heal());

    machine.run();

    expect(heard).toEqual([0, 3]);
    expect(wire.counts(a)).toEqual({ sent: 4, dropped: 0, lost: 2, delivered: 2 });
  });

  /** However short the cut: what a cable carried when it was pulled out does not come. */
  test('that is cut for a moment loses what was on the way', () => {
    const { machine, a, b, wire } = pair({ latency_ns: 5 * ms });
    const heard: number[] = [];
    machine.spawn((sys) => hear(sys, b, 9, heard), { host: b });
    machine.spawn((sys) => say(sys, b, 9, 4, ms), { host: a });
    machine.after(2.5 * ms, () => wire.partition());
    machine.after(2.5 * ms, () => wire.heal());

    machine.run();

    expect(heard).toEqual([3]);
  });

  /** Half a cut is the worst: who hears nothing has yet to learn that he is heard. */
  test('that is cut in one direction carries packets in the other', () => {
    const { machine, a, b, wire } = pair();
    const [atA, atB]: [number[], number[]] = [[], []];
    machine.spawn((sys) => hear(sys, a, 9, atA), { host: a });
    machine.spawn((sys) => hear(sys, b, 9, atB), { host: b });
    machine.spawn((sys) => say(sys, b, 9, 2, ms), { host: a });
    machine.spawn((sys) => say(sys, a, 9, 2, ms), { host: b });
    wire.partition(a);

    machine.run();

    expect([atA, atB]).toEqual([[0, 1], []]);
    expect(wire.counts(a).lost).toBe(2);
  });

  /** A sender that is quicker than its link is told when there is room (socket(7), SO_SNDBUF). */
  test('gives a datagram back to the send buffer when it has left', () => {
    const { machine, a, b } = pair({ bandwidth_bps: 8_000_000 });
    const sent = machine.spawn((sys) => fillAndWait(sys), { host: a });
    function* fillAndWait(sys: Sys): Code<[number, number, number]> {
      const fd = yield* sys.socket(AF_INET, SOCK_DGRAM, 0);
      yield* sys.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 4096);
      yield* sys.connect(fd, b.sockaddr(9));
      let taken = 0;
      let ret: number;
      do ret = yield* sys.sendto(fd, new Uint8Array(1000), MSG_DONTWAIT, b.sockaddr(9));
      while (ret > 0 && ++taken < 100);
      const ep = yield* sys.epoll_create1(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLOUT, data: 0 });
      const events = yield* sys.epoll_wait(ep, 1, -1);
      return [taken, ret, (events as { length: number }).length];
    }

    machine.run();

    expect(sent.result).toMatchObject({ value: [4, -EAGAIN, 1] });
    expect(machine.now_ns).toBeGreaterThan(1_001_000_000);
  });
});
