/**
 * What a student has done, kept in this browser and handed in as a file. Nothing of it leaves the
 * browser by itself.
 */

/** What was done in one lab. */
export interface LabProgress {
  /** The number of the lab. */
  readonly lab: number;
  /** For each question in its order: which answer was given first (from 1), and which is right. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** The solution as it was checked last; null if none was. */
  readonly solution: string | null;
  readonly passed: boolean;
  /** How often it was checked. */
  readonly tries: number;
  /** When it passed first, ISO 8601; null if it has not. */
  readonly passedAt: string | null;
}

export interface Answer {
  /** The first answer. */
  readonly given: number;
  readonly right: number;
  /** ISO 8601. */
  readonly at: string;
}

/** A file that is handed in. */
export interface ProgressFile {
  readonly format: 'epollsim lab progress 1';
  /** Whose it is, as they have written it. */
  readonly name: string;
  /** When it was written, ISO 8601. */
  readonly at: string;
  readonly labs: readonly LabProgress[];
}

const format = 'epollsim lab progress 1';
const prefix = 'epollsim:';

/** Where storage is forbidden the page works all the same, and forgets. */
function read<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(prefix + key);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(prefix + key, JSON.stringify(value));
  } catch {
    // Full or forbidden: the page goes on without.
  }
}

const untouched = (lab: number): LabProgress => ({
  lab,
  answers: {},
  solution: null,
  passed: false,
  tries: 0,
  passedAt: null,
});

export const progressOf = (lab: number): LabProgress => read(`lab:${lab}`, untouched(lab));

/** Tells whoever shows progress. */
export const progressChanged = 'epollsim-progress';

function change(lab: number, changed: Partial<LabProgress>): void {
  write(`lab:${lab}`, { ...progressOf(lab), ...changed });
  dispatchEvent(new CustomEvent(progressChanged, { detail: lab }));
}

/** The first answer counts: who has read which one is right is no longer predicting. */
export function noteAnswer(lab: number, question: string, given: number, right: number): void {
  const { answers } = progressOf(lab);
  if (question in answers) return;
  const at = new Date().toISOString();
  change(lab, { answers: { ...answers, [question]: { given, right, at } } });
}

/** A solution that has passed is kept when another one is tried later and does not pass. */
export function noteCheck(lab: number, solution: string, passed: boolean): void {
  const before = progressOf(lab);
  change(lab, {
    tries: before.tries + 1,
    solution: passed || !before.passed ? solution : before.solution,
    passed: passed || before.passed,
    passedAt: before.passedAt ?? (passed ? new Date().toISOString() : null),
  });
}

/** What stands in the editor; null where it is the starter. */
export const draftOf = (lab: number): string | null => read(`draft:${lab}`, null);
export const keepDraft = (lab: number, text: string | null): void => write(`draft:${lab}`, text);

export const nameOf = (): string => read('name', '');
export const keepName = (name: string): void => write('name', name);

export const fileOf = (name: string, labs: readonly number[]): ProgressFile => ({
  format,
  name,
  at: new Date().toISOString(),
  labs: labs.map(progressOf).filter(({ answers, tries }) => tries > 0 || size(answers) > 0),
});

const size = (answers: LabProgress['answers']): number => Object.keys(answers).length;

/** The file that a text is; null where it is none. */
export function readProgress(text: string): ProgressFile | null {
  try {
    const found = JSON.parse(text) as Partial<ProgressFile> | null;
    if (found?.format !== format || !Array.isArray(found.labs)) return null;
    if (typeof found.name !== 'string' || !found.labs.every(isLab)) return null;
    return found as ProgressFile;
  } catch {
    return null;
  }
}

function isLab(found: unknown): found is LabProgress {
  const { answers, lab, solution, tries } = (found ?? {}) as Partial<LabProgress>;
  return (
    Number.isInteger(lab) &&
    Number.isInteger(tries) &&
    typeof answers === 'object' &&
    answers !== null &&
    (solution === null || typeof solution === 'string')
  );
}

/** How many of the first answers were right. */
export const rightAnswers = ({ answers }: LabProgress): number =>
  Object.values(answers).filter(({ given, right }) => given === right).length;
