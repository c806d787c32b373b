/**
 * What many executions came to: how many there were, what they returned, what was wrong. Plain data,
 * so that several who explore can add theirs up.
 */
import { type DetectOptions, detect, type Problem } from './detectors/index.ts';
import type { Explored } from './explore.ts';
import type { ContextId } from './order.ts';

/** What executions came to, and one of them. */
export interface Came {
  count: number;
  readonly path: readonly ContextId[];
}

/** Something that is wrong, and an execution that shows it. */
export interface Shown {
  readonly problem: Problem;
  readonly path: readonly ContextId[];
  /** Which execution it was, from 1. */
  readonly execution: number;
}

export interface TallyData {
  readonly executions: number;
  readonly redundant: number;
  readonly longest: number;
  readonly tooLong: number;
  readonly ofCalls: boolean;
  readonly results: readonly (readonly [string, Came])[];
  readonly problems: readonly Shown[];
  readonly paths: readonly (readonly ContextId[])[];
}

export interface TallyOptions extends DetectOptions {
  /** How many executions to keep the paths of; none unless told otherwise. */
  readonly keep?: number | undefined;
}

export class Tally {
  executions = 0;
  /** Executions that were left where they could only repeat another one. */
  redundant = 0;
  /** The most steps that one took, and how many were ended because they took too many. */
  longest = 0;
  tooLong = 0;
  /** Has code behind a call gone with the call, so that it is calls that were interleaved? */
  ofCalls = false;
  /** By the text of a result. */
  readonly results: Map<string, Came> = new Map();
  /** By cause. */
  readonly problems: Map<string, Shown> = new Map();
  /** The first executions, as many as are to be kept. */
  readonly paths: (readonly ContextId[])[] = [];
  private readonly detecting: DetectOptions;
  private readonly keep: number;

  constructor({ keep = 0, ...detecting }: TallyOptions = {}) {
    this.detecting = detecting;
    this.keep = keep;
  }

  /** How many different bugs there are. */
  get bugs(): number {
    let bugs = 0;
    for (const { problem } of this.problems.values()) if (problem.severity === 'bug') bugs++;
    return bugs;
  }

  /** Adds an execution, whose result is `text`. */
  note(execution: Explored<unknown>, text: string | null): void {
    const { extent, machine, path, steps } = execution;
    if (extent === 'redundant') {
      this.redundant++;
      return;
    }
    this.executions++;
    if (this.paths.length < this.keep) this.paths.push(path);
    this.longest = Math.max(this.longest, steps);
    if (extent === 'long') this.tooLong++;
    if (machine.kernel.codeWentAlong) this.ofCalls = true;
    if (text !== null) this.came(text, { count: 1, path });
    for (const problem of detect(execution, this.detecting)) {
      this.show({ problem, path, execution: this.executions });
    }
  }

  private show(shown: Shown): void {
    const { cause } = shown.problem;
    const known = this.problems.get(cause)?.problem;
    if (known === undefined || saysMore(shown.problem, known)) this.problems.set(cause, shown);
  }

  private came(text: string, { count, path }: Came): void {
    const known = this.results.get(text);
    if (known === undefined) this.results.set(text, { count, path });
    else known.count += count;
  }

  /** Adds what somebody else has counted. */
  add(other: TallyData): void {
    for (const shown of other.problems) {
      this.show({ ...shown, execution: this.executions + shown.execution });
    }
    this.paths.push(...other.paths.slice(0, this.keep - this.paths.length));
    this.executions += other.executions;
    this.redundant += other.redundant;
    this.longest = Math.max(this.longest, other.longest);
    this.tooLong += other.tooLong;
    this.ofCalls ||= other.ofCalls;
    for (const [text, came] of other.results) this.came(text, came);
  }

  toData(): TallyData {
    const { executions, redundant, longest, ofCalls, tooLong, results, problems } = this;
    return {
      executions,
      redundant,
      longest,
      tooLong,
      ofCalls,
      results: [...results],
      problems: [...problems.values()],
      paths: this.paths,
    };
  }
}

/**
 * Which of two that have the same cause is shown: of bugs the first that was found; of information
 * the same one whoever explores, and in whatever order.
 */
function saysMore(problem: Problem, known: Problem): boolean {
  const { count = 0, severity, sentence } = problem;
  const { count: knownCount = 0 } = known;
  if (count !== knownCount || severity === 'bug') return count > knownCount;
  return sentence < known.sentence;
}
