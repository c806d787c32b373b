/** examples/reuseport.ts: a listener for each worker, on one port. */
import { expect, test } from 'vitest';
import { example } from '../../examples/reuseport.ts';
import { printed, printedOnOthers } from './run.ts';

interface Round {
  readonly connections: Map<string, number>;
  readonly wakeups: Map<string, number>;
  readonly reset: number;
}

function roundOf(lines: readonly string[]): Round {
  const round = { connections: new Map<string, number>(), wakeups: new Map<string, number>() };
  for (const line of lines.slice(0, -1)) {
    const [, name = '', connections, wakeups] =
      /^(\w+): (\d+) connections, (\d+) wakeups$/.exec(line) ?? [];
    round.connections.set(name, Number(connections));
    round.wakeups.set(name, Number(wakeups));
  }
  return { ...round, reset: Number(/^(\d+) of 24/.exec(lines.at(-1) ?? '')?.[1]) };
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);

/** Whoever chose SO_REUSEPORT so that the work is spread and nobody is woken in vain. */
test('connections are spread over the workers, and each wakes one', () => {
  for (const lines of [printed(example), ...printedOnOthers(example)]) {
    const { connections, wakeups } = roundOf(lines);
    for (const name of ['one', 'two', 'three']) expect(connections.get(name)).toBeGreaterThan(0);
    expect(wakeups).toEqual(connections);
  }
});

/** The clients of a worker that hangs, or that is restarted. */
test('what the busy worker has not accepted goes to no other, and is reset at its end', () => {
  for (const lines of [printed(example), ...printedOnOthers(example)]) {
    const { connections, reset } = roundOf(lines);
    expect(connections.get('four')).toBe(0);
    expect(reset).toBeGreaterThan(0);
    expect(sum(connections.values()) + reset).toBe(24);
  }
});
