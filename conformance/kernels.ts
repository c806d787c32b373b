/** Kernel releases: the one that runs here, those that are modelled, and what came in between. */
import { release } from 'node:os';
import {
  type CommitId,
  commits,
  defaultKernel,
  newestKernel,
  oldestKernel,
  patchedKernel,
} from '../src/kernel/history.ts';
import type { Scenario } from '../src/scenario/scenario.ts';
import { playModel } from './model.ts';

/** The release of the kernel underneath, as `uname -r` gives it without what a vendor adds. */
export const runningKernel = (): string => /^\d+\.\d+(?:\.\d+)?/.exec(release())?.[0] ?? release();

/** `6.18` of `6.18.44`. */
export const mainRelease = (kernel: string): string => /^\d+\.\d+/.exec(kernel)?.[0] ?? kernel;

/** As a number that orders: 6.18.44 and 6.18 are 6018. */
export function rankOf(kernel: string): number {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return major * 1000 + minor;
}

/** The release that the model takes for a kernel: its own where it is modelled, or the nearest. */
export function modelledRelease(kernel: string): string {
  const rank = rankOf(kernel);
  if (Number.isNaN(rank)) return defaultKernel;
  if (rank > rankOf(newestKernel)) return newestKernel;
  return rank < rankOf(oldestKernel) ? oldestKernel : mainRelease(kernel);
}

/** A commit that is known to change what is seen. */
export interface Explanation {
  readonly id: CommitId;
  readonly title: string;
  readonly release: string;
}

/**
 * The commit because of which the running kernel answers `answer`, where the kernel that was
 * recorded answered otherwise; null where no single one of the history explains it.
 */
export function explain(
  scenario: Scenario,
  recorded: string,
  running: string,
  answer: string,
): Explanation | null {
  const kernel = modelledRelease(recorded);
  const has = patchedKernel({ kernel });
  const newer = rankOf(running) > rankOf(recorded);
  for (const id of Object.keys(commits) as CommitId[]) {
    if (has[id] === newer) continue;
    const choice = newer ? { kernel, with: [id] } : { kernel, without: [id] };
    if (playModel(scenario, choice) !== answer) continue;
    const { title, release: since } = commits[id];
    return { id, title, release: since };
  }
  return null;
}
