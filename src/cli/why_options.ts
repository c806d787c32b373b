/** The command line of `why`. */
import type { WhyOptions } from '../scenario/why.ts';
import { why as whyCommand } from './commands/why.ts';
import { UsageError } from './errors.ts';
import { readKernel } from './kernel_options.ts';
import { numberOf, readOptions, textOf } from './options.ts';
import { kernelOf, scheduleOf } from './schedules.ts';

export interface WhyRequest {
  readonly file: string;
  readonly name: string | undefined;
  readonly json: boolean;
  readonly output: string | undefined;
  readonly options: WhyOptions;
}

/** What the arguments ask for; throws a UsageError. */
export function readWhyArguments(argv: readonly string[]): WhyRequest {
  const { values, operands } = readOptions(argv, whyCommand);
  const [file = ''] = operands;
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
  const maxSteps = numberOf(values['max-steps'], '--max-steps', 1, 9_999_999_999);
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
      ...(maxSteps === undefined ? {} : { maxSteps }),
      ...(fd === undefined ? {} : { fd }),
      ...(schedule === undefined ? {} : { words: schedule.text }),
      ...(seed === undefined ? {} : { seed }),
    },
  };
}
