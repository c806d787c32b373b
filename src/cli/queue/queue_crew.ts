/**
 * Workers behind a queue, as the crew of one check.
 *
 * Invariants: a part that was given out is kept here until its result is taken, under an id that no
 * other part of any check has, and only the first result of an id is taken. What the queue has lost
 * is put there again; what comes late, or twice, is of an id that nobody waits for.
 */
import { randomUUID } from 'node:crypto';
import type { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import type { CheckOptions } from '../../check/check.ts';
import type { Part } from '../../check/dpor.ts';
import type { JobResult } from '../../check/job.ts';
import { ScenarioError } from '../../scenario/errors.ts';
import { count, processCount } from '../../shared/words.ts';
import { type Crew, sliceMs } from '../crew.ts';
import { WorkersFailed } from '../default_export.ts';
import { FileError, say } from '../errors.ts';
import type { Failure } from './explorer.ts';
import { type Build, buildText, type Member, members, ownBuild, queueOf } from './fleet.ts';
import { type Link, prefix } from './link.ts';
import { digestOf, type Parcel } from './parcel.ts';
import {
  type JobData,
  type PartAnswer,
  type PartJob,
  pack,
  parcelKey,
  runKey,
  unpack,
} from './wire.ts';

/** A part that is out. */
interface Out {
  readonly data: JobData;
  /** When it was put into the queue. */
  since: number;
  settle(result: JobResult | null): void;
  fail(error: Error): void;
}

/** How often it looks after its parts and its workers, in ms. */
const tickMs = 1000;
/** A part that was put there so long ago has to be there. */
const settledMs = 3000;
/** Without a sign of the check for so long, workers leave it alone, in ms. */
const runMs = 30_000;
/** A parcel is kept for the next check of the same, in ms. */
const parcelMs = 600_000;
/** What nobody has fetched by then nobody will, in s. */
const keptSeconds = 600;
/** How long a part may take to come back that somebody is exploring, in ms. */
const recallMs = 5000;
/** How long the way out of the queue may take, in ms. */
const leaveMs = 1000;
/** Events are only there to be quick: what is not heard of is looked for. */
const eventsKept = 1000;

export class QueueCrew implements Crew {
  private readonly link: Link;
  private readonly id: string = randomUUID();
  private readonly build: Build = ownBuild();
  private readonly parcel: string;
  private readonly digest: string;
  private readonly options: CheckOptions;
  private readonly connections: readonly Redis[];
  private readonly queue: Queue<JobData, string>;
  private readonly events: QueueEvents;
  private readonly out: Map<string, Out> = new Map();
  private readonly removals: Set<Promise<unknown>> = new Set();
  /** Workers that take no part, and of which that was said. */
  private readonly named: Set<string> = new Set();
  private members: readonly Member[] = [];
  private given = 0;
  private timer: NodeJS.Timeout | null = null;
  /** Since when Redis has been asked, in ms; null while it is not. */
  private asked: number | null = null;
  private isRecalled = false;
  private deadline: NodeJS.Timeout | null = null;

  /** Throws a FileError if there are workers, and none of them runs this code. */
  static async open(link: Link, parcel: Parcel, options: CheckOptions): Promise<QueueCrew> {
    const crew = new QueueCrew(link, parcel, options);
    await Promise.race([crew.meet().catch(ignore), soon(settledMs)]);
    crew.timer = setInterval(() => void crew.tick(), tickMs);
    if (crew.named.size === 0 || crew.members.length > 0) return crew;
    await crew.end();
    throw new FileError(
      `no worker at ${link.address} runs what this is: install the same everywhere`,
    );
  }

  private constructor(link: Link, parcel: Parcel, options: CheckOptions) {
    const { bullmq } = link;
    this.link = link;
    this.parcel = JSON.stringify(parcel);
    this.digest = digestOf(this.parcel);
    this.options = exploring(options);
    const name = queueOf(this.build);
    const [forParts, forEvents] = [link.another(), link.another()];
    this.connections = [forParts, forEvents];
    this.queue = new bullmq.Queue(name, {
      connection: forParts,
      prefix,
      streams: { events: { maxLen: eventsKept } },
    });
    this.events = new bullmq.QueueEvents(name, { connection: forEvents, prefix });
    // What goes wrong on the way to Redis shows in that it does not answer.
    this.queue.on('error', () => {});
    this.events.on('error', () => {});
    this.events.on('completed', ({ jobId, returnvalue }) => this.take(jobId, returnvalue));
    this.events.on('failed', ({ jobId, failedReason }) => this.giveUp(jobId, failedReason));
  }

  /** More than they have processes: nobody is to wait for a part on its way. */
  get size(): number {
    return 2 * this.jobs;
  }

  get who(): string {
    const { jobs, members, out } = this;
    return `${processCount(jobs)} of ${count(members.length, 'worker')}, ${count(out.size, 'part')} out`;
  }

  get trouble(): string | null {
    const { asked, link, members } = this;
    const isLate = asked !== null && Date.now() - asked > settledMs;
    if (!link.isUp || isLate) return `Redis at ${link.address} does not answer: waiting for it`;
    if (members.length > 0) return null;
    return `no worker is there: waiting for "epollsim worker --queue ${link.address}"`;
  }

  run(part: Part): Promise<JobResult | null> {
    const { digest: parcel, id: run, options } = this;
    const job: PartJob = { run, parcel, options, part, slice: sliceMs };
    const id = `${run}-${this.given++}`;
    return new Promise((settle, fail) => {
      const out = { data: { packed: pack(job) }, since: 0, settle, fail };
      this.out.set(id, out);
      void this.put(id, out);
    });
  }

  recall(): void {
    this.isRecalled = true;
    const giveUp = (): void => {
      for (const id of this.out.keys()) this.close(id)?.settle(null);
    };
    if (!this.link.isUp) giveUp();
    for (const id of this.out.keys()) this.remove(id, () => this.close(id)?.settle(null));
    this.deadline = setTimeout(giveUp, recallMs);
  }

  async end(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    if (this.deadline !== null) clearTimeout(this.deadline);
    for (const id of this.out.keys()) this.remove(id);
    const left = Promise.all([this.link.redis.del(runKey(this.id)), ...this.removals]).catch(
      ignore,
    );
    if (this.link.isUp) await Promise.race([left, soon(leaveMs)]);
    const closed = Promise.all([this.queue.close(), this.events.close()]).catch(ignore);
    await Promise.race([closed, soon(leaveMs)]);
    for (const redis of this.connections) redis.disconnect();
  }

  private get jobs(): number {
    return this.members.reduce((sum, { jobs }) => sum + jobs, 0);
  }

  /** It is over with this part, whatever came of it; null if it was before. */
  private close(id: string): Out | null {
    const out = this.out.get(id) ?? null;
    this.out.delete(id);
    return out;
  }

  private async put(id: string, out: Out): Promise<void> {
    out.since = Date.now();
    const kept = { age: keptSeconds };
    const options = { jobId: id, removeOnComplete: kept, removeOnFail: kept };
    await this.queue.add('part', out.data, options).catch(ignore); // The next tick sees to it.
  }

  /** Takes a part out of the queue; `gone` is called if nobody explores it. */
  private remove(id: string, gone: () => void = ignore): void {
    const removal: Promise<unknown> = this.queue
      .remove(id)
      .then((isGone) => (isGone === 1 ? gone() : null), ignore)
      .finally(() => this.removals.delete(removal));
    this.removals.add(removal);
  }

  /** A result has come. */
  private take(id: string, packed: string): void {
    if (!id.startsWith(this.id)) return;
    this.remove(id);
    const out = this.out.get(id);
    if (out === undefined) return;
    const answer = unpack<PartAnswer>(packed);
    if ('unknown' in answer) {
      out.since = 0; // The next tick puts it there again, behind what the worker did not know.
      return;
    }
    this.out.delete(id);
    if ('result' in answer) out.settle(answer.result);
    else out.fail(errorOf(answer.failure, answer.by));
  }

  /** The queue hands it out no more. */
  private giveUp(id: string, reason: string): void {
    const message = `a part was given up by the queue: ${reason}; workers that take it may run out of memory`;
    this.close(id)?.fail(new WorkersFailed(message));
  }

  /** Looks after the workers and the parts. */
  private async tick(): Promise<void> {
    if (this.asked !== null || !this.link.isUp) return;
    this.asked = Date.now();
    try {
      await this.meet();
      await Promise.all([...this.out].map(([id, out]) => this.look(id, out)));
    } catch {
      // Redis has gone away; there will be another tick.
    } finally {
      this.asked = null;
    }
  }

  /** Shows that the check is there, and sees who else is. */
  private async meet(): Promise<void> {
    const { build, digest, id, link, parcel } = this;
    const { redis } = link;
    const isKept = await redis.pexpire(parcelKey(digest), parcelMs);
    if (isKept === 0) await redis.set(parcelKey(digest), parcel, 'PX', parcelMs);
    await redis.set(runKey(id), buildText(build), 'PX', runMs);
    const all = await members(link);
    const fits = (member: Member): boolean => queueOf(member.build) === this.queue.name;
    this.members = all.filter(fits);
    for (const member of all) if (!fits(member)) this.passOver(member);
  }

  /** Says once that a worker takes no part. */
  private passOver({ build, name }: Member): void {
    if (this.named.has(name)) return;
    this.named.add(name);
    const other = `worker ${name} runs ${buildText(build)}, and this is ${buildText(this.build)}`;
    say(`${other}: it takes no part`);
  }

  /** Finds out what has become of a part of which nothing was heard. */
  private async look(id: string, out: Out): Promise<void> {
    if (Date.now() - out.since < settledMs || this.isRecalled) return;
    const job = await this.queue.getJob(id);
    const state = await job?.getState();
    if (!this.out.has(id)) return;
    if (job === undefined || state === 'unknown') await this.put(id, out);
    else if (state === 'completed') this.take(id, job.returnvalue);
    else if (state === 'failed') this.giveUp(id, job.failedReason);
  }
}

const ignore = (): null => null;

const soon = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms).unref());

/** What a worker found wrong, as if it had been found here. */
function errorOf({ frames, kind, message }: Failure, by: string): Error {
  if (kind === 'scenario') return new ScenarioError(message);
  return new WorkersFailed(`on worker ${by}: ${message}`, frames);
}

/** Nothing but what it takes to explore: what else the command was told is nobody's business. */
function exploring(options: CheckOptions): CheckOptions {
  const { kernel, with: added, without, memory, sharedMemory, rounds, steps, findings } = options;
  const { keep, liberties, maxLiberties, off = [], strict = false } = options;
  return {
    kernel,
    with: added,
    without,
    memory,
    liberties,
    maxLiberties,
    sharedMemory,
    rounds,
    steps,
    findings,
    keep,
    off,
    strict,
  };
}
