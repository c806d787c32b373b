/**
 * Random scenarios without the steps that are errors of the scenario: an unbound name, a thread
 * that is blocked when its step is due.
 *
 * The model finds them, which is quick. It cannot hide a difference by this: where it lets a thread
 * sleep that the kernel does not, the transcripts differ at the call that sleeps.
 */
import type { KernelChoice } from '../../src/kernel/history.ts';
import { readTranscript } from '../../src/scenario/difference.ts';
import { ScenarioError } from '../../src/scenario/errors.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { withoutUnbound } from '../../src/scenario/smaller.ts';
import { playModel } from '../model.ts';
import type { Document } from './document.ts';

const maxRepairs = 200;

export function repaired(document: Document, kernel: KernelChoice): Document {
  if (document.mode !== 'concurrent') return repairedSteps(document, kernel);
  const { threads = ['main'], steps } = document;
  const first = repairedSteps({ name: document.name, threads, steps }, kernel);
  return withoutUnbound({ ...document, steps: first.steps }, false);
}

function repairedSteps(document: Document, kernel: KernelChoice): Document {
  let current = document;
  for (let i = 0; i < maxRepairs; i++) {
    const wrong = wrongStep(current, kernel);
    if (wrong === null) break;
    current = { ...current, steps: current.steps.filter((_, index) => index !== wrong) };
  }
  return current;
}

/** The index of a step that is an error of the scenario; null where no step is to blame. */
function wrongStep(document: Document, kernel: KernelChoice): number | null {
  let text: string;
  try {
    text = playModel(parseScenario(document), kernel);
  } catch (error) {
    if (error instanceof ScenarioError && error.step !== undefined) return error.step;
    throw error;
  }
  const { error, results } = readTranscript(text);
  if (error === undefined) return null;
  const named = /^step (\d+): (?!no rest)/.exec(error)?.[1];
  if (named !== undefined) return Number(named);
  if (!/^thread .* is blocked/.test(error)) return null;
  return results.reduce((last, { step }) => Math.max(last, step), -1) + 1;
}
