/** `epollsim worker`: explores parts of checks that others hand out through a queue. */
import type { Job, Worker } from 'bullmq';
import { count, processCount } from '../../shared/words.ts';
import { type ExitCode, exitCodes, say } from '../errors.ts';
import { Output } from '../output.ts';
import { divertPrinting } from '../printing.ts';
import { Progress } from '../progress.ts';
import type { Answer } from './explorer.ts';
import {
  announce,
  beatMs,
  buildText,
  type Member,
  ownBuild,
  ownName,
  queueOf,
  takeLeave,
} from './fleet.ts';
import { Link, prefix } from './link.ts';
import { Pools } from './pools.ts';
import {
  type JobData,
  type PartAnswer,
  type PartJob,
  pack,
  parcelKey,
  runKey,
  unpack,
} from './wire.ts';
import { readWorker, type WorkerRequest } from './worker_options.ts';

export async function worker(argv: readonly string[]): Promise<ExitCode> {
  const request = readWorker(argv);
  const output = new Output(undefined);
  try {
    divertPrinting();
    const link = await Link.open(request.queue);
    return await new QueueWorker(link, request, output).untilEnd();
  } finally {
    output.close();
  }
}

/** Who says nothing for so long is taken for dead, and what it had is handed to others; in ms. */
const lockMs = 5000;
const stalledMs = 2000;
/** So many workers may die of the same part before nobody else gets it. */
const deathsOfOne = 5;
/** How soon it asks again when Redis was away, in ms. */
const againMs = 500;
/** How long it takes at most to hand back what it has, in ms. */
const leaveMs = 10_000;

class QueueWorker {
  private readonly link: Link;
  private readonly request: WorkerRequest;
  private readonly output: Output;
  private readonly progress: Progress;
  private readonly member: Member;
  private readonly pools: Pools;
  private readonly queue: Worker<JobData, string>;
  private end: () => void = () => {};
  private lastUsed: number = Date.now();
  private busy = 0;
  private parts = 0;
  private executions = 0;
  private isLost = false;

  constructor(link: Link, request: WorkerRequest, output: Output) {
    this.link = link;
    this.request = request;
    this.progress = new Progress(request.json);
    this.output = output;
    this.member = { name: ownName(), jobs: request.jobs, build: ownBuild() };
    this.pools = new Pools(request.jobs, (parcel) => link.redis.get(parcelKey(parcel)));
    this.queue = new link.bullmq.Worker(queueOf(this.member.build), (job) => this.take(job), {
      connection: link.another(),
      prefix,
      concurrency: request.jobs + 1, // The next part is there when one is done.
      lockDuration: lockMs,
      stalledInterval: stalledMs,
      maxStalledCount: deathsOfOne,
      runRetryDelay: againMs,
      autorun: false,
    });
    // That Redis is away is said elsewhere; what comes late others have done.
    this.queue.on('error', () => {});
  }

  /** Takes parts until it is told to end. */
  async untilEnd(): Promise<ExitCode> {
    const { link, member, queue } = this;
    const ended = new Promise<void>((resolve) => {
      this.end = resolve;
    });
    let signals = 0;
    const onSignal = (): void => {
      if (++signals > 1) process.exit(exitCodes.interrupted);
      this.end();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    const onClose = (): void => this.lost();
    link.redis.on('close', onClose).on('ready', () => this.back());
    await announce(link, member);
    const timer = setInterval(() => this.beat(), beatMs);
    this.tell('ready', `${this.whereabouts}, waiting for parts`, {
      ...member,
      queue: link.address,
    });
    void queue.run().catch(() => {});
    await ended;
    clearInterval(timer);
    link.redis.off('close', onClose);
    const code = await this.leave();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    return code;
  }

  private get whereabouts(): string {
    const { name, jobs, build } = this.member;
    return `worker ${name}, ${processCount(jobs)}, ${buildText(build)}, at ${this.link.address}`;
  }

  /** Hands back what it has, and goes. */
  private async leave(): Promise<ExitCode> {
    const { link, member, queue } = this;
    const gone = async (): Promise<boolean> => {
      await takeLeave(link, member);
      await queue.close();
      return true;
    };
    const late = new Promise<false>((resolve) => setTimeout(resolve, leaveMs, false).unref());
    const isGone = link.isUp && (await Promise.race([gone().catch(() => false), late]));
    await this.pools.end();
    link.close();
    const { executions, parts } = this;
    const what = `${count(parts, 'part')} explored, ${count(executions, 'execution')}`;
    this.tell('end', `worker ${member.name}: ${what}`, { parts, executions });
    if (!isGone) {
      this.output.flush();
      process.exit(exitCodes.done); // What waits for Redis would wait for ever.
    }
    return exitCodes.done;
  }

  private beat(): void {
    const { idle } = this.request;
    if (this.busy > 0) this.lastUsed = Date.now();
    if (idle !== undefined && Date.now() - this.lastUsed >= idle * 1000) this.end();
    if (this.link.isUp) void announce(this.link, this.member).catch(() => {});
  }

  private async take({ id = '', data }: Job<JobData, string>): Promise<string> {
    this.busy++;
    try {
      const answer = await this.explore(id, unpack<PartJob>(data.packed));
      return pack({ by: this.member.name, ...answer } satisfies PartAnswer);
    } finally {
      this.busy--;
      this.show();
    }
  }

  /** Explores a part; `unknown` where nobody waits for it any more. */
  private async explore(
    id: string,
    { run, parcel: program, ...part }: PartJob,
  ): Promise<Answer | { readonly unknown: true }> {
    const isWanted = (await this.link.redis.exists(runKey(run))) === 1;
    this.event('took', { part: id, isWanted });
    this.show();
    const answer = isWanted ? await this.pools.run({ ...part, program }) : null;
    if (answer === null) return { unknown: true };
    if ('failure' in answer) {
      const { message } = answer.failure;
      this.tell('failed', `worker ${this.member.name}: ${message}`, { part: id, message });
      return answer;
    }
    const { executions } = answer.result.tally;
    this.parts++;
    this.executions += executions;
    this.event('explored', { part: id, executions });
    return answer;
  }

  private lost(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.tell('lost', `Redis at ${this.link.address} does not answer: waiting for it`);
  }

  private back(): void {
    if (!this.isLost) return;
    this.isLost = false;
    this.tell('back', `Redis at ${this.link.address} answers again`);
  }

  private show(): void {
    const { busy, executions, member, parts, progress } = this;
    progress.show(
      () =>
        `worker ${member.name}: ${count(parts, 'part')}, ${count(executions, 'execution')}, ` +
        `${progress.rate(executions)} a second; ${busy} under way`,
    );
  }

  /** For scripts and for persons. */
  private tell(event: string, message: string, data: object = {}): void {
    this.event(event, data);
    this.progress.clear();
    if (!this.request.json) say(message);
  }

  private event(event: string, data: object): void {
    if (!this.request.json) return;
    this.output.write(`${JSON.stringify({ event, ...data })}\n`);
    this.output.flush();
  }
}
