/** examples/proxy.ts: back-pressure, on one machine and between hosts. */
import { expect, test } from 'vitest';
import { connectTo, listenOn, loopback, ms, sendAll } from '../../examples/common.ts';
import { example, type Load, type Progress, proxy, reader, source } from '../../examples/proxy.ts';
import {
  decodeText,
  ECONNRESET,
  Machine,
  MSG_DONTWAIT,
  SO_LINGER,
  SO_RCVBUF,
  SOL_SOCKET,
  simulate,
} from '../../src/index.ts';
import { printed, printedOnOthers, rudeClient } from './run.ts';

const limit = 16_384;

/** An operator whose proxy takes as much memory as the fastest sender can send. */
test('the source is stalled by a slow reader, and the proxy keeps no more than its limit', () => {
  for (const lines of [printed(example), ...printedOnOthers(example, 2)]) {
    expect(lines.at(-1)).toBe(`the proxy kept ${limit} bytes at most`);
    const rows = lines.slice(0, -1).map((line) => line.match(/\d+/g)?.map(Number) ?? []);
    expect(rows.length).toBeGreaterThan(3); // It takes as long as the reader takes.
    for (const [, sent = 0, , read = 0] of rows) expect(sent - read).toBeLessThan(80_000);
    expect(rows.at(-1)).toEqual([expect.any(Number), 200_000, 0, 200_000]);
  }
});

/** The same where it is not the reader that is slow, but its line. */
test('a slow link to the reader stalls the source, which is on a fast one', () => {
  const machine = new Machine();
  const [client, middle, server] = [
    machine.host('client'),
    machine.host('middle'),
    machine.host('server'),
  ];
  machine.link(client, middle, { latency_ns: 20_000_000, bandwidth_bps: 800_000 });
  machine.link(middle, server, { latency_ns: 100_000 });
  const load: Load = { now: 0, most: 0 };
  const progress: Progress = { sent: 0, received: 0 };
  machine.spawn(source(server.sockaddr(80), 200_000, progress), { host: server });
  machine.spawn(proxy(middle.sockaddr(80), server.sockaddr(80), load), { host: middle });
  machine.spawn(reader(middle.sockaddr(80), 0, progress), { host: client });

  const start = machine.now_ns;
  machine.run(start + 1_000_000_000);
  expect(progress.received).toBeLessThan(110_000); // 100 kB/s.
  expect(progress.sent - progress.received).toBeLessThan(80_000);
  machine.run(start + 10_000_000_000);
  expect(progress).toEqual({ sent: 200_000, received: 200_000 });
  expect(load).toEqual({ now: 0, most: limit });
});

/** A client that says it is done by shutdown(), and then waits for its answer. */
test('the end of one direction is passed on, and the other goes on', () => {
  const answer = simulate(function* (sys) {
    const upstream = yield* listenOn(sys, loopback(8001));
    yield* sys.pthread_create(proxy(loopback(8000), loopback(8001), { now: 0, most: 0 }));
    yield* sys.nanosleep(ms(1));
    const client = yield* connectTo(sys, loopback(8000));
    yield* sendAll(sys, client, 'question');
    yield* sys.shutdown(client, 1);
    yield* sys.nanosleep(ms(1));
    const server = yield* sys.accept4(upstream, 0);
    const buf = new Uint8Array(64);
    expect(yield* sys.read(server, buf)).toBe(8);
    expect(yield* sys.read(server, buf)).toBe(0);
    yield* sendAll(sys, server, 'answer');
    yield* sys.close(server);
    const n = yield* sys.read(client, buf);
    expect(yield* sys.read(client, new Uint8Array(1))).toBe(0);
    return decodeText(buf.subarray(0, n));
  });
  expect(answer).toBe('answer');
});

/** Whoever waits for an answer of a server that is down, or the next client of a proxy that spins. */
test('a proxy whose upstream is not there ends the connection, and goes on', () => {
  const got = simulate(function* (sys) {
    yield* sys.pthread_create(proxy(loopback(8000), loopback(8001), { now: 0, most: 0 }));
    yield* sys.nanosleep(ms(1));
    yield* sys.pthread_join(yield* sys.pthread_create(rudeClient(loopback(8000), 1000)));
    const fds = [yield* connectTo(sys, loopback(8000)), yield* connectTo(sys, loopback(8000))];
    const ends: number[] = [];
    for (const fd of fds) ends.push(yield* sys.read(fd, new Uint8Array(1)));
    return ends;
  });
  for (const end of got) expect([0, -ECONNRESET]).toContain(end);
});

/** All clients of a proxy: the end of a connection that is armed for nothing is reported all the same. */
test('a client that resets its connection while nothing of it can be forwarded is given up', () => {
  const load: Load = { now: 0, most: 0 };
  const atReset = simulate(function* (sys) {
    const upstream = yield* listenOn(sys, loopback(8001)); // Nobody accepts.
    yield* sys.setsockopt(upstream, SOL_SOCKET, SO_RCVBUF, 8192);
    yield* sys.pthread_create(proxy(loopback(8000), loopback(8001), load));
    yield* sys.nanosleep(ms(1));
    const rude = yield* connectTo(sys, loopback(8000));
    while ((yield* sys.send(rude, new Uint8Array(65_536), MSG_DONTWAIT)) > 0) {
      yield* sys.nanosleep(ms(1));
    }
    const kept = load.now;
    yield* sys.setsockopt(rude, SOL_SOCKET, SO_LINGER, 0);
    yield* sys.close(rude);
    yield* sys.nanosleep(ms(1));
    return kept;
  });
  expect(atReset).toBe(limit);
  expect(load).toEqual({ now: 0, most: limit });
});
