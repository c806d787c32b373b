/** An artefact as a C program, with the interleaving that its schedule describes. */
import { readSchedule } from '../check/schedule_text.ts';
import { answerOf } from './answer.ts';
import { type Artefact, ExportError, kernelOf, scenarioOf } from './artefact.ts';
import { toC } from './c/program.ts';

/** What toC() can be told. */
export interface ExportedCOptions {
  /** How often a concurrent scenario is played unless the command line says; 10,000. */
  readonly loops?: number;
}

/**
 * The C program that plays a scenario and prints its transcript.
 *
 * @throws ExportError for a program, which has no such form
 * @throws ScenarioError for a document that is no scenario
 * @throws TypeError for options that cannot be meant
 * @throws RangeError for a value that an option cannot have, as an unknown kernel
 * @throws ScheduleError for a schedule that cannot be read
 * @throws ScheduleMismatch where a schedule does not fit
 * @throws NotDeterministic never: a scenario goes the same way each time
 */
export function artefactToC(artefact: Artefact, { loops }: ExportedCOptions = {}): string {
  if (artefact.program !== undefined) {
    throw new ExportError(
      'a program cannot become C: it is TypeScript, and may do anything between its calls; ' +
        'write it as a scenario, whose steps are calls',
    );
  }
  const scenario = scenarioOf(artefact);
  const { schedule } = artefact;
  const given = loops === undefined ? {} : { loops };
  if (schedule === undefined) return toC(scenario, given);
  if (scenario.mode !== 'concurrent') {
    throw new ExportError(
      'a schedule goes with a concurrent scenario; this one has no choice in it',
    );
  }
  const answer = answerOf(artefact.scenario, { ...kernelOf(artefact), schedule });
  const { about, steps } = readSchedule(schedule);
  // Between these two stand the outcomes, here one, in the bytes that the program prints.
  const sought = /"outcomes":\[(.*)\],"executions"/.exec(answer)?.[1] ?? '';
  const lines = about === '' ? steps : [...about.split('\n'), '', ...steps];
  return toC(scenario, { ...given, sought, interleaving: lines });
}
