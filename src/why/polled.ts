/** Why poll() or select() came back with a descriptor, or did not. */
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI } from '../kernel/uapi/eventpoll.ts';
import type { CallEvent } from '../trace/events.ts';
import type { Verdict } from './absence.ts';
import { type Call, type Change, type Happening, type History, lastOf, stepOf } from './history.ts';
import { bits, callbackChain, changeHop, rootHop } from './hops.ts';
import { lackText } from './shortfall.ts';
import { silenceHop, silencesOf, silencesText } from './silence.ts';

/** A descriptor, and what is asked of it as poll bits. */
export interface Asked {
  readonly fd: number;
  readonly mask: number;
}

const ends = EPOLLERR | EPOLLHUP;

/** What the call asks for; empty for other calls. */
export function askedIn({ name, args }: CallEvent): Asked[] {
  if (name === 'poll' || name === 'ppoll') {
    return (args[0] as readonly { fd: number; events: number }[]).map(({ fd, events }) => ({
      fd,
      mask: events | ends,
    }));
  }
  if (name !== 'select' && name !== 'pselect6') return [];
  const sets = args[1] as Readonly<Partial<Record<'in' | 'out' | 'ex', readonly number[]>>>;
  return [
    ...(sets.in ?? []).map((fd) => ({ fd, mask: EPOLLIN | ends })),
    ...(sets.out ?? []).map((fd) => ({ fd, mask: EPOLLOUT | EPOLLERR })),
    ...(sets.ex ?? []).map((fd) => ({ fd, mask: EPOLLPRI })),
  ];
}

/** What poll found of a file at `seq`, and since when. */
export function polled(
  file: number,
  name: string,
  { mask }: Asked,
  call: Call,
  seq: number,
  history: History,
): Verdict {
  const changes = history.changesOf(file).filter((one) => one.seq <= seq);
  const ready = (changes.at(-1)?.to ?? 0) & mask;
  if (ready !== 0) {
    const gained = lastOf(changes, ({ from, to }) => (from & ready) === 0 && (to & ready) !== 0);
    return {
      cause: 'told',
      sentence: `${name} has ${bits(ready)}${gained === undefined ? '' : `, since step ${stepOf(gained)}`}; ${call.name}() asks each file itself`,
      hops: gained === undefined ? [] : [changeHop(gained, name)],
    };
  }
  const lost: Change | undefined = lastOf(
    changes,
    ({ from, to }) => (from & mask) !== 0 && (to & mask) === 0,
  );
  const asks = mask & ~ends;
  const silent = silencesOf(file, asks, lost?.seq ?? call.seq, seq, history).slice(-3);
  const vain = wokenInVain(call, seq, history);
  return {
    cause: lost === undefined ? 'not-ready' : 'consumed',
    sentence: [
      `${name} has nothing of ${bits(asks === 0 ? mask : asks)}`,
      lost === undefined ? '' : ` any more, since step ${stepOf(lost)}`,
      lackAt(file, asks, seq, history),
      ...(silent.length === 0 ? [] : ['; ', silencesText(silent)]),
      vain === undefined
        ? ''
        : `; the wakeup of step ${vain.step} was for something else, and ${call.task.comm} slept on`,
    ].join(''),
    hops: [
      ...rootHop(call, history),
      ...(lost === undefined ? [] : [changeHop(lost, name)]),
      ...silent.map(silenceHop),
      ...(vain === undefined ? [] : callbackChain(vain, history)),
    ],
  };
}

/** What the file lacked, where it has not changed until somebody wrote that down. */
function lackAt(file: number, asks: number, seq: number, history: History): string {
  const snapshot = [history.asked, history.last].find((one) => (one?.seq ?? 0) >= seq) ?? null;
  const shortfall = snapshot?.lacks.get(file);
  if (snapshot === null || shortfall === undefined) return '';
  const later = history.changesOf(file).some((one) => one.seq > seq && one.seq <= snapshot.seq);
  const text = later ? null : lackText(shortfall, asks);
  return text === null ? '' : `: ${text}`;
}

/** The last wakeup of the sleeper, where it is not the one that it came back by. */
const wokenInVain = (call: Call, seq: number, history: History): Happening | undefined =>
  lastOf(
    history.happenings,
    (one) =>
      one.fact === 'wakeup' &&
      one.about === call.task.comm &&
      one.seq > call.seq &&
      one.seq < seq &&
      (call.ended === null || one.step !== call.endedIn),
  );
