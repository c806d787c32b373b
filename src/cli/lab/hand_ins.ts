/** What was handed in: programs, each for one lab, and files in which a page of the lab keeps many. */
import { FileError } from '../errors.ts';
import { Input } from '../input.ts';
import { kindOf } from '../kind.ts';
import type { Work } from './grader.ts';
import { loadProgressReader, type Progress } from './tasks.ts';

/** A file that was handed in. */
export interface HandIn {
  readonly file: string;
  /** Null for a program, in which no name stands. */
  readonly student: string | null;
  /** The predictions of the student, as the page has counted them; null for a program. */
  readonly predictions: Predictions | null;
  readonly works: readonly ClaimedWork[];
}

export interface Predictions {
  readonly right: number;
  readonly answered: number;
}

/** A solution, and what the file says that came of it; null where it says nothing. */
export interface ClaimedWork extends Work {
  readonly claimed: boolean | null;
}

/**
 * Reads a file. Of many labs it keeps the one that is asked for, or all that there are, by number.
 *
 * @throws FileError for what cannot be read, or is neither a program nor a hand-in
 */
export async function readHandIn(
  file: string,
  lab: number | null,
  known: readonly number[],
): Promise<HandIn> {
  const input = new Input(file);
  try {
    if (kindOf(file, input) === 'program') return programOf(file, input, lab);
    const read = await loadProgressReader();
    return ofProgress(file, readText(input, read), lab, known);
  } finally {
    input.close();
  }
}

function programOf(file: string, input: Input, lab: number | null): HandIn {
  if (lab === null) {
    throw new FileError(
      `${input.name}: a program does not say which lab it is for: epollsim lab check N ${file}`,
    );
  }
  const program = file === '-' ? { text: input.rest() } : { path: file };
  const work: ClaimedWork = { lab, name: input.name, program, claimed: null };
  return { file, student: null, predictions: null, works: [work] };
}

function readText(input: Input, read: (text: string) => Progress): Progress {
  try {
    return read(input.rest());
  } catch (error) {
    // Its class is one of the lab's, which is not known here.
    if ((error as Error).name !== 'ProgressError') throw error;
    throw new FileError(`${input.name}: ${(error as Error).message}`);
  }
}

function ofProgress(
  file: string,
  { labs, student }: Progress,
  lab: number | null,
  known: readonly number[],
): HandIn {
  const asked = labs.filter((one) => lab === null || one.lab === lab);
  const strange = asked.find((one) => !known.includes(one.lab));
  if (strange !== undefined) {
    throw new FileError(`${file}: expected labs from 1 to ${known.length}, found ${strange.lab}`);
  }
  const answers = asked.flatMap(({ predictions }) => predictions.filter((one) => one !== null));
  // What is said to have passed has to be there.
  const works = asked.flatMap(({ lab: number, passed, solution }) =>
    solution === null && !passed ? [] : [workOf(file, number, solution ?? '', passed)],
  );
  return {
    file,
    student,
    predictions: {
      right: answers.filter(({ right }) => right).length,
      answered: answers.length,
    },
    works: works.sort((a, b) => a.lab - b.lab),
  };
}

const workOf = (file: string, lab: number, text: string, claimed: boolean): ClaimedWork => ({
  lab,
  name: `${file}, lab ${lab}`,
  program: { text },
  claimed,
});
