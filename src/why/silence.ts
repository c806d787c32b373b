/** Why nobody was woken where somebody might expect it: what the kernel says where it keeps still. */
import type { Silence } from '../kernel/trace.ts';
import { givers, takers } from '../trace/calls/kinds.ts';
import { type Happening, rootOf } from './history/happening.ts';
import type { History } from './history.ts';
import { type Hop, hopOf } from './hops.ts';
import { readingBits, writingBits } from './shortfall.ts';

/** What each comes to, and whom it leaves asleep. */
const silences: Readonly<
  Record<Silence, { readonly of: 'readers' | 'writers'; readonly text: string }>
> = {
  'still full': {
    of: 'writers',
    text: 'no slot of the pipe became free, so the read wakes no writer',
  },
  'was not full': { of: 'writers', text: 'the pipe was not full, so the read wakes no writer' },
  'was not empty': {
    of: 'readers',
    text: 'the pipe was not empty, so the write wakes nobody: on this kernel only one to an empty pipe does',
  },
  'never polled': {
    of: 'readers',
    text: 'the pipe was not empty, and nobody has polled it yet, so the write wakes nobody',
  },
  'packet left': {
    of: 'writers',
    text: 'part of a packet is left, and all of its memory counts as that of the sender until it is used up: nobody is woken',
  },
  'no room yet': {
    of: 'writers',
    text: 'there is more room, but not enough for a wakeup of writers',
  },
  'not asked for room': {
    of: 'writers',
    text: 'SOCK_NOSPACE is not set, as nobody has found the send buffer full: room wakes nobody',
  },
  'too few bytes': {
    of: 'readers',
    text: 'there are fewer bytes than SO_RCVLOWAT asks for, so tcp_data_ready() wakes nobody',
  },
  deferred: {
    of: 'readers',
    text: 'TCP_DEFER_ACCEPT: the connection waits for its first data, and is not there for accept() yet',
  },
  dropped: { of: 'readers', text: 'the receive buffer is full, and the packet is dropped' },
  'line not over': {
    of: 'readers',
    text: 'the terminal is in canonical mode, and keeps what was typed until the line is over',
  },
  merged: {
    of: 'readers',
    text: 'the event is the same as the last one that waits, and is merged with it: nobody is woken',
  },
  'not watched': { of: 'readers', text: 'no watch has this event in its mask' },
};

export const isSilence = (fact: Happening['fact']): fact is Silence =>
  Object.hasOwn(silences, fact);

export const silenceText = (happening: Happening): string =>
  isSilence(happening.fact) ? silences[happening.fact].text : '';

const concerns = (fact: Silence, mask: number): boolean =>
  (mask & (silences[fact].of === 'readers' ? readingBits : writingBits)) !== 0;

/** Where a file kept still about what `mask` asks for, in the order of time. */
export function silencesOf(
  file: number,
  mask: number,
  from: number,
  until: number,
  history: History,
): Happening[] {
  return history
    .sourcesOf(file)
    .flatMap((source) => history.of(source))
    .filter(
      ({ fact, seq }) => seq > from && seq <= until && isSilence(fact) && concerns(fact, mask),
    )
    .sort((a, b) => a.seq - b.seq);
}

/** Where a call kept still: what it put in is for readers, what it took out for writers. */
export function silencesIn(
  call: { readonly name: string },
  own: readonly Happening[],
): Happening[] {
  const gives = givers.has(call.name);
  const takes = takers.has(call.name);
  const found = own.filter(
    ({ fact }) =>
      isSilence(fact) &&
      (silences[fact].of === 'readers'
        ? !takes
        : !gives && (takes || fact !== 'not asked for room')),
  );
  return found.filter(
    ({ fact, object }, i) =>
      found.findIndex((one) => one.fact === fact && one.object === object) === i,
  );
}

export const silenceHop = (one: Happening): Hop => hopOf(one, `${one.about}: ${silenceText(one)}`);

/** The last of each kind, as `(step 5: no slot became free)`. */
export function silencesText(found: readonly Happening[]): string {
  const last = found.at(-1);
  if (last === undefined) return '';
  const root = rootOf(last.scope);
  const by = root?.kind === 'call' ? ` (${root.name})` : '';
  return `step ${last.step}${by}: ${silenceText(last)}`;
}
