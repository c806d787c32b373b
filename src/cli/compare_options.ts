/** The command line of `compare`. */
import { type CommitId, commitOf, type KernelChoice, patchedKernel } from '../kernel/history.ts';
import { compare as compareCommand } from './commands/compare.ts';
import { UsageError } from './errors.ts';
import { listOf, numberOf, readOptions, textOf } from './options.ts';

export interface CompareRequest {
  /** Null: look for a scenario. */
  readonly file: string | null;
  readonly kernels: readonly [KernelChoice, KernelChoice];
  readonly name: string | undefined;
  readonly seed: number;
  readonly count: number;
  readonly seconds: number;
  readonly json: boolean;
  readonly output: string | undefined;
}

/** What the arguments ask for; throws a UsageError. */
export function readCompareArguments(argv: readonly string[]): CompareRequest {
  const { values, operands } = readOptions(argv, compareCommand);
  const [file = null] = operands;
  return {
    file,
    kernels: kernelsOf(
      textOf(values['kernels']),
      listOf(values['with']),
      listOf(values['without']),
    ),
    name: textOf(values['name']),
    seed: numberOf(values['seed'], '--seed', 0, 0xffffffff) ?? 1,
    count: numberOf(values['count'], '--count', 1, 1_000_000) ?? 40,
    seconds: numberOf(values['time-limit'], '--time-limit', 1, 1_000_000) ?? 20,
    json: values['json'] === true,
    output: textOf(values['output']),
  };
}

function kernelsOf(
  text: string | undefined,
  added: readonly string[],
  without: readonly string[],
): readonly [KernelChoice, KernelChoice] {
  const named = text?.split(',').map((one) => kernelOf(one.trim())) ?? [];
  const [first = {}, second, ...more] = named;
  const changes = added.length + without.length;
  if (more.length > 0 || (second === undefined) !== changes > 0) {
    throw new UsageError(
      '--kernels: expected two kernels such as 5.5,6.18, or one beside --with or --without COMMIT, ' +
        `found ${text === undefined ? 'none' : `"${text}"`}${changes > 0 ? ' beside them' : ''}`,
    );
  }
  const other = second ?? {
    ...first,
    with: [...(first.with ?? []), ...added.map(idOf)],
    without: [...(first.without ?? []), ...without.map(idOf)],
  };
  const kernels = [checked(first), checked(other)] as const;
  refuseSame(kernels);
  return kernels;
}

/** One that is to have what it has already is the same as well. */
function refuseSame([one, other]: readonly [KernelChoice, KernelChoice]): void {
  const [left, right] = [patchedKernel(one), patchedKernel(other)];
  if ((Object.keys(left) as CommitId[]).some((id) => left[id] !== right[id])) return;
  const names = `${kernelText(one)} and ${kernelText(other)}`;
  throw new UsageError(
    `--kernels: expected two that differ, found ${names}, which have the same of the commits that epollsim ` +
      'models: epollsim kernels lists them',
  );
}

/** `6.18-3b844826b6c6+0a65bc27bd64`: a release, and what is put in or taken out. */
function kernelOf(text: string): KernelChoice {
  const [release = '', ...changes] = text.split(/(?=[+-](?:[0-9a-f]{7}|pseudo))/);
  const ids = (sign: string): CommitId[] =>
    changes.filter((one) => one.startsWith(sign)).map((one) => idOf(one.slice(1)));
  return { kernel: release, with: ids('+'), without: ids('-') };
}

function idOf(id: string): CommitId {
  try {
    return commitOf(id);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      `${error.message.split(':')[0]}: epollsim kernels lists those that are known`,
    );
  }
}

function checked(choice: KernelChoice): KernelChoice {
  try {
    patchedKernel(choice);
    return choice;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--kernels: ${error.message}`);
  }
}

/** As --kernels takes it. */
export const kernelText = ({ kernel = '', with: added = [], without = [] }: KernelChoice): string =>
  kernel + added.map((id) => `+${id}`).join('') + without.map((id) => `-${id}`).join('');
