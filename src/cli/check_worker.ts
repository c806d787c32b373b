/** A process that runs jobs of a check: loads the program once, then takes parts of the exploration. */
import { withPauses } from '../async/turn.ts';
import { subjectOf, textOfEnded } from '../check/check.ts';
import { type Job, type JobResult, runningJob } from '../check/job.ts';
import type { Program } from '../syscalls/sys.ts';
import { inTime } from './in_time.ts';
import { Input } from './input.ts';
import { loadProgram, trackPrograms } from './loader.ts';

const loaded: Map<string, Promise<Program>> = new Map();

async function load({ program: path, options }: Job): Promise<Program> {
  if (options.sharedMemory === 'told') await trackPrograms();
  const input = new Input(path);
  try {
    return (await loadProgram(path, input)).program;
  } finally {
    input.close();
  }
}

export default async function run(job: Job): Promise<JobResult> {
  let program = loaded.get(job.program);
  if (program === undefined) loaded.set(job.program, (program = load(job)));
  return withPauses(inTime(runningJob(subjectOf(await program, job.options), textOfEnded, job)));
}
