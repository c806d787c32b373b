/** A report as a table: an arrangement a line, and below it what went wrong. */
import { type Colours, noColours } from '../../trace/format.ts';
import type { Extent, HerdRow } from './row.ts';
import type { HerdReport } from './study.ts';
import type { Waiter } from './tally.ts';

const heads: readonly (readonly [string, string])[] = [
  ['', ''],
  ['execu-', 'tions'],
  ['', 'events'],
  ['wake-ups', 'an event'],
  ['', 'wasted'],
  ['told', 'an event'],
  ['steps until', 'one is told'],
  ['fair-', 'ness'],
  ['', 'share of each'],
];

/** Columns of words stand to the left. */
const left: ReadonlySet<number> = new Set([0, 8]);
const said: Readonly<Partial<Record<Extent, string>>> = { all: ' (all)', part: ' so far' };
/** So many waiters have a share of their own. */
const mostShown = 4;

/** A report as a table in text, under `title`. */
export function herdText(
  title: string,
  report: HerdReport,
  { bold, dim, red }: Pick<Colours, 'bold' | 'dim' | 'red'> = noColours,
): string {
  const { complete, kernel, rows, strategy } = report;
  const cells = rows.map((row) => (row.refused === null ? cellsOf(row) : [row.arrangement]));
  const widths = heads.map(([above, below], i) =>
    Math.max(above.length, below.length, ...cells.map((line) => line[i]?.length ?? 0)),
  );
  const pad = (text: string, i: number): string =>
    left.has(i) ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0);
  const line = (texts: readonly string[]): string => texts.map(pad).join('  ');
  const how = strategy === 'exhaustive' || strategy === 'replay' ? '' : `, ${strategy}`;
  const lines = [bold(`${title}: who is woken, and for what, on ${kernel}${how}`), ''];
  for (const i of [0, 1]) lines.push(dim(line(heads.map((head) => head[i] as string)).trimEnd()));
  for (const [i, row] of rows.entries()) {
    const own = line(cells[i] ?? []).trimEnd();
    lines.push(row.refused === null ? own : dim(`${line(cells[i] ?? [])}  no: ${row.refused}`));
    for (const remark of remarksOf(row)) lines.push(red(`  ${remark}`));
  }
  lines.push('');
  if (rows.some(({ extent }) => extent === 'sample')) lines.push(sampleText(report));
  if (rows.some(({ extent }) => extent === 'part')) {
    lines.push('"so far": it was ended before all that it was to run.');
  }
  if (!complete) lines.push('Stopped half way.');
  return `${lines.join('\n').trimEnd()}\n`;
}

function sampleText({ isOfProgram, seed, strategy }: HerdReport): string {
  if (isOfProgram && strategy === 'exhaustive') {
    return `A sample: the schedules of play --seed N, from N = ${seed} on (--seed: from another one).`;
  }
  return `A sample, at random with seed ${seed}: --seed N takes another one.`;
}

function cellsOf({ arrangement, counts, executions, extent }: HerdRow): string[] {
  const { delay, events, fairness, told, waiters, wakeups, wakeupsAnEvent, wasted } = counts;
  const spread =
    wakeupsAnEvent === null
      ? '-'
      : `${wakeupsAnEvent.mean.toFixed(2)} (${range(wakeupsAnEvent.least, wakeupsAnEvent.most)})`;
  return [
    arrangement,
    `${executions}${said[extent] ?? ''}`,
    `${events}`,
    spread,
    wakeups === 0 ? '-' : percent(wasted / wakeups),
    events === 0 ? '-' : (told / events).toFixed(2),
    delay === null ? '-' : `${delay.median} (${range(delay.least, delay.most)})`,
    fairness === null ? '-' : fairness.toFixed(2),
    sharesOf(waiters),
  ];
}

const number = (value: number): string => (Number.isInteger(value) ? `${value}` : value.toFixed(1));
const range = (least: number, most: number): string => `${number(least)} to ${number(most)}`;
const percent = (part: number): string => `${Math.round(100 * part)} %`;

function sharesOf(waiters: readonly Waiter[]): string {
  if (waiters.length <= mostShown) {
    return waiters.map(({ share, task }) => `${task} ${percent(share)}`).join(', ');
  }
  const shares = waiters.map(({ share }) => share);
  const [least, most] = [Math.min(...shares), Math.max(...shares)];
  return `${waiters.length} tasks, ${percent(least)} to ${percent(most)}`;
}

function remarksOf({ counts, executions, problems }: HerdRow): string[] {
  const remarks = problems.map(
    ({ executions: times, kind, sentence }) =>
      `${kind} in ${times} of ${executions} executions: ${sentence}`,
  );
  if (counts.untold > 0) {
    remarks.push(`of ${counts.untold} of ${counts.events} events nobody was told`);
  }
  return remarks;
}

/** One line of JSON. */
export const herdJson = (title: string, report: HerdReport): string =>
  JSON.stringify({ name: title, ...report });
