/** `epollsim lab check`: grades what was handed in, with the checks of the pages. */
import { worse } from '../check.ts';
import { type ExitCode, exitCodes, FileError, say, UsageError } from '../errors.ts';
import { coloursFor, widthOf } from '../formats.ts';
import { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { type GradingOptions, gradeAll } from './grading.ts';
import { type ClaimedWork, type HandIn, readHandIn } from './hand_ins.ts';
import { isPassed, jsonLines, type Report, type Result, tableText, verdictText } from './report.ts';
import { type Language, loadTasks, type Task } from './tasks.ts';

export interface CheckRequest {
  /** The words behind `check`. */
  readonly words: readonly string[];
  readonly json: boolean;
  readonly language: Language;
  /** For each solution, in seconds. */
  readonly timeLimit: number;
  readonly jobs: number;
}

export async function checkHandIns(request: CheckRequest): Promise<ExitCode> {
  const tasks = await loadTasks();
  const { files, lab } = splitWords(request.words, tasks);
  const output = new Output(undefined);
  const { code: readCode, handIns } = await readAll(files, lab, tasks);
  const { interrupted, reports } = await gradeFiles(handIns, request);
  const graded = reports.flatMap(({ results }) => results.map((one) => codeOf(one)));
  const [only] = files.length === 1 ? (reports[0]?.results ?? []) : [];
  if (only?.claimed === null && 'problem' in only.graded) {
    say(`${only.name}: ${only.graded.problem}`);
  } else if (request.json) for (const report of reports) output.write(jsonLines(report));
  else if (reports.length > 0) output.write(await textOf(reports, tasks, request, output));
  output.close();
  if (interrupted) return exitCodes.interrupted;
  return [readCode, ...graded].reduce(worse, exitCodes.done);
}

/** The number of a lab, where one stands first, and the files. */
function splitWords(
  words: readonly string[],
  tasks: readonly Task[],
): { lab: number | null; files: readonly string[] } {
  const [first = '', ...others] = words;
  if (/^[\d.,e+]+$/i.test(first) && !/^\d+$/.test(first)) {
    throw new UsageError(`lab check: expected a lab from 1 to ${tasks.length}, found ${first}`);
  }
  const isNumber = /^\d+$/.test(first);
  const files = isNumber ? others : words;
  const range = `from 1 to ${tasks.length}`;
  if (isNumber && !tasks.some(({ number }) => number === Number(first))) {
    throw new UsageError(`lab check: expected a lab ${range}, found ${first}`);
  }
  if (files.length === 0) {
    const found = isNumber ? 'none' : 'nothing';
    throw new UsageError(`lab check: expected the number of a lab and a file, found ${found}`);
  }
  return { lab: isNumber ? Number(first) : null, files };
}

/** What cannot be read does not keep the others from being graded. */
async function readAll(
  files: readonly string[],
  lab: number | null,
  tasks: readonly Task[],
): Promise<{ handIns: readonly HandIn[]; code: ExitCode }> {
  const known = tasks.map(({ number }) => number);
  const handIns: HandIn[] = [];
  let code: ExitCode = exitCodes.done;
  for (const file of files) {
    try {
      handIns.push(await readHandIn(file, lab, known));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      say(error.message);
      code = exitCodes.usage;
    }
  }
  return { handIns, code };
}

/** Grades them all; Ctrl-C ends that with what is there. */
async function gradeFiles(
  handIns: readonly HandIn[],
  { jobs, json, timeLimit }: CheckRequest,
): Promise<{ reports: readonly Report[]; interrupted: boolean }> {
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal);
  const options: GradingOptions = { jobs, timeLimit, signal: interrupt.signal };
  const results = new Map<ClaimedWork, Result>();
  const progress = new Progress(json);
  const works = handIns.flatMap((one) => one.works);
  try {
    await gradeAll(works, options, (work, graded) => {
      results.set(work, { ...work, graded });
      progress.show(() => `${results.size} of ${works.length} graded`);
    });
  } finally {
    process.off('SIGINT', onSignal);
    progress.clear();
  }
  const reports = handIns.map(({ works: own, ...rest }) => ({
    ...rest,
    results: own.flatMap((work) => results.get(work) ?? []),
  }));
  return { reports, interrupted: interrupt.signal.aborted };
}

/** One program has all that is to be said of it; several have a table. */
async function textOf(
  reports: readonly Report[],
  tasks: readonly Task[],
  { language }: CheckRequest,
  output: Output,
): Promise<string> {
  const look = { language, colours: await coloursFor(output), width: widthOf(output) };
  const [first, ...others] = reports;
  const [result] = first?.results ?? [];
  return others.length === 0 && first?.student === null && result !== undefined
    ? verdictText(result, tasks, look)
    : tableText(reports, look);
}

function codeOf({ graded }: Result): ExitCode {
  if ('problem' in graded) return exitCodes.usage;
  return isPassed(graded) ? exitCodes.done : exitCodes.failed;
}
