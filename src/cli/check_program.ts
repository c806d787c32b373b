/**
 * The check of one program from the command line: alone at first, with worker processes when it takes
 * longer, with a checkpoint when it is stopped.
 */
import { availableParallelism } from 'node:os';
import { withPauses } from '../async/turn.ts';
import {
  type CheckOptions,
  type Ended,
  subjectOf,
  textOfEnded,
  type Verdict,
} from '../check/check.ts';
import type { Subject } from '../check/explore.ts';
import { storyText, telling } from '../check/story.ts';
import { ScheduleMismatch, type SharedMemory } from '../sim/schedule.ts';
import { refusal } from '../sim/told.ts';
import type { CheckTask } from './check.ts';
import type { CheckRequest } from './check_options.ts';
import { type Checkpoint, digestOf, readCheckpoint } from './checkpoint.ts';
import type { Crew } from './crew.ts';
import { checkRan, type GivenProgram, ProgramError } from './default_export.ts';
import { type ExitCode, exitCodes, say, UsageError } from './errors.ts';
import { Exploration, type Help, processesAfter, workersAfter } from './exploration.ts';
import { coloursFor, widthOf } from './formats.ts';
import { withProgram } from './given_program.ts';
import { inTime } from './in_time.ts';
import { loadProgram, trackPrograms } from './loader.ts';
import { Output } from './output.ts';
import type { Parcel } from './queue/parcel.ts';
import { sayDepartures } from './schedules.ts';
import { tellingOf } from './standing.ts';
import { placesOf } from './thrown.ts';
import { type Shown, verdictJson, verdictLines } from './verdicts.ts';

/** Checks a program and says what came of it; `onStop` is given what stops it half way. */
export function checkProgram(
  task: CheckTask,
  onStop: (stop: () => void) => void,
): Promise<ExitCode> {
  const { path, input, request, output, progress } = task;
  const title = path === '-' ? 'standard input' : path;
  const { files, out } = request;
  if (out !== undefined && files.length > 1) {
    throw new UsageError(
      `--out: expected one program, whose schedule it is for, found ${files.length} files`,
    );
  }
  // Hours later is too late to find out that it cannot be written.
  const { checkpoint } = request;
  const file = checkpoint === undefined ? undefined : new Output(checkpoint);
  return withProgram(
    input.name,
    () => load(task),
    async (loaded) => {
      const { program, shared } = loaded;
      const options = optionsOf(request, shared);
      const subject = subjectOf(program, options);
      const standing = tellingOf(title, progress);
      try {
        const check = new Exploration(
          { subject, options, textOf: textOfEnded },
          helpOf(task, loaded, options),
          standing,
        );
        onStop(() => {
          check.interrupted = true;
        });
        const checked = { program: path, digest: digestOf(path), options };
        if (request.resume !== undefined) {
          const { parts, tally } = readCheckpoint(request.resume, checked);
          check.resume(tally, parts);
        }
        await check.run();
        progress.clear();
        checkRan(loaded);
        const verdict = await withPauses(inTime(check.deciding()));
        const places = await withPauses(inTime(placesOf(subject, options, verdict.findings)));
        await show({ title, verdict, places, seconds: progress.seconds }, request, output);
        keepSchedule(verdict, task);
        if (!request.json) await showPaths(subject, verdict, options, output);
        sayDepartures(check.departures);
        leaveRest(check, checked, checkpoint, file);
        return codeOf(verdict);
      } catch (error) {
        progress.clear();
        if (!(error instanceof ScheduleMismatch || isOfProgram(error))) throw error;
        say(`${title}: ${error.message}`);
        if (request.json) {
          output.write(`${JSON.stringify({ program: title, error: error.message })}\n`);
          output.flush();
        }
        return exitCodes.failed;
      }
    },
  );
}

/** The program cannot be checked. One of another process has lost its class. */
const isOfProgram = (error: unknown): error is Error =>
  error instanceof Error && ['NotDeterministic', 'Unstoppable'].includes(error.name);

export interface LoadedProgram extends GivenProgram {
  /** What its threads share. */
  readonly shared: SharedMemory;
}

interface Loaded extends LoadedProgram {
  /** The modules that were loaded for it, where workers want them. */
  readonly parcel: Parcel | null;
}

async function load(task: CheckTask): Promise<Loaded> {
  const { link } = task;
  const notes = link === null ? null : await (await import('./queue/notes.ts')).noteModules();
  const given = await loadTold(task);
  if (notes === null) return { ...given, parcel: null };
  if (given.isCommonJs) {
    throw new ProgramError(
      'expected an ES module (import, export), found CommonJS (require), which --queue cannot send to workers',
    );
  }
  const { programParcel } = await import('./queue/program_parcel.ts');
  return { ...given, parcel: programParcel(notes, given.shared === 'told') };
}

