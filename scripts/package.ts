/**
 * Is the package what a stranger can use? Packs it, looks at the tarball, installs it into an empty
 * TypeScript project, follows the README there, and runs it on several releases of Node.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes, report } from '../src/cli/errors.ts';
import { listOf, type Row, readWords } from '../src/cli/options.ts';
import { entriesOf, readManifest } from './entries.ts';
import { check, lastLines, type Outcome, run } from './package/commands.ts';
import { publintProblems, typesProblems } from './package/lint.ts';
import { defaultReleases, haveNode } from './package/nodes.ts';
import {
  followGuides,
  followSteps,
  type Project,
  runUnder,
  typeChecks,
  writeProject,
} from './package/project.ts';
import { readGuides, readSteps } from './package/readme.ts';

const help = `usage: npm run package -- [--node RELEASES] [--json]

Builds and packs the package; runs publint and are-the-types-wrong on the tarball; installs it into an
empty TypeScript project, does there what the section "Install" of the README says, follows each
guide of docs/guide in a folder of its own, and compiles
against its types; and runs it under this Node and others, which come from the registry of npm.

      --node RELEASES  which others, with commas between (default: ${defaultReleases.join(',')});
                       one that cannot be had is skipped
      --json           an array of objects: what, status (passed, failed, skipped), details, seconds
  -h, --help           this text

exit codes:
  0    nothing failed
  1    a check failed
  2    the command line is wrong
  130  Ctrl-C
`;

const options: Readonly<Record<string, Row>> = {
  node: { value: 'RELEASES', multiple: true },
  json: {},
  help: { short: 'h' },
};

const root = fileURLToPath(new URL('..', import.meta.url));

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly entryCount: number;
}

/** Called with each outcome as it is known. */
type Tell = (outcome: Outcome) => void;

/** The path of the tarball; null if there is none. */
async function pack(folder: string, signal: AbortSignal, tell: Tell): Promise<string | null> {
  let tarball: string | null = null;
  const outcome = await check('npm pack', async () => {
    const command = `npm pack --json --pack-destination ${JSON.stringify(folder)}`;
    const { code, stdout, out } = await run(command, { cwd: root, signal });
    if (code !== 0) return [`${command}: exit code ${code}`, ...lastLines(out)];
    // What the build prints comes first.
    const [packed] = JSON.parse(stdout.slice(stdout.search(/^\[/m))) as Packed[];
    if (packed !== undefined) tarball = join(folder, packed.filename);
    return packed === undefined ? ['npm pack has packed nothing'] : [];
  });
  tell(outcome);
  return tarball;
}

async function checkAll(
  folder: string,
  releases: readonly string[],
  signal: AbortSignal,
  tell: Tell,
): Promise<void> {
  const tarball = await pack(folder, signal, tell);
  if (tarball === null) return;
  tell(await check('publint', () => publintProblems(tarball)));
  tell(await check('are the types wrong', () => typesProblems(tarball)));

  const project = projectOf(join(folder, 'project'), tarball, signal);
  const followed = await followSteps(project, 'README: Install', readSteps());
  tell(followed);
  if (followed.status === 'failed') return;
  for await (const outcome of followGuides(project, readGuides())) tell(outcome);
  writeProject(project);
  for (const outcome of await typeChecks(project)) tell(outcome);
  for (const outcome of await runUnder(process.versions.node, project, [])) tell(outcome);
  for (const release of releases) {
    const had = await haveNode(release, join(folder, 'nodes'), signal);
    if ('why' in had) tell(await check(`Node ${release}`, async () => ({ skipped: had.why })));
    else for (const one of await runUnder(had.version, project, [had.folder])) tell(one);
  }
}

function projectOf(folder: string, tarball: string, signal: AbortSignal): Project {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const { devDependencies } = JSON.parse(text) as { devDependencies: Record<string, string> };
  mkdirSync(folder);
  const entries = entriesOf(readManifest());
  return { folder, tarball, versions: devDependencies, entries, signal };
}

const shown = ({ what, status, details, seconds }: Outcome): string =>
  [`${status.padEnd(7)} ${what}, ${seconds} s`, ...details.map((line) => `          ${line}`)].join(
    '\n',
  );

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(argv, options);
  if (values['help'] === true || positionals.length > 0) {
    process.stderr.write(help);
    return positionals.length > 0 ? exitCodes.usage : exitCodes.done;
  }
  const isJson = values['json'] === true;
  const releases = listOf(values['node']);
  const outcomes: Outcome[] = [];
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-package-'));
  try {
    const asked = releases.length > 0 ? releases : defaultReleases;
    await checkAll(folder, asked, interrupt.signal, (outcome) => {
      outcomes.push(outcome);
      if (!isJson) console.log(shown(outcome));
    });
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  if (isJson) console.log(JSON.stringify(outcomes));
  else console.log(summary(outcomes));
  if (interrupt.signal.aborted) return exitCodes.interrupted;
  return outcomes.some(({ status }) => status === 'failed') ? exitCodes.failed : exitCodes.done;
}

const summary = (outcomes: readonly Outcome[]): string =>
  (['passed', 'failed', 'skipped'] as const)
    .map((one) => `${outcomes.filter(({ status }) => status === one).length} ${one}`)
    .join(', ');

process.exitCode = await main(process.argv.slice(2)).catch(report);
