/** What the model answers: what an exported test compares with. */
import { ScenarioError } from '../scenario/errors.ts';
import { OutcomeSearch, outcomesText } from '../scenario/outcomes.ts';
import { parseScenario } from '../scenario/parse.ts';
import { Player } from '../scenario/play.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { errorTranscript, outcomeSetText, transcriptText } from '../scenario/transcript.ts';
import type { AnswerOptions } from './program_answer.ts';

/**
 * The transcript of a scenario, as one line; of a concurrent one the outcomes that it can have, or
 * the one that the schedule leads to. Takes the document; throws a ScenarioError where that is none.
 *
 * @throws ScenarioError for a document that is no scenario
 * @throws TypeError for options that cannot be meant
 * @throws RangeError for a value that an option cannot have, as an unknown kernel
 * @throws ScheduleError for a schedule that cannot be read
 * @throws ScheduleMismatch where a schedule does not fit
 * @throws NotDeterministic never: a scenario goes the same way each time
 */
export function answerOf(document: unknown, options: AnswerOptions = {}): string {
  const { schedule, ...kernel } = options;
  const scenario = parseScenario(document);
  if (scenario.mode !== 'concurrent') {
    return transcriptText(new Player(scenario, kernel).play());
  }
  const search = searchFor(scenario, options);
  const error = searched(search);
  if (error !== null) return transcriptText(errorTranscript(scenario.name, error));
  const outcomes = search.outcomes();
  if (schedule === undefined) return outcomesText(outcomes);
  const { name, found, executions } = outcomes;
  const texts = found.map(({ text }) => text);
  return outcomeSetText({ name, outcomes: texts, executions, complete: false });
}

/** For the outcomes of a concurrent scenario: of all its executions, or of the one to play. */
export function searchFor(scenario: Scenario, options: AnswerOptions): OutcomeSearch {
  return new OutcomeSearch(scenario, options);
}

/** Searches to the end; what is wrong with the scenario. */
export function searched(search: OutcomeSearch): ScenarioError | null {
  try {
    while (search.next());
    return search.error;
  } catch (error) {
    if (error instanceof ScenarioError) return error;
    throw error;
  }
}
