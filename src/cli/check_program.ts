/**
 * The check of one program from the command line: alone at first, with worker threads when it takes
 * longer, with a checkpoint when it is stopped.
 */
import { availableParallelism } from 'node:os';
import {
  Checking,
  type CheckOptions,
  type Ended,
  type LimitReached,
  limitReached,
  sampleOf,
  subjectOf,
  textOfEnded,
  type Verdict,
  verdictOf,
} from '../check/check.ts';
import { type Estimate, estimateText, refined } from '../check/estimate.ts';
import type { Subject } from '../check/explore.ts';
import type { ContextId } from '../check/order.ts';
import { Parts } from '../check/parts.ts';
import type { Departure } from '../check/replay.ts';
import { type Story, storyText, tell } from '../check/story.ts';
import { Tally } from '../check/tally.ts';
import { ScheduleMismatch, type SharedMemory } from '../sim/schedule.ts';
import { refusal } from '../sim/told.ts';
import type { Program } from '../syscalls/sys.ts';
import type { CheckTask } from './check.ts';
import type { CheckRequest } from './check_options.ts';
import { type Checkpoint, digestOf, readCheckpoint } from './checkpoint.ts';
import { type ExitCode, exitCodes, say } from './errors.ts';
import { coloursFor, widthOf } from './formats.ts';
import { withProgram } from './given_program.ts';
import type { Input } from './input.ts';
import { loadProgram, trackPrograms } from './loader.ts';
import { Output } from './output.ts';
import { sayDepartures } from './schedules.ts';
import { verdictJson, verdictLines } from './verdicts.ts';

/** Checks a program and says what came of it; `onStop` is given what stops it half way. */
export function checkProgram(
  { path, input, request, output, progress }: CheckTask,
  onStop: (stop: () => void) => void,
): Promise<ExitCode> {
  const title = path === '-' ? 'standard input' : path;
  // Hours later is too late to find out that it cannot be written.
  const { checkpoint } = request;
  const file = checkpoint === undefined ? undefined : new Output(checkpoint);
  const loading = (): Promise<Loaded> => load(path, input, request);
  return withProgram(input.name, loading, async ([program, shared]) => {
    try {
      const check = new ProgramCheck(path, program, shared, request, (standing) =>
        progress.show(() => standingText(title, standing)),
      );
      onStop(() => {
        check.interrupted = true;
      });
      if (request.resume !== undefined) check.resume(request.resume);
      const verdict = await check.run();
      progress.clear();
      await show(title, verdict, request, output, progress.seconds);
      if (!request.json) showPaths(check, verdict, output);
      sayDepartures(check.departures);
      leaveRest(check, checkpoint, file);
      return codeOf(verdict);
    } catch (error) {
      progress.clear();
      if (!(error instanceof ScheduleMismatch)) throw error;
      say(`${title}: ${error.message}`);
      return exitCodes.failed;
    }
  });
}

/** The program, and what its threads share. */
type Loaded = readonly [Program, SharedMemory];

async function load(
  path: string,
  input: Input,
  { shared, unshared }: CheckRequest,
): Promise<Loaded> {
  if (!shared && !unshared) await trackPrograms();
  const program = await loadProgram(path, input);
  if (shared || unshared) return [program, shared];
  const why = refusal();
  if (why === null) return [program, 'told'];
  say(`${input.name}: threads are taken to share all their variables, for ${why}`);
  return [program, true];
}

async function show(
  title: string,
  verdict: Verdict,
  { json }: CheckRequest,
  output: Output,
  seconds: number,
): Promise<void> {
  if (json) output.write(`${verdictJson(title, verdict, seconds)}\n`);
  else {
    const lines = verdictLines(title, verdict, await coloursFor(output), widthOf(output));
    for (const line of lines) output.write(`${line}\n`);
  }
  output.flush();
}

/** The interleavings that were asked for, of a check that found nothing. */
function showPaths(check: ProgramCheck, { findings, paths }: Verdict, output: Output): void {
  if (findings.length > 0) return;
  for (const [i, path] of paths.entries()) {
    output.write(`\ninterleaving ${i + 1}\n${storyText(check.storyOf(path), widthOf(output))}`);
  }
  output.flush();
}

