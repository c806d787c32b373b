/** An exclusive wakeup that ended before it came to an item: who had it instead. */
import { type Happening, isWithin, lastOf } from '../history/happening.ts';
import type { History } from '../history.ts';
import { callbackChain, hopOf } from '../hops.ts';
import type { Verdict } from '../verdict.ts';
import type { Case } from './case.ts';

export function wentElsewhere({ history, item }: Case, spared: Happening, more = ''): Verdict {
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
