/** `epollsim fuzz`: random scenarios on both sides. */
import { writeFileSync } from 'node:fs';
import { fuzz as fuzzCommand, type ProfileName, profileNames } from '../src/cli/commands/fuzz.ts';
import { type ExitCode, exitCodes, FileError, reasonOf, say } from '../src/cli/errors.ts';
import { userPath } from '../src/cli/input.ts';
import { choicesOf, numberOf, readOptions, textOf } from '../src/cli/options.ts';
import { Output } from '../src/cli/output.ts';
import { kernelOf } from './conform_options.ts';
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

export async function fuzz(argv: readonly string[]): Promise<ExitCode> {
  const request = readFuzz(argv);
  const output = new Output(undefined);
  try {
    return await run(request, output);
  } finally {
    output.close();
  }
}

function readFuzz(argv: readonly string[]): FuzzRequest {
  const { values } = readOptions(argv, fuzzCommand);
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

function profilesOf(value: unknown): readonly ProfileName[] {
  const asked = choicesOf(value ?? ['all'], '--profile', ['all', ...profileNames]);
  const named = asked.filter((name) => name !== 'all');
  if (named.length === asked.length) return [...new Set(named)];
  return profileNames.filter((name) => name !== 'concurrent' || named.includes(name));
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