/** A program, and what its threads share: as it says itself, unless the command line does. */
export async function loadTold({
  path,
  input,
  request,
}: Pick<CheckTask, 'path' | 'input' | 'request'>): Promise<LoadedProgram> {
  const { shared: said } = request;
  if (said === undefined) await trackPrograms();
  const given = await loadProgram(path, input);
  if (said !== undefined) return { ...given, shared: said };
  const why = untold(given);
  if (why !== null) {
    say(`${input.name}: threads are taken to share all their variables, for ${why}`);
  }
  return { ...given, shared: why === null ? 'told' : true };
}

/** Why it does not say what its threads share; null if it does. */
function untold({ isAsync, isCommonJs }: GivenProgram): string | null {
  if (isAsync) return 'the program is an async function';
  return isCommonJs ? 'the program is a CommonJS module' : refusal();
}

/** Who helps with a program: workers behind the queue, or processes that load it from its file. */
function helpOf(
  { path, request, link }: CheckTask,
  { parcel }: Loaded,
  options: CheckOptions,
): Help {
  if (link !== null && parcel !== null) {
    const open = async (): Promise<Crew> =>
      (await import('./queue/queue_crew.ts')).QueueCrew.open(link, parcel, options);
    return { isWanted: true, after: workersAfter, open };
  }
  const { workers = availableParallelism() } = request;
  const size = path === '-' || options.strategy !== 'exhaustive' ? 1 : workers;
  const open = async (): Promise<Crew> => {
    const { ProcessCrew } = await import('./crew.ts');
    return new ProcessCrew(size, path, options);
  };
  return { isWanted: size > 1, after: processesAfter, open };
}

async function show(shown: Shown, { json }: CheckRequest, output: Output): Promise<void> {
  if (json) output.write(`${verdictJson(shown)}\n`);
  else {
    const { isTerminal } = output;
    const lines = verdictLines(shown, await coloursFor(output), widthOf(output), isTerminal);
    for (const line of lines) output.write(`${line}\n`);
  }
  output.flush();
}

/** Writes the schedule of the first finding where it was asked for, for play and check --schedule. */
function keepSchedule({ findings }: Verdict, { input, kept }: CheckTask): void {
  const first = findings.find(({ repeats }) => repeats);
  if (kept === null || first === undefined) return;
  kept.write(first.schedule);
  kept.flush();
  if (findings.length > 1) {
    say(`${input.name}: --out has the schedule of the first of ${findings.length} findings`);
  }
}

/** The interleavings that were asked for, of a check that found nothing. */
async function showPaths(
  subject: Subject<Ended>,
  { findings, paths }: Verdict,
  options: CheckOptions,
  output: Output,
): Promise<void> {
  if (findings.length > 0) return;
  for (const [i, path] of paths.entries()) {
    const story = storyText(await withPauses(telling(subject, path, options)), widthOf(output));
    output.write(`\ninterleaving ${i + 1}\n${story}`);
  }
  output.flush();
}

/** Where Ctrl-C leaves a checkpoint if nothing else was said. */
const defaultFile = 'epollsim-checkpoint.json';

/** Leaves a checkpoint where something is left to do, if one is wanted; throws a FileError. */
function leaveRest(
  check: Exploration<Ended>,
  checked: Pick<Checkpoint, 'program' | 'digest' | 'options'>,
  name: string = defaultFile,
  file: Output | null = check.interrupted ? new Output(name) : null,
): void {
  const left = file === null ? null : check.left();
  if (file !== null && check.isTooMuch) {
    say('what is left to do is too much for a checkpoint: executions take too many steps');
  }
  if (file === null || left === null) return;
  const checkpoint: Checkpoint = { epollsim: 'checkpoint 1', ...checked, ...left };
  file.write(`${JSON.stringify(checkpoint)}\n`);
  file.close();
  say(`what is left to do is in ${name}: go on with --resume ${name}`);
}

const codeOf = ({ complete, findings }: Verdict): ExitCode =>
  findings.length > 0 ? exitCodes.failed : complete ? exitCodes.done : exitCodes.incomplete;

export function optionsOf(request: CheckRequest, sharedMemory: SharedMemory): CheckOptions {
  const { all, executions, kernel, memory, mismatch, preemptions, schedule, seconds } = request;
  const { liberties, maxLiberties } = request;
  const { off, seed, shown, steps, strategy, strict, with: added, without } = request;
  return {
    kernel,
    with: added,
    without,
    memory,
    liberties,
    maxLiberties,
    strategy,
    seed,
    preemptions,
    schedule,
    mismatch,
    executions,
    steps,
    seconds,
    findings: all ? 'all' : 'first',
    sharedMemory,
    off,
    strict,
    keep: shown,
  };
}
