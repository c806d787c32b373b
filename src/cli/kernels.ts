/** `epollsim kernels`: the releases that can be modelled, and the commits that tell them apart. */
import {
  type CommitId,
  commits,
  defaultKernel,
  knownReleases,
  newestKernel,
  oldestKernel,
  patchedKernel,
  rankOf,
} from '../kernel/history.ts';
import { type ExitCode, exitCodes, UsageError } from './errors.ts';
import { kernelOptions, readKernel } from './kernel_options.ts';
import { readOptions } from './options.ts';
import { Output } from './output.ts';

export const kernelsHelp: string = `usage: epollsim kernels [options]

Lists the releases that can be modelled and the commits of Linux that changed what a program or a
schedule can see, oldest first. Any release from ${oldestKernel} to ${newestKernel} can be asked for, 5.7-rc4 too; a
release is that of Linus, without what stable series brought back. A commit older than ${oldestKernel} is in
all of them.

      --kernel RELEASE  only the commits of a release (and what --with and --without make of it)
      --with COMMIT     repeat, or separate by ","
      --without COMMIT
      --json            an array of commits: id, title, release, effect; until: the later commit
                        from which on it makes no difference; memory: it matters only where stores
                        are seen late (TSO), or out of order (weak)
  -h, --help            this text
`;

const options = {
  ...kernelOptions,
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const inOrder = (Object.keys(commits) as CommitId[]).sort(
  (a, b) => rankOf(commits[a].release) - rankOf(commits[b].release),
);

export async function kernels(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = readOptions(argv, options);
  const [verb, ...rest] = positionals;
  if (verb !== 'kernels' || rest.length > 0) {
    throw new UsageError(`kernels: expected options only, found "${rest[0] ?? verb}"`);
  }
  const output = new Output(undefined);
  if (values['help'] === true) output.write(kernelsHelp);
  else output.write(listing(values));
  output.close();
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
