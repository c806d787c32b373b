/** An item that was not told of: what is known of it, and what more than one answer says of it. */
import { EPOLLERR, EPOLLHUP } from '../../kernel/uapi/eventpoll.ts';
import type { ReturnEvent } from '../../trace/events.ts';
import { type Call, type Happening, lastOf, rootOf } from '../history/happening.ts';
import type { EpollNow, ItemNow, Snapshot } from '../history/snapshot.ts';
import type { History } from '../history.ts';
import { bits, callText, type Hop, hopOf, requestable } from '../hops.ts';
import { lackText } from '../shortfall.ts';
import { silenceHop, silencesOf, silencesText } from '../silence.ts';

/** What is known of the item when the call looked. */
export interface Case {
  readonly item: ItemNow;
  readonly ep: EpollNow;
  readonly call: Call;
  /** How it returned; null if it slept at the moment. */
  readonly ended: ReturnEvent | null;
  /** What happened to the item up to the moment, in order. */
  readonly past: readonly Happening[];
  readonly history: History;
  readonly seq: number;
}

export const during = ({ call, past }: Case): readonly Happening[] =>
  past.filter(({ scope, seq }) => rootOf(scope) === call && seq > call.seq);

/** Did the call sleep on the queue of the instance? */
export const slept = ({ call, ep, history }: Case): boolean =>
  history.of(ep.id).some(({ fact, scope }) => fact === 'sleeps' && rootOf(scope) === call);

/** What of a mask the program has asked for itself. */
export const requestedIn = (mask: number): number => mask & ~(EPOLLERR | EPOLLHUP) & requestable;

export const asksFor = ({ mask }: ItemNow): string =>
  bits(requestedIn(mask) || mask & (EPOLLERR | EPOLLHUP));

/** What the file lacks, with the figures; `known`: that it is empty has been said. */
export function lackOf({ item, history, seq }: Case, known = false): string {
  const missing = item.mask & ~(item.ready ?? 0);
  for (const snapshot of [history.asked, history.last]) {
    if (snapshot === null || snapshot.seq < seq) continue;
    const later = history
      .changesOf(item.file)
      .some((one) => one.seq > seq && one.seq <= snapshot.seq);
    const lacks = snapshot.lacks.get(item.file);
    if (later || lacks === undefined) return '';
    const text = lackText(known && lacks.empty ? { ...lacks, reading: null } : lacks, missing);
    return `${text === null ? '' : `${known ? '; ' : ': '}${text}`}${innerText(item, snapshot, history)}`;
  }
  return '';
}

/** Why an instance that is watched has nothing: what its own items ask for. */
function innerText(item: ItemNow, { epolls }: Snapshot, history: History): string {
  const sources = history.sourcesOf(item.file);
  const inner = epolls.find(({ id }) => sources.includes(id));
  const some = (inner?.items ?? []).slice(0, 3).map((one) => {
    const has = (one.ready ?? 0) & one.mask;
    if (one.disarmed) return `${one.name} is disabled by EPOLLONESHOT`;
    return has === 0
      ? `${one.name} asks for ${asksFor(one)}, and ${one.fileName} has ${bits(one.ready ?? 0)}`
      : `${one.name} has ${bits(has)}, which was told`;
  });
  return some.length === 0 ? '' : `: ${some.join('; ')}`;
}

/** Where the file kept still about what the item asks for. */
export function silentIn(
  { history, item, seq }: Case,
  from: number,
): { text: string; hops: Hop[] } {
  const all = silencesOf(item.file, item.mask, from, seq, history);
  const found = all.filter(
    (one, i) => all[i + 1]?.step !== one.step || all[i + 1]?.fact !== one.fact,
  );
  return {
    text: found.length === 0 ? '' : `; ${silencesText(found)}`,
    hops: found.slice(-maxSilences).map(silenceHop),
  };
}

/** Of many that say the same the last ones are enough. */
const maxSilences = 3;

/** What was last done to a timer. */
export function timerHops({ history, item, seq }: Case): Hop[] {
  const last = lastOf(timerFacts(item, history), (one) => one.seq <= seq);
  if (last === undefined) return [];
  const root = rootOf(last.scope);
  const call = root?.kind === 'call' ? callText(root as Call) : '';
  if (last.fact === 'armed') return [hopOf(last, `${call} sets the timer`)];
  if (last.fact === 'disarmed') return [hopOf(last, `${call} stops the timer`)];
  return [hopOf(last, 'the timer fires, and is not armed again')];
}

export const timerFacts = (item: ItemNow, history: History): Happening[] =>
  history
    .sourcesOf(item.file)
    .flatMap((source) => history.of(source))
    .filter(({ fact }) => fact === 'armed' || fact === 'disarmed' || fact === 'fired');
