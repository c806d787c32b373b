/**
 * Ways through a recording. A place is the number of moments that have happened: 0 is before all of
 * them, and behind moment `n` is place `n + 1`.
 */
import type { Moment } from '../../model/recording.ts';

type Moments = readonly Moment[];

/** From a place to another one. */
export type Move = (moments: Moments, place: number) => number;

export const forward: Move = (moments, place) => Math.min(place + 1, moments.length);

export const back: Move = (_, place) => Math.max(place - 1, 0);

/** Behind the system call that the task is in, or that comes next; a step where there is none. */
export const overCall: Move = (moments, place) => {
  const inside = callAround(moments, place);
  const call = inside ?? (moments[place]?.kind === 'call' ? place : null);
  return call === null ? forward(moments, place) : (endOf(moments, call) ?? moments.length);
};

/** Before the system call that the task is in, or has just come back from; a step where there is none. */
export const backOverCall: Move = (moments, place) => {
  const inside = callAround(moments, place);
  if (inside !== null) return inside;
  const last = moments[place - 1];
  if (last?.kind !== 'return') return back(moments, place);
  for (let i = place - 1; i >= 0; i--) if (endOf(moments, i) === place) return i;
  return back(moments, place);
};

/** Behind the next wakeup; the end where there is none. */
export const toWakeup: Move = (moments, place) => {
  const next = moments.findIndex(({ kind }, i) => i >= place && kind === 'wakeup');
  return next < 0 ? moments.length : next + 1;
};

/** Behind the wakeup before this place; the beginning where there is none. */
export const backToWakeup: Move = (moments, place) => {
  for (let i = place - 2; i >= 0; i--) if (moments[i]?.kind === 'wakeup') return i + 1;
  return 0;
};

/** Which call the task that has just done something is inside of, as its moment; null if none. */
function callAround(moments: Moments, place: number): number | null {
  const task = moments[place - 1]?.task;
  const open: number[] = [];
  for (let i = 0; i < place; i++) {
    const moment = moments[i];
    if (moment?.task !== task) continue;
    if (moment?.kind === 'call') open.push(i);
    else if (moment?.kind === 'return') open.pop();
    else if (moment?.kind === 'exit') open.length = 0;
  }
  return open.at(-1) ?? null;
}

/** The place behind the return of a call; null for what is no call, or does not return. */
function endOf(moments: Moments, call: number): number | null {
  const { kind, task } = moments[call] as Moment;
  if (kind !== 'call') return null;
  let depth = 0;
  for (let i = call; i < moments.length; i++) {
    const moment = moments[i] as Moment;
    if (moment.task !== task) continue;
    if (moment.kind === 'exit') return i + 1;
    if (moment.kind === 'call') depth++;
    if (moment.kind === 'return' && --depth === 0) return i + 1;
  }
  return null;
}

/** A system call as a bar of the timeline: from its moment up to the place behind its return. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The system calls of a task; one that never returns lasts until the end. */
export const spansOf = (moments: Moments, task: string): Span[] =>
  moments.flatMap(({ kind, task: who }, from) =>
    kind === 'call' && who === task ? [{ from, to: endOf(moments, from) ?? moments.length }] : [],
  );

/** Who has a lane: the tasks and interrupts, in the order in which they come up. */
export const contextsOf = (moments: Moments): string[] => [
  ...new Set(moments.map(({ context }) => context)),
];

/** The first place whose sentence has this in it; also as notes have it, with their function. */
export function placeOf(moments: Moments, text: string): number | null {
  const found = moments.findIndex((moment) => wordsOf(moment).some((one) => one.includes(text)));
  return found < 0 ? null : found + 1;
}

/** `ep5[3]: onto rdllist` is known as `ep_poll_callback: onto rdllist`, too. */
const wordsOf = ({ fn, kind, sentence }: Moment): string[] =>
  kind === 'note' ? [sentence, `${fn}: ${sentence.slice(sentence.indexOf(': ') + 2)}`] : [sentence];
