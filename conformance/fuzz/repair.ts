/**
 * Random scenarios without the steps that are errors of the scenario: an unbound name, a thread
 * that is blocked when its step is due.
 *
 * The model finds them, which is quick. It cannot hide a difference by this: where it lets a thread
 * sleep that the kernel does not, the transcripts differ at the call that sleeps.
 */
import type { KernelChoice } from '../../src/kernel/history.ts';
import { ScenarioError } from '../../src/scenario/errors.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { readTranscript } from '../compare.ts';
import { playModel } from '../model.ts';
import type { Arg, Args, Document, Step } from './document.ts';

const maxRepairs = 200;

export function repaired(document: Document, kernel: KernelChoice): Document {
  if (document.mode !== 'concurrent') return repairedSteps(document, kernel);
  const { threads = ['main'], steps } = document;
  const first = repairedSteps({ name: document.name, threads, steps }, kernel);
  return withoutUnbound({ ...document, steps: first.steps });
}

/** Leaves out steps whose names no earlier step of the same list, or of "steps", binds. */
export function withoutUnbound(document: Document): Document {
  const { concurrent = {}, after = [] } = document;
  const bound = new Set<string>();
  const steps = boundSteps(document.steps, bound);
  const lists = Object.entries(concurrent).map(
    ([thread, list]) => [thread, boundSteps(list, new Set(bound))] as const,
  );
  const rest = boundSteps(after, new Set(bound));
  return { ...document, steps, concurrent: Object.fromEntries(lists), after: rest };
}

function boundSteps(steps: readonly Step[], bound: Set<string>): Step[] {
  return steps.filter(({ args, bind = [] }) => {
    if (namesIn(args).some((name) => !bound.has(name))) return false;
    for (const name of bind) bound.add(`$${name}`);
    return true;
  });
}

/** The names, with their "$", that stand in arguments. */
export function namesIn(value: Arg | Args): string[] {
  if (typeof value === 'string') return value.startsWith('$') ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(namesIn);
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

/** The scenario of a document; null where the parser refuses it. */
export function parsed(document: Document): Scenario | null {
  try {
    return parseScenario(document);
  } catch (error) {
    if (error instanceof ScenarioError) return null;
    throw error;
  }
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
