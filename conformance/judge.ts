/** One scenario on both sides: what each says, and whether that is the same. */
import type { KernelChoice } from '../src/kernel/history.ts';
import { ScenarioError } from '../src/scenario/errors.ts';
import { parseScenario } from '../src/scenario/parse.ts';
import type { Scenario } from '../src/scenario/scenario.ts';
import { transcriptText } from '../src/scenario/transcript.ts';
import { type Explanation, explain, mainRelease, modelledRelease } from './kernels.ts';
import type { Answer, Linux } from './linux/linux.ts';
import { type ModelOutcomes, modelOutcomes, playModel } from './model.ts';
import type { Side } from './show.ts';

/**
 * How often the kernel is asked again before a difference counts. Threads race for what wakes them,
 * and one of them may win nearly always.
 */
export const timesToAskAgain = ({ threads }: Scenario): number => (threads.length > 1 ? 40 : 4);

/** A scenario to be judged. */
export interface Question {
  /** The document. */
  readonly text: string;
  /** What was recorded, and on which release. */
  readonly golden: { readonly text: string; readonly kernel: string } | null;
  /** The release to model; that of the kernel that is compared with where none is asked for. */
  readonly kernel: string | null;
  readonly repeat: number;
  /** How often a concurrent scenario is played. */
  readonly samples: number;
}

export type Verdict =
  | 'equal'
  | 'differs'
  | 'nondeterministic'
  | 'sampled'
  | 'skipped'
  | 'hung'
  | 'malformed';

/** What the running kernel does otherwise than the recorded one. */
export interface OtherKernel {
  readonly recorded: string;
  readonly running: string;
  readonly golden: string;
  readonly linux: string;
  /** Null: a finding. */
  readonly explanation: Explanation | null;
}

export interface Judgement {
  readonly name: string;
  readonly verdict: Verdict;
  /** For a person: why it was skipped, where it hung, what is wrong with it. */
  readonly reason?: string;
  /** The two sides that differ. */
  readonly sides?: readonly [Side, Side];
  /** Different transcripts of one scenario, or the outcomes of a concurrent one. */
  readonly variants?: readonly string[];
  /** Of one that is nondeterministic: what was recorded is among the variants, and the model says it too. */
  readonly upheld?: boolean;
  readonly otherKernel?: OtherKernel;
  /** What the running kernel answered, for whoever records it. */
  readonly linux?: string;
}

/** What is asked of the kernel underneath. */
export type LiveSide = Pick<Linux, 'play' | 'sample'>;

export class Judge {
  /** Null: there is no live side, and what was recorded has to do. */
  private readonly linux: LiveSide | null;
  private readonly running: string;

  constructor(linux: LiveSide | null, running: string) {
    this.linux = linux;
    this.running = running;
  }

  judge(question: Question): Judgement {
    let scenario: Scenario;
    const document: unknown = JSON.parse(question.text);
    const name = String((document as { name?: unknown } | null)?.name ?? 'no name');
    try {
      scenario = parseScenario(document);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      return { name, verdict: 'malformed', reason: error.message };
    }
    if (scenario.mode === 'concurrent') return this.sample(name, scenario, question);
    if (this.linux === null) return this.againstGolden(name, scenario, question, 'not played live');
    const answers = [this.linux.play(scenario)];
    while (answers.length < question.repeat) answers.push(this.linux.play(scenario));
    return this.compare(name, scenario, question, answers);
  }

  private compare(
    name: string,
    scenario: Scenario,
    question: Question,
    answers: readonly Answer[],
  ): Judgement {
    const other = answers.find(({ kind }) => kind !== 'transcript');
    if (other?.kind === 'skipped') {
      return this.againstGolden(name, scenario, question, other.reason);
    }
    if (other?.kind === 'hung') return { name, verdict: 'hung', reason: other.reason };
    const texts = new Set(
      answers.map((answer) => (answer.kind === 'transcript' ? answer.text : '')),
    );
    const [linux = ''] = texts;
    const model = playModel(scenario, this.choice(question, this.running));
    const isSettled = linux === model && (question.golden?.text ?? linux) === linux;
    if (!isSettled && texts.size === 1) this.askAgain(scenario, texts);
    if (texts.size > 1) {
      const upheld = question.golden?.text === model && texts.has(model);
      return { name, verdict: 'nondeterministic', variants: [...texts], upheld };
    }
    const otherKernel = this.otherKernel(scenario, question, linux);
    const common = otherKernel === null ? { name, linux } : { name, linux, otherKernel };
    if (linux === model) return { ...common, verdict: 'equal' };
    return { ...common, verdict: 'differs', sides: sides('model', model, 'Linux', linux) };
  }

