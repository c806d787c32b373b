/** Grades solutions, each in a process of its own that has so much time, some of them at a time. */
import { Processes } from '../crew.ts';
import type { Graded, Work } from './grader.ts';
import type { Words } from './tasks.ts';

/** What one process may use, in MiB. */
const memory = 1024;

export interface GradingOptions {
  /** How many at a time. */
  readonly jobs: number;
  /** For each of them, in seconds. */
  readonly timeLimit: number;
  /** Ends all of them. */
  readonly signal: AbortSignal;
}

/** Calls `tell` with what comes of each, in the order in which that is known. */
export async function gradeAll<W extends Work>(
  works: readonly W[],
  { jobs, signal, timeLimit }: GradingOptions,
  tell: (work: W, graded: Graded) => void,
): Promise<void> {
  const size = Math.max(1, Math.min(jobs, works.length));
  const processes = new Processes<Work, Graded>('lab/grader', size, { fresh: true, memory });
  const left = [...works];
  const takeOne = async (): Promise<void> => {
    for (let work = left.shift(); work !== undefined && !signal.aborted; work = left.shift()) {
      const graded = await gradeOne(processes, work, timeLimit, signal);
      if (!signal.aborted) tell(work, graded);
    }
  };
  try {
    await Promise.all(Array.from({ length: size }, takeOne));
  } finally {
    await processes.end();
  }
}

async function gradeOne(
  processes: Processes<Work, Graded>,
  { lab, name, program }: Work,
  timeLimit: number,
  signal: AbortSignal,
): Promise<Graded> {
  const end = new AbortController();
  const stop = (): void => end.abort();
  const timer = setTimeout(stop, timeLimit * 1000);
  signal.addEventListener('abort', stop);
  try {
    return await processes.run({ lab, name, program }, end.signal);
  } catch (error) {
    const words = end.signal.aborted ? outOfTime(timeLimit) : died((error as Error).message);
    return { grade: { passed: false, words, schedule: null, story: '' } };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

const outOfTime = (seconds: number): Words => ({
  en: `Your program had not come to an end after ${seconds} s, and was ended. Look for a loop that goes on without making a call, as for (;;); does, or that catches every error, and so the one that is to end it.`,
  zh: `你的程序运行 ${seconds} 秒后仍未结束，已被终止。请找一找不进行任何调用的循环（如 for (;;);），或者捕获了所有异常的循环：用来结束程序的异常也被它吞掉了。`,
});

const died = (message: string): Words => ({
  en: `The process that ran your program has died (${message}). Does it take more and more memory, or end the process?`,
  zh: `运行你的程序的进程意外终止（${message}）。它是否不断占用更多内存，或者结束了进程？`,
});
