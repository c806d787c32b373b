import { expect, test } from 'vitest';
import { renewedPages } from '../scripts/conformance.ts';

/** Whoever reads the tables believes them: `npm run conformance` renews them. */
test('The tables of docs/conformance.md and of the guide are up to date', {
  timeout: 120_000,
}, () => {
  for (const { path, before, after } of renewedPages()) expect(before, path).toBe(after);
});
