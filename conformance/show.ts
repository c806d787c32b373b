/** The difference of two transcripts for a person: step by step, with both sides. */

import {
  differenceOf,
  placeOf,
  type ReadTranscript,
  readTranscript,
} from '../src/scenario/difference.ts';
import type { Entry } from '../src/scenario/transcript.ts';

/** A step as it stands in the document. */
export interface ShownStep {
  readonly thread?: string;
  readonly call: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly bind?: readonly string[];
}

/** What a document is for whoever shows it. */
export interface ShownScenario {
  readonly name?: string;
  readonly steps: readonly ShownStep[];
}

/** One side: who answered, and what. */
export interface Side {
  readonly name: string;
  readonly text: string;
}

const stepsBefore = 12;
const stepsAfter = 2;

/** Lines that show the steps around the first difference, and those that lead up to it. */
export function shownDifference(scenario: ShownScenario, left: Side, right: Side): string[] {
  const { steps } = scenario;
  const calls = steps.map(({ call }) => call);
  const { place } = differenceOf(left.text, right.text, calls);
  const [a, b] = [readTranscript(left.text), readTranscript(right.text)];
  const low = Math.max(0, Math.min(place, steps.length - 1) - stepsBefore);
  const high = Math.min(steps.length - 1, place + stepsAfter);
  const width = Math.max(left.name.length, right.name.length);
  const line = (step: number): string[] => {
    const [one, other] = [outcomesAt(a, step), outcomesAt(b, step)];
    const mark = step === place ? '>' : ' ';
    const head = `${mark}${String(step).padStart(4)}  ${stepText(steps[step] as ShownStep)}`;
    if (one === other) return [head, `         = ${one}`];
    return [
      head,
      `         ${left.name.padEnd(width)}  ${one}`,
      `         ${right.name.padEnd(width)}  ${other}`,
    ];
  };
  const related = relatedSteps(steps, place, low);
  const lines = related.flatMap(line);
  if (low > related.length) lines.push('         …');
  for (let step = low; step <= high; step++) lines.push(...line(step));
  const [one, other] = [endingOf(a), endingOf(b)];
  if (one === other) return lines;
  return [
    ...lines,
    `  end    ${left.name.padEnd(width)}  ${one}`,
    `         ${right.name.padEnd(width)}  ${other}`,
  ];
}

const plain = (value: unknown): string => JSON.stringify(value)?.replaceAll('"', '') ?? '';

/** `t1: epoll_wait(epfd=$ep, maxevents=8, timeout=-1)`. */
export function stepText({ thread, call, args = {}, bind }: ShownStep): string {
  const list = Object.entries(args).map(([name, value]) => `${name}=${plain(value)}`);
  const names = bind === undefined ? '' : ` → ${bind.join(', ')}`;
  return `${thread === undefined ? '' : `${thread}: `}${call}(${list.join(', ')})${names}`;
}

/** What stands after a step: its own result, and those of earlier steps. */
function outcomesAt({ results }: ReadTranscript, step: number): string {
  const there = results.filter((entry) => placeOf(entry) === step);
  return there.map(entryText).join('  ') || 'nothing';
}

function entryText(entry: Entry): string {
  const { step, ...shown } = entry;
  if ('after' in shown) {
    const { after: _, ...rest } = shown;
    return `[${step}] ${plain(rest)}`;
  }
  return plain(shown);
}

const endingOf = ({ blocked, error }: ReadTranscript): string =>
  error === undefined ? `blocked: ${blocked?.join(', ') || 'nobody'}` : `error: ${error}`;

const namesIn = (value: unknown): string[] => plain(value).match(/\$\w+/g) ?? [];

/** Earlier steps, before those that are shown anyway, about the descriptors of the one in question. */
function relatedSteps(steps: readonly ShownStep[], place: number, low: number): number[] {
  const wanted = new Set(namesIn(steps[place]?.args));
  for (const { args } of steps.slice(0, place)) {
    const { epfd, fd } = args ?? {};
    if (typeof epfd === 'string' && wanted.has(epfd) && typeof fd === 'string') wanted.add(fd);
  }
  const found: number[] = [];
  for (const [index, { call, args, bind = [] }] of steps.slice(0, low).entries()) {
    const names = [...namesIn(args), ...bind.map((name) => `$${name}`)];
    if (/^epoll_p?wait2?$/.test(call)) continue;
    if (names.some((name) => wanted.has(name))) found.push(index);
  }
  return found;
}
