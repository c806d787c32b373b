/** `epollsim fuzz`: random scenarios on both sides. */
import { writeFileSync } from 'node:fs';
import {
  type ExitCode,
  exitCodes,
  FileError,
  reasonOf,
  say,
  UsageError,
} from '../src/cli/errors.ts';
import { userPath } from '../src/cli/input.ts';
import { numberOf, readOptions, textOf } from '../src/cli/options.ts';
import { Output } from '../src/cli/output.ts';
import { kernelOf } from './conform_options.ts';
import { profiles } from './fuzz/profiles.ts';
import type { Trial } from './fuzz/trial.ts';
import { FuzzReport } from './fuzz_report.ts';
import { defaultJobs, Jobs } from './jobs.ts';
import { runningKernel } from './kernels.ts';
import { interruptible, whyNotLive } from './live.ts';
import type { Task } from './worker.ts';

export interface FuzzRequest {
  readonly seed: number;
  readonly count: number;
  readonly profiles: readonly string[];
  readonly kernel: string | null;
  readonly jobs: number;
  readonly json: boolean;
  readonly out: string | null;
}

const table = {
  seed: { type: 'string' },
  count: { type: 'string', short: 'n' },
  profile: { type: 'string', short: 'p', multiple: true },
  kernel: { type: 'string' },
  jobs: { type: 'string', short: 'j' },
  json: { type: 'boolean' },
  out: { type: 'string', short: 'o' },
  help: { type: 'boolean', short: 'h' },
} as const;

const names = Object.keys(profiles);

const fuzzHelp = `usage: epollsim fuzz [options]

Plays random scenarios on the model and on the kernel underneath. Where the transcripts differ, and
the kernel says the same each time, the scenario is made as small as it gets and printed, ready for
"epollsim conform --record".

      --seed N          which scenarios: the same seed makes the same ones (default: 1)
  -n, --count N         how many (default: 1000)
  -p, --profile NAME    what they are about; repeat, or separate by "," (default: all but
                        concurrent, which takes seconds for each):
                        ${names.join(', ')}
      --kernel RELEASE  the kernel to model (default: the running one, if it is modelled)
  -j, --jobs N          how many are played at a time (default: twice the number of CPUs)
      --json            an object a line for each difference, and one at the end that counts
  -o, --out FILE        writes the small scenarios there, one a line

exit codes:
  0  no difference
  1  differences, or a scenario that hangs
  2  the command line is wrong, or a file cannot be written
  3  there is no live side: not Linux, or no C compiler
`;

export async function fuzz(argv: readonly string[]): Promise<ExitCode> {
  const request = readFuzz(argv);
  const output = new Output(undefined);
  try {
    if (request !== null) return await run(request, output);
    output.write(fuzzHelp);
    return exitCodes.done;
  } finally {
    output.close();
  }
}

function readFuzz(argv: readonly string[]): FuzzRequest | null {
  const { values, positionals } = readOptions(argv, table);
  if (values['help'] === true) return null;
  const extra = positionals.find((word) => word !== 'fuzz');
  if (extra !== undefined) throw new UsageError(`fuzz: expected no file, found "${extra}"`);
  return {
    seed: numberOf(values['seed'], '--seed', 0, 0xffffffff) ?? 1,
    count: numberOf(values['count'], '--count', 1, 0xffffffff) ?? 1000,
    profiles: profilesOf(values['profile']),
    kernel: kernelOf(values['kernel']),
    jobs: numberOf(values['jobs'], '--jobs', 1, 256) ?? defaultJobs(),
    json: values['json'] === true,
    out: textOf(values['out']) ?? null,
  };
}

function profilesOf(value: unknown): readonly string[] {
  const asked = (Array.isArray(value) ? value : ['all']).flatMap((word) => `${word}`.split(','));
  for (const name of asked) {
    if (name === 'all' || Object.hasOwn(profiles, name)) continue;
    throw new UsageError(`unknown profile "${name}": expected ${names.join(', ')} or all`);
  }
  if (!asked.includes('all')) return [...new Set(asked)];
  return names.filter((name) => name !== 'concurrent' || asked.includes(name));
}

interface Dealt {
  readonly task: Task;
  readonly trial: Trial;
}

async function run(request: FuzzRequest, output: Output): Promise<ExitCode> {
  const reason = whyNotLive();
  if (reason !== null) {
    say(`nothing to compare with: ${reason}`);
    return exitCodes.unavailable;
  }
  const report = new FuzzReport(output, request, runningKernel());
  const jobs = new Jobs<Dealt>(trials(request, report), true, ({ trial }, reply) => {
    if (reply.kind === 'tried') report.add(trial, reply.finding);
    else if (reply.kind === 'failed') report.lost(trial, reply.message);
  });
  const interrupted = await interruptible(
    () => jobs.run(Math.min(request.jobs, request.count)),
    () => jobs.stop(),
  );
  if (request.out !== null) write(request.out, report.smallScenarios);
  return report.end(interrupted);
}

function* trials(request: FuzzRequest, report: FuzzReport): Generator<Dealt, undefined> {
  const { seed, count, kernel } = request;
  for (let index = 0; index < count; index++) {
    const profile = request.profiles[index % request.profiles.length] as string;
    const trial = { profile, seed, index, known: report.knownKinds };
    yield { trial, task: { kind: 'fuzz', trial, kernel } };
  }
}

function write(path: string, lines: readonly string[]): void {
  try {
    writeFileSync(userPath(path), lines.map((line) => `${line}\n`).join(''));
  } catch (error) {
    throw new FileError(`cannot write ${path}: ${reasonOf(error)}`);
  }
}
