/** Why an item was not told of: the branch that ended the way, and the chain that led there. */
import type { ReturnEvent } from '../trace/events.ts';
import { type Case, during } from './absence/case.ts';
import { filtered } from './absence/filtered.ts';
import { inScan, listed, noRoom, onOverflow } from './absence/listed.ts';
import { notQueued } from './absence/unqueued.ts';
import { notReady } from './absence/unready.ts';
import { type Call, lastOf } from './history/happening.ts';
import type { EpollNow, ItemNow } from './history/snapshot.ts';
import type { History } from './history.ts';
import { callbackChain, hopsInCall } from './hops.ts';
import type { Verdict } from './verdict.ts';

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

/** The shot was spent while the item stood on a list: the scan finds nothing that it asks for. */
const oneshotInScan = (at: Case): Verdict | null =>
  at.item.disarmed && during(at).some(({ fact }) => fact === 'gone') ? disabled(at) : null;

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
