/**
 * What a student hands in: a JSON file, which the page of the lab writes and `epollsim lab check` reads.
 * lab/lecturer.md describes it for persons.
 */

import type { Words } from '../tasks/task.ts';

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

/** A text is no hand-in: says what was expected, what was found, and where; its message is in English. */
export class ProgressError extends Error {
  override readonly name: string = 'ProgressError';
  readonly words: Words;

  constructor(words: Words) {
    super(words.en);
    this.words = words;
  }
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
  const file = objectAt(parsed(text.replace(/^\uFEFF/, '')), { en: 'the file', zh: '文件' });
  if (file['epollsim'] !== 'lab') {
    throw wrong(
      '"epollsim"',
      {
        en: '"lab", as in a file that a page of the lab has written',
        zh: ' "lab"，即由实验页面写出的文件',
      },
      file['epollsim'],
    );
  }
  if (file['version'] !== 1) throw wrong('"version"', { en: '1', zh: ' 1' }, file['version']);
  const labs = listAt(file['labs'], '"labs"').map(readLab);
  const numbers = labs.map(({ lab }) => lab);
  const twice = numbers.find((number, i) => numbers.indexOf(number) < i);
  if (twice !== undefined) {
    throw new ProgressError({
      en: `"labs": expected each lab once, found lab ${twice} twice`,
      zh: `"labs"：每个实验只应出现一次，而实验 ${twice} 出现了两次`,
    });
  }
  return { epollsim: 'lab', version: 1, student: textAt(file['student'], '"student"'), labs };
}

function parsed(text: string): unknown {
  if (text.trim() === '') {
    throw new ProgressError({
      en: 'expected a hand-in in JSON, found nothing',
      zh: '应为 JSON 格式的进度文件，而文件是空的',
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProgressError({
      en: `expected a hand-in in JSON, found none: ${reason}`,
      zh: `应为 JSON 格式的进度文件，而它不是：${reason}`,
    });
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

/** Where a value stands: a key, or words. */
type Place = string | Words;

/** Long values are not for a message; undefined where there is none. */
function shown(value: unknown): string | undefined {
  const text = JSON.stringify(value);
  return text !== undefined && text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function wrong(place: Place, expected: Words, value: unknown): ProgressError {
  const at = typeof place === 'string' ? { en: place, zh: place } : place;
  const found = shown(value);
  return new ProgressError({
    en: `${at.en}: expected ${expected.en}, found ${found ?? 'nothing'}`,
    zh: `${at.zh}：应为${expected.zh}，${found === undefined ? '而这里什么也没有' : `实际是 ${found}`}`,
  });
}

function objectAt(value: unknown, at: Place): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw wrong(at, { en: 'an object', zh: '对象' }, value);
}

function listAt(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(at, { en: 'a list', zh: '列表' }, value);
}

function textAt(value: unknown, at: string): string {
  if (typeof value === 'string') return value;
  throw wrong(at, { en: 'a text', zh: '文本' }, value);
}

function flagAt(value: unknown, at: string): boolean {
  if (typeof value === 'boolean') return value;
  throw wrong(at, { en: 'true or false', zh: ' true 或 false' }, value);
}

function numberAt(value: unknown, at: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  throw wrong(at, { en: 'an integer from 1', zh: '不小于 1 的整数' }, value);
}

function timeAt(value: unknown, at: string): string {
  const text = textAt(value, at);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw wrong(
    at,
    { en: 'a time such as 2026-03-02T09:30:00Z', zh: '形如 2026-03-02T09:30:00Z 的时间' },
    value,
  );
}
