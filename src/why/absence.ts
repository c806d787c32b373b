/** Why an item was not told of: the branch that ended the way, and the chain that led there. */

import { EPOLLERR, EPOLLET, EPOLLHUP } from '../kernel/uapi/eventpoll.ts';
import { givers, takers } from '../trace/calls/kinds.ts';
import type { ReturnEvent } from '../trace/events.ts';
import {
  type Call,
  type Change,
  type EpollNow,
  type Happening,
  type History,
  type ItemNow,
  isWithin,
  lastOf,
  rootOf,
  type Snapshot,
  stepOf,
} from './history.ts';
import {
  bits,
  callbackChain,
  callText,
  changeHop,
  type Hop,
  hopOf,
  hopsInCall,
  keyText,
  requestable,
  rootHop,
} from './hops.ts';
import { lackText, readingBits } from './shortfall.ts';
import { signalFate } from './signals.ts';
import { silenceHop, silencesOf, silencesText } from './silence.ts';
import { changeOf, originOf, scanOf } from './told.ts';

/** The branch that ended it. */
export type Cause =
  | 'told'
  | 'filtered-when-polled-again'
  | 'no-room'
  | 'in-ovflist'
  | 'in-scan'
  | 'on-list'
  | 'lists-seen-empty'
  | 'disabled-by-oneshot'
  | 'not-in-mask'
  | 'masked-by-key'
  | 'taken-by-another-waiter'
  | 'consumed'
  | 'not-ready'
  | 'exclusive-went-elsewhere'
  | 'no-new-wakeup'
  | 'not-registered'
  | 'call-failed'
  | 'timed-out'
  | 'wakes'
  | 'waits-for-mutex'
  | 'still-registered'
  | 'removed'
  | 'already-linked'
  | 'queued'
  | 'sleeps'
  | 'ended'
  | 'end-of-file'
  | 'still-open'
  | 'signal-ignored'
  | 'signal-blocked'
  | 'signal-taken'
  | 'no-wakeup'
  | 'nobody-waits';

/** What is answered of one item. */
export interface Verdict {
  readonly cause: Cause;
  readonly sentence: string;
  readonly hops: readonly Hop[];
}

