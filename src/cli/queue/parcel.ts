/**
 * What is checked, as workers get it: a scenario, or the modules of a program as this machine runs
 * them, so that no worker needs the files, nor compiles them its own way.
 */
import { createHash } from 'node:crypto';
import type { Written } from '../../scenario/written.ts';

/** Where an import leads: to a module of the parcel, by its number, or to one of this package. */
export type Target = number | { readonly own: string };

export interface ParcelModule {
  /** The last part of its path. */
  readonly name: string;
  /** The path, for messages. */
  readonly shown: string;
  readonly format: 'module' | 'json';
  readonly source: string;
  /** What is not here are packages, which workers have to have. */
  readonly imports: Readonly<Record<string, Target>>;
}

export type Parcel =
  | {
      readonly kind: 'program';
      /** Is it rewritten to say what its threads share? */
      readonly told: boolean;
      /** The program is in the first one. */
      readonly modules: readonly ParcelModule[];
    }
  | { readonly kind: 'scenario'; readonly scenario: Written };

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
