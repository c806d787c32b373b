/**
 * A kernel release is the set of commits that it contains. Listed are those that changed what a
 * program or the checker can see; the code asks for them where it matters. A release is that of
 * Linus, `.0`: what stable series brought back is not in it.
 *
 * A machine is built for a release (`'6.18'`, `'5.7-rc4'`, `'4.4'`), with or without single
 * commits. Commits older than the oldest release are in all of them, and can be taken out.
 */

import { eventpollCommits } from './commits_eventpoll.ts';
import { neighbourCommits } from './commits_neighbours.ts';

/** One commit that changed behaviour. */
export interface Commit {
  /** The subject of the commit. */
  readonly title: string;
  /** The first release that has it: 5.7, or 5.7-rc5 where a release candidate matters. */
  readonly release: string;
  /** What changed, and what follows for a program. */
  readonly effect: string;
  /** The later commit from which on it makes no difference. */
  readonly until?: CommitId;
  /** It matters only where stores are seen late (TSO), or out of order (weak). */
  readonly memory?: 'TSO' | 'weak';
}

/** The first twelve digits of the id of a commit that `commits` has. */
export type CommitId = keyof typeof eventpollCommits | keyof typeof neighbourCommits;

/** Every commit of Linux that changed what a program can see, by its id. */
export const commits: Readonly<Record<CommitId, Commit>> = {
  ...eventpollCommits,
  ...neighbourCommits,
};

/** Which commits a kernel has. */
export type Patched = Readonly<Record<CommitId, boolean>>;

/** The release that a machine models unless it is told otherwise. */
export const defaultKernel = '6.18';
/** The oldest and the newest release that the list covers. */
export const oldestKernel = '4.4';
/** The newest release that the list of commits covers. */
export const newestKernel = '7.3';

/** Releases worth naming, oldest first; any other between the first and the last will do as well. */
export const knownReleases: readonly string[] = [
  '4.4',
  '4.9',
  '4.20',
  '5.0',
  '5.1',
  '5.5',
  '5.7-rc4',
  '5.7',
  '5.9',
  '5.10',
  '5.11',
  '6.4',
  '6.9',
  '6.18',
  '7.3',
];

const FINAL = 999;

/**
 * A release as a number that orders: 5.7-rc4 is below 5.7, and 5.10 above 5.9. NaN for what is no
 * release. A third number says a stable release, which has no place in this order, except in 2.6.38.
 */
export function rankOf(release: string): number {
  const old = /^2\.6\.(\d{1,2})$/.exec(release);
  if (old !== null) return 2_006_000 + Number(old[1]);
  const parts = /^(\d{1,3})\.(\d{1,3})(?:-rc(\d{1,2}))?$/.exec(release);
  if (parts === null) return Number.NaN;
  return (Number(parts[1]) * 1000 + Number(parts[2])) * 1000 + Number(parts[3] ?? FINAL);
}

/** The place of `defaultKernel` in that order. */
export const defaultRank: number = rankOf(defaultKernel);

/** A kernel: a release, and single commits that are to be in it or not. */
export interface KernelChoice {
  /** The release to model, as `'5.10'` or `'5.7-rc4'`; see defaultKernel. */
  readonly kernel?: string | undefined;
  /** Ids of commits that the kernel has besides. */
  readonly with?: readonly string[] | undefined;
  /** Ids of commits that the kernel does not have. */
  readonly without?: readonly string[] | undefined;
}

/** The least digits that a commit is known by. */
const leastDigits = 7;

/** The commits whose id `id` stands for: itself, its first seven digits or more, or all forty. */
const meant = (id: string): CommitId[] =>
  Object.hasOwn(commits, id)
    ? [id as CommitId]
    : (Object.keys(commits) as CommitId[]).filter(
        (known) => id.length >= leastDigits && (known.startsWith(id) || id.startsWith(known)),
      );

/**
 * The commit that an id, whole or shortened, stands for.
 *
 * @throws RangeError for no such commit, and for several
 */
export function commitOf(id: string): CommitId {
  const [found, another] = meant(id);
  if (found !== undefined && another === undefined) return found;
  const what = found === undefined ? 'unknown' : 'ambiguous';
  throw new RangeError(
    `${what} commit "${id}": expected ${leastDigits} digits or more of one of ${Object.keys(commits).join(', ')}`,
  );
}

/**
 * The commits of a release, changed as told.
 *
 * @throws RangeError for a release or a commit that it does not know
 */
export function patchedKernel(choice: KernelChoice = {}): Patched {
  const release: unknown = choice.kernel ?? defaultKernel;
  if (typeof release !== 'string') {
    throw new RangeError(
      `kernel: expected a release as a text, such as '${defaultKernel}', found ${String(release)}`,
    );
  }
  const { with: added = [], without = [] } = choice;
  if (release === defaultKernel && added.length === 0 && without.length === 0) return ofDefault;
  const wanted = rankOf(release);
  if (!(wanted >= rankOf(oldestKernel) && wanted <= rankOf(newestKernel))) {
    throw new RangeError(
      `unknown kernel "${release}": expected a release from ${oldestKernel} to ${newestKernel}, such as ${defaultKernel}`,
    );
  }
  const patched = commitsUpTo(wanted);
  for (const id of added) patched[commitOf(id)] = true;
  for (const id of without) patched[commitOf(id)] = false;
  return patched;
}

/** When each commit came: known once, as machines are made by the thousand. */
const ranks: readonly (readonly [CommitId, number])[] = (Object.keys(commits) as CommitId[]).map(
  (id) => [id, rankOf(commits[id].release)],
);

function commitsUpTo(wanted: number): Record<CommitId, boolean> {
  // A copy of a literal, filled in: what is made key by key is slow to ask.
  const patched: Record<CommitId, unknown> = { ...commits };
  for (const [id, rank] of ranks) patched[id] = rank <= wanted;
  return patched as Record<CommitId, boolean>;
}

const ofDefault: Patched = Object.freeze(commitsUpTo(rankOf(defaultKernel)));
