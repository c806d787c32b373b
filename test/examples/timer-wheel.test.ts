/** examples/timer-wheel.ts: idle connections are closed. */
import { expect, test } from 'vitest';
import { connectTo, listenOn, loopback, ms, sendAll } from '../../examples/common.ts';
import { closedAfter, example, server } from '../../examples/timer-wheel.ts';
import { type Sys, simulate } from '../../src/index.ts';
import { printed, printedOnOthers } from './run.ts';

/** A client that pauses for less than it may, or one that has gone and keeps its place. */
test('a connection is closed 400 to 500 ms after its last byte, and not before', () => {
  for (const lines of [printed(example), ...printedOnOthers(example)]) {
    expect([...lines].sort()).toEqual([
      'said nothing, closed at 500 ms',
      'said something at 300, 600, 900, 1200 ms, closed at 1700 ms',
      'said something at 450 ms, closed at 900 ms',
      'said something at 50 ms, closed at 500 ms',
    ]);
  }
});

/** The times at which connections end that say something at some times, on a server that is busy. */
const closedOnBusyServer = (...clients: number[][]): number[] =>
  simulate(function* (sys: Sys) {
    const listener = yield* listenOn(sys, loopback(8000));
    yield* sys.pthread_create(server(listener, 350));
    const ends: number[] = [];
    const threads: number[] = [];
    for (const [i, times] of clients.entries()) {
      threads.push(
        yield* sys.pthread_create(function* (sys) {
          ends[i] = yield* closedAfter(sys, times);
        }),
      );
    }
    for (const tid of threads) yield* sys.pthread_join(tid);
    return ends;
  });

/** Whoever takes the timer's event for one tick: the wheel falls behind with each busy moment. */
test('a server that was busy for three ticks turns its wheel by three', () => {
  const [idle] = closedOnBusyServer([], [50]); // Busy from 50 to 400 ms.
  expect(idle).toBe(500);
});

/** A client that was in time, and is closed because the server was not. */
test('a byte that came while the server was busy counts from when it is read', () => {
  const [, late] = closedOnBusyServer([50], [390]);
  expect(late).toBe(900); // Read at 400 ms.
});

/** A client that is cut off in the moment in which it speaks. */
test('a connection that is overdue and has spoken is not closed', () => {
  const second = simulate(function* (sys: Sys) {
    const listener = yield* listenOn(sys, loopback(8000));
    yield* sys.pthread_create(server(listener, 350));
    const [busy, other] = [
      yield* connectTo(sys, loopback(8000)),
      yield* connectTo(sys, loopback(8000)),
    ];
    yield* sys.nanosleep(ms(250));
    yield* sendAll(sys, busy, '.'); // Until 600 ms, when the other one is overdue …
    yield* sys.nanosleep(ms(240));
    yield* sendAll(sys, other, '.'); // … had it not spoken at 490 ms.
    yield* sys.nanosleep(ms(300));
    return yield* sys.write(other, '.');
  });
  expect(second).toBe(1);
});
