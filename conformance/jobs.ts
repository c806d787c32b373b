/** Deals tasks out to worker processes and takes their replies. */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Reply, Task } from './worker.ts';

/** How long a worker may be silent. A scenario's own sleeps are part of it. */
const silenceMs = 300_000;
/** Tasks that a worker has at a time, so that it need not wait for the next one. */
const ahead = 2;

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const workerFile = fileURLToPath(new URL(`worker.${extension}`, import.meta.url));

export type Answered = Exclude<Reply, { kind: 'busy' }>;

interface Job<T> {
  readonly worker: ChildProcess;
  /** In the order in which they were dealt. */
  readonly tasks: T[];
  timer: NodeJS.Timeout;
}

/** More than there are CPUs: a scenario spends most of its time asleep, on one side of a pipe. */
export const defaultJobs = (): number => 2 * availableParallelism();

export class Jobs<T extends { readonly task: Task }> {
  private readonly source: Iterator<T, undefined>;
  private readonly live: boolean;
  private readonly answer: (of: T, reply: Answered) => void;
  private readonly jobs: Set<Job<T>> = new Set();
  /** Dealt to a worker that was lost before it came to them. */
  private readonly again: T[] = [];
  private exhausted = false;
  private finish: () => void = () => {};
  private fail: (error: unknown) => void = () => {};

  /** `answer` hears of each task once; what it throws ends everything. */
  constructor(
    source: Iterator<T, undefined>,
    live: boolean,
    answer: (of: T, reply: Answered) => void,
  ) {
    this.source = source;
    this.live = live;
    this.answer = answer;
  }

  /** Runs until every task has been answered, or `stop` is called. */
  async run(count: number): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.finish = resolve;
        this.fail = reject;
        for (let i = 0; i < count; i++) this.start();
      });
    } finally {
      this.stop();
    }
  }

  /** Ends the workers at once; their players end with them. */
  stop(): void {
    this.exhausted = true;
    for (const job of [...this.jobs]) this.end(job);
    this.finish();
  }

  private start(): void {
    const worker = fork(workerFile, this.live ? ['--live'] : []);
    const job: Job<T> = { worker, tasks: [], timer: setTimeout(() => {}, 0) };
    this.jobs.add(job);
    worker.on('message', (reply: Reply) => this.guard(() => this.take(job, reply)));
    worker.on('exit', (code, signal) =>
      this.guard(() => this.lose(job, `the process that played it ended: ${signal ?? code}`)),
    );
    for (let i = 0; i < ahead; i++) this.deal(job);
    if (job.tasks.length === 0) this.end(job);
  }

  private deal(job: Job<T>): void {
    if (this.exhausted) return;
    const next = this.again.shift() ?? this.source.next().value;
    if (next === undefined) {
      this.exhausted = true;
      return;
    }
    job.tasks.push(next);
    job.worker.send(next.task);
    this.watch(job);
  }

  private take(job: Job<T>, reply: Reply): void {
    this.watch(job);
    if (reply.kind === 'busy' || !this.jobs.has(job)) return;
    const of = job.tasks.shift();
    if (of !== undefined) this.answer(of, reply);
    this.deal(job);
    if (job.tasks.length === 0) this.end(job);
  }

  /** A worker that says nothing for long is ended, and the scenario it was at is named. */
  private watch(job: Job<T>): void {
    clearTimeout(job.timer);
    const late = (): void => this.lose(job, `no answer in ${silenceMs / 1000} s`);
    job.timer = setTimeout(() => this.guard(late), silenceMs);
  }

  private lose(job: Job<T>, message: string): void {
    if (!this.jobs.has(job)) return;
    const [of, ...others] = job.tasks;
    this.end(job);
    if (of !== undefined) this.answer(of, { kind: 'failed', message });
    this.again.push(...others);
    if (this.again.length > 0) this.exhausted = false;
    if (!this.exhausted) this.start();
    else if (this.jobs.size === 0) this.finish();
  }

  private end(job: Job<T>): void {
    clearTimeout(job.timer);
    this.jobs.delete(job);
    job.worker.kill('SIGKILL');
    if (this.jobs.size === 0 && this.exhausted) this.finish();
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.fail(error);
    }
  }
}
