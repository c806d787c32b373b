/** Which liberties the modelled kernel may take in an execution, and what they are in words. */
import { LibertiesTaken } from '../sim/liberties/index.ts';
import { type Liberty, type LibertyKind, libertyKinds, libertyRules } from '../sim/liberty.ts';
import { kindOf } from '../trace/parts.ts';

/** What the modelled kernel may do and need not, in a check. */
export interface LibertyOptions {
  /**
   * What the kernel may do and need not, beside what it does: `'all'`, or some kinds. None unless told
   * otherwise.
   */
  readonly liberties?: 'all' | readonly LibertyKind[] | undefined;
  /** How many of them it takes in one execution, at most: 1 unless told otherwise. */
  readonly maxLiberties?: number | undefined;
}

/** A liberty that an execution took. */
export interface TakenLiberty {
  /** Which liberty it was. */
  readonly kind: LibertyKind;
  /** What was done to whom: `the next read of pipe3 gets 1 byte`. */
  readonly does: string;
  /** Who says that Linux may do so. */
  readonly source: string;
}

/** Throws a TypeError for options that cannot be meant. */
export function checkLiberties({ liberties, maxLiberties }: LibertyOptions): void {
  const isKind = (kind: unknown): boolean => libertyKinds.includes(kind as LibertyKind);
  const isList = Array.isArray(liberties) && liberties.every(isKind);
  if (liberties !== undefined && liberties !== 'all' && !isList) {
    throw new TypeError(
      `liberties: expected 'all' or a list of ${libertyKinds.join(', ')}, found ${JSON.stringify(liberties)}`,
    );
  }
  if (maxLiberties !== undefined && !(maxLiberties >= 0)) {
    throw new RangeError(`maxLiberties: expected 0 or more, found ${maxLiberties}`);
  }
}

/**
 * For one execution; null where the kernel takes none. Where it may take 0 of them, or those of no kind,
 * steps and the numbers of contexts are still those that they are with more.
 */
export function libertiesOf(options: LibertyOptions): LibertiesTaken | null {
  const { liberties, maxLiberties = 1 } = options;
  if (liberties === undefined) return null;
  return new LibertiesTaken(liberties === 'all' ? libertyKinds : liberties, maxLiberties);
}

const fileOf = ({ file, fd }: Liberty): string => (file === null ? '' : `${kindOf(file)}${fd}`);

/** What it does, in the words of a schedule. */
export function libertyText(liberty: Liberty): string {
  const { detail, kind, task } = liberty;
  const file = fileOf(liberty);
  switch (kind) {
    case 'ready-order':
      return `${detail} goes first on the ready list of ${file}`;
    case 'short-read':
      return `the next read of ${file} gets ${detail}`;
    case 'short-write':
      return `the next write to ${file} takes ${detail}`;
    case 'eagain':
      return `the next ${task} ${task === 'read' ? 'of' : 'to'} ${file} gets EAGAIN`;
    case 'eintr':
      return `EINTR for ${task} in ${detail}`;
    case 'spurious-wakeup':
      return `wake the watchers of ${file} without news`;
    case 'late-timer':
      return `the timer of ${task} is late by ${detail} ns`;
    case 'reset':
      return `reset ${file}`;
  }
}

export const takenLiberty = (liberty: Liberty): TakenLiberty => ({
  kind: liberty.kind,
  does: libertyText(liberty),
  source: libertyRules[liberty.kind].source,
});
