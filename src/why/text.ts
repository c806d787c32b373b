/** An answer as text. */
import { type Colours, noColours } from '../trace/format.ts';
import type { Answer } from './answer.ts';
import type { Hop } from './hops.ts';
import type { Finding } from './verdict.ts';

/** An answer as text: what was done, then each finding with its chain of causes. */
export function whyText({ calls, findings, step }: Answer, colours: Colours = noColours): string {
  const title = `${colours.bold(`step ${step}`)}  ${calls.join('; ')}`;
  const told = findings.length === 0 ? ['', 'this step does nothing that concerns epoll'] : [];
  const named = calls.length > 1;
  const lines = groupedLines(findings, colours, named);
  return `${[title, ...told, ...lines].join('\n')}\n`;
}

/** Findings of several tasks, without a step that they are about. */
export const findingsText = (findings: readonly Finding[]): string =>
  groupedLines(findings, noColours, true).join('\n');

const groupedLines = (findings: readonly Finding[], colours: Colours, named: boolean): string[] =>
  groupsOf(findings).flatMap((group) => groupLines(group, colours, named));

/** So many findings that say the same are told one by one. */
const mostAlike = 4;

/** How many names of a group are given. */
const namesOfGroup = 5;

/** Findings that say the same of one thing after the other, if they are many; else each by itself. */
function groupsOf(findings: readonly Finding[]): Finding[][] {
  const alike = new Map<string, Finding[]>();
  for (const one of findings) {
    const key = `${one.task} ${one.cause} ${shapeOf(one)}`;
    const group = alike.get(key);
    if (group === undefined) alike.set(key, [one]);
    else group.push(one);
  }
  return [...alike.values()].flatMap((group) =>
    group.length > mostAlike ? [group] : group.map((one) => [one]),
  );
}

/** The sentence without what differs from item to item: names and numbers. */
const shapeOf = ({ about, sentence }: Finding): string =>
  sentence.replaceAll(about, '').replaceAll(/\d+/g, '');

function groupLines(group: readonly Finding[], colours: Colours, named: boolean): string[] {
  const [first] = group;
  if (first === undefined) return [];
  if (group.length === 1) return findingLines(first, colours, named);
  const names = group.slice(0, namesOfGroup).map(({ about }) => about);
  const rest = group.length - names.length;
  const more = rest === 0 ? '' : ` and ${rest} others`;
  const lead = `${named ? `${first.task}: ` : ''}${colours.yellow(first.cause)}: ${group.length} items: ${names.join(', ')}${more}; the first of them:`;
  return ['', lead, ...findingLines(first, colours, false).slice(1)];
}

/** What test failures and findings of the checker take: a finding, and the hops below it. */
export const findingLines = (
  { cause, hops, sentence, task }: Finding,
  colours: Colours = noColours,
  named = false,
): string[] => [
  '',
  `${named ? `${task}: ` : ''}${colours.yellow(cause)}: ${sentence}`,
  ...hops.map((hop) => hopLine(hop, colours)),
];

function hopLine({ actor, functions, sentence, step }: Hop, colours: Colours): string {
  const path = functions.map((name) => `${name}()`).join(' → ');
  const where = path === '' ? '' : `${colours.cyan(path)}: `;
  return `  ${colours.dim(`step ${step}`.padEnd(8))} ${actor}: ${where}${sentence}`;
}
