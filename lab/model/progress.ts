/**
 * What a student hands in: a JSON file, which the page of the lab writes and `epollsim lab check` reads.
 * lab/lecturer.md describes it for persons.
 */

/** An answer to a prediction. */
export interface Prediction {
  /** Which answer was chosen, from 1. */
  readonly chosen: number;
  readonly right: boolean;
}

/** How far somebody is with a lab. */
export interface LabProgress {
  readonly lab: number;
  /** In the order of the page; null for one that has not been answered. */
  readonly predictions: readonly (Prediction | null)[];
  /** The text of the program; null if there is none. */
  readonly solution: string | null;
  /** What the page has said of the solution. Whoever grades checks it again. */
  readonly passed: boolean;
  /** When anything of it was changed last: an ISO time. */
  readonly at: string;
}

/** A hand-in. */
export interface Progress {
  readonly epollsim: 'lab';
  readonly version: 1;
  /** What the student has written as a name. */
  readonly student: string;
  /** Those that were begun, each once. */
  readonly labs: readonly LabProgress[];
}

/** A text is no hand-in: says what was expected, what was found, and where. */
export class ProgressError extends Error {
  override readonly name: string = 'ProgressError';
}

/** The text of a file. */
export const progressText = (progress: Progress): string =>
  `${JSON.stringify(progress, null, 2)}\n`;

/**
 * The hand-in that a text is. Keys that it does not know it leaves out.
 *
 * @throws ProgressError for what is none
 */
export function readProgress(text: string): Progress {
  const file = objectAt(parsed(text), 'the file');
  if (file['epollsim'] !== 'lab') {
    throw wrong(
      '"epollsim"',
      '"lab", as in a file that a page of the lab has written',
      file['epollsim'],
    );
  }
  if (file['version'] !== 1) throw wrong('"version"', '1', file['version']);
  const labs = listAt(file['labs'], '"labs"').map(readLab);
  const numbers = labs.map(({ lab }) => lab);
  const twice = numbers.find((number, i) => numbers.indexOf(number) < i);
  if (twice !== undefined)
    throw new ProgressError(`"labs": expected each lab once, found lab ${twice} twice`);
  return { epollsim: 'lab', version: 1, student: textAt(file['student'], '"student"'), labs };
}

function parsed(text: string): unknown {
  if (text.trim() === '') throw new ProgressError('expected a hand-in in JSON, found nothing');
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProgressError(`expected a hand-in in JSON, found none: ${reason}`);
  }
}

function readLab(value: unknown, index: number): LabProgress {
  const at = `"labs"[${index}]`;
  const lab = objectAt(value, at);
  return {
    lab: numberAt(lab['lab'], `${at}.lab`),
    predictions: listAt(lab['predictions'], `${at}.predictions`).map((one, i) =>
      one === null ? null : readPrediction(one, `${at}.predictions[${i}]`),
    ),
    solution: lab['solution'] === null ? null : textAt(lab['solution'], `${at}.solution`),
    passed: flagAt(lab['passed'], `${at}.passed`),
    at: timeAt(lab['at'], `${at}.at`),
  };
}

function readPrediction(value: unknown, at: string): Prediction {
  const prediction = objectAt(value, at);
  return {
    chosen: numberAt(prediction['chosen'], `${at}.chosen`),
    right: flagAt(prediction['right'], `${at}.right`),
  };
}

// ── Values ───────────────────────────────────────────────────────────────────────────────────────

/** Long values are not for a message. */
function found(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) return 'nothing';
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

const wrong = (at: string, expected: string, value: unknown): ProgressError =>
  new ProgressError(`${at}: expected ${expected}, found ${found(value)}`);

function objectAt(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw wrong(at, 'an object', value);
}

function listAt(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(at, 'a list', value);
}

function textAt(value: unknown, at: string): string {
  if (typeof value === 'string') return value;
  throw wrong(at, 'a text', value);
}

function flagAt(value: unknown, at: string): boolean {
  if (typeof value === 'boolean') return value;
  throw wrong(at, 'true or false', value);
}

function numberAt(value: unknown, at: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  throw wrong(at, 'an integer from 1', value);
}

function timeAt(value: unknown, at: string): string {
  const text = textAt(value, at);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw wrong(at, 'a time such as 2026-03-02T09:30:00Z', value);
}
