import { expect, test } from 'vitest';
import type { Program } from '../../../src/syscalls/sys.ts';
import { exampleOf, onAll, onOne } from './explored.ts';

/** Whoever parses half a message on one schedule of thirty. */
test('the example: half a text is parsed, and it is said where', async () => {
  const [problem] = onAll(await exampleOf('exception'));

  expect(problem?.sentence).toMatch(/^main threw what nobody caught: SyntaxError: .*JSON/);
  expect(problem?.details).toEqual(['at exception.ts:12']);
});

/** A false alarm: C programs get numbers, and so do these. */
test('a call that is refused, and an error that is caught, are no exceptions', () => {
  const program: Program = function* (sys) {
    yield* sys.read(99, new Uint8Array(1));
    try {
      JSON.parse('{');
    } catch {}
    yield* sys.exit(1);
  };

  expect(onOne(program)).toEqual([]);
});

/** JavaScript lets one throw anything. */
test('what is thrown need not be an Error', () => {
  const program: Program = function* () {
    throw 'a text';
  };

  expect(onOne(program).map(({ sentence }) => sentence)).toEqual([
    'main threw what nobody caught: a text.',
  ]);
});
