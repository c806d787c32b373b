/**
 * What is exported: a scenario or a program, with the kernel and the schedule that go with it.
 *
 * Every form (a file, a test, a command line, a link) holds one of these and gives it back.
 */

import { readSchedule, ScheduleError } from '../check/schedule_text.ts';
import { type KernelChoice, patchedKernel } from '../kernel/history.ts';
import { readScenario } from '../scenario/documents.ts';
import { ScenarioError } from '../scenario/errors.ts';
import { isObject } from '../scenario/kinds.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** A form that cannot be read back, or something that has no such form; the message says why. */
export class ExportError extends Error {
  override readonly name: string = 'ExportError';
}

interface How {
  /** The release to model; the default one where there is none. */
  readonly kernel?: string;
  /** Ids of commits. */
  readonly with?: readonly string[];
  /** Ids of commits that the kernel does not have. */
  readonly without?: readonly string[];
  /** As `check` prints it, for a concurrent scenario or a program. */
  readonly schedule?: string;
}

/** A scenario, as a document. */
export interface ScenarioArtefact extends How {
  /** The document, as JSON.parse() gives it. */
  readonly scenario: unknown;
  /** Absent: a scenario is none. */
  readonly program?: never;
}

/** A program, as source text. */
export interface ProgramArtefact extends How {
  /** The source text. */
  readonly program: string;
  /** Absent: a program is none. */
  readonly scenario?: never;
}

/**
 * A scenario or a program, with the kernel and the schedule that belong to it: what links, tests,
 * command lines and C programs are made of.
 */
export type Artefact = ScenarioArtefact | ProgramArtefact;

const keys: ReadonlySet<string> = new Set([
  'scenario',
  'program',
  'kernel',
  'with',
  'without',
  'schedule',
]);

/** As one JSON text, always with the same keys in the same order. */
export function artefactText(artefact: Artefact): string {
  const { scenario, program, kernel, with: added = [], without = [], schedule } = artefact;
  return JSON.stringify({
    scenario,
    program,
    kernel,
    with: added.length === 0 ? undefined : added,
    without: without.length === 0 ? undefined : without,
    schedule,
  });
}

/** The artefact that such a text holds; `where` is what it was found in, for messages. */
export function readArtefact(text: string, where: string): Artefact {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ExportError(`${where} holds no JSON`);
  }
  if (!isObject(value)) throw new ExportError(`${where}: expected an object`);
  const unknown = Object.keys(value).find((key) => !keys.has(key));
  if (unknown !== undefined)
    throw new ExportError(`${where}: unknown key ${JSON.stringify(unknown)}`);
  if ((value['scenario'] === undefined) === (value['program'] === undefined)) {
    throw new ExportError(`${where}: expected a "scenario" or a "program", one of the two`);
  }
  for (const key of ['program', 'kernel', 'schedule']) {
    if (value[key] === undefined || typeof value[key] === 'string') continue;
    throw new ExportError(`${where}: "${key}" is not a string`);
  }
  for (const key of ['with', 'without']) {
    const list = value[key];
    if (list === undefined) continue;
    if (Array.isArray(list) && list.every((item) => typeof item === 'string')) continue;
    throw new ExportError(`${where}: "${key}" is not a list of strings`);
  }
  const artefact = value as unknown as Artefact;
  checkArtefact(artefact, where);
  return artefact;
}

/** Throws an ExportError where the scenario, the kernel or the schedule is none. */
export function checkArtefact(artefact: Artefact, where: string): void {
  try {
    if (artefact.program === undefined) scenarioOf(artefact);
    kernelOf(artefact);
    if (artefact.schedule !== undefined) readSchedule(artefact.schedule);
  } catch (error) {
    const isKnown =
      error instanceof ScenarioError ||
      error instanceof RangeError ||
      error instanceof ScheduleError;
    if (!isKnown) throw error;
    throw new ExportError(`${where}: ${error.message}`);
  }
}

/** The scenario, read; throws a ScenarioError. */
export const scenarioOf = ({ scenario }: ScenarioArtefact): Scenario =>
  readScenario(JSON.stringify(scenario));

/** The kernel to model; throws a RangeError for one that is not known. */
export function kernelOf({ kernel, with: added = [], without = [] }: Artefact): KernelChoice {
  const choice = { kernel, with: added, without } as KernelChoice;
  patchedKernel(choice);
  return choice;
}

/** For the name of a test or a file: the scenario's name, if it has one. */
export function nameOf({ scenario }: Artefact): string | null {
  const name = isObject(scenario) ? scenario['name'] : undefined;
  return typeof name === 'string' ? name : null;
}
