/** What --kernel, --with and --without say of the kernel that is modelled. Shared by verbs. */
import {
  type CommitId,
  commitOf,
  commits,
  defaultKernel,
  type KernelChoice,
  patchedKernel,
} from '../kernel/history.ts';
import type { Memory } from '../sim/schedule.ts';
import { UsageError } from './errors.ts';
import { listOf, textOf } from './options.ts';

/** What was asked for; commits by their whole ids. */
export interface KernelOptions extends KernelChoice {
  readonly kernel: string | undefined;
  readonly with: readonly CommitId[];
  readonly without: readonly CommitId[];
}

/** The choice that the values of the options make; throws a UsageError before anything runs. */
export function readKernel(
  values: Readonly<Partial<Record<'kernel' | 'with' | 'without', unknown>>>,
): KernelOptions {
  const choice: KernelOptions = {
    kernel: textOf(values.kernel),
    with: listOf(values.with).map(wholeId),
    without: listOf(values.without).map(wholeId),
  };
  const both = choice.with.find((id) => choice.without.includes(id));
  if (both !== undefined) {
    throw new UsageError(`--with ${both} --without ${both}: expected one of the two`);
  }
  try {
    patchedKernel(choice);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(error.message);
  }
  return choice;
}

function wholeId(id: string): CommitId {
  try {
    return commitOf(id);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const [what = ''] = error.message.split(':');
    const known = Object.entries(commits).map(
      ([known, { release, title }]) => `\n  ${known}  ${release.padEnd(8)}  ${title}`,
    );
    throw new UsageError(
      `${what}: expected 7 digits or more of one of those below, each with the release it came with` +
        known.join(''),
    );
  }
}

const seen = { TSO: 'late (check --memory tso)', weak: 'out of order' } as const;

/** What was asked for of commits and changes nothing, each with the reason. */
export function idleChoices(
  { kernel, with: added, without }: KernelOptions,
  order: Memory = 'sc',
): string[] {
  const release = kernel ?? defaultKernel;
  const has = patchedKernel({ kernel: release });
  const idle: string[] = [];
  for (const id of added) if (has[id]) idle.push(`--with ${id}: ${release} has it anyway`);
  for (const id of without) {
    const { until, memory } = commits[id];
    if (!has[id]) idle.push(`--without ${id}: ${release} does not have it`);
    else if (until !== undefined && has[until] && !without.includes(until)) {
      idle.push(`--without ${id}: makes no difference since ${until}, which ${release} has`);
    } else if (memory === 'weak' || (memory === 'TSO' && order === 'sc')) {
      idle.push(`--without ${id}: makes no difference unless stores are seen ${seen[memory]}`);
    }
  }
  return idle;
}
