/** What poll() and select() ask. */
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI } from '../kernel/uapi/eventpoll.ts';
import type { CallEvent } from '../trace/events.ts';

/** What nobody has to ask for. */
export const ends: number = EPOLLERR | EPOLLHUP;

/** A descriptor, and what is asked of it as poll bits. */
export interface Asked {
  readonly fd: number;
  readonly mask: number;
}

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
