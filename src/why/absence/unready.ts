/** The file has nothing that the item asks for. */
import type { Change } from '../history/changes.ts';
import { lastOf } from '../history/happening.ts';
import { bits, callbackChain, changeHop, type Hop, hopsInCall, requestable } from '../hops.ts';
import type { Verdict } from '../verdict.ts';
import { asksFor, type Case, lackOf, requestedIn, silentIn, timerHops } from './case.ts';
import { wentElsewhere } from './exclusive.ts';
import { cameAt, isTaken, lastLoss, readyBefore, takenText } from './loss.ts';

/** Its file has nothing that the item asks for. */
export function notReady(at: Case): Verdict | null {
  const { item } = at;
  if (item.ready === null || (item.ready & item.mask) !== 0) return null;
  const lost = lastLoss(at);
  const spared = lastOf(at.past, ({ fact }) => fact === 'spared');
  if (spared !== undefined && lost !== null && cameAt(at, lost) < spared.seq) {
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
  const alone = requestedIn(item.mask) === 0 ? ' alone' : '';
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

/** Its number stands for another file by now, which is not what the item watches. */
function otherFile({ call, ep, item }: Case): string {
  const behind = call.behind.get(item.fd);
  if (behind === undefined || behind.id === item.file) return '';
  const watched = ep.items.some(({ file, fd }) => file === behind.id && fd === item.fd);
  return watched ? '' : `; ${item.fd} stands for ${behind.name} now, which was not added`;
}
