/** What the page and the worker say to each other: plain data. */
import type { KernelChoice } from 'epollsim';
import type { Grade } from '../tasks/task.ts';
import type { Recording, RecordOptions } from './recording.ts';

/** What the worker can be asked. */
export interface Requests {
  /** Runs a program once. */
  record: { asked: { text: string; options: RecordOptions }; answer: Recording };
  /** Judges what is handed in for the task of a lab. */
  grade: { asked: { number: number; text: string }; answer: Grade };
  /** Runs the solution of a task as its checks do, along the schedule that the grade shows. */
  shown: { asked: { number: number; text: string }; answer: Recording };
  /** Tries every interleaving, or as many as there is time for, up to the first that is wrong. */
  check: { asked: { text: string; kernel: KernelChoice }; answer: Checked };
  /** The steps of a run on another kernel that is as near to the given one as it can be. */
  near: {
    asked: { text: string; kernel: KernelChoice; steps: readonly string[] };
    answer: readonly string[];
  };
  /** What the detectors say of one run, whose steps are given. */
  detect: { asked: { text: string; kernel: KernelChoice; schedule: string }; answer: Said[] };
  /** Plays a scenario: a line for each answer, and one for what went wrong, or who sleeps. */
  scenario: { asked: { text: string; kernel: KernelChoice }; answer: string[] };
  /** What a task asks for, and what somebody begins with. */
  task: { asked: { number: number }; answer: TaskSheet };
}

/** A task, as the page shows it. */
export interface TaskSheet {
  readonly title: { readonly en: string; readonly zh: string };
  readonly signature: string;
}

/** Something that a detector has seen. */
export interface Said {
  readonly kind: string;
  readonly sentence: string;
}

/** What came of a check. */
export interface Checked {
  /** How many interleavings were run, of those that can be told apart. */
  readonly executions: number;
  /** Whether these are all of them. */
  readonly complete: boolean;
  /** About how many there are, where not all were run; null where that is not known. */
  readonly estimate: { readonly low: number; readonly high: number } | null;
  /** What is wrong, along a short schedule; null if nothing was found. */
  readonly finding:
    | (Said & { readonly steps: readonly string[]; readonly preemptions: number })
    | null;
  /** What is worth knowing and no bug. */
  readonly information: readonly Said[];
}

export type RequestName = keyof Requests;

/** A question to the worker. */
export type Ask = {
  [Name in RequestName]: { readonly id: number; readonly name: Name } & Requests[Name]['asked'];
}[RequestName];

/** The text could not be run; `line` is where, if that is known. */
export interface Refusal {
  readonly message: string;
  readonly line: number | null;
}

/** What comes back: that the worker is loaded, a sign of life, or in the end the answer. */
export type Told =
  | { readonly id: 0 }
  | { readonly id: number; readonly beat: number }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly refused: Refusal };
