/** What a call or an interrupt brought about: the callbacks that its wakeups ran, and what came of each. */
import { winnerOf } from './absence/exclusive.ts';
import { addingOf, removedText } from './errors.ts';
import {
  type Call,
  type Happening,
  isWithin,
  lastOf,
  rootOf,
  type Scope,
} from './history/happening.ts';
import type { Snapshot } from './history/snapshot.ts';
import type { History } from './history.ts';
import { actorOf, bits, callbackChain, type Hop, hopOf, hopsInCall } from './hops.ts';
import { fdOf, itemOf } from './items.ts';
import { scanOf } from './origin.ts';
import { wakeupsBy } from './told.ts';
import type { Cause, Finding } from './verdict.ts';

const callbacks: ReadonlySet<string> = new Set([
  'queued',
  'overflowed',
  'queued already',
  'masked',
  'disabled',
  'spared',
]);

/** Of a call that began in an earlier step only what it did in this one. */
export function effects(root: Scope, step: number, asked: Snapshot, history: History): Finding[] {
  const own = history.happenings.filter(
    (one) => rootOf(one.scope) === root && (root.step === step || one.step === step),
  );
  const found = own.filter(({ fact, about }) => callbacks.has(fact) && about.includes('['));
  const findings = [
    ...found.map((one) => effectOf(one, history)),
    ...own.filter(({ fact }) => fact === 'removed').map((one) => removal(one, history)),
  ];
  if (root.kind === 'call' && root.name === 'close') {
    findings.push(...stillRegistered(root as Call, asked, history));
  }
  if (findings.length > 0) return findings;
  const woken = own.filter(({ fact }) => fact === 'wakeup');
  return woken.map((one) => wokenFinding(one, history));
}

const removal = (removed: Happening, history: History): Finding => ({
  about: removed.about,
  task: removed.task.comm,
  fd: fdOf(removed.about),
  cause: 'removed',
  sentence: removedText(removed),
  hops: hopsInCall(removed, history),
});

/** A close that was not the last of its file leaves the items. */
function stillRegistered(call: Call, asked: Snapshot, history: History): Finding[] {
  const fd = Number(call.event.args[0]);
  if (call.ended?.ret !== 0 || call.endedIn !== call.step || call.file === null) return [];
  const items = asked.epolls.flatMap(({ items }) => items.filter(({ file }) => file === call.file));
  return items.map((item) => ({
    about: item.name,
    task: call.task.comm,
    fd: item.fd,
    cause: 'still-registered',
    sentence: `${item.name} stays registered: an item belongs to the open file ${item.fileName}, which lives on after close(${fd}) under another number or in another process`,
    hops: addingOf(item.id, history),
  }));
}

function effectOf(happening: Happening, history: History): Finding {
  const item = itemOf(happening.object, history);
  const chain = callbackChain(happening, history);
  return {
    about: happening.about,
    task: actorOf(rootOf(happening.scope), happening.task.comm),
    fd: item?.fd ?? null,
    ...effect(happening, history),
    hops: [...chain, ...after(happening, history)],
  };
}

function effect(happening: Happening, history: History): { cause: Cause; sentence: string } {
  const { about, detail, fact, step } = happening;
  const next = fateOf(happening, history);
  const fate = next === undefined ? '; nobody has taken it' : `; ${fateText(next)}`;
  switch (fact) {
    case 'queued':
      return { cause: 'queued', sentence: `${about} is put onto rdllist${fate}` };
    case 'overflowed':
      return {
        cause: 'in-ovflist',
        sentence: `a scan is open, so ${about} is put onto ovflist${fate}`,
      };
    case 'queued already': {
      const since = queuedSince(happening, history);
      const from = since === undefined ? '' : ` since step ${since.step}`;
      return {
        cause: 'already-linked',
        sentence: `${about} is already linked${from}: the wakeup changes nothing${fate}`,
      };
    }
    case 'masked':
      return {
        cause: 'masked-by-key',
        sentence: `${about} is masked by the key: it does not ask for ${bits(detail)}, so it is not queued`,
      };
    case 'disabled':
      return {
        cause: 'disabled-by-oneshot',
        sentence: `${about} is disabled by EPOLLONESHOT, which was spent before step ${step}`,
      };
    default: {
      const winner = winnerOf(happening, history);
      return {
        cause: 'exclusive-went-elsewhere',
        sentence: `${about} is not woken: the exclusive wakeup went to ${winner?.about ?? 'another one'}`,
      };
    }
  }
}

const queuedSince = ({ object, seq }: Happening, history: History): Happening | undefined =>
  lastOf(
    history.of(object),
    (one) => one.seq < seq && ['queued', 'overflowed', 'found', 'again'].includes(one.fact),
  );

/** What became of an item that was queued: told, or not ready any more. An open scan passes it by. */
const fateOf = (happening: Happening, history: History): Happening | undefined =>
  ['masked', 'disabled', 'spared'].includes(happening.fact)
    ? undefined
    : history
        .of(happening.object)
        .find(
          (one) =>
            one.seq > happening.seq &&
            (one.fact === 'removed' ||
              ((one.fact === 'told' || one.fact === 'gone') &&
                scanOf(one, history) > happening.seq)),
        );

function fateText({ detail, fact, step, task }: Happening): string {
  if (fact === 'told') return `${task.comm} is told ${bits(detail)} in step ${step}`;
  if (fact === 'gone')
    return `in step ${step} ${task.comm} polls it again, and it has nothing any more`;
  return `it is taken out in step ${step}`;
}

/** Who is woken for it, and what becomes of it. */
export function after(happening: Happening, history: History): Hop[] {
  const hops: Hop[] = [];
  const woken = history.happenings.find(
    ({ fact, scope, seq }) =>
      fact === 'wakeup' && seq > happening.seq && isWithin(scope, happening.scope),
  );
  if (woken !== undefined) {
    const call = callOfWoken(woken, history);
    hops.push(...(call === undefined ? [hopOf(woken)] : wakeupsBy(happening, call, history)));
  }
  const fate = fateOf(happening, history);
  if (fate !== undefined) hops.push(hopOf(fate));
  return hops;
}

/** The call that a task sleeps in when it is woken. */
const callOfWoken = ({ about, seq }: Happening, history: History): Call | undefined =>
  lastOf(history.calls, (call) => call.task.comm === about && call.seq < seq);

function wokenFinding(woken: Happening, history: History): Finding {
  const actor = actorOf(rootOf(woken.scope), woken.task.comm);
  const call = callOfWoken(woken, history);
  const on = call !== undefined && sleepsOn(call, woken, history);
  const where =
    call === undefined
      ? ''
      : `, which sleeps in ${call.name}() since step ${call.step}${on ? ', finds nothing that it waits for, and sleeps on' : ''}`;
  return {
    about: woken.about,
    task: actor,
    fd: null,
    cause: 'wakes',
    sentence: `${actor} wakes ${woken.about}${where}`,
    hops: callbackChain(woken, history),
  };
}

/** In lockstep everything that follows from a step has happened at its end. */
const sleepsOn = (call: Call, { step }: Happening, { scene }: History): boolean =>
  scene?.kind === 'scenario' &&
  call.diedIn !== step &&
  (call.ended === null || (call.endedIn ?? 0) > step);
