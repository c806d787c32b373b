/** How an item came onto the list from which a scan took it. */
import { type Happening, lastOf, rootOf } from './history/happening.ts';
import type { History } from './history.ts';
import { callbackChain, type Hop, hopOf, hopsInCall } from './hops.ts';

/** How an item came onto the list from which it was taken at `seq`: the chain, and the first link. */
export interface Origin {
  readonly hops: readonly Hop[];
  /** Null if it is not known. */
  readonly first: Happening | null;
}

/** What puts an item onto a list, or keeps it there. */
const placing: ReadonlySet<string> = new Set([
  'queued',
  'overflowed',
  'found',
  'again',
  'left',
  'moved',
]);

/** When the scan began in which an item was told, or thrown out. */
export function scanOf(taken: Happening, history: History): number {
  const root = rootOf(taken.scope);
  const scan = lastOf(
    history.happenings,
    ({ fact, scope, seq }) => fact === 'scan' && seq < taken.seq && rootOf(scope) === root,
  );
  return scan?.seq ?? taken.seq;
}

export function originOf(item: number, seq: number, history: History): Origin {
  const before = history.of(item).filter((one) => one.seq < seq && placing.has(one.fact));
  const hops: Hop[] = [];
  for (let at = before.pop(); at !== undefined; at = before.pop()) {
    if (at.fact === 'left' || at.fact === 'moved') {
      hops.unshift(hopOf(at));
      continue;
    }
    if (at.fact === 'again') hops.unshift(...hopsInCall(at, history));
    else if (at.fact === 'found') hops.unshift(...hopsInCall(at, history));
    else hops.unshift(...callbackChain(at, history));
    return { hops, first: at };
  }
  return { hops, first: null };
}

/** The mask was changed between the wakeup and the scan. */
export const changeOf = (
  told: Happening,
  first: Happening | null,
  history: History,
): Happening | undefined =>
  lastOf(
    history.of(told.object),
    ({ fact, seq }) => fact === 'changed' && seq > (first?.seq ?? 0) && seq < told.seq,
  );