/** Where Ctrl-C leaves a checkpoint if nothing else was said. */
const defaultFile = 'epollsim-checkpoint.json';

/** Leaves a checkpoint where something is left to do, if one is wanted; throws a FileError. */
function leaveRest(
  check: ProgramCheck,
  name: string = defaultFile,
  file: Output | null = check.interrupted ? new Output(name) : null,
): void {
  const checkpoint = file === null ? null : check.checkpoint();
  if (file === null || checkpoint === null) return;
  file.write(`${JSON.stringify(checkpoint)}\n`);
  file.close();
  say(`what is left to do is in ${name}: go on with --resume ${name}`);
}

const codeOf = ({ complete, findings }: Verdict): ExitCode =>
  findings.length > 0 ? exitCodes.failed : complete ? exitCodes.done : exitCodes.incomplete;

function standingText(title: string, standing: Standing): string {
  const { estimate, executions, findings, longest, seconds, share, workers } = standing;
  const rate = Math.round(executions / Math.max(seconds, 0.001));
  const all = estimate === null ? '' : ` of ${estimateText(estimate)}`;
  const far = share === null ? '' : `, about ${(100 * share).toFixed(1)} % of what is known of`;
  const left =
    estimate === null ? '' : `, some ${duration((estimate.executions - executions) / rate)} more`;
  const found = findings === 0 ? '' : `, ${findings} found`;
  return `${title}: ${executions}${all || ' executions'}${far}, ${rate} a second with ${workers}${left}, up to ${longest} steps${found}`;
}

/** "15 s", "3 min", "20 h". */
function duration(seconds: number): string {
  for (const [unit, length] of [
    ['days', 86_400],
    ['h', 3600],
    ['min', 60],
  ] as const) {
    if (seconds > 2 * length) return `${Math.round(seconds / length)} ${unit}`;
  }
  return `${Math.round(seconds)} s`;
}

/** What is told of a check that is under way. */
export interface Standing {
  readonly executions: number;
  readonly seconds: number;
  readonly longest: number;
  readonly findings: number;
  /** Of all executions, as far as it shows; null if that is not known. */
  readonly share: number | null;
  readonly workers: number;
  /** How many executions there are, about; null if that is not known. */
  readonly estimate: Estimate | null;
}

/** For how long one thread explores alone, and for how long a worker before it hands back, in ms. */
const aloneMs = 1500;
/** A check that is not over by then is estimated, for so long. */
const soonMs = 300;
const sampleMs = 200;
const sliceMs = 700;
/** How long the exploration goes on before signals are heard. */
const turnMs = 50;

export class ProgramCheck {
  interrupted = false;
  /** Where a schedule that is replayed was not followed. */
  departures: readonly Departure[] = [];
  private readonly path: string;
  private readonly digest: string;
  private readonly options: CheckOptions;
  private readonly workers: number;
  private readonly show: (standing: Standing) => void;
  private readonly subject: Subject<Ended>;
  private readonly began: number = Date.now();
  private tally: Tally;
  private parts: Parts | null = null;
  private limit: LimitReached | null = null;
  private sampled: Estimate | null = null;
  private share: number | null = null;
  private exhausted = false;

  constructor(
    path: string,
    program: Program,
    shared: SharedMemory,
    request: CheckRequest,
    show: (standing: Standing) => void,
  ) {
    const options = optionsOf(request, shared);
    const { workers = availableParallelism() } = request;
    this.path = path;
    this.digest = digestOf(path);
    this.options = options;
    this.tally = new Tally(options);
    this.workers = path === '-' || options.strategy !== 'exhaustive' ? 1 : workers;
    this.show = show;
    this.subject = subjectOf(program, options);
  }

  /** Goes on from a checkpoint; throws a FileError if it is none, or of something else. */
  resume(file: string): void {
    const { digest, options, path: program } = this;
    const { parts, tally } = readCheckpoint(file, { program, digest, options });
    this.tally.add(tally);
    this.parts = new Parts();
    this.parts.add(parts);
  }

