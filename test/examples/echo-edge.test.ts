/** examples/echo-edge.ts: edge-triggered, drained until EAGAIN, what is left kept by connection. */
import { expect, test } from 'vitest';
import { example, server } from '../../examples/echo-edge.ts';
import { Machine, runTraced, Strace } from '../../src/index.ts';
import { echoAfterReset, printed, printedOnOthers } from './run.ts';

const pattern = /^descriptor (\d+): (\d+) bytes read, (\d+) written(?:, (\d+) kept)?$/;

/** Whoever reads once an event: the client would wait for the rest of its echo for ever. */
test('the edge-triggered server reads far more at one event than one read gives', () => {
  const reads = printed(example).map((line) => Number(pattern.exec(line)?.[2]));
  expect(Math.max(...reads)).toBeGreaterThan(10 * 4096);
  expect(reads.reduce((sum, n) => sum + n, 0)).toBe(5 + 210_000);
});

/** Whoever forgets the rest of a write that was cut short. */
test('what the socket had no room for is kept with its connection, and written later', () => {
  const rounds = printed(example).map((line) => pattern.exec(line)?.slice(1).map(Number) ?? []);
  expect(rounds.some(([, , , kept = 0]) => kept > 0)).toBe(true);
  expect(rounds.reduce((sum, [, , written = 0]) => sum + written, 0)).toBe(5 + 210_000);
});

/** Whoever counts system calls, which is why a server is edge-triggered. */
test('a connection is registered once, for reading and writing, and never changed', () => {
  const calls: string[] = [];
  const machine = new Machine();
  machine.spawn(example(() => {}));
  runTraced(machine, new Strace((text) => calls.push(text)), null);
  const controls = calls.join('').match(/EPOLL_CTL_\w+/g);
  expect(controls).toEqual(['EPOLL_CTL_ADD', 'EPOLL_CTL_ADD', 'EPOLL_CTL_ADD']);
});

/** A server that hangs now and then, and never where it was tested. */
test('each client gets the echo of all it has sent, on other schedules too', () => {
  for (const lines of printedOnOthers(example)) {
    const reads = lines.map((line) => Number(pattern.exec(line)?.[2]));
    expect(reads.reduce((sum, n) => sum + n, 0)).toBe(5 + 210_000);
  }
});

/** All clients of a server that one of them can end. */
test('the edge-triggered server outlives a client that resets its connection', () => {
  expect(echoAfterReset(server)).toBe('still there?');
});
