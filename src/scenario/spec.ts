/** What the rows of the table of calls are made of. */
import type { FlagFamily } from './flags.ts';
import * as kinds from './kinds.ts';

/** A version of the scenario format; each has all that the ones before it have. */
export type Version = 1 | 2;

/** What a result has besides `ret`. */
export type ResultField =
  | 'fds'
  | 'events'
  | 'revents'
  | 'read'
  | 'write'
  | 'except'
  | 'data'
  | 'value'
  | 'from'
  | 'address'
  | 'msg_flags'
  | 'signals'
  | 'inotify'
  | 'armed'
  | 'lines'
  | 'process'
  | 'status';

export interface Argument<T> {
  readonly kind: kinds.Kind<T>;
  readonly required: boolean;
  /** What an absent argument stands for, where it is not required. */
  readonly absent: T | undefined;
  /** The first version of the format that has it. */
  readonly since: Version;
}

export interface CallSpec<A> {
  readonly args: { readonly [K in keyof A]: Argument<A[K]> };
  /** The first version of the format that has the call; 1 when absent. */
  readonly since?: Version;
  /** How many descriptors it returns. */
  readonly binds: number | ((args: A) => number);
  /** What a result can have, in this order. */
  readonly fields: readonly ResultField[];
  /** Of these arguments one, and only one, has to be there. */
  readonly exactlyOne?: readonly (keyof A & string)[];
  /** An argument that none of the others may stand beside. */
  readonly alone?: { readonly argument: keyof A & string; readonly without: readonly string[] };
}

export const required = <T>(kind: kinds.Kind<T>): Argument<T> => ({
  kind,
  required: true,
  absent: undefined,
  since: 1,
});

export const optional = <T>(kind: kinds.Kind<T>, absent: T): Argument<T> => ({
  kind,
  required: false,
  absent,
  since: 1,
});

export const maybe = <T>(kind: kinds.Kind<T>): Argument<T | undefined> => ({
  kind,
  required: false,
  absent: undefined,
  since: 1,
});

export const flags = (family: FlagFamily): Argument<number> => optional(kinds.flagWord(family), 0);

/** An argument that came with version 2. */
export const later = <T>(argument: Argument<T>): Argument<T> => ({ ...argument, since: 2 });
