/** When a file lost what an item asks for, and who took it. */
import { EPOLLERR, EPOLLHUP } from '../../kernel/uapi/eventpoll.ts';
import { givers, takers } from '../../trace/calls/kinds.ts';
import { type Change, stepOf } from '../history/changes.ts';
import { bits, changeHop, type Hop } from '../hops.ts';
import { type Case, requestedIn } from './case.ts';

/** When the file last lost all that the item asks for, since it is watched. */
export function lastLoss({ history, item, past, seq }: Case): Change | null {
  const added = past.find(({ fact }) => fact === 'added')?.seq ?? 0;
  const asks = requestedIn(item.mask);
  const lost = history
    .changesOf(item.file)
    .filter((one) => one.seq <= seq && (one.from & asks) !== 0 && (one.to & asks) === 0);
  const last = lost.at(-1);
  if (last === undefined) return null;
  // What was lost before is a matter of the item only where its file has been full since.
  return last.seq > added || isFilled(last) ? last : null;
}

/** An error or an end that was told, or that a wakeup spoke of, and that is gone. */
export function lossOfEnds({ history, item, seq }: Case, from: number): Change | null {
  const ends = EPOLLERR | EPOLLHUP;
  const lost = history
    .changesOf(item.file)
    .filter((one) => one.seq > from && one.seq <= seq && (one.from & ~one.to & ends) !== 0);
  return lost.at(-1) ?? null;
}

/** Room that somebody has used up. */
const isFilled = ({ by }: Change): boolean => by !== null && givers.has(by.name);

/** When that which was lost had come. */
export const cameAt = (at: Case, lost: Change): number => gainBefore(at, lost)?.by?.seq ?? 0;

/** What had made it ready before that. */
export function readyBefore(at: Case, lost: Change): Hop[] {
  const last = gainBefore(at, lost);
  return last === undefined ? [] : [changeHop(last, at.item.fileName)];
}

function gainBefore({ history, item }: Case, lost: Change): Change | undefined {
  const gained = history
    .changesOf(item.file)
    .filter(
      ({ from, to, seq }) => seq < lost.seq && (from & item.mask) === 0 && (to & item.mask) !== 0,
    );
  return gained.at(-1);
}

export const isTaken = ({ by }: Change): boolean => by !== null && takers.has(by.name);

export function takenText(lost: Change, { call, item }: Case): string {
  const { by } = lost;
  if (by === null) return `since step ${lost.step}`;
  if (by.kind === 'irq') return `since the interrupt ${by.name} in step ${by.step}`;
  const who = by.task.pid === call.task.pid ? `${by.task.comm} itself` : by.task.comm;
  const what = bits(lost.from & ~lost.to & item.mask);
  const when = `in step ${stepOf(lost)}`;
  return isTaken(lost)
    ? `${who} took what there was (${what}) with ${by.name}() ${when}`
    : `${by.name}() of ${who} ${when} put an end to ${what}`;
}
