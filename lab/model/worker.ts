/**
 * The model in a thread of its own, so that no program holds the page up. It answers one question
 * after the other; who asked ends the whole worker when nothing is heard of it any more.
 */
import type { Grade, Solution } from '../tasks/task.ts';
import { CompileError, compile } from './compile.ts';
import type { Ask, Refusal, RequestName, Requests, TaskSheet, Told } from './messages.ts';
import { record } from './recording.ts';

const tell = (told: Told): void => postMessage(told);

/** Between two signs of life, in ms. */
const beatEvery = 250;

async function answerTo(ask: Ask): Promise<Requests[RequestName]['answer']> {
  switch (ask.name) {
    case 'record':
      return record(compile(ask.text), ask.options);
    case 'grade':
      return gradeOf(ask.number, ask.text, beats(ask.id));
    case 'task':
      return sheetOf(ask.number);
  }
}

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
