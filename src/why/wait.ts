/** What epoll_wait() came to: what was told, and why the rest of the set was not. */
import { absence } from './absence.ts';
import { delays, diedFinding, laterReturn, timedOut } from './course.ts';
import { failure } from './errors.ts';
import type { Call } from './history/happening.ts';
import type { ItemNow, Snapshot } from './history/snapshot.ts';
import type { History } from './history.ts';
import { originOf } from './origin.ts';
import { sleptThrough } from './signals.ts';
import { toldFinding, toldIn } from './told.ts';
import { emptySet, goneItems, unwatched } from './unregistered.ts';
import type { Finding } from './verdict.ts';

export function ofWait(call: Call, step: number, asked: Snapshot, history: History): Finding[] {
  const base = { task: call.task.comm };
  const ended = call.ended !== null && (call.endedIn ?? 0) <= step ? call.ended : null;
  if (ended !== null && ended.ret < 0) {
    return [
      {
        ...base,
        about: call.name,
        fd: null,
        cause: 'call-failed',
        ...failure(call, history),
      },
    ];
  }
  const ep = asked.epolls.find(({ id }) => id === call.ep) ?? null;
  const died = diedFinding(call);
  if (ep === null && died.length > 0) return died;
  const told = toldIn(call, history).filter((one) => one.step <= step || call.endedIn === step);
  const findings = told.map((one) => toldFinding(one, call, history));
  if (ep === null) return findings;
  const seen = new Set(told.map(({ object }) => object));
  const others = ep.items.filter(({ id }) => !seen.has(id));
  if (ep.items.length === 0 && told.length === 0) {
    findings.push({ ...base, about: ep.name, fd: null, ...emptySet(ep, history) });
  }
  return [
    ...findings,
    ...others.map((item) => ({
      ...base,
      about: item.name,
      fd: item.fd,
      ...absence(
        ended === null ? item : itemAt(item, ended.seq, history),
        ep,
        call,
        ended,
        ended?.seq ?? asked.seq,
        history,
      ),
    })),
    ...goneItems(ep, call, ended?.seq ?? asked.seq, history),
    ...(told.length === 0 ? unwatched(ep, call, asked, history) : []),
    ...laterReturn(call, step, history),
    ...sleptThrough(call, ended?.seq ?? asked.seq, history).map((one) => ({
      ...base,
      about: call.name,
      fd: null,
      ...one,
    })),
    ...timedOut(call, step),
    ...died,
    ...delays(call, step, history),
  ];
}

/** The item as it was at an earlier moment. */
function itemAt(item: ItemNow, seq: number, history: History): ItemNow {
  const { first } = originOf(item.id, Number.POSITIVE_INFINITY, history);
  const later = first !== null && first.seq > seq;
  const before = history.changesOf(item.file).filter((one) => one.seq <= seq);
  const ready = item.ready === null ? null : (before.at(-1)?.to ?? 0);
  return { ...item, ready, on: later ? null : item.on };
}
