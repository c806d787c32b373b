/** What a race is described by, and what its programs share. */
import type { Code, KernelChoice, Program, Sys } from 'epollsim';
import type { CheckOptions } from '../src/check/check.ts';
import type { DetectorName } from '../src/check/detectors/problem.ts';

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

/** Runs programs in threads of those names, all at the same time, to their end. */
export function* together(sys: Sys, threads: Readonly<Record<string, Program>>): Code<void> {
  const tids: number[] = [];
  for (const [name, program] of Object.entries(threads)) {
    tids.push(yield* sys.pthread_create(program, name));
  }
  for (const tid of tids) yield* sys.pthread_join(tid);
}

/** What write() adds to the count of an eventfd. */
export const one: Uint8Array = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** A new epoll instance that watches a descriptor, which is its data. */
export function* watch(sys: Sys, fd: number, events: number): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  yield* add(sys, ep, fd, events);
  return ep;
}

export function add(sys: Sys, ep: number, fd: number, events: number): Code<number> {
  return sys.epoll_ctl(ep, 1, fd, { events, data: fd });
}
