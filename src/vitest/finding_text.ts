/** A finding of the checker as a failure shows it: what, the interleaving, why. */
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../check/check.ts';
import type { DetectorName } from '../check/detectors/index.ts';
import { storyText } from '../check/story.ts';
import { packageFile } from '../shared/home.ts';
import { faultLines, libertyLines, measureText, unrepeatedLines } from '../shared/words.ts';
import { findingLines } from '../why/text.ts';
import { indented } from './matchers/state.ts';

const width = 98;

/** With its sentence at the top. */
export const findingText = (finding: Finding): string =>
  `${finding.kind}: ${finding.sentence}\n${findingBody(finding)}`;

/** All that stands below the sentence. */
export function findingBody(finding: Finding): string {
  if (!finding.repeats) return unrepeatedLines(finding).join('\n');
  const { because, kind, schedule, story } = finding;
  const reasons = because.flatMap((reason) => findingLines(reason)).join('\n');
  return [
    measureText(finding),
    ...libertyLines(finding),
    ...faultLines(finding, 'options'),
    '',
    indented(storyText(story, width)),
    ...(reasons === '' ? [] : [indented(reasons)]),
    '',
    ...scheduleLines(schedule),
    '',
    `about ${kind}: ${pageOf(kind)}`,
  ].join('\n');
}

/** So long a schedule can still be pasted. */
const pastedAtMost = 500;

function scheduleLines(schedule: string): string[] {
  const { length } = schedule.trimEnd().split('\n');
  return length > pastedAtMost
    ? [`the schedule has ${length.toLocaleString('en-US')} lines, too many to paste`]
    : [
        'to run just this interleaving, paste into the options of checkTest() or simTest():',
        '',
        indented(pasteable(schedule)),
      ];
}

/** A schedule as a member of an object literal. */
export function pasteable(schedule: string): string {
  const text = schedule.trimEnd().replace(/[\\`]|\$\{/g, '\\$&');
  return `schedule: \`\n${indented(text)}\n\`,`;
}

/** Where the page about a detector lies: below the working folder as a short path. */
export function pageOf(kind: DetectorName): string {
  const path = fileURLToPath(packageFile(`docs/detectors/${kind}.md`));
  return existsSync(path) ? shownPath(path) : `docs/detectors/${kind}.md of the package epollsim`;
}

/** A path as terminals make it clickable: short below the working folder, else whole. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return /^\.\.(?:\/|$)/.test(short) ? path : short;
}
