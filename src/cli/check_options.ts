/** The command line of `check`. */
import type { StrategyName } from '../check/check.ts';
import { type DetectorName, detectorNames } from '../check/detectors/index.ts';
import type { LibertyKind } from '../sim/liberty.ts';
import type { Memory, SharedMemory } from '../sim/schedule.ts';
import { check as checkCommand, liberties, memories, strategies } from './commands/check.ts';
import { UsageError } from './errors.ts';
import { type KernelOptions, readKernel } from './kernel_options.ts';
import { choiceOf, choicesOf, numberOf, readOptions, textOf } from './options.ts';
import { type QueueAddress, readAddress } from './queue/link.ts';
import { kernelOf, mismatchOf, scheduleOf } from './schedules.ts';

/** What `check` is asked for; undefined for what was not said. */
export interface CheckRequest extends KernelOptions {
  readonly files: readonly string[];
  readonly strategy: StrategyName;
  readonly seed: number | undefined;
  readonly preemptions: number | undefined;
  readonly executions: number | undefined;
  readonly steps: number | undefined;
  readonly seconds: number | undefined;
  /** Every cause, not only the first that is found. */
  readonly all: boolean;
  /** In which order threads see what others write in the kernel. */
  readonly memory: Memory;
  /** What the kernel may do and need not, in a program; undefined where nothing was said. */
  readonly liberties: 'all' | readonly LibertyKind[] | undefined;
  readonly maxLiberties: number | undefined;
  /** What threads share of the program's variables; undefined for what it says itself. */
  readonly shared: Exclude<SharedMemory, 'told'> | undefined;
  /** The text of a schedule, and what to do where it does not fit. */
  readonly schedule: string | undefined;
  readonly mismatch: 'stop' | 'go on';
  readonly workers: number | undefined;
  /** Where workers are found that help. */
  readonly queue: QueueAddress | undefined;
  readonly checkpoint: string | undefined;
  readonly resume: string | undefined;
  /** How many interleavings to show of a check that found nothing. */
  readonly shown: number;
  /** Detectors that are not to speak. */
  readonly off: readonly DetectorName[];
  readonly strict: boolean;
  /** What waiters cost one another, instead of what interleavings break. */
  readonly herd: boolean;
  /** How many executions may go into a smaller scenario. */
  readonly minimise: number | undefined;
  /** Where smaller scenarios are written, and the schedule of a program. */
  readonly out: string | undefined;
  readonly json: boolean;
}

/** What the arguments ask for; throws a UsageError. */
export function readCheck(argv: readonly string[]): CheckRequest {
  const { values, operands: files } = readOptions(argv, checkCommand);
  const schedule = scheduleOf(textOf(values['schedule']));
  const request: CheckRequest = {
    files,
    ...kernelOf(schedule, readKernel(values)),
    strategy:
      choiceOf(values['strategy'], '--strategy', strategies) ??
      (schedule === undefined ? 'exhaustive' : 'replay'),
    seed: numberOf(values['seed'], '--seed', 0, 0xffffffff),
    preemptions: numberOf(values['preemptions'], '--preemptions', 0, 1000),
    executions: numberOf(values['max-executions'], '--max-executions', 1, 9_999_999_999),
    steps: numberOf(values['max-steps'], '--max-steps', 1, 9_999_999_999),
    seconds: numberOf(values['time-limit'], '--time-limit', 1, 9_999_999_999),
    all: values['all'] === true,
    memory: choiceOf(values['memory'], '--memory', memories) ?? schedule?.memory ?? 'sc',
    liberties: libertiesIn(values['liberties']),
    maxLiberties: numberOf(values['max-liberties'], '--max-liberties', 1, 1000),
    shared: sharedOf(values),
    schedule: schedule?.text,
    mismatch: mismatchOf(values['on-mismatch']),
    workers: numberOf(values['workers'], '--workers', 1, 256),
    queue: readAddress(textOf(values['queue'])),
    checkpoint: textOf(values['checkpoint']),
    resume: textOf(values['resume']),
    shown: shownOf(values),
    off: choicesOf(values['off'], '--off', detectorNames),
    strict: values['strict'] === true,
    herd: values['herd'] === true,
    minimise: numberOf(values['max-minimise'], '--max-minimise', 0, 9_999_999_999),
    out: textOf(values['out']),
    json: values['json'] === true,
  };
  checkTogether(request);
  return request;
}

