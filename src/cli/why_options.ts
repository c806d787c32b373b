/** The command line of `why`. */
import { defaultKernel, newestKernel, oldestKernel } from '../kernel/history.ts';
import type { WhyOptions } from '../scenario/why.ts';
import { defaultMaxSteps } from './arguments.ts';
import { UsageError } from './errors.ts';
import { kernelOptions, readKernel } from './kernel_options.ts';
import { numberOf, readOptions, textOf } from './options.ts';
import { kernelOf, scheduleOf } from './schedules.ts';

export const whyHelp: string = `epollsim why: why an event came, and why another one did not

usage: epollsim why [options] FILE --step N

FILE is a scenario, or a program; - is standard input. For what the step did there is an answer for
each event that was told, each item that was not told of, and each wakeup: the branch that decided,
and the chain that led there, a hop a line.

      --step N          the step, as play --format table numbers them
      --fd N            only what concerns items that were added under this number
      --name NAME       which scenario, where the file has several
      --schedule FILE   the interleaving, as check prints it; a concurrent scenario needs one
      --seed N          of a program, as for play
      --kernel RELEASE  the kernel to model, ${oldestKernel} to ${newestKernel} (default: ${defaultKernel})
      --with COMMIT     and with a commit that the release does not have
      --without COMMIT  and without one that it has
      --json            the answer as a JSON object
  -o, --output FILE     where to print it (default: standard output)
  -h, --help            this text

exit codes:
  0  the answer was printed
  2  the command line is wrong, there is no such step, or a file cannot be read or written
`;

export interface WhyRequest {
  readonly file: string;
  readonly name: string | undefined;
  readonly json: boolean;
  readonly output: string | undefined;
  readonly options: WhyOptions;
}

const table = {
  ...kernelOptions,
  step: { type: 'string' },
  fd: { type: 'string' },
  name: { type: 'string' },
  schedule: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Null: help is asked for. Throws a UsageError. */
export function readWhyArguments(argv: readonly string[]): WhyRequest | null {
  const { values, positionals } = readOptions(argv, table);
  if (values['help'] === true) return null;
  const [, file, ...more] = positionals;
  if (file === undefined || file === '') throw new UsageError('why: expected a file, found none');
  if (more.length > 0)
    throw new UsageError(`why: expected one file, found ${positionals.length - 1}`);
  const step = numberOf(values['step'], '--step', 0, 9_999_999_999);
  if (step === undefined) {
    throw new UsageError('why: expected --step N; play --format table shows the numbers');
  }
  const schedule = scheduleOf(textOf(values['schedule']));
  const seed = numberOf(values['seed'], '--seed', 0, 0xffffffff);
  if (schedule !== undefined && seed !== undefined) {
    throw new UsageError('--schedule: expected no --seed beside it');
  }
  const fd = numberOf(values['fd'], '--fd', 0, 0x7fffffff);
  const { kernel, with: added, without } = kernelOf(schedule, readKernel(values));
  return {
    file,
    name: textOf(values['name']),
    json: values['json'] === true,
    output: textOf(values['output']),
    options: {
      step,
      kernel,
      with: added,
      without,
      maxSteps: defaultMaxSteps,
      ...(fd === undefined ? {} : { fd }),
      ...(schedule === undefined ? {} : { words: schedule.text }),
      ...(seed === undefined ? {} : { seed }),
    },
  };
}
