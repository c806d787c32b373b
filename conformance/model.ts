/** The model, as a side of a comparison. */
import { KernelBug } from '../src/kernel/bug.ts';
import type { KernelChoice } from '../src/kernel/history.ts';
import { Player } from '../src/scenario/play.ts';
import type { Scenario } from '../src/scenario/scenario.ts';
import { errorTranscript, transcriptText } from '../src/scenario/transcript.ts';

/** More than a scenario needs: one that takes more loops for ever. */
const maxSteps = 1_000_000;

/** The transcript of a scenario in lockstep. A bug of the modelled kernel is an error in it. */
export function playModel(scenario: Scenario, kernel: KernelChoice): string {
  try {
    return transcriptText(new Player(scenario, { ...kernel, maxSteps }).play());
  } catch (error) {
    return transcriptText(errorTranscript(scenario.name, new Error(problemOf(error))));
  }
}

function problemOf(error: unknown): string {
  if (error instanceof KernelBug) return `kernel bug: ${error.message}`;
  const place = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
  return `the simulator failed: ${String(error)} ${place}`;
}

/**
 * The outcomes of a concurrent scenario as far as the model knows them: here the checker joins in,
 * and the kernel's samples can be compared with it. Until then there are none.
 */
export function modelOutcomes(_scenario: Scenario): readonly string[] | null {
  return null;
}
