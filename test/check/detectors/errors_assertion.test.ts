import { expect, test } from 'vitest';
import { decodeText } from '../../../src/kernel/bytes.ts';
import type { Program } from '../../../src/syscalls/sys.ts';
import { exampleOf, onAll, onOne, said } from './explored.ts';

/** Whoever writes a promise down and wants to know whether every schedule keeps it. */
test('the example: some schedule breaks the promise, and it is said where', async () => {
  const [problem] = onAll(await exampleOf('assertion'));

  expect(problem?.sentence).toBe('Assertion failed in main: a read gives all that was written.');
  expect(problem?.details).toEqual(['at assertion.ts:12']);
});

/** A false alarm for the program that does it right. */
test('a promise that holds on every schedule is kept', () => {
  const program: Program = function* (sys) {
    const [reader, writer] = yield* sys.pipe2(0);
    const writing = yield* sys.pthread_create(function* (thread) {
      yield* thread.write(writer, 'he');
      yield* thread.write(writer, 'llo');
    });
    let text = '';
    while (text.length < 5) {
      const buf = new Uint8Array(16);
      text += decodeText(buf.subarray(0, yield* sys.read(reader, buf)));
    }
    sys.assert(text === 'hello', 'reads give all that was written');
    yield* sys.pthread_join(writing);
  };

  expect(onAll(program)).toEqual([]);
});

/** A checker that tells of one promise ten times, because it was broken in ten ways. */
test('the cause is the place, and not what was found there', () => {
  const broken = (found: number): Program =>
    function* (sys) {
      sys.assert(found === 0, `expected 0, found ${found}`);
    };
  const [one, two] = [1, 2].map((found) => onOne(broken(found))[0]);

  expect(one?.sentence).not.toBe(two?.sentence);
  expect(one?.cause).toBe(two?.cause);
});

/** Whoever looks for something else in a program whose assertion is known to fail. */
test('it can be switched off', () => {
  const program: Program = function* (sys) {
    sys.assert(false, 'never');
  };

  expect(said(onOne(program), 'assertion')).toHaveLength(1);
  expect(onOne(program, {}, { off: ['assertion'] })).toEqual([]);
});
