/**
 * Plays a stream of scenarios, each as soon as it has been read.
 *
 * Invariants: one line for each document, in their order, whatever happens to it.
 */
import { KernelBug } from '../kernel/bug.ts';
import { DocumentReader, type ScenarioDocument } from '../scenario/documents.ts';
import { ScenarioError } from '../scenario/errors.ts';
import { OutcomeSearch, type Outcomes, outcomesText } from '../scenario/outcomes.ts';
import { Player } from '../scenario/play.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { playTraced } from '../scenario/traced.ts';
import { errorTranscript, type Transcript, transcriptText } from '../scenario/transcript.ts';
import type { Format } from '../trace/format.ts';
import { nothingIn } from './documents.ts';
import { type ExitCode, exitCodes, FileError, Interrupted, say } from './errors.ts';
import type { Input } from './input.ts';
import { limitText } from './limits.ts';
import { replayScenario } from './replay_scenario.ts';
import type { Stage } from './stage.ts';

export async function playScenarios(input: Input, stage: Stage): Promise<ExitCode> {
  const format = await stage.format();
  const reader = new DocumentReader();
  let code: ExitCode = exitCodes.done;
  let count = 0;
  const show = await outcomeWriter(stage);
  const playAll = (documents: readonly ScenarioDocument[]): void => {
    count += documents.length;
    for (const document of documents) {
      const isConcurrent = document.scenario?.mode === 'concurrent';
      const transcript = isConcurrent
        ? playConcurrent(document.scenario, stage, format, show)
        : playDocument(document, stage, format);
      if (transcript === null) continue;
      if (format === null) stage.output.write(`${transcriptText(transcript)}\n`);
      if (transcript.error === undefined) continue;
      code = exitCodes.failed;
      const name = transcript.name === null || transcript.name === '' ? '' : `${transcript.name}: `;
      const hint = document.error?.hint === undefined ? '' : `: ${document.error.hint}`;
      say(`${input.name}:${document.line}: ${name}${transcript.error}${hint}`);
    }
    stage.output.flush();
  };
  for (let chunk = input.next(); chunk !== null; chunk = input.next()) playAll(reader.push(chunk));
  playAll(reader.end());
  if (count === 0) throw new FileError(nothingIn(input.name));
  return code;
}

/** Writes the outcomes of a concurrent scenario; null where the format cannot show them. */
type OutcomeWriter = ((search: OutcomeSearch, outcomes: Outcomes) => void) | null;

async function outcomeWriter({ formatName, json, output }: Stage): Promise<OutcomeWriter> {
  if (formatName === 'transcript' || (formatName === 'table' && json)) {
    return (_, outcomes) => output.write(`${outcomesText(outcomes)}\n`);
  }
  if (formatName !== 'table') return null;
  const { coloursFor, widthOf } = await import('./formats.ts');
  const { outcomeLines } = await import('./outcomes.ts');
  const colours = await coloursFor(output);
  return (search, outcomes) => {
    for (const line of outcomeLines(search, outcomes, colours, widthOf(output))) {
      output.write(`${line}\n`);
    }
  };
}

/** What is wrong with a concurrent scenario; null if its outcomes were shown. */
function playConcurrent(
  scenario: Scenario,
  stage: Stage,
  format: Format | null,
  show: OutcomeWriter,
): Transcript | null {
  const { name } = scenario;
  const course = stage.course();
  if (course !== null) return replayScenario(scenario, course, stage, format);
  if (show === null) return errorTranscript(name, new ScenarioError(notShown(stage.formatName)));
  const search = new OutcomeSearch(scenario, stage.checkOptions());
  while (search.next());
  if (search.error !== null) return errorTranscript(name, search.error);
  const outcomes = search.outcomes();
  show(search, outcomes);
  if (outcomes.limit !== null) say(`${name ?? 'a scenario'}: ${limitText(outcomes.limit)}`);
  return null;
}

const notShown = (format: string): string =>
  `a concurrent scenario has no ${format}: expected --format table or transcript, or --schedule FILE ` +
  'for one of its executions';

function playDocument(document: ScenarioDocument, stage: Stage, format: Format | null): Transcript {
  const { scenario } = document;
  if (scenario === undefined) return errorTranscript(document.name, document.error);
  if (stage.course() !== null) {
    const found = 'found a scenario in lockstep';
    const error = new Error(`--schedule: expected a program or a concurrent scenario, ${found}`);
    return errorTranscript(scenario.name, error);
  }
  try {
    if (format === null) return new Player(scenario, stage.machineOptions()).play();
    return playTraced(scenario, stage.machineOptions(), format, messageOf);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return errorTranscript(scenario.name, new Error(messageOf(error)));
  }
}

/** A mistake in the simulator itself is shown with its place. */
function messageOf(error: unknown): string {
  if (error instanceof KernelBug) {
    const { message, backtrace } = error;
    return `kernel bug: ${message}${backtrace.length === 0 ? '' : `, in ${backtrace.join(' < ')}`}`;
  }
  if (error instanceof ScenarioError) return error.message;
  const place = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
  return `the simulator failed: ${String(error)} ${place}`;
}
