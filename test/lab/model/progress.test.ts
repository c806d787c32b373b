import { describe, expect, test } from 'vitest';
import {
  type Progress,
  ProgressError,
  progressText,
  readProgress,
} from '../../../lab/model/progress.ts';

const progress: Progress = {
  epollsim: 'lab',
  version: 1,
  student: '李雷',
  labs: [
    {
      lab: 7,
      predictions: [{ chosen: 2, right: true }, null],
      solution: 'export default function* () {}',
      passed: false,
      at: '2026-03-02T09:30:00.000Z',
    },
    { lab: 1, predictions: [], solution: null, passed: false, at: '2026-03-02T09:31:00+08:00' },
  ],
};

/** A semester's hand-ins, which nobody could read any more. */
test('What is written is read again as it was', () => {
  expect(readProgress(progressText(progress))).toEqual(progress);
});

/** Some editors put a mark before the first character. */
test('A byte order mark is no part of the file', () => {
  expect(readProgress(`\uFEFF${progressText(progress)}`)).toEqual(progress);
});

/** A later page may say more; a lecturer with this version still reads the rest. */
test('Keys that nobody knows are left out', () => {
  expect(readProgress(JSON.stringify({ ...progress, later: 1 }))).toEqual(progress);
});

/** What a text is refused with. */
function refusalOf(text: string): ProgressError {
  try {
    readProgress(text);
  } catch (error) {
    if (error instanceof ProgressError) return error;
    throw error;
  }
  throw new Error('it was read');
}

describe('A file that is no hand-in is refused with what was expected, what was found, and where', () => {
  const lab = progress.labs[0];
  const withLab = (change: object): object => ({
    ...progress,
    labs: [lab, { ...lab, lab: 2, ...change }],
  });

  test.each([
    ['', 'expected a hand-in in JSON, found nothing'],
    ['{"epollsim"', 'expected a hand-in in JSON, found none: '],
    ['[]', 'the file: expected an object, found []'],
    [
      '{"steps": []}',
      '"epollsim": expected "lab", as in a file that a page of the lab has written, found nothing',
    ],
    [{ ...progress, version: 2 }, '"version": expected 1, found 2'],
    [{ ...progress, student: null }, '"student": expected a text, found null'],
    [{ ...progress, labs: {} }, '"labs": expected a list, found {}'],
    [{ ...progress, labs: [lab, lab] }, '"labs": expected each lab once, found lab 7 twice'],
    [withLab({ lab: 1.5 }), '"labs"[1].lab: expected an integer from 1, found 1.5'],
    [
      withLab({ predictions: [{ chosen: 0, right: true }] }),
      '"labs"[1].predictions[0].chosen: expected an integer from 1, found 0',
    ],
    [withLab({ predictions: [3] }), '"labs"[1].predictions[0]: expected an object, found 3'],
    [withLab({ solution: undefined }), '"labs"[1].solution: expected a text, found nothing'],
    [
      withLab({ solution: ['x'.repeat(99)] }),
      `"labs"[1].solution: expected a text, found ["${'x'.repeat(38)}…`,
    ],
    [withLab({ passed: 'yes' }), '"labs"[1].passed: expected true or false, found "yes"'],
    [
      withLab({ at: 'yesterday' }),
      '"labs"[1].at: expected a time such as 2026-03-02T09:30:00Z, found "yesterday"',
    ],
  ])('%j', (file, message) => {
    const text = typeof file === 'string' ? file : JSON.stringify(file);

    const error = refusalOf(text);
    if (message.endsWith(' ')) expect(error.message.startsWith(message)).toBe(true);
    else expect(error.message).toBe(message);
    expect(error.words.en).toBe(error.message);
    // Keys and values are as they are in either language.
    expect(error.words.zh).toMatch(/^(?:应为|文件：|"[\w"[\].]+：).*\p{Script=Han}/u);
    expect(error.words.zh).not.toMatch(/expected|nothing/);
  });
});
