/** What a lab asks for, and how the checker judges what somebody hands in. */
import type { Code, Sys } from 'epollsim';

/** What a student writes: a program, or a part of one that the task calls with what it has made. */
// biome-ignore lint/suspicious/noExplicitAny: each task says what it hands over.
export type Solution = (sys: Sys, ...given: any[]) => Code<unknown>;

/** A sentence in each of the lab's languages. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

/** What came of a solution. */
export interface Grade {
  readonly passed: boolean;
  /** Why not, and what to look at, for whoever wrote it; what was shown, where it passed. */
  readonly words: Words;
  /** The interleaving that breaks it, as check() prints it; null where there is none. */
  readonly schedule: string | null;
  /** The same as a table; empty where there is none. */
  readonly story: string;
}

/** The task of a lab. */
export interface Task {
  /** The number of the lab. */
  readonly number: number;
  readonly title: Words;
  /** What is to be exported: `export default function* (sys, ep, sock)`. */
  readonly signature: string;
  /**
   * Judges a solution on every schedule that matters. Bounded: it takes a few seconds at most,
   * whatever is handed in.
   */
  grade(solution: Solution): Grade;
}