  /** Before a difference counts: does the kernel say the same again? */
  private askAgain(scenario: Scenario, texts: Set<string>): void {
    for (let i = 0; i < timesToAskAgain(scenario); i++) {
      const answer = this.linux?.play(scenario);
      if (answer?.kind === 'transcript') texts.add(answer.text);
    }
  }

  private otherKernel(scenario: Scenario, { golden }: Question, linux: string): OtherKernel | null {
    if (golden === null || golden.text === linux) return null;
    const { running } = this;
    const recorded = golden.kernel;
    const isOther = mainRelease(running) !== mainRelease(recorded);
    const explanation = isOther ? explain(scenario, recorded, running, linux) : null;
    return { recorded, running, golden: golden.text, linux, explanation };
  }

  private againstGolden(
    name: string,
    scenario: Scenario,
    question: Question,
    reason: string,
  ): Judgement {
    const { golden } = question;
    if (golden === null) return { name, verdict: 'skipped', reason };
    const model = playModel(scenario, this.choice(question, golden.kernel));
    if (model === golden.text) return { name, verdict: 'equal', reason };
    const both = sides('model', model, `Linux ${golden.kernel}`, golden.text);
    return { name, verdict: 'differs', reason, sides: both };
  }

  /** A concurrent scenario: are the outcomes of the kernel among those of the model? */
  private sample(name: string, scenario: Scenario, question: Question): Judgement {
    const { golden, samples } = question;
    const recorded = golden === null ? [] : outcomesIn(golden.text);
    if (this.linux === null) {
      if (golden === null) return { name, verdict: 'skipped', reason: 'not played live' };
      const model = modelOutcomes(scenario, this.choice(question, golden.kernel), recorded);
      const reason = `${recorded.length} recorded outcomes; ${modelText(model)}`;
      if (model.missing.length === 0) return { name, verdict: 'equal', reason };
      return { name, verdict: 'differs', reason, variants: model.missing };
    }
    const answer = this.linux.sample(scenario, samples, randomFrom(samples));
    if (answer.kind !== 'transcript') {
      return { name, verdict: answer.kind, reason: answer.reason };
    }
    const seen = outcomesIn(answer.text);
    const isSame = golden !== null && mainRelease(golden.kernel) === mainRelease(this.running);
    const wanted = [...new Set(isSame ? [...seen, ...recorded] : seen)];
    const model = modelOutcomes(scenario, this.choice(question, this.running), wanted);
    const linux = answer.text;
    if (model.error !== errorIn(linux)) {
      const text = transcriptText({ name: scenario.name, results: [], error: model.error ?? '' });
      return { name, verdict: 'differs', sides: sides('model', text, 'Linux', linux) };
    }
    const fresh = seen.filter((outcome) => !recorded.includes(outcome)).length;
    const sums = `${seen.length} outcomes in ${samples} plays, ${fresh} of them not recorded`;
    const reason = `${sums}; ${modelText(model)}`;
    if (model.missing.length === 0) {
      return { name, verdict: 'sampled', reason, variants: seen, linux };
    }
    return { name, verdict: 'differs', reason, variants: model.missing, linux };
  }

  private choice({ kernel }: Question, compared: string): KernelChoice {
    return { kernel: kernel ?? modelledRelease(compared) };
  }
}

const sides = (left: string, leftText: string, right: string, rightText: string): [Side, Side] => [
  { name: left, text: leftText },
  { name: right, text: rightText },
];

/** The outcomes of an answer, each as text; none of one that is an error. */
export function outcomesIn(text: string): string[] {
  const { outcomes = [] } = JSON.parse(text) as { outcomes?: readonly unknown[] };
  return outcomes.map((outcome) => JSON.stringify(outcome));
}

const errorIn = (text: string): string | null =>
  (JSON.parse(text) as { error?: string }).error ?? null;

/** What the model has, and that something is missing. */
function modelText({ missing, outcomes, executions, complete, hidden }: ModelOutcomes): string {
  const all = complete ? 'every interleaving' : 'not every interleaving';
  const has = `the model has ${outcomes} in ${executions} executions (${all})`;
  if (missing.length === 0) return has;
  const unlisted = hidden > 0 ? `, ${hidden} of which the checker passes over` : '';
  return `${has}, without ${missing.length} that Linux has${unlisted}`;
}

/** Numbers from 0 to 1 that are the same every time; the kernel's own timing differs anyway. */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}
