/** Why an item was told of: from the call that made its file ready to the event. */

import { type Change, stepOf } from './history/changes.ts';
import { type Call, type Happening, lastOf, rootOf, type Scope } from './history/happening.ts';
import type { History } from './history.ts';
import { bits, callText, changeHop, type Hop, hopOf, hopsInCall, keyText } from './hops.ts';
import { itemOf } from './items.ts';
import { changeOf, originOf, scanOf } from './origin.ts';
import type { Finding } from './verdict.ts';

export const toldIn = (call: Call, history: History): Happening[] =>
  history.happenings.filter(({ fact, scope }) => fact === 'told' && rootOf(scope) === call);

export function toldFinding(told: Happening, call: Call, history: History): Finding {
  const item = itemOf(told.object, history);
  const file = item === null ? null : { id: item.file, name: item.fileName };
  const hops = toldChain(told, call, file, history);
  return {
    about: told.about,
    task: call.task.comm,
    fd: item?.fd ?? null,
    cause: 'told',
    sentence: `${told.about}: ${bits(told.detail)} was told to ${call.task.comm}${reason(told, history)}`,
    hops,
  };
}

/** How the item came onto the list, and what came to it there. */
function reason(told: Happening, history: History): string {
  const { first } = originOf(told.object, scanOf(told, history), history);
  const root = rootOf(first?.scope ?? null);
  if (first === null || root === null) return '';
  const item = itemOf(told.object, history);
  const gains = gainsOf(told, first, item === null ? null : { id: item.file }, history);
  const changed = changeOf(told, first, history);
  const more = [
    ...gains.map((one) => {
      const { by, from, to } = one;
      const what = by === null ? '' : ` (${rootText(by)})`;
      return `; ${bits(to & ~from & told.detail)} came in step ${stepOf(one)}${what}`;
    }),
    ...(changed === undefined ? [] : [`; step ${changed.step} changed what it asks for`]),
  ].join('');
  const looked = changed === undefined ? undefined : readyAt(changed, told, history);
  if (looked !== undefined && first.detail !== 0 && (first.detail & told.detail) === 0) {
    return `: it was ready already when step ${looked.step} changed what it asks for (${rootText(rootOf(looked.scope) ?? root)}), and stood on rdllist since step ${first.step}`;
  }
  switch (first.fact) {
    case 'again':
      return `: it was level-triggered and still ready, so step ${first.step} had put it back onto rdllist${more}`;
    case 'found':
      return `: it was ready already when step ${first.step} looked (${rootText(root)})${more}`;
    default:
      return `: step ${first.step} (${rootText(root)}) woke its wait queue with ${keyText(first.detail)}${more}`;
  }
}

/** What EPOLL_CTL_MOD found ready of the new mask. */
const readyAt = (
  { object, scope }: Happening,
  told: Happening,
  history: History,
): Happening | undefined =>
  history
    .of(object)
    .find(
      (one) =>
        one.fact === 'polled' &&
        rootOf(one.scope) === rootOf(scope) &&
        (one.detail & told.detail) !== 0,
    );

const rootText = (root: Scope): string =>
  root.kind === 'call' ? `${root.task.comm}: ${callText(root as Call)}` : `interrupt ${root.name}`;

/** The whole chain to an event that was told in `call`. */
function toldChain(
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
function gainsOf(
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

/** Since when a file has what it was told to have; nothing where the chain says so already. */
function readySince(
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
