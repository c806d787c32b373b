/** Those who explore the parts of a check: processes of its own, or workers behind a queue. */
import { Tinypool } from 'tinypool';
import type { CheckOptions } from '../check/check.ts';
import type { Part } from '../check/dpor.ts';
import type { Job, JobResult } from '../check/job.ts';
import { processCount } from '../shared/words.ts';

export interface Crew {
  /** How many parts to have out at a time; may change. */
  readonly size: number;
  /** Who they are, in words. */
  readonly who: string;
  /** Why nobody explores, in words; null while somebody does. */
  readonly trouble: string | null;
  /** What came of a part; null if it was recalled. Rejected if it cannot be explored. */
  run(part: Part): Promise<JobResult | null>;
  /** No more is wanted: parts that nobody has begun come back as they are, the others soon. */
  recall(): void;
  end(): Promise<void>;
}

/** For how long a part is explored before what is left of it comes back, in ms. */
export const sliceMs = 700;

export interface ProcessOptions {
  /** Whether each task gets a process that has not run another. */
  readonly fresh?: boolean;
  /** How many MiB of memory a process may have. */
  readonly memory?: number;
}

/**
 * Processes that run a script of this folder, which takes tasks of type J. Threads of one process
 * would share the helpers of its engine, and two of them get done what one and a half do alone.
 */
export class Processes<J, R> {
  private readonly pool: Tinypool;

  constructor(script: string, size: number, { fresh = false, memory }: ProcessOptions = {}) {
    const filename = scriptUrl(script);
    const bounds = memory === undefined ? [] : [`--max-old-space-size=${memory}`];
    this.pool = new Tinypool({
      runtime: 'child_process',
      serialization: 'advanced',
      env: process.env as Record<string, string>,
      execArgv: [...process.execArgv, ...bounds, ...deafToInterrupts],
      isolateWorkers: fresh,
      filename,
      minThreads: size,
      maxThreads: size,
    });
  }

  /** What comes of a task; its errors, as Errors. `signal` ends the process that runs it. */
  async run(task: J, signal: AbortSignal | null = null): Promise<R> {
    try {
      return (await this.pool.run(task, { signal })) as R;
    } catch (error) {
      throw error instanceof Error ? error : Object.assign(new Error(), error);
    }
  }

  async end(): Promise<void> {
    await this.pool.destroy();
  }
}

/** A terminal sends Ctrl-C to all its processes; here the first one decides. */
const deafToInterrupts: readonly string[] = [
  '--import',
  'data:text/javascript,process.on("SIGINT",()=>{})',
];

/** From the sources a process has to be told of TypeScript first. */
function scriptUrl(script: string): string {
  if (!import.meta.url.endsWith('.ts')) return new URL(`./${script}.js`, import.meta.url).href;
  const load = (url: string): string => `await import(${JSON.stringify(url)})`;
  const source =
    `const { register } = ${load(import.meta.resolve('tsx/esm/api'))}; register();\n` +
    `export default (${load(new URL(`./${script}.ts`, import.meta.url).href)}).default;`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

/** Processes of its own, for a program that they load from its file. */
export class ProcessCrew implements Crew {
  readonly size: number;
  readonly who: string;
  readonly trouble = null;
  private readonly program: string;
  private readonly options: CheckOptions;
  private readonly processes: Processes<Job, JobResult>;

  constructor(size: number, program: string, options: CheckOptions) {
    this.size = size;
    this.who = processCount(size);
    this.program = program;
    this.options = options;
    this.processes = new Processes('check_worker', size);
  }

  run(part: Part): Promise<JobResult> {
    const { options, program } = this;
    return this.processes.run({ program, options, part, slice: sliceMs });
  }

  /** They have begun with all they have. */
  recall(): void {}

  end(): Promise<void> {
    return this.processes.end();
  }
}
