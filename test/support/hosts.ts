/** Two hosts with a link, and the programs that most tests of the network run on them. */
import fc from 'fast-check';
import {
  AF_INET,
  type Code,
  type Host,
  type Link,
  type LinkOptions,
  Machine,
  type MachineOptions,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_STREAM,
  type Sys,
} from '../../src/index.ts';

export interface Pair {
  readonly machine: Machine;
  readonly a: Host;
  readonly b: Host;
  readonly wire: Link;
}

export const ms = 1_000_000;

export function pair(options: LinkOptions = {}, machineOptions: MachineOptions = {}): Pair {
  const machine = new Machine(machineOptions);
  const a = machine.host('a');
  const b = machine.host('b');
  return { machine, a, b, wire: machine.link(a, b, options) };
}

/** A socket that is connected to `port` of `host`. */
export function* connected(sys: Sys, host: Host, port: number): Code<number> {
  const fd = yield* sys.socket(AF_INET, SOCK_STREAM, 0);
  sys.assert((yield* sys.connect(fd, host.sockaddr(port))) === 0, 'connected');
  return fd;
}

/** The first connection to `port` of the host that this runs on. */
export function* accepted(sys: Sys, host: Host, port: number): Code<number> {
  return yield* sys.accept4(yield* listening(sys, host, port), 0);
}

export function* listening(sys: Sys, host: Host, port: number): Code<number> {
  const fd = yield* sys.socket(AF_INET, SOCK_STREAM, 0);
  sys.assert((yield* sys.bind(fd, host.sockaddr(port))) === 0, 'bound');
  sys.assert((yield* sys.listen(fd, 16)) === 0, 'listens');
  return fd;
}

/** A datagram socket that is bound to `port`. */
export function* datagrams(sys: Sys, host: Host, port: number): Code<number> {
  const fd = yield* sys.socket(AF_INET, SOCK_DGRAM, 0);
  sys.assert((yield* sys.bind(fd, host.sockaddr(port))) === 0, 'bound');
  return fd;
}

/** Everything up to the end of the stream. */
export function* readAll(sys: Sys, fd: number, atOnce = 65_536): Code<Uint8Array> {
  const parts: number[] = [];
  const buf = new Uint8Array(atOnce);
  for (;;) {
    const n = yield* sys.read(fd, buf);
    if (n <= 0) {
      sys.assert(n === 0, `the stream ends well, not with ${n}`);
      return Uint8Array.from(parts);
    }
    for (const byte of buf.subarray(0, n)) parts.push(byte);
  }
}

export function* writeAll(sys: Sys, fd: number, bytes: Uint8Array): Code<void> {
  for (let at = 0; at < bytes.length; ) {
    const n = yield* sys.write(fd, bytes.subarray(at));
    sys.assert(n > 0, `write takes something, not ${n}`);
    at += n;
  }
}

/** Bytes that show where they belong. */
export const pattern = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);

/** A transfer both ways, one after the other. What either end has read, and who never ends. */
export function exchange(
  { machine, a, b }: Pair,
  up: Uint8Array,
  down: Uint8Array,
): { up: Uint8Array | null; down: Uint8Array | null; asleep: number } {
  const got: { up: Uint8Array | null; down: Uint8Array | null } = { up: null, down: null };
  machine.spawn(
    function* (sys) {
      const fd = yield* accepted(sys, b, 80);
      got.up = yield* readAll(sys, fd, 5000);
      yield* writeAll(sys, fd, down);
      yield* sys.close(fd);
    },
    { host: b },
  );
  machine.spawn(
    function* (sys) {
      // The server listens by then.
      yield* sys.nanosleep({ tv_sec: 0, tv_nsec: ms });
      const fd = yield* connected(sys, b, 80);
      yield* writeAll(sys, fd, up);
      yield* sys.shutdown(fd, SHUT_WR);
      got.down = yield* readAll(sys, fd, 3000);
      yield* sys.close(fd);
    },
    { host: a },
  );
  return { ...got, asleep: machine.run().asleep.length, ...got };
}

/** Where two runs of bytes begin to differ; -1 if they do not. */
export function differ(found: Uint8Array | null, expected: Uint8Array): number {
  if (found?.length !== expected.length) return Math.min(found?.length ?? 0, expected.length);
  return expected.findIndex((byte, i) => found[i] !== byte);
}

/**
 * Links of all kinds, on which TCP gets through. With more loss it need not: where the answers to
 * several retransmissions in a row are lost, time stamps take the whole time for one round trip.
 */
export const links: fc.Arbitrary<LinkOptions & { readonly loss: number }> = fc.record({
  latency_ns: fc.integer({ min: 0, max: 200 * ms }),
  bandwidth_bps: fc.constantFrom(1e6, 10e6, 1e9, Number.POSITIVE_INFINITY),
  queue: fc.integer({ min: 5, max: 100 }),
  loss: fc.double({ min: 0, max: 0.15, noNaN: true }),
  reorder: fc.double({ min: 0, max: 0.4, noNaN: true }),
  duplicate: fc.double({ min: 0, max: 0.4, noNaN: true }),
});
