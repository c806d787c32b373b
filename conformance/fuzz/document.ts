/** A scenario as a JSON document: what is generated and cut down. */
import type { Args, Written, WrittenStep } from '../../src/scenario/written.ts';

export type { Arg, Args } from '../../src/scenario/written.ts';

export interface Step extends WrittenStep {
  readonly args: Args;
}

export interface Document extends Written {
  readonly version?: 2;
  readonly name: string;
  readonly steps: readonly Step[];
  readonly concurrent?: Readonly<Record<string, readonly Step[]>>;
  readonly after?: readonly Step[];
}

/** The calls of a concurrent scenario that its threads make freely. */
export const freeCalls = ({ concurrent = {} }: Document): string[] =>
  Object.values(concurrent)
    .flat()
    .map(({ call }) => call);
