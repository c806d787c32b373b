/** What came of the check of a program, for a person and as JSON. */
import type { Finding, Verdict } from '../check/check.ts';
import { storyText } from '../check/story.ts';
import {
  count,
  faultLines,
  libertyLines,
  measureText,
  summary,
  unrepeatedLines,
} from '../shared/words.ts';
import type { Colours } from '../trace/format.ts';
import { findingLines as reasonLines } from '../why/text.ts';
import { limitText } from './limits.ts';
import type { Places } from './thrown.ts';

/** What is shown of the check of a program. */
export interface Shown {
  readonly title: string;
  readonly verdict: Verdict;
  readonly places: Places;
  readonly seconds: number;
}

type Paint = Pick<Colours, 'bold' | 'red' | 'green'>;

export function* verdictLines(
  { title, verdict, places }: Pick<Shown, 'title' | 'verdict' | 'places'>,
  { bold, green, red }: Paint,
  width: number,
  onTerminal = false,
): Generator<string, void, void> {
  const { complete, findings, information, limit, redundant, results } = verdict;
  const colour = findings.length > 0 ? red : complete ? green : bold;
  yield `${title}: ${colour(summary(verdict))}`;
  if (redundant > 0) yield `  ${redundant} more left half way, as they could only repeat others`;
  if (results.size > 1) {
    yield '  results:';
    for (const [text, times] of results) yield `    ${text}  in ${count(times, 'execution')}`;
  }
  for (const { kind, sentence, count: times = 1 } of information) {
    yield `  ${kind}: ${sentence}${times > 1 ? ` (up to ${times} times)` : ''}`;
  }
  for (const finding of findings) {
    yield '';
    yield* findingLines(finding, places.get(finding) ?? [], { bold, red }, width, onTerminal);
  }
  if (limit !== null) yield* ['', limitText(limit)];
  if (complete && verdict.ofCalls && findings.length === 0) yield ofCallsText;
}

/** What was left out, and how to have it. */
const ofCallsText =
  '  the code behind a call went in one go with it; --shared-anytime lets others come between';

function* findingLines(
  finding: Finding,
  frames: readonly string[],
  { bold, red }: Pick<Paint, 'bold' | 'red'>,
  width: number,
  onTerminal: boolean,
): Generator<string, void, void> {
  const { because, kind, schedule, sentence, story } = finding;
  yield `${red(kind)}: ${bold(sentence)}`;
  for (const frame of frames) yield `  ${frame}`;
  if (!finding.repeats) {
    for (const line of unrepeatedLines(finding)) yield `  ${line}`;
    return;
  }
  yield `  ${measureText(finding)}`;
  for (const line of libertyLines(finding)) yield `  ${line}`;
  for (const line of faultLines(finding, 'command')) yield `  ${line}`;
  yield '';
  for (const line of storyText(story, width - 2).split('\n')) if (line !== '') yield `  ${line}`;
  for (const reason of because) {
    for (const line of reasonLines(reason)) yield line === '' ? '' : `  ${line}`;
  }
  yield '';
  yield '  the schedule, for --schedule FILE:';
  for (const line of shownOf(schedule, onTerminal)) yield `    ${line}`;
}

/** So many lines of a schedule are shown on a terminal, where nobody reads more. */
const enough = 200;

function shownOf(schedule: string, onTerminal: boolean): string[] {
  const lines = schedule.split('\n').filter((line) => line !== '');
  if (!onTerminal || lines.length <= enough) return lines;
  const left = lines.length - enough;
  return [
    ...lines.slice(0, enough),
    `… ${left.toLocaleString('en-US')} lines more; whole where the output goes to a file …`,
  ];
}

/** A line of JSON. */
export function verdictJson({ title: program, verdict, places, seconds }: Shown): string {
  const { findings, paths: _, results, ...rest } = verdict;
  const { limit } = rest;
  return JSON.stringify({
    program,
    ...rest,
    limit: limit && { ...limit, message: limitText(limit) },
    results: Object.fromEntries(results),
    seconds,
    findings: findings.map((shown) => {
      const { story, schedule, ...finding } = shown;
      return {
        ...finding,
        ...(places.has(shown) ? { thrown_at: places.get(shown) } : {}),
        schedule: schedule.split('\n').filter((line) => line !== ''),
        steps_that_matter: story.rows
          .filter(({ matters }) => matters)
          .map(({ step, context, does, lines }) => ({ step, context, does, lines })),
      };
    }),
  });
}
