/** The file is ready, the item armed, and it is on no list: no wakeup has queued it. */
import { EPOLLET } from '../../kernel/uapi/eventpoll.ts';
import { takers } from '../../trace/calls/kinds.ts';
import { type Call, type Happening, lastOf } from '../history/happening.ts';
import { bits, callbackChain, changeHop, type Hop, hopOf, hopsInCall, rootHop } from '../hops.ts';
import { originOf } from '../origin.ts';
import { readingBits } from '../shortfall.ts';
import type { Verdict } from '../verdict.ts';
import { type Case, silentIn, slept, timerFacts, timerHops } from './case.ts';
import { wentElsewhere } from './exclusive.ts';

/** The file is ready, the item armed, and it is on no list: no wakeup has queued it. */
export function notQueued(at: Case): Verdict {
  const { past } = at;
  const told = lastOf(past, ({ fact }) => fact === 'told');
  const since = past.filter(({ seq }) => seq > (told?.seq ?? 0));
  const spared = lastOf(since, ({ fact }) => fact === 'spared');
  if (spared !== undefined) return wentElsewhere(at, spared);
  const masked = lastOf(since, ({ fact }) => fact === 'masked');
  return told === undefined ? neverTold(at, masked) : toldBefore(at, told, masked);
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
