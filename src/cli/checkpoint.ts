/** What a check that was stopped goes on from, in a file. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CheckOptions } from '../check/check.ts';
import type { Part } from '../check/dpor.ts';
import type { TallyData } from '../check/tally.ts';
import { FileError } from './errors.ts';
import { reasonAt, userPath } from './input.ts';

export interface Checkpoint {
  readonly epollsim: 'checkpoint 1';
  readonly program: string;
  /** Of the program's text. */
  readonly digest: string;
  readonly options: CheckOptions;
  readonly tally: TallyData;
  readonly parts: readonly Part[];
}

/** Empty for standard input, which cannot be read again. */
export function digestOf(path: string): string {
  if (path === '-') return '';
  return createHash('sha256')
    .update(readFileSync(userPath(path)))
    .digest('hex');
}

/** The checkpoint in a file; throws a FileError if it is none, or of something else. */
export function readCheckpoint(
  file: string,
  { program, digest, options }: Pick<Checkpoint, 'program' | 'digest' | 'options'>,
): Checkpoint {
  const found = parsed(file);
  if (found.digest !== digest) {
    throw new FileError(
      `${file}: expected a checkpoint of ${program}, found one of another program`,
    );
  }
  if (JSON.stringify(keyOf(found.options)) !== JSON.stringify(keyOf(options))) {
    throw new FileError(
      `${file}: expected a checkpoint of the same kernel and options, found others`,
    );
  }
  return found;
}

function parsed(file: string): Checkpoint {
  const expected = `${file}: expected a checkpoint of epollsim check, found`;
  let data: Partial<Checkpoint>;
  try {
    data = JSON.parse(readFileSync(userPath(file), 'utf8')) as Partial<Checkpoint>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined) throw new FileError(`cannot read ${file}: ${reasonAt(file, error)}`);
    throw new FileError(`${expected} no JSON`);
  }
  if (data?.epollsim !== 'checkpoint 1') throw new FileError(`${expected} something else`);
  return data as Checkpoint;
}

/** What has to be the same for a check to go on. */
const keyOf = ({
  kernel,
  with: added = [],
  without = [],
  memory = 'sc',
  sharedMemory = true,
  steps,
  liberties = [],
  maxLiberties = 1,
}: CheckOptions): unknown => [
  kernel,
  added,
  without,
  memory,
  sharedMemory,
  steps,
  liberties,
  maxLiberties,
];
