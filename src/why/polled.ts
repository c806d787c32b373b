/** Why poll() or select() came back with a descriptor, or did not. */
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI } from '../kernel/uapi/eventpoll.ts';
import type { CallEvent } from '../trace/events.ts';
import type { Verdict } from './absence.ts';
import { type Call, type Change, type History, lastOf } from './history.ts';
import { bits, changeHop } from './hops.ts';

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
      sentence: `${name} has ${bits(ready)}${gained === undefined ? '' : `, since step ${gained.by?.step ?? gained.step}`}; ${call.name}() asks each file itself`,
      hops: gained === undefined ? [] : [changeHop(gained, name)],
    };
  }
  const lost: Change | undefined = lastOf(
    changes,
    ({ from, to }) => (from & mask) !== 0 && (to & mask) === 0,
  );
  return {
    cause: lost === undefined ? 'not-ready' : 'consumed',
    sentence: `${name} has nothing of ${bits(mask & ~ends)}${lost === undefined ? '' : ` any more, since step ${lost.by?.step ?? lost.step}`}`,
    hops: lost === undefined ? [] : [changeHop(lost, name)],
  };
}
