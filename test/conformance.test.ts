import { expect, test } from 'vitest';
import { renewedPage } from '../scripts/conformance.ts';

/** Whoever reads the table believes it: `npm run conformance` renews it. */
test('The table of docs/conformance.md is up to date', { timeout: 60_000 }, () => {
  const { before, after } = renewedPage();
  expect(before).toBe(after);
});
