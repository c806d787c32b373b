/** The command line of `check`. */
import type { StrategyName } from '../check/check.ts';
import { defaultKernel, newestKernel, oldestKernel } from '../kernel/history.ts';
import { UsageError } from './errors.ts';
import { type KernelOptions, kernelOptions, readKernel } from './kernel_options.ts';
import { numberOf, readOptions, textOf } from './options.ts';

/** What `check` is asked for; undefined for what was not said. */
export interface CheckRequest extends KernelOptions {
  readonly files: readonly string[];
  readonly strategy: StrategyName;
  readonly seed: number | undefined;
  readonly preemptions: number | undefined;
  readonly executions: number | undefined;
  readonly steps: number | undefined;
  readonly seconds: number | undefined;
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
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const checkHelp: string = `usage: epollsim check [options] FILE...

Runs each concurrent scenario of the files (JSON, or NDJSON with one a line; - is standard input) on
every interleaving of its threads that can be told apart, and lists its outcomes: how many executions
came to each, and one of them. Where a limit ends the search, some thousand executions are taken at
random from all that there are.

      --kernel RELEASE     the kernel to model, ${oldestKernel} to ${newestKernel} (default: ${defaultKernel})
      --with COMMIT        and with a commit that the release does not have; 7 digits of it will do;
                           repeat, or separate by ","
      --without COMMIT     and without one that it has

      --strategy NAME      exhaustive (default), random, or pct: random priorities that change at a
                           few steps, which finds rare bugs sooner
      --seed N             what random and pct follow from (default: 1)
      --preemptions N      only executions in which a thread that can go on is made to wait at most N
                           times
      --max-executions N   (default: 100000; 1000 for random and pct)
      --max-steps N        of one execution (default: 20000)
      --time-limit S       in seconds, for each scenario (default: none)
      --json               a line of JSON for each scenario, as "play" prints it

Progress is shown on a terminal. Ctrl-C ends the search with what was found until then.

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
  const request: CheckRequest = {
    files,
    ...readKernel(values),
    strategy: strategyOf(textOf(values['strategy'])),
    seed: numberOf(values['seed'], '--seed', 0, 0xffffffff),
    preemptions: numberOf(values['preemptions'], '--preemptions', 0, 1000),
    executions: numberOf(values['max-executions'], '--max-executions', 1, 9_999_999_999),
    steps: numberOf(values['max-steps'], '--max-steps', 1, 9_999_999_999),
    seconds: numberOf(values['time-limit'], '--time-limit', 1, 9_999_999_999),
    json: values['json'] === true,
  };
  checkTogether(request);
  return request;
}

function strategyOf(name: string | undefined): StrategyName {
  if (name === undefined) return 'exhaustive';
  const found = strategies.find((strategy) => strategy === name);
  if (found === 'replay') {
    throw new UsageError('--strategy replay: schedules of scenarios cannot be replayed yet');
  }
  if (found !== undefined) return found;
  throw new UsageError(
    `unknown strategy "${name}": expected ${strategies.filter((one) => one !== 'replay').join(', ')}`,
  );
}

/** Options that say nothing beside one another. */
function checkTogether({ strategy, seed, preemptions }: CheckRequest): void {
  if (strategy === 'exhaustive' && seed !== undefined) {
    throw new UsageError('--seed: expected --strategy random or pct beside it');
  }
  if (strategy !== 'exhaustive' && preemptions !== undefined) {
    throw new UsageError(`--preemptions: expected --strategy exhaustive, found ${strategy}`);
  }
}
