/** How a solution reads from a descriptor that is edge-triggered: what tasks about that look at alike. */
import { EAGAIN, EPOLLET } from 'epollsim';
import { reads, waits } from './grade.ts';
import { type Made, naps, type Stage } from './judge.ts';
import type { Words } from './task.ts';

export const isRead = ({ call }: Made): boolean => reads.includes(call);

const isWait = ({ call }: Made): boolean => waits.includes(call);

/** Reads that are over. */
export const readsOf = (stage: Stage): Made[] =>
  stage.calls.filter((made) => isRead(made) && made.ret !== null);

/** Did it make the descriptor a blocking one, or might it have? */
export const makesBlocking = (stage: Stage): boolean => stage.made('fcntl', 'ioctl').length > 0;

/** Did it wait by another call than epoll_wait? */
export const waitsOtherwise = (stage: Stage): boolean => naps(stage).length > 0;

/** Did it ask for an item that is level-triggered? */
export const asksForLevel = (stage: Stage): boolean => stage.made('epoll_ctl').some(isLevel);

function isLevel({ args }: Made): boolean {
  const interest = args[3] as { events: number } | null | undefined;
  return interest != null && (interest.events & EPOLLET) === 0;
}

/**
 * The first read that no event has led to: `ticks`, where a timeout of epoll_wait did; `spins`, where the last
 * read said that there is nothing, and no event has come since. Null where there is none.
 */
export function unaskedRead(stage: Stage): 'ticks' | 'spins' | null {
  let dry = false;
  for (const made of stage.calls) {
    if (isWait(made) && made.ret === 0) return 'ticks';
    if (isWait(made) && made.ret !== null && made.ret > 0) dry = false;
    if (!isRead(made)) continue;
    if (dry) return 'spins';
    dry = made.ret === -EAGAIN;
  }
  return null;
}

/**
 * What a solution that goes round reads again and again: the end of the stream, or `spins` where there is
 * nothing; null where it is not that.
 */
export function readAgain(stage: Stage): 'end' | 'spins' | null {
  const last = readsOf(stage).at(-1)?.ret;
  if (last === 0) return 'end';
  return last === -EAGAIN ? 'spins' : null;
}

/** Who has read all has more descriptors open than before. */
export const leftOpen: Words = {
  en: 'A descriptor is left open. Each stream that you read costs one more, and in the end there is none left (EMFILE).',
  zh: '有一个描述符没有关闭。每读一个字节流就多占一个，最后就没有描述符可用了（EMFILE）。',
};
