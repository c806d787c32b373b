/** The outcomes of a concurrent scenario, for a person. */
import { type Story, storyText, tell } from '../check/story.ts';
import type { Smaller } from '../scenario/minimise.ts';
import type { Besides, FoundOutcome, OutcomeSearch, Outcomes } from '../scenario/outcomes.ts';
import type { Scenario, Step } from '../scenario/scenario.ts';
import type { CallResult, ThreadResults } from '../scenario/transcript.ts';
import { writtenText } from '../scenario/written.ts';
import { count, coverage } from '../shared/words.ts';
import type { Colours } from '../trace/format.ts';
import { limitText } from './limits.ts';

/** A heading, then each outcome with one interleaving that leads to it, then what was found. */
export function* outcomeLines(
  search: OutcomeSearch,
  outcomes: Outcomes,
  { bold, red }: Pick<Colours, 'bold' | 'red'>,
  width: number,
  { schedules = [], smaller }: Besides = {},
): Generator<string, void, void> {
  const { found, findings, limit } = outcomes;
  yield bold(headOf(outcomes));
  for (const [i, outcome] of found.entries()) {
    yield '';
    yield bold(`outcome ${i + 1}, in ${count(outcome.executions, 'execution')}`);
    yield* resultLines(search.scenario, outcome);
    yield '  for instance:';
    yield* told(storyOf(search, outcome), width);
    const schedule = schedules[i];
    if (schedule !== undefined) yield* scheduleLines(schedule);
  }
  for (const finding of findings) {
    const { schedule, sentence, story } = finding;
    yield '';
    yield red(sentence);
    yield* told(story, width);
    yield* scheduleLines(schedule);
    const one = smaller?.get(finding);
    if (one !== undefined) yield* smallerLines(one, width);
  }
  if (limit !== null) yield* ['', red(limitText(limit))];
  yield '';
}

function headOf({ name, found, executions, searched }: Outcomes): string {
  const sums = `${count(found.length, 'outcome')} in ${count(executions, 'execution')}`;
  return `${name ?? 'a scenario'}: ${sums}, ${coverage(searched)}`;
}

function* scheduleLines(schedule: string): Generator<string, void, void> {
  yield '  the schedule, for --schedule FILE:';
  yield* indented(schedule);
}

/** The scenario can be taken from here as it stands. */
function* smallerLines(
  { calls, document, finding: { schedule, sentence, story } }: Smaller,
  width: number,
): Generator<string, void, void> {
  yield '';
  yield `  the same in a smaller scenario, of ${count(calls, 'call')}: ${sentence}`;
  yield* indented(writtenText(document));
  yield '  there:';
  yield* told(story, width);
  yield* scheduleLines(schedule);
}

const storyOf = ({ subject, memory }: OutcomeSearch, { path }: FoundOutcome): Story =>
  tell(subject, path, { sharedMemory: false, memory });

const told = (story: Story, width: number): Generator<string, void, void> =>
  indented(storyText(story, width - 4));

function* indented(text: string): Generator<string, void, void> {
  for (const line of text.split('\n')) if (line !== '') yield `    ${line}`;
}

/** A line for each thread that has something to do, and one for `after`. */
function* resultLines(scenario: Scenario, { text }: FoundOutcome): Generator<string, void, void> {
  const outcome = JSON.parse(text) as Readonly<Record<string, ThreadResults>>;
  const width = Math.max(...scenario.threads.map((name) => name.length), 'after'.length);
  const line = (name: string, words: readonly string[]): string =>
    `  ${name.padEnd(width)}  ${words.join(', ')}`;
  for (const [i, name] of scenario.threads.entries()) {
    const steps = scenario.concurrent[i] ?? [];
    if (steps.length > 0) yield line(name, wordsOf(outcome[name] ?? [], steps));
  }
  if (scenario.after.length > 0)
    yield line('after', wordsOf(outcome['after'] ?? [], playedOf(scenario, outcome)));
}

/** The steps of `after` that have results: a thread that is blocked makes no more of them. */
function playedOf(
  { threads, after }: Scenario,
  outcome: Readonly<Record<string, ThreadResults>>,
): Step[] {
  const blocked = new Set(
    [...threads.keys()].filter((i) => isBlocked(outcome[threads[i] as string])),
  );
  const results = outcome['after'] ?? [];
  const played: Step[] = [];
  for (const step of after) {
    if (blocked.has(step.thread)) continue;
    if (results[played.length] === 'blocked') blocked.add(step.thread);
    played.push(step);
  }
  return played;
}

const isBlocked = (results: ThreadResults = []): boolean => results.at(-1) === 'blocked';

const wordsOf = (results: ThreadResults, steps: readonly Step[]): string[] =>
  results.map((result, i) => `${steps[i]?.call ?? 'call'} ${resultWords(result)}`);

function resultWords(result: CallResult | 'blocked'): string {
  if (result === 'blocked') return 'blocks for good';
  if (result.errno !== undefined) return `= ${result.errno}`;
  const { ret, events, ...others } = result;
  const shown = (events ?? []).map((event) => `${event.events} ${event.data}`);
  const more = Object.values(others).map((value) => JSON.stringify(value));
  const all = [...shown, ...more];
  return `= ${ret}${all.length === 0 ? '' : ` (${all.join('; ')})`}`;
}
