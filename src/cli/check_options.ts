/** The command line of `check`. */
import type { StrategyName } from '../check/check.ts';
import { type DetectorName, detectorNames } from '../check/detectors/index.ts';
import { defaultKernel, newestKernel, oldestKernel } from '../kernel/history.ts';
import { defaultBudget } from '../scenario/minimise.ts';
import type { Memory } from '../sim/schedule.ts';
import { UsageError } from './errors.ts';
import { type KernelOptions, kernelOptions, readKernel } from './kernel_options.ts';
import { listOf, numberOf, readOptions, textOf } from './options.ts';
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
  /** Threads share no variables of the program. */
  readonly shared: boolean;
  readonly unshared: boolean;
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
  /** Where smaller scenarios are written. */
  readonly out: string | undefined;
  readonly json: boolean;
}

const table = {
  ...kernelOptions,
  strategy: { type: 'string' },
  seed: { type: 'string' },
  preemptions: { type: 'string' },
  'max-executions': { type: 'string' },
  'max-steps': { type: 'string' },
  'time-limit': { type: 'string' },
  all: { type: 'boolean' },
  memory: { type: 'string' },
  shared: { type: 'boolean' },
  unshared: { type: 'boolean' },
  schedule: { type: 'string' },
  'on-mismatch': { type: 'string' },
  workers: { type: 'string', short: 'j' },
  queue: { type: 'string' },
  checkpoint: { type: 'string' },
  resume: { type: 'string' },
  show: { type: 'string' },
  off: { type: 'string', multiple: true },
  strict: { type: 'boolean' },
  herd: { type: 'boolean' },
  'show-all': { type: 'boolean' },
  'max-minimise': { type: 'string' },
  out: { type: 'string', short: 'o' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const checkHelp: string = `usage: epollsim check [options] FILE...

Runs each program (TypeScript or JavaScript) and each concurrent scenario (JSON, or NDJSON with one
a line; - is standard input) of the files on every interleaving that can be told apart. Of a program
it says whether any interleaving breaks it, and shows the shortest one that does; of a scenario it
lists the outcomes, how many executions came to each, and one of them, and what was found, in it and
in as small a scenario as shows the same. Where a limit ends the search of a scenario, some thousand
executions are taken at random from all that there are.

      --kernel RELEASE     the kernel to model, ${oldestKernel} to ${newestKernel} (default: ${defaultKernel})
      --with COMMIT        and with a commit that the release does not have; 7 digits of it will do;
                           repeat, or separate by ","
      --without COMMIT     and without one that it has

      --memory ORDER       sc (default): what a thread writes is seen at once; tso: late where no barrier
                           stands, as on x86; see docs/tso.md

      --strategy NAME      exhaustive (default), random, or pct: random priorities that change at a
                           few steps, which finds rare bugs sooner
      --seed N             what random and pct follow from (default: 1)
      --preemptions N      only executions in which a thread that can go on is made to wait at most N
                           times
      --max-executions N   (default: 100000; 1000 for random and pct)
      --max-steps N        of one execution (default: 20000)
      --time-limit S       in seconds, for each program or scenario (default: none)

      --schedule FILE      only the execution that this schedule describes; each step is checked
      --on-mismatch WHAT   where the schedule does not fit: stop (default), or go-on as near to it as
                           can be
      --queue URL          hand out parts to workers on other machines, through the Redis at
                           redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS, once
                           it takes longer than a second or two: epollsim worker --help
      --off DETECTOR       a detector that is not to speak; repeat, or separate by ","
      --herd               instead, who is woken, and for what: wake-ups an event, wasted ones, the share
                           of each waiter, steps from an event until somebody is told of it; as it is
                           written, and with LT, ET, ONESHOT, EXCLUSIVE, an epoll instance for each
                           waiter, and SO_REUSEPORT in its place; on all interleavings if there are no
                           more than 1000 (or --max-executions) of them, else on 200: of a program those
                           of play --seed 0, 1, …; with --schedule, or for a scenario in lockstep, on one:
                           see docs/herd.md
      --show N             of a program, also show N of the interleavings in which nothing was found;
                           of a scenario, give the schedules of N outcomes
      --show-all           and of all of them
      --json               a line of JSON for each program or scenario

of programs:
      --all                go on after the first finding
      --shared             threads share all variables of the program, touched at any time (default:
                           those that it is seen to touch; see docs/checker.md)
      --unshared           they share none while they run: only their calls count
      --strict             a program that waits for ever is wrong, whatever it waits for
  -j, --workers N          processes that share the work once it takes longer than a second or two
                           (default: one a CPU)
      --checkpoint FILE    where Ctrl-C or a limit leaves what is still to do (default: none for a
                           limit, epollsim-checkpoint.json for Ctrl-C)
      --resume FILE        go on from there

of scenarios:
      --max-minimise N     executions that may go into a smaller scenario with the same finding, for
                           each finding (default: ${defaultBudget}; 0 leaves scenarios as they are)
  -o, --out FILE           where to write the smaller scenarios (default: with the finding)

Progress is shown on a terminal. Ctrl-C ends the search with what was found until then, and the
search for a smaller scenario with the smallest one until then.

exit codes:
  0  every interleaving was covered, and nothing was found
  1  something was found, or a scenario is malformed
  2  the command line is wrong, or a file cannot be read
  4  nothing was found, but not every interleaving was covered
  130  Ctrl-C
`;

const strategies: readonly StrategyName[] = ['exhaustive', 'random', 'pct', 'replay'];

/** What the arguments ask for, null for help; throws a UsageError. */
export function readCheck(argv: readonly string[]): CheckRequest | null {
  const { values, positionals } = readOptions(argv, table);
  if (values['help'] === true) return null;
  const files = positionals.slice(positionals.indexOf('check') + 1);
  if (files.length === 0 || files.includes('')) {
    throw new UsageError('check: expected a file, or - for standard input');
  }
  const schedule = scheduleOf(textOf(values['schedule']));
  const request: CheckRequest = {
    files,
    ...kernelOf(schedule, readKernel(values)),
    strategy: strategyOf(textOf(values['strategy']), values['schedule'] !== undefined),
    seed: numberOf(values['seed'], '--seed', 0, 0xffffffff),
    preemptions: numberOf(values['preemptions'], '--preemptions', 0, 1000),
    executions: numberOf(values['max-executions'], '--max-executions', 1, 9_999_999_999),
    steps: numberOf(values['max-steps'], '--max-steps', 1, 9_999_999_999),
    seconds: numberOf(values['time-limit'], '--time-limit', 1, 9_999_999_999),
    all: values['all'] === true,
    memory: memoryOf(textOf(values['memory']), schedule?.memory),
    shared: values['shared'] === true,
    unshared: values['unshared'] === true,
    schedule: schedule?.text,
    mismatch: mismatchOf(textOf(values['on-mismatch'])),
    workers: numberOf(values['workers'], '--workers', 1, 256),
    queue: readAddress(textOf(values['queue'])),
    checkpoint: textOf(values['checkpoint']),
    resume: textOf(values['resume']),
    shown: shownOf(values),
    off: listOf(values['off']).map(detectorOf),
    strict: values['strict'] === true,
    herd: values['herd'] === true,
    minimise: numberOf(values['max-minimise'], '--max-minimise', 0, 9_999_999_999),
    out: textOf(values['out']),
    json: values['json'] === true,
  };
  checkTogether(request);
  return request;
}

function strategyOf(name: string | undefined, replays: boolean): StrategyName {
  if (name === undefined) return replays ? 'replay' : 'exhaustive';
  const found = strategies.find((strategy) => strategy === name);
  if (found !== undefined) return found;
  throw new UsageError(`unknown strategy "${name}": expected ${strategies.join(', ')}`);
}

function detectorOf(name: string): DetectorName {
  const found = detectorNames.find((known) => known === name);
  if (found !== undefined) return found;
  throw new UsageError(`--off: expected ${detectorNames.join(', ')}, found "${name}"`);
}

/** What is asked for, or else what the schedule was found with. */
function memoryOf(order: string | undefined, found: Memory = 'sc'): Memory {
  if (order === undefined) return found;
  if (order === 'sc' || order === 'tso') return order;
  throw new UsageError(`--memory: expected sc or tso, found "${order}"`);
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
  if (request.herd) checkHerd(request);
  if (request.queue !== undefined) checkQueue(request);
  if (request.shared && request.unshared) {
    throw new UsageError('--shared: expected no --unshared beside it');
  }
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
