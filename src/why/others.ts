/** Of a call that is none of epoll's: what came of it, and what it did. */
import { delays } from './course.ts';
import { effects } from './effects.ts';
import { type Call, rootOf } from './history/happening.ts';
import type { Snapshot } from './history/snapshot.ts';
import type { History } from './history.ts';
import { rootHop } from './hops.ts';
import { outcomeOf } from './outcome.ts';
import { wokeNobody } from './quiet.ts';
import { signalsOf } from './signals.ts';
import type { Finding } from './verdict.ts';

export function ofOther(call: Call, step: number, asked: Snapshot, history: History): Finding[] {
  const held = delays(call, step, history).length > 0;
  const outcome = held ? null : outcomeOf(call, step, asked, history);
  const base = { about: call.name, task: call.task.comm, fd: null };
  const brought = effects(call, step, asked, history);
  const woke = brought.some(({ cause }) => cause === 'wakes');
  const findings = [
    ...(outcome === null ? [] : [{ ...base, ...outcome }]),
    ...signalsOf(call, history)
      .filter(({ cause }) => !woke || cause !== 'signal-taken' || kills(call, history))
      .map((one) => ({ ...base, ...one })),
    ...brought,
    ...(call.name === 'close' && brought.length === 0 ? stillOpen(call, asked, history) : []),
  ];
  return findings.length > 0 ? findings : wokeNobody(call, asked, history);
}

/** Did it send a signal that is the end of somebody? */
const kills = (call: Call, { signals }: History): boolean =>
  signals.some(({ fate, scope }) => fate === 'fatal' && rootOf(scope) === call);

/** A close that was not the last one of its file. */
function stillOpen(call: Call, asked: Snapshot, history: History): Finding[] {
  const { ended, file, fileName, task } = call;
  if (file === null || ended?.ret !== 0) return [];
  const users = history.calls.filter(
    (one) =>
      one.file === file && one.seq < call.seq && (one.ended === null || one.ended.seq > ended.seq),
  );
  const numbers = asked.open.get(file) ?? [];
  const by = [
    ...users.map((one) => `${one.task.comm}, which is in ${one.name}() since step ${one.step}`),
    ...numbers,
  ];
  if (by.length === 0) return [];
  return [
    {
      about: fileName ?? '',
      task: task.comm,
      fd: null,
      cause: 'still-open',
      sentence: `${fileName} stays open, so nothing else happens: it is still in use as ${by.join(', ')}`,
      hops: rootHop(call, history),
    },
  ];
}
