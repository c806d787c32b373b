/** `epollsim kernels`: the releases that can be modelled, and the commits that tell them apart. */
import {
  type CommitId,
  commits,
  defaultKernel,
  knownReleases,
  patchedKernel,
  rankOf,
} from '../kernel/history.ts';
import { kernels as kernelsCommand } from './commands/kernels.ts';
import { type ExitCode, exitCodes } from './errors.ts';
import { readKernel } from './kernel_options.ts';
import { readOptions } from './options.ts';
import { print } from './output.ts';

const inOrder = (Object.keys(commits) as CommitId[]).sort(
  (a, b) => rankOf(commits[a].release) - rankOf(commits[b].release),
);

export async function kernels(argv: readonly string[]): Promise<ExitCode> {
  const { values } = readOptions(argv, kernelsCommand);
  print(listing(values));
  return exitCodes.done;
}

function listing(values: Readonly<Record<string, unknown>>): string {
  const choice = readKernel(values);
  const chosen = ['kernel', 'with', 'without'].some((name) => values[name] !== undefined);
  const has = patchedKernel(choice);
  const ids = chosen ? inOrder.filter((id) => has[id]) : inOrder;
  if (values['json'] === true) {
    return `${JSON.stringify(
      ids.map((id) => ({ id, ...commits[id] })),
      null,
      2,
    )}\n`;
  }
  const heading = chosen
    ? `${choice.kernel ?? defaultKernel}: ${ids.length} commits\n`
    : `releases: ${knownReleases.join(' ')} (default: ${defaultKernel})\n`;
  return `${heading}\n${ids.map(entry).join('\n')}`;
}

function entry(id: CommitId): string {
  const { title, release, effect, until, memory } = commits[id];
  const notes = [
    until === undefined ? '' : ` Idle since ${until}.`,
    memory === undefined ? '' : ` Only with ${memory} memory.`,
  ];
  return `${id.padEnd(18)}  ${release.padEnd(8)}  ${title}\n${' '.repeat(30)}${effect}.${notes.join('')}\n`;
}
