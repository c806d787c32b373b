/**
 * The model in a thread of its own, so that no program holds the page up. It answers one question
 * after the other; who asked ends the whole worker when nothing is heard of it any more.
 */
import {
  check,
  type Finding,
  type KernelChoice,
  Player,
  readScenario,
  transcriptText,
} from 'epollsim';
import type { Grade, Solution } from '../tasks/task.ts';
import { CompileError, compile, type Main } from './compile.ts';
import { nearTo, withWaysBack } from './follow.ts';
import type {
  Ask,
  Checked,
  Refusal,
  RequestName,
  Requests,
  Said,
  TaskSheet,
  Told,
} from './messages.ts';
import { type Recording, type RecordOptions, record } from './recording.ts';
import { wayOf } from './schedule.ts';

const tell = (told: Told): void => postMessage(told);

/** Between two signs of life, in ms. */
const beatEvery = 250;

async function answerTo(ask: Ask): Promise<Requests[RequestName]['answer']> {
  switch (ask.name) {
    case 'record':
      return recordingOf(ask.text, ask.options);
    case 'check':
      return checkedOf(ask.text, ask.kernel, beats(ask.id));
    case 'near':
      return nearTo(compile(ask.text), ask.steps, ask.kernel);
    case 'scenario':
      return played(ask.text, ask.kernel);
    case 'detect':
      return saidOf(ask.text, ask.kernel, ask.schedule);
    case 'grade':
      return gradeOf(ask.number, ask.text, beats(ask.id));
    case 'shown':
      return shownTask(ask.number, ask.text, beats(ask.id));
    case 'task':
      return sheetOf(ask.number);
  }
}

/** A text is made into a program for each run anew: what it keeps outside of its function is gone. */
function recordingOf(text: string, options: RecordOptions): Recording {
  const { steps = [], then: _, ...kernel } = options;
  const whole = steps.length === 0 ? steps : withWaysBack(compile(text), steps, kernel);
  return record(compile(text), { ...options, steps: whole });
}

const limits = { executions: 20_000, seconds: 30 };

function checkedOf(text: string, kernel: KernelChoice, beat: () => void): Checked {
  const main = compile(text);
  const counted: Main = (sys) => {
    beat();
    return main(sys);
  };
  const verdict = check(counted, { ...kernel, ...limits });
  const { complete, estimate, executions, information } = verdict;
  const [finding] = verdict.findings;
  return {
    executions,
    complete,
    estimate: estimate && { low: estimate.low, high: estimate.high },
    finding: finding === undefined ? null : shownOf(text, kernel, finding),
    information: information.map(said),
  };
}

function shownOf(text: string, kernel: KernelChoice, finding: Finding): Checked['finding'] {
  const { preemptions, schedule } = finding;
  const { steps } = wayOf(schedule);
  const whole = withWaysBack(compile(text), steps, kernel);
  return { ...said(finding), preemptions, steps: whole };
}

function saidOf(text: string, kernel: KernelChoice, schedule: string): Said[] {
  const { findings, information } = check(compile(text), { ...kernel, schedule, findings: 'all' });
  return [...findings, ...information].map(said);
}

function played(text: string, kernel: KernelChoice): string[] {
  const transcript = new Player(readScenario(text), kernel).play();
  const { blocked, error, results } = JSON.parse(transcriptText(transcript));
  const lines = (results as unknown[]).map((entry) => JSON.stringify(entry));
  if (error !== undefined) lines.push(String(error));
  if (blocked?.length > 0) lines.push(JSON.stringify({ blocked }));
  return lines;
}

const said = ({ kind, sentence }: Said): Said => ({ kind, sentence });

/** Tells how often it was called, now and then. */
function beats(id: number): () => void {
  let count = 0;
  let last = performance.now();
  return () => {
    count++;
    if (performance.now() - last < beatEvery) return;
    last = performance.now();
    tell({ id, beat: count });
  };
}

async function taskOf(number: number): Promise<import('../tasks/task.ts').Task> {
  const { tasks } = await import('../tasks/index.ts');
  const task = tasks.find((one) => one.number === number);
  if (task === undefined) throw new Error(`there is no task of lab ${number}`);
  return task;
}

async function sheetOf(number: number): Promise<TaskSheet> {
  const { signature, title } = await taskOf(number);
  return { signature, title };
}

async function gradeOf(number: number, text: string, beat: () => void): Promise<Grade> {
  const task = await taskOf(number);
  const main = compile(text) as Solution;
  return task.grade((...given) => {
    beat();
    return main(...given);
  });
}

/** Judged anew, as a program is no plain data that could have been kept by whoever asks. */
async function shownTask(number: number, text: string, beat: () => void): Promise<Recording> {
  const { shownBy } = await import('./shown.ts');
  return shownBy(await gradeOf(number, text, beat));
}

const refusalOf = (error: unknown): Refusal => ({
  message: error instanceof Error ? error.message : String(error),
  line: error instanceof CompileError ? error.line : null,
});

addEventListener('message', async ({ data }: MessageEvent<Ask>) => {
  const { id } = data;
  try {
    tell({ id, answer: await answerTo(data) });
  } catch (error) {
    tell({ id, refused: refusalOf(error) });
  }
});

tell({ id: 0 });
