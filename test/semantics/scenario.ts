/** Scenario documents as they stand in tests: played on the model. */
import { parseScenario } from '../../src/scenario/parse.ts';
import { Player } from '../../src/scenario/play.ts';
import type { Transcript } from '../../src/scenario/transcript.ts';

/** One step, as scenario-format.md has it. */
export interface StepDoc {
  readonly thread?: string;
  readonly call: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly bind?: readonly string[];
}

/** Plays steps in lockstep on threads main, t1, t2 and t3. */
export const transcriptOf = (steps: readonly StepDoc[]): Transcript =>
  new Player(parseScenario({ threads: ['main', 't1', 't2', 't3'], steps })).play();
