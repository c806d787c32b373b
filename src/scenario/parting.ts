/**
 * Where two kernels part: the first step of a scenario at which they answer differently, and why on
 * either side; of a concurrent scenario, the outcomes that only one of them has.
 */

import { traceInto } from '../check/reasons.ts';
import type { KernelChoice } from '../kernel/history.ts';
import { lastWaitOf } from '../why/answer.ts';
import { History } from '../why/history.ts';
import type { Finding as Because } from '../why/verdict.ts';
import { differenceOf } from './difference.ts';
import { OutcomeSearch, type Outcomes } from './outcomes.ts';
import { Player } from './play.ts';
import type { Scenario } from './scenario.ts';
import { errorTranscript, transcriptText } from './transcript.ts';
import { why } from './why.ts';

/** What one of the kernels says, and why. */
export interface Side {
  /** The whole transcript; or the outcomes that only this kernel has, one each. */
  readonly texts: readonly string[];
  /** At the step at which they part; of an execution that comes to the first of the outcomes. */
  readonly because: readonly Because[];
}

/** A difference between two kernels. */
export interface Parting {
  /** The first step at which they part; null of a concurrent scenario. */
  readonly step: number | null;
  /** What is different, in a word or two: `epoll_wait: ret, events`. */
  readonly kind: string;
  /** What either kernel answers, the left one first. */
  readonly sides: readonly [Side, Side];
  /** Every interleaving was covered on both; true of a scenario in lockstep. */
  readonly complete: boolean;
}

/** How long to look for a difference. */
export interface PartingOptions {
  /** Of the checker, for each kernel. */
  readonly executions?: number;
  /** As for a machine. */
  readonly maxSteps?: number;
}

/**
 * Where two kernels part; null where they do not.
 *
 * @throws TypeError for options that cannot be meant
 * @throws RangeError for a value that an option cannot have, as an unknown kernel
 * @throws ScheduleError or ScheduleMismatch where an execution cannot be run again
 * @throws NotDeterministic never: a scenario goes the same way each time
 */
export function partingOf(
  scenario: Scenario,
  left: KernelChoice,
  right: KernelChoice,
  options: PartingOptions = {},
): Parting | null {
  return scenario.mode === 'concurrent'
    ? outcomesPart(scenario, left, right, options)
    : transcriptsPart(scenario, left, right, options);
}

/** More than a scenario needs: one that takes more loops for ever. */
const mostSteps = 1_000_000;

/** The transcript of a scenario in lockstep. What ends it is an error in it, in the words of `wordsOf`. */
export function transcriptOn(
  scenario: Scenario,
  kernel: KernelChoice,
  maxSteps: number = mostSteps,
  wordsOf: (error: unknown) => string = (error) => (error as Error).message,
): string {
  try {
    return transcriptText(new Player(scenario, { ...kernel, maxSteps }).play());
  } catch (error) {
    return transcriptText(errorTranscript(scenario.name, new Error(wordsOf(error))));
  }
}

function transcriptsPart(
  scenario: Scenario,
  left: KernelChoice,
  right: KernelChoice,
  options: PartingOptions,
): Parting | null {
  const texts = [left, right].map((kernel) => transcriptOn(scenario, kernel, options.maxSteps));
  const [one = '', other = ''] = texts;
  if (one === other) return null;
  const calls = scenario.steps.map(({ call }) => call);
  const { kind, place } = differenceOf(one, other, calls);
  const step = Math.min(place, Math.max(0, calls.length - 1));
  const side = (text: string, kernel: KernelChoice): Side => ({
    texts: [text],
    because: reasonsAt(scenario, kernel, step),
  });
  return { step, kind, sides: [side(one, left), side(other, right)], complete: true };
}

/** What the step came to; nothing where the kernel broke before that. */
function reasonsAt(scenario: Scenario, kernel: KernelChoice, step: number): readonly Because[] {
  try {
    return why(scenario, { ...kernel, step }).findings;
  } catch {
    return [];
  }
}

/** Of the checker, where nothing else is said: some seconds. */
const mostExecutions = 5000;

function outcomesPart(
  scenario: Scenario,
  left: KernelChoice,
  right: KernelChoice,
  { executions = mostExecutions }: PartingOptions,
): Parting | null {
  const searches = [left, right].map((kernel) => {
    const search = new OutcomeSearch(scenario, { ...kernel, executions });
    while (search.next());
    return { search, outcomes: search.outcomes() };
  });
  const [one, other] = searches;
  if (one === undefined || other === undefined) return null;
  const only = (mine: typeof one, yours: typeof one): Side => {
    const own = mine.outcomes.found.filter(({ text }) => !yours.search.has(text));
    const found = mine.outcomes.findings
      .filter(({ cause }) => !yours.outcomes.findings.some((known) => known.cause === cause))
      .map(({ sentence }) => sentence);
    const [first] = own;
    return {
      texts: [...own.map(({ text }) => text), ...found],
      because:
        first === undefined
          ? []
          : waitsAlong(mine.search, first.path, differing(first.text, yours.outcomes, scenario)),
    };
  };
  const sides = [only(one, other), only(other, one)] as const;
  if (sides.every(({ texts }) => texts.length === 0)) return null;
  const complete = one.outcomes.complete && other.outcomes.complete;
  return { step: null, kind: 'outcomes', sides, complete };
}

/** All that a concurrent scenario can come to on a kernel: outcomes, and what was found. */
export function outcomesOf(
  scenario: Scenario,
  kernel: KernelChoice,
  { executions = mostExecutions }: PartingOptions = {},
  isOver: () => boolean = () => false,
): { readonly said: readonly string[]; readonly complete: boolean } {
  const search = new OutcomeSearch(scenario, { ...kernel, executions });
  while (search.next()) if (isOver()) return { said: [], complete: false };
  const { complete, findings, found } = search.outcomes();
  return {
    said: [...found.map(({ text }) => text), ...findings.map(({ cause }) => cause).sort()],
    complete,
  };
}

/** The threads whose results are others than in the outcome of the other kernel that is most alike. */
function differing(text: string, { found }: Outcomes, { threads }: Scenario): readonly string[] {
  const own = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const others = found.map((outcome) => {
    const other = JSON.parse(outcome.text) as Readonly<Record<string, unknown>>;
    return threads.filter((name) => JSON.stringify(own[name]) !== JSON.stringify(other[name]));
  });
  const few = others.filter((names) => names.length > 0).sort((a, b) => a.length - b.length);
  return few[0] ?? threads;
}

/** What threads were told at last, in the execution that a path leads through. */
export function waitsAlong(
  { subject }: OutcomeSearch,
  path: Parameters<typeof traceInto>[2],
  threads: readonly string[],
): Because[] {
  const history = new History();
  traceInto(history, subject, path, { sharedMemory: false, rounds: Number.POSITIVE_INFINITY });
  return threads.flatMap((thread) => lastWaitOf(thread, history));
}
