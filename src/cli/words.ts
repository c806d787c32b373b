/** Words that several answers of the checker share. */
import type { Verdict } from '../check/check.ts';

export const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? '' : 's'}`;

export const processCount = (number: number): string =>
  `${number} process${number === 1 ? '' : 'es'}`;

/** Which interleavings were covered: of a bound on preemptions no more than what it lets through. */
export function coverage({
  complete,
  preemptions,
  strategy,
}: Pick<Verdict, 'complete' | 'preemptions' | 'strategy'>): string {
  if (strategy === 'replay') return 'along the schedule';
  const bound = preemptions === null ? '' : ` with at most ${count(preemptions, 'preemption')}`;
  return `${complete ? '' : 'not '}every interleaving${bound} was covered`;
}
