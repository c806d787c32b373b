/** What a detector says, and how it is asked. */
import type { Scene } from './scene.ts';

/** In the order of a person's interest. */
export const detectorNames = [
  'use-after-free',
  'list-corruption',
  'sleeping-while-atomic',
  'lockdep',
  'kernel-bug',
  'assertion',
  'exception',
  'lost-wakeup',
  'stranded-data',
  'oneshot-never-rearmed',
  'deadlock',
  'stale-event',
  'livelock',
  'herd',
  'waits-for-ever',
] as const;

/** What a detector is called: in findings, in options, and its page in docs/detectors. */
export type DetectorName = (typeof detectorNames)[number];

/** What a detector has to say of an execution. */
export interface Problem {
  /** Which detector spoke. */
  readonly kind: DetectorName;
  /** `information`: worth knowing, and no reason for a check to fail. */
  readonly severity: 'bug' | 'information';
  /** One sentence. */
  readonly sentence: string;
  /** The tasks concerned, by name. */
  readonly tasks: readonly string[];
  /** The files concerned, by name: `ep3`, `pipe4`; an item of an epoll instance: `ep3[4]`. */
  readonly objects: readonly string[];
  /** The same in two executions if they show the same cause: no times, no counts, no tasks. */
  readonly cause: string;
  /** More, a line each. */
  readonly details: readonly string[];
  /** How often, where that is what counts. */
  readonly count?: number;
}

export interface DetectOptions {
  /** Detectors that are not to speak. */
  readonly off?: readonly DetectorName[];
  /** A program that waits for ever is a bug, whatever it waits for. */
  readonly strict?: boolean;
}

/** Looks at one execution that is over. */
export type Detector = (scene: Scene) => Problem[];
