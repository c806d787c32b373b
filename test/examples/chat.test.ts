/** examples/chat.ts: broadcast; who is slow is waited for, who is too slow is dropped. */
import { expect, test } from 'vitest';
import { example } from '../../examples/chat.ts';
import { printed, printedOnOthers } from './run.ts';

/** A guest who misses lines because another one is slow, or was for a moment itself. */
test('who listens hears every line in order, and so does who was away for a moment', () => {
  for (const lines of [printed(example), ...printedOnOthers(example, 2)]) {
    expect(lines).toContain('listener has heard 500 of 500 lines');
    expect(lines).toContain('dreamer has heard 500 of 500 lines');
  }
});

/** An operator whose server runs out of memory for one guest who does not read. */
test('who does not read is dropped as soon as the limit is passed, and hears what came before', () => {
  const lines = printed(example);
  const behind = lines
    .map((line) => /^sleeper is dropped, (\d+) bytes/.exec(line)?.[1])
    .find(Boolean);
  expect(Number(behind)).toBeGreaterThan(16_384);
  expect(Number(behind)).toBeLessThan(16_384 + 200);
  const heard = Number(/heard (\d+)/.exec(lines.at(-1) ?? '')?.[1]);
  expect(heard).toBeGreaterThan(50);
  expect(heard).toBeLessThan(400);
});
