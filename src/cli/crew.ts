/** Worker threads that run the jobs of a check. */
import { Tinypool } from 'tinypool';
import type { Job, JobResult } from '../check/job.ts';

/** From the sources a worker has to be told of TypeScript first. */
function workerUrl(): string {
  if (!import.meta.url.endsWith('.ts')) return new URL('./check_worker.js', import.meta.url).href;
  const load = (url: string): string => `await import(${JSON.stringify(url)})`;
  const worker = new URL('./check_worker.ts', import.meta.url).href;
  const script =
    `const { register } = ${load(import.meta.resolve('tsx/esm/api'))}; register();\n` +
    `export default (${load(worker)}).default;`;
  return `data:text/javascript,${encodeURIComponent(script)}`;
}

export class Crew {
  readonly size: number;
  private readonly pool: Tinypool;

  constructor(size: number) {
    this.size = size;
    this.pool = new Tinypool({ filename: workerUrl(), minThreads: size, maxThreads: size });
  }

  run(job: Job): Promise<JobResult> {
    return this.pool.run(job) as Promise<JobResult>;
  }

  async end(): Promise<void> {
    await this.pool.destroy();
  }
}