/** What is known of the item when the call looked. */
interface Case {
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

export function absence(
  item: ItemNow,
  ep: EpollNow,
  call: Call,
  ended: ReturnEvent | null,
  seq: number,
  history: History,
): Verdict {
  const past = history.of(item.id).filter((one) => one.seq <= seq);
  const at: Case = { item, ep, call, ended, past, history, seq };
  return (
    oneshotInScan(at) ??
    filtered(at) ??
    noRoom(at) ??
    onOverflow(at) ??
    inScan(at) ??
    listed(at) ??
    disabled(at) ??
    notReady(at) ??
    notQueued(at)
  );
}

const during = ({ call, past }: Case): readonly Happening[] =>
  past.filter(({ scope, seq }) => rootOf(scope) === call && seq > call.seq);

/** The shot was spent while the item stood on a list: the scan finds nothing that it asks for. */
const oneshotInScan = (at: Case): Verdict | null =>
  at.item.disarmed && during(at).some(({ fact }) => fact === 'gone') ? disabled(at) : null;

/** The call took it off the list, and its file had nothing any more. */
function filtered(at: Case): Verdict | null {
  const gone = lastOf(during(at), ({ fact }) => fact === 'gone');
  if (gone === undefined) return null;
  const { item, history } = at;
  const { first, hops } = originOf(item.id, scanOf(gone, history), history);
  const changed = changeOf(gone, first, history);
  if (changed !== undefined) return askedOtherwise(at, gone, changed, hops);
  const lost = lastLoss(at) ?? lossOfEnds(at, first?.seq ?? 0);
  return {
    cause: 'filtered-when-polled-again',
    sentence:
      `${item.name} was on the list, and was filtered out when ep_send_events() polled it again: ` +
      `${item.fileName} has nothing of ${asksFor(item)}${lost === null ? neverHad(at) : lostText(lost, at)}` +
      `${lackOf(at, lost !== null)}${lost === null ? signalText(at, first) : ''}`,
    hops: [...hops, ...(lost === null ? [] : [changeHop(lost, item.fileName)]), hopOf(gone)],
  };
}

/** Of what it asks for nothing is left; or of an error that it was told of unasked. */
function lostText(lost: Change, at: Case): string {
  const gone = lost.from & ~lost.to;
  const unasked = (gone & askedIn(at.item.mask)) === 0;
  const more = unasked ? `, nor ${bits(gone & (EPOLLERR | EPOLLHUP))},` : '';
  return `${more} any more: ${takenText(lost, at)}`;
}

/** What became of the signal that had queued the item of a signalfd. */
function signalText({ history, item }: Case, first: Happening | null): string {
  if (!item.signalfd || first === null) return '';
  const sent = lastOf(history.signals, ({ scope }) => rootOf(scope) === rootOf(first.scope));
  return sent === undefined ? '' : `; of step ${sent.step}: ${signalFate(sent, history)}`;
}

/** A MOD came between the wakeup and the scan. */
function askedOtherwise(
  { history, item }: Case,
  gone: Happening,
  changed: Happening,
  hops: readonly Hop[],
): Verdict {
  const asks = askedIn(changed.detail);
  return {
    cause: 'filtered-when-polled-again',
    sentence:
      `${item.name} was on the list, and step ${changed.step} changed what it asks for to ${asks === 0 ? 'EPOLLERR|EPOLLHUP alone' : bits(asks)}: ` +
      `when ep_send_events() polled it again, ${item.fileName} had ${(item.ready ?? 0) === 0 ? '' : 'only '}${bits(item.ready ?? 0)}`,
    hops: [...hops, ...hopsInCall(changed, history), hopOf(gone)],
  };
}

/** The key of a wakeup may name more than the file has. */
function neverHad({ item, past }: Case): string {
  const queued = lastOf(past, ({ fact }) => fact === 'queued' || fact === 'overflowed');
  const has = item.ready === null || item.ready === 0 ? '' : `, only ${bits(item.ready)}`;
  return queued === undefined
    ? has
    : `${has}, although the wakeup of step ${queued.step} had ${queued.detail === 0 ? '' : 'the '}${keyText(queued.detail)}`;
}

/** What the file lacks, with the figures; `known`: that it is empty has been said. */
function lackOf({ item, history, seq }: Case, known = false): string {
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

function noRoom(at: Case): Verdict | null {
  const left = lastOf(during(at), ({ fact }) => fact === 'left');
  const { call, ended, item, history } = at;
  if (left === undefined || ended === null || ended.ret <= 0) return null;
  return {
    cause: 'no-room',
    sentence:
      `${item.name} is ready and on the list, but the call had room for ${String(call.event.args[2])} ` +
      `(maxevents) and others stood before it; it stays on rdllist for the next call`,
    hops: [
      ...originOf(item.id, left.seq, history).hops.filter(({ seq }) => seq !== left.seq),
      hopOf(left),
    ],
  };
}

function onOverflow(at: Case): Verdict | null {
  const { ep, item, history, seq } = at;
  if (item.on !== 'ovflist') return null;
  return {
    cause: 'in-ovflist',
    sentence:
      `${item.name} is still in ovflist: it became ready while ${ep.scanner ?? 'somebody'} is in a scan ` +
      `of ${ep.name}, and moves to rdllist when that scan ends`,
    hops: originOf(item.id, seq + 1, history).hops,
  };
}

/** A scan has taken it over, or has it in its hands at the moment. */
function inScan(at: Case): Verdict | null {
  const { call, ended, ep, item, history, seq } = at;
  if (ep.scanner === null) return null;
  const { first, hops } = originOf(item.id, seq + 1, history);
  if (item.on !== 'txlist' && (first === null || isDone(at, first))) return null;
  if (ended !== null && item.on === 'txlist') return seenEmpty(at, hops);
  const own = ended === null && ep.scanner === call.task.comm;
  const found = at.past.some(({ fact, seq: then }) => fact === 'has' && then > (first?.seq ?? 0));
  const where =
    item.on === 'txlist'
      ? 'it waits in the list that the scan has taken over'
      : found
        ? 'the scan is about to copy its event'
        : 'the scan has it in hand, and is about to poll its file';
  return {
    cause: own ? 'in-scan' : 'taken-by-another-waiter',
    sentence: own
      ? `${item.name} is in the scan of this very call, which is not over: ${where}`
      : `${item.name} was taken by another waiter, ${ep.scanner}, which is in the middle of a scan: ${where}`,
    hops,
  };
}

/** It was ready all the time, and a look without the lock met the moment between the lists. */
function seenEmpty({ call, ep, item, history }: Case, hops: readonly Hop[]): Verdict {
  const scan = lastOf(history.of(ep.id), ({ fact }) => fact === 'scan');
  return {
    cause: 'lists-seen-empty',
    sentence:
      `${item.name} is ready, and the scan of ${ep.scanner ?? 'another task'} has just taken it over: ` +
      `${call.task.comm} looked at rdllist and ovflist without the lock, in ep_events_available(), and found both empty`,
    hops: [
      ...hops,
      ...(scan === undefined
        ? []
        : [hopOf(scan, `takes the items of ${ep.name} over, and has not opened ovflist yet`)]),
    ],
  };
}

/** Was it told, or thrown out, since it came onto the list? */
const isDone = ({ past }: Case, first: Happening): boolean =>
  past.some(({ fact, seq }) => seq > first.seq && (fact === 'told' || fact === 'gone')) ||
  first.fact === 'again';

/** It stands on the list, and this call did not take it. */
function listed(at: Case): Verdict | null {
  const { call, ep, item, history, seq } = at;
  if (item.on !== 'rdllist') return null;
  const { first, hops } = originOf(item.id, seq + 1, history);
  const sleeps = during(at).length > 0 || slept(at);
  if (at.ended === null && !sleeps) {
    return {
      cause: 'on-list',
      sentence: `${item.name} is on the list, and the call is on its way to it`,
      hops,
    };
  }
  const own = first === null ? undefined : wokenFor(at, first);
  if (at.ended === null && own !== undefined) {
    return {
      cause: 'on-list',
      sentence: `${item.name} is on the list, and step ${own.step} woke ${call.task.comm}${first !== null && isWithin(own.scope, first.scope) ? ' for it' : ''}, which has not come to look yet`,
      hops: [...hops, hopOf(own)],
    };
  }
  if (at.ended === null) {
    const woken = first === null ? undefined : wokenInstead(at, first);
    return {
      cause: woken === undefined ? 'on-list' : 'taken-by-another-waiter',
      sentence:
        woken === undefined
          ? `${item.name} is on the list of ${ep.name}, but nobody woke ${call.task.comm} for it`
          : `${item.name} is on the list, and the wakeup for it went to another waiter, ${woken.about}`,
      hops: woken === undefined ? hops : [...hops, hopOf(woken)],
    };
  }
  const scan = lastOf(
    history.of(ep.id),
    ({ fact, scope }) => fact === 'scan' && rootOf(scope) === call,
  );
  if (first !== null && scan !== undefined && first.seq > scan.seq) {
    return {
      cause: 'in-ovflist',
      sentence: `${item.name} became ready while the scan of this very call was open: it came onto ovflist, too late for this call, and from there onto rdllist`,
      hops,
    };
  }
  if (first !== null && first.seq > call.seq) {
    return {
      cause: 'not-ready',
      sentence: `${item.name} came onto the list in step ${first.step}, after the call had looked`,
      hops,
    };
  }
  return {
    cause: call.event.args[3] === 0 || first === null ? 'lists-seen-empty' : 'on-list',
    sentence:
      `${item.name} is on the list all the time, but ep_poll() looked at rdllist and ovflist without the ` +
      'lock, at a moment when it found neither',
    hops,
  };
}

/** The wakeup of the sleeper itself, after the item was queued; none where it has gone to sleep again. */
function wokenFor({ call, ep, history, seq }: Case, first: Happening): Happening | undefined {
  const slept = lastOf(
    history.of(ep.id),
    (one) => one.fact === 'sleeps' && one.seq <= seq && rootOf(one.scope) === call,
  );
  return history.happenings.find(
    (one) =>
      one.fact === 'wakeup' &&
      one.about === call.task.comm &&
      one.seq >= first.seq &&
      one.seq > (slept?.seq ?? 0) &&
      one.seq <= seq,
  );
}

const wokenInstead = ({ call, history }: Case, first: Happening): Happening | undefined =>
  history.happenings.find(
    ({ fact, about, seq, scope }) =>
      fact === 'wakeup' &&
      seq >= first.seq &&
      about !== call.task.comm &&
      rootOf(scope) === rootOf(first.scope),
  );

function disabled({ item, past, history }: Case): Verdict | null {
  if (!item.disarmed) return null;
  const spent = lastOf(past, ({ fact }) => fact === 'disarmed');
  const tries =
    spent === undefined
      ? []
      : past.filter(({ fact, seq }) => fact === 'disabled' && seq > spent.seq);
  const told = spent === undefined ? '' : ` when step ${spent.step} told ${spent.task.comm} of it`;
  return {
    cause: 'disabled-by-oneshot',
    sentence: `${item.name} is disabled by EPOLLONESHOT: its one shot was spent${told}, and EPOLL_CTL_MOD has not armed it again`,
    hops: [
      ...(spent === undefined ? [] : hopsInCall(spent, history)),
      ...tries.flatMap((one) => callbackChain(one, history)),
    ],
  };
}

/** Its file has nothing that the item asks for. */
function notReady(at: Case): Verdict | null {
  const { item } = at;
  if (item.ready === null || (item.ready & item.mask) !== 0) return null;
  const lost = lastLoss(at);
  const spared = lastOf(at.past, ({ fact }) => fact === 'spared');
  if (spared !== undefined && lost !== null && since(at, lost) < spared.seq) {
    return wentElsewhere(at, spared, `; ${takenText(lost, at)}`);
  }
  const other = gainedSince(at, lost?.seq ?? 0);
  if (other !== null) return notAskedFor(at, other);
  if (lost !== null) return consumed(at, lost);
  const asks = asksFor(item);
  const silent = silentIn(at, lastOf(at.past, ({ fact }) => fact === 'added')?.seq ?? 0);
  return {
    cause: 'not-ready',
    sentence:
      `${item.fileName} is not ready: nothing has happened that ${item.name} asks for (${asks})${lackOf(at)}` +
      (item.ready === 0 ? '' : `; it has ${bits(item.ready)}, which is not in its mask`) +
      silent.text +
      otherFile(at),
    hops: [...lastLooks(at), ...silent.hops, ...timerHops(at)],
  };
}

/** What of a mask the program has asked for itself. */
const askedIn = (mask: number): number => mask & ~(EPOLLERR | EPOLLHUP) & requestable;

const asksFor = ({ mask }: ItemNow): string => bits(askedIn(mask) || mask & (EPOLLERR | EPOLLHUP));

/** Where the file kept still about what the item asks for. */
function silentIn({ history, item, seq }: Case, from: number): { text: string; hops: Hop[] } {
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

/** Its number stands for another file by now, which is not what the item watches. */
function otherFile({ call, ep, item }: Case): string {
  const behind = call.behind.get(item.fd);
  if (behind === undefined || behind.id === item.file) return '';
  const watched = ep.items.some(({ file, fd }) => file === behind.id && fd === item.fd);
  return watched ? '' : `; ${item.fd} stands for ${behind.name} now, which was not added`;
}

/** What was last done to a timer. */
function timerHops({ history, item, seq }: Case): Hop[] {
  const last = lastOf(timerFacts(item, history), (one) => one.seq <= seq);
  if (last === undefined) return [];
  const root = rootOf(last.scope);
  const call = root?.kind === 'call' ? callText(root as Call) : '';
  if (last.fact === 'armed') return [hopOf(last, `${call} sets the timer`)];
  if (last.fact === 'disarmed') return [hopOf(last, `${call} stops the timer`)];
  return [hopOf(last, 'the timer fires, and is not armed again')];
}

const timerFacts = (item: ItemNow, history: History): Happening[] =>
  history
    .sourcesOf(item.file)
    .flatMap((source) => history.of(source))
    .filter(({ fact }) => fact === 'armed' || fact === 'disarmed' || fact === 'fired');

/** Somebody took what there was. */
function consumed(at: Case, lost: Change): Verdict {
  const { call, item } = at;
  const silent = silentIn(at, lost.seq);
  const another = lost.by?.kind === 'call' && lost.by.task.pid !== call.task.pid && isTaken(lost);
  return {
    cause: another ? 'taken-by-another-waiter' : 'consumed',
    sentence: `${item.fileName} has nothing of ${asksFor(item)} for ${item.name} any more: ${takenText(lost, at)}${lackOf(at, true)}${silent.text}${otherFile(at)}`,
    hops: [...readyBefore(at, lost), changeHop(lost, item.fileName), ...silent.hops],
  };
}

/** The file became ready, and not for what the item asks for. */
function notAskedFor({ history, item, past }: Case, gained: Change): Verdict {
  const news = gained.to & ~gained.from;
  const masked = lastOf(past, ({ detail, fact }) => fact === 'masked' && (detail & news) !== 0);
  const alone = askedIn(item.mask) === 0 ? ' alone' : '';
  const lead = `${item.name} asks for ${asksFor(item)}${alone}, and ${item.fileName} has only ${bits(item.ready ?? 0)}`;
  if (masked === undefined) {
    return { cause: 'not-in-mask', sentence: lead, hops: [changeHop(gained, item.fileName)] };
  }
  return {
    cause: 'masked-by-key',
    sentence: `${lead}: the wakeup of step ${masked.step} had the key ${bits(masked.detail)}, and ep_poll_callback() found the item masked by the key`,
    hops: callbackChain(masked, history),
  };
}

/** Since the item was added, or since `from`: the last time that the file got something new. */
function gainedSince({ history, item, past, seq }: Case, from: number): Change | null {
  const since = Math.max(from, past.find(({ fact }) => fact === 'added')?.seq ?? 0);
  const news = (one: Change): number => one.to & ~one.from & ~item.mask & requestable;
  const gained = history
    .changesOf(item.file)
    .filter((one) => one.seq > since && one.seq <= seq && news(one) !== 0);
  return gained.filter(({ to }) => (to & (item.ready ?? 0)) !== 0).at(-1) ?? null;
}

/** What the kernel saw of the item last, where nothing else is to be said. */
function lastLooks({ history, past }: Case): Hop[] {
  const looked = lastOf(past, ({ fact }) => fact === 'polled' || fact === 'gone');
  return looked === undefined ? [] : hopsInCall(looked, history);
}

/** When the file last lost all that the item asks for, since it is watched. */
function lastLoss({ history, item, past, seq }: Case): Change | null {
  const added = past.find(({ fact }) => fact === 'added')?.seq ?? 0;
  const asks = askedIn(item.mask);
  const lost = history
    .changesOf(item.file)
    .filter((one) => one.seq <= seq && (one.from & asks) !== 0 && (one.to & asks) === 0);
  const last = lost.at(-1);
  if (last === undefined) return null;
  // What was lost before is a matter of the item only where its file has been full since.
  return last.seq > added || isFilled(last) ? last : null;
}

/** An error or an end that was told, or that a wakeup spoke of, and that is gone. */
function lossOfEnds({ history, item, seq }: Case, from: number): Change | null {
  const ends = EPOLLERR | EPOLLHUP;
  const lost = history
    .changesOf(item.file)
    .filter((one) => one.seq > from && one.seq <= seq && (one.from & ~one.to & ends) !== 0);
  return lost.at(-1) ?? null;
}

/** Room that somebody has used up. */
const isFilled = ({ by }: Change): boolean => by !== null && givers.has(by.name);

/** When that which was lost had come. */
const since = (at: Case, lost: Change): number => gainBefore(at, lost)?.by?.seq ?? 0;

/** What had made it ready before that. */
function readyBefore(at: Case, lost: Change): Hop[] {
  const last = gainBefore(at, lost);
  return last === undefined ? [] : [changeHop(last, at.item.fileName)];
}

function gainBefore({ history, item }: Case, lost: Change): Change | undefined {
  const gained = history
    .changesOf(item.file)
    .filter(
      ({ from, to, seq }) => seq < lost.seq && (from & item.mask) === 0 && (to & item.mask) !== 0,
    );
  return gained.at(-1);
}

const isTaken = ({ by }: Change): boolean => by !== null && takers.has(by.name);

function takenText(lost: Change, { call, item }: Case): string {
  const { by } = lost;
  if (by === null) return `since step ${lost.step}`;
  if (by.kind === 'irq') return `since the interrupt ${by.name} in step ${by.step}`;
  const who = by.task.pid === call.task.pid ? `${by.task.comm} itself` : by.task.comm;
  const what = bits(lost.from & ~lost.to & item.mask);
  const when = `in step ${stepOf(lost)}`;
  return isTaken(lost)
    ? `${who} took what there was (${what}) with ${by.name}() ${when}`
    : `${by.name}() of ${who} ${when} put an end to ${what}`;
}

/** The file is ready, the item armed, and it is on no list: no wakeup has queued it. */
function notQueued(at: Case): Verdict {
  const { past } = at;
  const told = lastOf(past, ({ fact }) => fact === 'told');
  const since = past.filter(({ seq }) => seq > (told?.seq ?? 0));
  const spared = lastOf(since, ({ fact }) => fact === 'spared');
  if (spared !== undefined) return wentElsewhere(at, spared);
  const masked = lastOf(since, ({ fact }) => fact === 'masked');
  return told === undefined ? neverTold(at, masked) : toldBefore(at, told, masked);
}

function wentElsewhere({ history, item }: Case, spared: Happening, more = ''): Verdict {
  const winner = winnerOf(spared, history);
  const woken = winner === null ? undefined : wokenBy(winner, history);
  const to = woken?.about ?? 'another exclusive waiter';
  const by = winner === null ? '' : ` by way of ${winner.about}`;
  return {
    cause: 'exclusive-went-elsewhere',
    sentence: `${item.name} is EPOLLEXCLUSIVE, and the exclusive wakeup of step ${spared.step} went to ${to}${by}: it ended before it came to this item${more}`,
    hops: [...callbackChain(winner ?? spared, history), hopOf(spared)],
  };
}

function toldBefore(at: Case, told: Happening, masked: Happening | undefined): Verdict {
  const { call, history, item } = at;
  const has = bits((item.ready ?? 0) & item.mask);
  const another = told.task.pid !== call.task.pid;
  const silent = silentIn(at, told.seq);
  const left = leftBy(at, told);
  const parts = [
    another
      ? `${item.name} was taken by another waiter: step ${told.step} told ${told.task.comm} of it`
      : `step ${told.step} told ${told.task.comm} of ${item.name}`,
    `and there was no new wakeup since, although it still has ${has}`,
    ...(masked === undefined
      ? []
      : [`(that of step ${masked.step}, with ${bits(masked.detail)}, was masked by the key)`]),
    ...(silent.text === '' ? [] : [`(${silent.text.slice(2)})`]),
    ...(onTheWay(at) === '' ? [] : [`;${onTheWay(at).slice(1)}`]),
    ...unreadTimer(at),
    ...(left === undefined
      ? []
      : [`; ${left.name}() of ${left.task.comm} in step ${left.endedIn} did not take all of it`]),
    ...((item.mask & EPOLLET) === 0 ? [] : ['; edge-triggered, it is told once for each wakeup']),
    ...(another && slept(at)
      ? ['; of those that sleep in one set the newest is woken first, and one for each wakeup']
      : []),
  ];
  return {
    cause: another ? 'taken-by-another-waiter' : 'no-new-wakeup',
    sentence: parts.join(' ').replaceAll(' ;', ';'),
    hops: [
      ...(another ? originOf(item.id, told.seq, history).hops : []),
      ...(another ? [hopOf(told)] : hopsInCall(told, history)),
      ...(masked === undefined ? [] : callbackChain(masked, history)),
      ...(left === undefined ? [] : rootHop(left, history)),
      ...silent.hops,
      ...(unreadTimer(at).length === 0 ? [] : timerHops(at)),
    ],
  };
}

/** The last call that took something out of the file and left the rest. */
const leftBy = ({ history, item, seq }: Case, told: Happening): Call | undefined =>
  (item.mask & readingBits) === 0
    ? undefined
    : lastOf(
        history.calls,
        ({ ended, file, name }) =>
          file === item.file &&
          takers.has(name) &&
          ended !== null &&
          ended.ret > 0 &&
          ended.seq > told.seq &&
          ended.seq <= seq,
      );

/** A periodic timer that has fired waits for a read before it starts again. */
function unreadTimer({ history, item, seq }: Case): string[] {
  const last = lastOf(timerFacts(item, history), (one) => one.seq <= seq);
  if (last?.fact !== 'fired' || last.detail === 0) return [];
  return [
    `; its timer has a period of ${last.detail / 1_000_000} ms, but having fired in step ${last.step} it does not start again until it is read`,
  ];
}

/** Did the call sleep on the queue of the instance? */
const slept = ({ call, ep, history }: Case): boolean =>
  history.of(ep.id).some(({ fact, scope }) => fact === 'sleeps' && rootOf(scope) === call);

function neverTold(at: Case, masked: Happening | undefined): Verdict {
  const { history, item, past } = at;
  const has = bits((item.ready ?? 0) & item.mask);
  if (masked !== undefined) {
    return {
      cause: 'masked-by-key',
      sentence: `${item.name} was masked by the key: the wakeup of step ${masked.step} said ${bits(masked.detail)}, which it does not ask for`,
      hops: callbackChain(masked, history),
    };
  }
  const gone = lastOf(past, ({ fact }) => fact === 'gone');
  const since = gone === undefined ? 'the item was added' : `step ${gone.step} found it without`;
  const silent = silentIn(at, gone?.seq ?? past.find(({ fact }) => fact === 'added')?.seq ?? 0);
  return {
    cause: 'no-new-wakeup',
    sentence: `${item.fileName} has ${has}, but no wakeup has said so since ${since}${silent.text}${otherSignals(at, gone)}${onTheWay(at)}`,
    hops: [
      ...(gone === undefined ? [] : hopsInCall(gone, history)),
      ...readyHops(at),
      ...silent.hops,
    ],
  };
}

/** The call that made it ready is not done: the wakeup comes at its end. */
function onTheWay({ history, item, seq }: Case): string {
  const last = lastOf(
    history.changesOf(item.file),
    (one) => one.seq <= seq && (one.to & ~one.from & item.mask) !== 0,
  );
  const call = last?.by?.kind === 'call' ? (last.by as Call) : null;
  if (call === null || (call.ended !== null && call.ended.seq <= seq)) return '';
  return `: ${call.name}() of ${call.task.comm}, which made it so, has not come to its wakeup yet`;
}

/** A signalfd tells each who asks of his own signals, and wakes who stands on the queue of its adder. */
function otherSignals({ call, item, past }: Case, gone: Happening | undefined): string {
  if (!item.signalfd) return '';
  const adder = past.find(({ fact }) => fact === 'added')?.task;
  if (adder !== undefined && adder.tgid !== call.task.tgid) {
    return `: the item stands on the queue of the process of ${adder.comm}, which added it, and signals to ${call.task.comm} do not wake that`;
  }
  if (gone === undefined || gone.task.pid === call.task.pid) return '';
  return `: it was ${gone.task.comm} who polled it then, and a signalfd tells of the pending signals of whoever polls it`;
}

const readyHops = ({ history, item, seq }: Case): Hop[] => {
  const last = history
    .changesOf(item.file)
    .filter((one) => one.seq <= seq)
    .at(-1);
  return last === undefined ? [] : [changeHop(last, item.fileName)];
};

/** Who was woken because an item was queued: in the same callback. */
const wokenBy = ({ scope, seq }: Happening, history: History): Happening | undefined =>
  history.happenings.find(
    (one) => one.fact === 'wakeup' && one.seq > seq && isWithin(one.scope, scope),
  );

/** The item that ended a wakeup. */
export function winnerOf(spared: Happening, history: History): Happening | null {
  const facts: readonly string[] = ['queued', 'overflowed', 'queued already'];
  return (
    lastOf(
      history.happenings,
      ({ caller, fact, seq }) =>
        caller === spared.caller && seq < spared.seq && facts.includes(fact),
    ) ?? null
  );
}
