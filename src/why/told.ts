/** Why an item was told of: from the call that made its file ready to the event. */
import type { Call, Change, Happening, History } from './history.ts';
import { lastOf, rootOf } from './history.ts';
import { callbackChain, changeHop, type Hop, hopOf, hopsInCall } from './hops.ts';

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

/** Since when a file has what it was told to have; nothing where the chain says so already. */
export function readySince(
  file: number,
  name: string,
  events: number,
  seq: number,
  history: History,
): Hop[] {
  const changes = history.changesOf(file).filter((one) => one.seq < seq);
  const gained = changes.filter(({ from, to }) => (from & events) === 0 && (to & events) !== 0);
  const last = gained.at(-1);
  return last === undefined ? [] : [changeHop(last, name)];
}

/** Who slept and was woken for it. */
export function wakeupsBy(origin: Happening | null, call: Call, history: History): Hop[] {
  if (origin === null) return [];
  const woken = history.happenings.find(
    ({ fact, about, seq, scope }) =>
      fact === 'wakeup' &&
      about === call.task.comm &&
      seq > call.seq &&
      seq >= origin.seq &&
      rootOf(scope) === rootOf(origin.scope),
  );
  if (woken === undefined) return [];
  return [
    hopOf(
      woken,
      `wakes ${woken.about}, which sleeps in ${call.name}() since step ${call.step}`,
      origin,
    ),
  ];
}

/** The whole chain to an event that was told in `call`. */
export function toldChain(
  told: Happening,
  call: Call,
  file: { readonly id: number; readonly name: string } | null,
  history: History,
): Hop[] {
  const scan = scanOf(told, history);
  const { first, hops } = originOf(told.object, scan, history);
  const chain: Hop[] = [];
  if (file !== null && first !== null && (first.fact === 'again' || first.fact === 'found')) {
    chain.push(...readySince(file.id, file.name, told.detail, told.seq, history));
  }
  chain.push(...hops, ...wakeupsBy(first, call, history));
  chain.push(...laterOf(told, first, file, history));
  const has = foundBefore(told, history);
  const early = has !== undefined && has.step !== told.step;
  if (early) chain.push(hopOf(has));
  chain.push(
    early
      ? hopOf(told, `the event of ${told.about} is copied: told to ${told.task.comm}`)
      : hopOf(told),
  );
  const after = history.of(told.object).filter(({ seq }) => seq > told.seq);
  const next = after.find(({ fact }) => fact === 'again' || fact === 'disarmed' || fact === 'told');
  if (next !== undefined && next.fact !== 'told' && next.scope === told.scope)
    chain.push(hopOf(next));
  return chain;
}

/** When the scan found it ready: its event may be copied later. */
const foundBefore = ({ object, seq }: Happening, history: History): Happening | undefined =>
  lastOf(history.of(object), (one) => one.fact === 'has' && one.seq < seq);

/** What came after the item was put onto the list, and is part of what was told. */
export function gainsOf(
  told: Happening,
  first: Happening | null,
  file: { readonly id: number } | null,
  history: History,
): Change[] {
  if (file === null || first === null) return [];
  const until = foundBefore(told, history)?.seq ?? told.seq;
  return history.changesOf(file.id).filter(({ by, from, seq, to }) => {
    const news = to & ~from & told.detail;
    return news !== 0 && seq > first.seq && seq < until && by !== rootOf(first.scope);
  });
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

function laterOf(
  told: Happening,
  first: Happening | null,
  file: { readonly id: number; readonly name: string } | null,
  history: History,
): Hop[] {
  const changed = changeOf(told, first, history);
  const gains = gainsOf(told, first, file, history).map((one) => changeHop(one, file?.name ?? ''));
  const hops = changed === undefined ? gains : [...gains, ...hopsInCall(changed, history)];
  return hops.sort((a, b) => a.seq - b.seq);
}
