/** examples/echo-level.ts: level-triggered, one read an event, EPOLLOUT only while it is needed. */
import { expect, test } from 'vitest';
import { example, server } from '../../examples/echo-level.ts';
import { echoAfterReset, printed, printedOnOthers } from './run.ts';

/** Whoever fears that bytes are lost which one read has left in the socket. */
test('the echo server reads once an event, and what it leaves is reported again', () => {
  const [, bytes, events] =
    printed(example)
      .map((line) => /has gone: (\d+) bytes, (\d+) events/.exec(line))
      .find((found) => Number(found?.[1]) > 5) ?? [];
  expect(Number(bytes)).toBe(210_000);
  expect(Number(events)).toBeGreaterThanOrEqual(Math.ceil(210_000 / 4096) + 1);
  expect(Number(events)).toBeLessThan(100); // Nor is it woken in vain.
});

/** A server at 100% CPU, because EPOLLOUT is nearly always true. */
test('the echo server asks for EPOLLOUT when there is no room, until there is', () => {
  const lines = printed(example).filter((line) => line.includes('room'));
  const changes = lines.map((line) => (line.includes('no room') ? 'none' : 'some'));
  expect(changes.length).toBeGreaterThan(0);
  expect(changes).toEqual(changes.map((_, i) => (i % 2 === 0 ? 'none' : 'some')));
});

/** A client whose echo is cut, or comes twice, on a machine with another timing. */
test('each client gets the echo of all it has sent, on other schedules too', () => {
  for (const lines of printedOnOthers(example)) {
    expect(lines.join()).toContain('has gone: 210000 bytes');
  }
});

/** All clients of a server that one of them can end, by SIGPIPE or by an event without end. */
test('the echo server outlives a client that resets its connection', () => {
  expect(echoAfterReset(server)).toBe('still there?');
});
