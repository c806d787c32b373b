/** What stands in races/NAME/race.ts. */
import type { KernelChoice } from '../kernel/history.ts';
import type { Program } from '../syscalls/sys.ts';
import type { CheckOptions } from './check.ts';
import type { DetectorName } from './detectors/problem.ts';

/** The head of races/NAME/race.ts; its default export is the smallest program that shows the race. */
export interface Race {
  readonly title: string;
  /** One sentence. */
  readonly summary: string;
  /** Which releases of Linux have it, in words; for a mistake of programs, since when it can be made. */
  readonly releases: string;
  /** What the checker says of it. */
  readonly finding: DetectorName;
  /** A kernel on which it is found. */
  readonly found: KernelChoice;
  /** The kernel with the fix, without that one commit, where `found` has more that is wrong. */
  readonly alone?: KernelChoice;
  /** The first kernel with the fix: every interleaving is covered, and none shows it. */
  readonly absent: KernelChoice;
  /** The commit and its title, or what the program has to do. */
  readonly fix: string;
  /** How to check it. */
  readonly options?: CheckOptions;
}

/** A module of a race. Where the mistake is the program's, `mended` is the program without it. */
export interface RaceModule {
  readonly race: Race;
  readonly default: Program;
  readonly mended?: Program;
}
