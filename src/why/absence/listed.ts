/** The item stands on a list, and the call has not come to it. */
import { type Happening, isWithin, lastOf, rootOf } from '../history/happening.ts';
import { type Hop, hopOf } from '../hops.ts';
import { type Origin, originOf } from '../origin.ts';
import type { Verdict } from '../verdict.ts';
import { type Case, during, slept } from './case.ts';

export function noRoom(at: Case): Verdict | null {
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

export function onOverflow(at: Case): Verdict | null {
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
export function inScan(at: Case): Verdict | null {
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
export function listed(at: Case): Verdict | null {
  const { history, item, seq } = at;
  if (item.on !== 'rdllist') return null;
  const origin = originOf(item.id, seq + 1, history);
  return at.ended === null ? listedYet(at, origin) : leftListed(at, origin);
}

/** The call is not over. */
function listedYet(at: Case, { first, hops }: Origin): Verdict {
  const { call, ep, item } = at;
  if (during(at).length === 0 && !slept(at)) {
    return {
      cause: 'on-list',
      sentence: `${item.name} is on the list, and the call is on its way to it`,
      hops,
    };
  }
  const own = first === null ? undefined : wokenFor(at, first);
  if (own !== undefined) {
    return {
      cause: 'on-list',
      sentence: `${item.name} is on the list, and step ${own.step} woke ${call.task.comm}${first !== null && isWithin(own.scope, first.scope) ? ' for it' : ''}, which has not come to look yet`,
      hops: [...hops, hopOf(own)],
    };
  }
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

/** The call came back without it. */
function leftListed({ call, ep, history, item }: Case, { first, hops }: Origin): Verdict {
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
