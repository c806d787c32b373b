/** examples/priority.ts: an inner instance for control connections, in an outer one. */
import { expect, test } from 'vitest';
import { example } from '../../examples/priority.ts';
import { printed, printedOnOthers } from './run.ts';

/** An operator who cannot get through to a server that is busy. */
test('a control request waits for one bulk request at most, and for many in a single instance', () => {
  for (const lines of [printed(example), ...printedOnOthers(example)]) {
    const [flat = 0, nested = 0] = lines.map((line) => Number(/up to (\d+) ms$/.exec(line)?.[1]));
    expect(flat).toBeGreaterThanOrEqual(20);
    expect(nested).toBeLessThanOrEqual(4); // What is begun, and the request itself: 2 ms each.
  }
});
