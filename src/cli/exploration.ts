/**
 * One check from the command line, of whatever can be explored: alone at first, with a crew when it
 * takes longer.
 *
 * Invariants: a part that is out is counted once, when its result comes; what came back without one,
 * or not at all, is still to do.
 */
import { withPausesIfAny } from '../async/turn.ts';
import {
  Checking,
  deciding,
  type Explorable,
  type LimitReached,
  limitReached,
  sampling,
  settled,
  type Verdict,
} from '../check/check.ts';
import type { Part } from '../check/dpor.ts';
import { type Estimate, refined } from '../check/estimate.ts';
import { someOf } from '../check/job.ts';
import { Parts } from '../check/parts.ts';
import type { Departure } from '../check/replay.ts';
import { type Came, Tally, type TallyData } from '../check/tally.ts';
import { processCount } from '../shared/words.ts';
import { type Pausing, withoutPause } from '../sim/pause.ts';
import type { Crew } from './crew.ts';
import { inTime } from './in_time.ts';

/** Who helps. */
export interface Help {
  /** Is it wanted as soon as the check takes longer, or only to go on from a checkpoint? */
  readonly isWanted: boolean;
  /** For how long this one explores alone before, in ms: as long as it takes to fetch help. */
  readonly after: number;
  open(): Promise<Crew>;
}

/** What is told of a check that is under way. */
export interface Standing {
  readonly executions: number;
  readonly seconds: number;
  readonly longest: number;
  readonly findings: number;
  /** Of all executions, as far as it shows; null if that is not known. */
  readonly share: number | null;
  /** Who explores. */
  readonly who: string;
  /** How many executions there are, about; null if that is not known. */
  readonly estimate: Estimate | null;
}

export interface Telling {
  /** What changes all the time. */
  show(standing: Standing): void;
  /** What is said once. */
  say(message: string): void;
}

/** Most checks are over by then, in ms: processes that have to be started first would come too late. */
export const processesAfter = 1500;
/** Workers are there already. */
export const workersAfter = 200;
/** A check that is not over by then is estimated, for so long. */
const soonMs = 300;
const sampleMs = 200;
/** How long the exploration goes on before signals are heard. */
const turnMs = 50;
/** How long it waits for a result before it looks at everything else. */
const lookMs = 200;

export class Exploration<T> {
  interrupted = false;
  /** Where a schedule that is replayed was not followed. */
  departures: readonly Departure[] = [];
  readonly explorable: Explorable<T>;
  private readonly help: Help;
  private readonly telling: Telling;
  private readonly began: number = Date.now();
  private tally: Tally;
  private parts: Parts | null = null;
  private limit: LimitReached | null = null;
  /** Undefined while it was not tried. */
  private sampled: Estimate | null | undefined = undefined;
  /** What is left to do is too much to be handed on. */
  isTooMuch = false;
  private share: number | null = null;
  private exhausted = false;
  private trouble: string | null = null;

  constructor(explorable: Explorable<T>, help: Help, telling: Telling) {
    this.explorable = { ...explorable, options: settled(explorable.options) };
    this.help = help;
    this.telling = telling;
    this.tally = new Tally(this.explorable.options);
  }

  /** Goes on from what was left, and counted, before. */
  resume(tally: TallyData, parts: readonly Part[]): void {
    this.tally.add(tally);
    this.parts = new Parts();
    this.parts.add(parts);
  }

  async run(): Promise<void> {
    if (this.parts === null) await this.alone();
    if (this.parts !== null && !this.isOver) {
      await this.together(this.parts, await this.help.open());
    }
    if (this.limit !== null) await this.sample();
  }

  verdict(): Verdict {
    return withoutPause(this.deciding());
  }

  /** As verdict(), with pauses. */
  deciding(): Pausing<Verdict> {
    const { exhausted, limit, tally } = this;
    const { options, subject } = this.explorable;
    return deciding(subject, options, tally, exhausted, limit, this.estimate);
  }

  /** There is nothing more to do: run() has done it. */
  next(): boolean {
    return false;
  }

  get executions(): number {
    return this.tally.executions;
  }

  get results(): ReadonlyMap<string, Came> {
    return this.tally.results;
  }

  /** The limit that ended it, if one did. */
  get reached(): LimitReached | null {
    return this.limit;
  }

  /** What was counted, and what is left to do; null if nothing is. */
  left(): { readonly tally: TallyData; readonly parts: readonly Part[] } | null {
    const parts = this.parts?.toData() ?? [];
    return this.exhausted || parts.length === 0 ? null : { tally: this.tally.toData(), parts };
  }

  private async sample(): Promise<void> {
    const { options, subject } = this.explorable;
    if (this.sampled !== undefined) return;
    this.sampled = await withPausesIfAny(inTime(sampling(subject, options, sampleMs)));
  }

  private get estimate(): Estimate | null {
    const { sampled, share, tally } = this;
    return share === null || !sampled ? null : refined(sampled, tally.executions, share);
  }

  private get isOver(): boolean {
    const found = this.tally.bugs > 0 && this.explorable.options.findings !== 'all';
    return this.exhausted || this.interrupted || this.limit !== null || found;
  }

  private standing(share: number | null, who: string): void {
    this.share = share;
    const { estimate } = this;
    const { bugs: findings, executions, longest } = this.tally;
    const seconds = (Date.now() - this.began) / 1000;
    this.telling.show({ executions, seconds, longest, findings, share, who, estimate });
  }

  /** In this thread, in turns, so that Ctrl-C is heard. */
  private async alone(): Promise<void> {
    const { options, subject, textOf } = this.explorable;
    const checking = new Checking(subject, options, textOf);
    this.tally = checking.tally;
    for (let more = true; more && !this.interrupted; ) {
      more = await withPausesIfAny(inTime(someOf(checking, Date.now() + turnMs)));
      this.standing(checking.share, processCount(1));
      await breathe();
      if (more && Date.now() - this.began > soonMs) await this.sample();
      if (!more || !this.help.isWanted || checking.share === null) continue;
      if (Date.now() - this.began > this.help.after && checking.canLeave) break;
    }
    this.limit = checking.reached;
    this.departures = checking.departures;
    this.exhausted = checking.isExhausted;
    this.isTooMuch = !checking.canLeave;
    const left = this.isTooMuch ? null : checking.leave();
    if (left === null || this.exhausted) return;
    this.parts = new Parts();
    this.parts.add(left.rest);
    this.exhausted = this.parts.isDone;
  }

  private async together(parts: Parts, crew: Crew): Promise<void> {
    const out = new Set<Promise<void>>();
    const give = (part: Part): void => {
      const back = crew.run(part).then((result) => {
        out.delete(back);
        if (result === null) return;
        this.tally.add(result.tally);
        parts.finish(part, result.left);
      });
      out.add(back);
    };
    try {
      while (!this.isOver && !parts.isDone) {
        while (out.size < crew.size) {
          const part = parts.take();
          if (part === null) break;
          give(part);
        }
        this.notice(crew.trouble);
        await Promise.race([...out, pause(lookMs)]);
        this.limit = limitReached(this.explorable.options, this.tally, Date.now() - this.began);
        this.standing(parts.share, crew.who);
      }
      crew.recall();
      await Promise.all(out);
      this.exhausted = parts.isDone;
      if (this.exhausted) this.limit = null;
    } finally {
      await crew.end();
    }
  }

  /** Says what keeps it from going on, once. */
  private notice(trouble: string | null): void {
    if (trouble === this.trouble) return;
    this.trouble = trouble;
    if (trouble !== null) this.telling.say(trouble);
  }
}

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