const sharing = [
  ['shared-anytime', 'anytime'],
  ['shared', true],
  ['unshared', false],
] as const;

function sharedOf(values: Readonly<Record<string, unknown>>): CheckRequest['shared'] {
  const [first, second] = sharing.filter(([option]) => values[option] === true);
  if (first === undefined) return undefined;
  if (second === undefined) return first[1];
  throw new UsageError(`--${first[0]}: expected no --${second[0]} beside it`);
}

function libertiesIn(value: unknown): CheckRequest['liberties'] {
  if (value === undefined) return undefined;
  const kinds = choicesOf(value, '--liberties', liberties);
  return kinds.includes('all') ? 'all' : kinds.filter((kind) => kind !== 'all');
}

function shownOf(values: Readonly<Record<string, unknown>>): number {
  if (values['show-all'] === true) return Number.POSITIVE_INFINITY;
  return numberOf(values['show'], '--show', 1, 1_000_000) ?? 0;
}

/** Options that say nothing beside one another. */
function checkTogether(request: CheckRequest): void {
  const { resume, schedule, strategy, seed, preemptions } = request;
  if (strategy === 'replay' && schedule === undefined) {
    throw new UsageError('--strategy replay: expected --schedule FILE beside it');
  }
  if (schedule !== undefined && strategy !== 'replay') {
    throw new UsageError(`--schedule: expected no other strategy than replay, found ${strategy}`);
  }
  if (resume !== undefined && (strategy !== 'exhaustive' || preemptions !== undefined)) {
    throw new UsageError('--resume: expected the exhaustive strategy, without --preemptions');
  }
  if (request.maxLiberties !== undefined && request.liberties === undefined) {
    throw new UsageError('--max-liberties: expected --liberties beside it');
  }
  if (request.herd) checkHerd(request);
  if (request.queue !== undefined) checkQueue(request);
  const takesSeed =
    strategy === 'random' || strategy === 'pct' || (request.herd && strategy !== 'replay');
  if (!takesSeed && seed !== undefined) {
    throw new UsageError('--seed: expected --strategy random or pct beside it');
  }
  if (strategy !== 'exhaustive' && preemptions !== undefined) {
    throw new UsageError(`--preemptions: expected --strategy exhaustive, found ${strategy}`);
  }
}

/** A report is of what it runs itself, and says nothing of single interleavings. */
function checkHerd(request: CheckRequest): void {
  const others = {
    '--preemptions': request.preemptions !== undefined,
    '--queue': request.queue !== undefined,
    '--workers': request.workers !== undefined,
    '--checkpoint': request.checkpoint !== undefined,
    '--resume': request.resume !== undefined,
    '--out': request.out !== undefined,
    '--all': request.all,
    '--show': request.shown > 0,
    '--liberties': request.liberties !== undefined,
  };
  for (const [option, isGiven] of Object.entries(others)) {
    if (isGiven) throw new UsageError(`--herd: expected no ${option} beside it`);
  }
}

/** Parts are what an exhaustive search is cut into. */
function checkQueue({ preemptions, strategy, workers }: CheckRequest): void {
  if (strategy !== 'exhaustive' || preemptions !== undefined) {
    throw new UsageError('--queue: expected the exhaustive strategy, without --preemptions');
  }
  if (workers !== undefined) {
    throw new UsageError('--queue: expected no --workers beside it; each worker has its --jobs');
  }
}
