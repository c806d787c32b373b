import { expect, test } from 'vitest';
import { digestOf, readCheckpoint } from '../../src/cli/checkpoint.ts';
import { FileError } from '../../src/cli/errors.ts';
import { epollsim, fileWith, slow } from './run.ts';

const program = fileWith('export default function* main(sys) {}', 'program.ts');
const wanted = { program, digest: digestOf(program), options: { kernel: '6.18' } } as const;
const checkpoint = { epollsim: 'checkpoint 1', ...wanted, tally: {}, parts: [] };

/** Whoever goes on from something else believes that all was covered. */
test.each([
  ['{', 'expected a checkpoint of epollsim check, found'],
  ['null', 'expected a checkpoint of epollsim check, found something else'],
  [{ steps: [] }, 'expected a checkpoint of epollsim check, found something else'],
  [
    { ...checkpoint, digest: '' },
    `expected a checkpoint of ${program}, found one of another program`,
  ],
  [{ ...checkpoint, options: { kernel: '5.12' } }, 'of the same kernel and options, found others'],
])('What is no checkpoint of this check is refused: %j', (data, message) => {
  const file = fileWith(typeof data === 'string' ? data : JSON.stringify(data));

  expect(() => readCheckpoint(file, wanted)).toThrow(FileError);
  expect(() => readCheckpoint(file, wanted)).toThrow(message);
  expect(() => readCheckpoint('/no/such/file', wanted)).toThrow(
    'cannot read /no/such/file: there is no such file',
  );
});

test('A checkpoint of this check is taken', () => {
  const file = fileWith(JSON.stringify(checkpoint));
  expect(readCheckpoint(file, wanted)).toEqual(checkpoint);
});

/** Hours of work that end in a folder that does not exist. */
test('A checkpoint that cannot be written is refused before anything runs', slow, () => {
  const { code, out, err } = epollsim(['check', '--checkpoint', '/no/such/file', program]);

  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toBe('epollsim: cannot write /no/such/file: there is no folder /no/such\n');
});
