/**
 * What a student has done: kept in this browser as the file that is handed in, lab/model/progress.ts. Nothing of
 * it leaves the browser by itself.
 */
import {
  type LabProgress,
  type Prediction,
  type Progress,
  progressText,
  readProgress,
} from '../model/progress.ts';

const prefix = 'epollsim:';

/** Where storage is forbidden the page works all the same, and forgets. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return null;
  }
}

function write(key: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(prefix + key);
    else localStorage.setItem(prefix + key, text);
  } catch {
    // Full or forbidden: the page goes on without.
  }
}

const nothingDone: Progress = { epollsim: 'lab', version: 1, student: '', labs: [] };

/** All that was done in this browser; nothing where what is kept cannot be read. */
export function progress(): Progress {
  const kept = read('progress');
  if (kept === null) return nothingDone;
  try {
    return readProgress(kept);
  } catch {
    return nothingDone;
  }
}

const keep = (changed: Progress): void => write('progress', progressText(changed));

const untouched = (lab: number): LabProgress => ({
  lab,
  predictions: [],
  solution: null,
  passed: false,
  at: '',
});

/** What was done in one lab. */
export const progressOf = (lab: number): LabProgress =>
  progress().labs.find((one) => one.lab === lab) ?? untouched(lab);

/** Tells whoever shows progress. */
export const progressChanged = 'epollsim-progress';

function change(lab: number, changed: Partial<LabProgress>): void {
  const { labs, ...whose } = progress();
  const one = { ...progressOf(lab), ...changed, at: new Date().toISOString() };
  const others = labs.filter((other) => other.lab !== lab);
  keep({ ...whose, labs: [...others, one].sort((a, b) => a.lab - b.lab) });
  dispatchEvent(new CustomEvent(progressChanged, { detail: lab }));
}

/**
 * Keeps an answer to question `index` of the page, from 0. The first one counts: who has read which one is right
 * is no longer predicting.
 */
export function noteAnswer(lab: number, index: number, answer: Prediction): void {
  const predictions: (Prediction | null)[] = [...progressOf(lab).predictions];
  if (predictions[index] != null) return;
  while (predictions.length < index) predictions.push(null);
  predictions[index] = answer;
  change(lab, { predictions });
}

/** A solution that has passed is kept when another one is tried later and does not pass. */
export function noteCheck(lab: number, solution: string, passed: boolean): void {
  if (passed || !progressOf(lab).passed) change(lab, { solution, passed });
}

/** What stands in the editor; null where it is the starter. */
export const draftOf = (lab: number): string | null => read(`draft:${lab}`);
export const keepDraft = (lab: number, text: string | null): void => write(`draft:${lab}`, text);

export const keepName = (student: string): void => keep({ ...progress(), student });

const answersOf = ({ predictions }: LabProgress): readonly Prediction[] =>
  predictions.filter((one) => one !== null);

/** How many questions were answered. */
export const countAnswers = (lab: LabProgress): number => answersOf(lab).length;

/** How many of the answers were right. */
export const countRight = (lab: LabProgress): number =>
  answersOf(lab).filter(({ right }) => right).length;
