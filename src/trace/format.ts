/**
 * What a format is: something that hears of an execution and writes text while it goes on.
 */
import type { Globals } from '../kernel/globals.ts';
import type { TaskRef, TraceEvent } from './events.ts';
import type { Recorder } from './recorder.ts';

/** Where the text goes, piece by piece. */
export type Write = (text: string) => void;

/** A scenario that is about to be played, or a program that is about to run. */
export interface Scene {
  /** Only of a `scenario` is each step issued when all that follows from the one before has happened. */
  readonly kind: 'scenario' | 'concurrent scenario' | 'program';
  /** Its name; null if it has none. */
  readonly name: string | null;
  /** What it shows; '' if nothing is said. */
  readonly about: string;
  /** The tasks that there are at the start. */
  readonly tasks: readonly TaskRef[];
  /** For views of the state that belongs to an event. */
  readonly kernel: Globals;
  /** Whom the events are from, for the names of objects. */
  readonly recorder: Recorder;
}

/** How it ended. */
export interface Ending {
  /** The tasks that sleep for ever, by name. */
  readonly blocked: readonly string[];
  /** What was thrown, or what is wrong with the scenario; null if nothing. */
  readonly error: string | null;
}

/** What hears of scenes and of the events in them, and writes text: see runTraced(). */
export interface Format {
  /** Whether it shows functions; finding out where they end takes time. True if absent. */
  readonly functions?: boolean;
  /** A scene begins. */
  begin(scene: Scene): void;
  /** Something has happened. */
  event(event: TraceEvent): void;
  /** The scene is over. */
  end(ending: Ending): void;
  /** After the last scene. */
  close?(): void;
}

/** Marks parts of a text for the eye; each gives the text itself back where there is no colour. */
export interface Colours {
  /** Makes `text` bold. */
  bold(text: string): string;
  /** Makes `text` paler than the rest. */
  dim(text: string): string;
  /** Makes `text` red. */
  red(text: string): string;
  /** Makes `text` green. */
  green(text: string): string;
  /** Makes `text` yellow. */
  yellow(text: string): string;
  /** Makes `text` cyan. */
  cyan(text: string): string;
}

const plain = (text: string): string => text;
/** Gives every text back as it is. */
export const noColours: Colours = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  cyan: plain,
};

/** The first line of a scene, for formats that have comments. */
export function titleOf({ name, about, kind }: Scene): string {
  const title = name ?? `a ${kind} without a name`;
  return about === '' ? title : `${title}: ${about.replace(/[\s\p{Cc}]+/gu, ' ')}`;
}