  async run(): Promise<Verdict> {
    if (this.parts === null) await this.alone();
    if (this.parts !== null && !this.isOver) await this.together(this.parts);
    const { exhausted, limit, options, subject, tally } = this;
    if (limit !== null) this.sample();
    return verdictOf(subject, options, tally, exhausted, limit, this.estimate);
  }

  private sample(): void {
    this.sampled ??= sampleOf(this.subject, this.options, sampleMs);
  }

  private get estimate(): Estimate | null {
    const { sampled, share, tally } = this;
    return sampled === null || share === null ? null : refined(sampled, tally.executions, share);
  }

  private get isOver(): boolean {
    const found = this.tally.bugs > 0 && this.options.findings !== 'all';
    return this.exhausted || this.interrupted || this.limit !== null || found;
  }

  private standing(share: number | null, workers: number): void {
    this.share = share;
    const { estimate } = this;
    const { bugs, executions, longest } = this.tally;
    const seconds = (Date.now() - this.began) / 1000;
    this.show({ executions, seconds, longest, findings: bugs, share, workers, estimate });
  }

  /** In this thread, in turns, so that Ctrl-C is heard. */
  private async alone(): Promise<void> {
    const checking = new Checking(this.subject, this.options, textOfEnded);
    this.tally = checking.tally;
    for (let more = true; more && !this.interrupted; ) {
      const end = Date.now() + turnMs;
      while (more && Date.now() < end) more = checking.next();
      this.standing(checking.share, 1);
      await breathe();
      if (more && Date.now() - this.began > soonMs) this.sample();
      if (!more || this.workers === 1 || checking.share === null) continue;
      if (Date.now() - this.began > aloneMs) break;
    }
    this.limit = checking.reached;
    this.departures = checking.departures;
    this.exhausted = checking.isExhausted;
    const left = checking.leave();
    if (left === null || this.exhausted) return;
    this.parts = new Parts();
    this.parts.add(left.rest);
    this.exhausted = this.parts.isDone;
  }

  private async together(parts: Parts): Promise<void> {
    const { Crew } = await import('./crew.ts');
    const crew = new Crew(this.workers);
    const running = new Set<Promise<void>>();
    const options = { ...this.options, findings: this.options.findings ?? 'first' };
    try {
      while (!this.isOver) {
        while (running.size < crew.size) {
          const part = parts.take();
          if (part === null) break;
          const job = { program: this.path, options, part, slice: sliceMs };
          const done: Promise<void> = crew.run(job).then(({ tally, left }) => {
            running.delete(done);
            this.tally.add(tally);
            parts.finish(part, left);
          });
          running.add(done);
        }
        if (running.size === 0) break;
        await Promise.race([...running, new Promise((resolve) => setTimeout(resolve, 200))]);
        this.limit = limitReached(this.options, this.tally, Date.now() - this.began);
        this.standing(parts.share, crew.size);
      }
      await Promise.all(running);
      this.exhausted = parts.isDone;
      if (this.exhausted) this.limit = null;
    } finally {
      await crew.end();
    }
  }

  /** One execution, step by step. */
  storyOf(path: readonly ContextId[]): Story {
    return tell(this.subject, path, this.options);
  }

  /** What is left to do; null if nothing is. */
  checkpoint(): Checkpoint | null {
    const parts = this.parts?.toData() ?? [];
    if (this.exhausted || parts.length === 0) return null;
    const { digest, options, path: program, tally } = this;
    return {
      epollsim: 'checkpoint 1',
      program,
      digest,
      options,
      tally: tally.toData(),
      parts,
    };
  }
}

function optionsOf(request: CheckRequest, sharedMemory: SharedMemory): CheckOptions {
  const { all, executions, kernel, memory, mismatch, preemptions, schedule, seconds } = request;
  const { off, seed, shown, steps, strategy, strict, with: added, without } = request;
  return {
    kernel,
    with: added,
    without,
    memory,
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

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
