/** The call took the item off the list, and its file had nothing any more. */
import { EPOLLERR, EPOLLHUP } from '../../kernel/uapi/eventpoll.ts';
import type { Change } from '../history/changes.ts';
import { type Happening, lastOf, rootOf } from '../history/happening.ts';
import { bits, changeHop, type Hop, hopOf, hopsInCall, keyText } from '../hops.ts';
import { changeOf, originOf, scanOf } from '../origin.ts';
import { signalFate } from '../signals.ts';
import type { Verdict } from '../verdict.ts';
import { asksFor, type Case, during, lackOf, requestedIn } from './case.ts';
import { lastLoss, lossOfEnds, takenText } from './loss.ts';

/** The call took it off the list, and its file had nothing any more. */
export function filtered(at: Case): Verdict | null {
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
  const unasked = (gone & requestedIn(at.item.mask)) === 0;
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
  const asks = requestedIn(changed.detail);
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
