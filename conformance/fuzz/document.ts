/** A scenario as a JSON document: what is generated and cut down. */

export type Arg = number | string | null | readonly Arg[] | { readonly [key: string]: Arg };
export type Args = Readonly<Record<string, Arg>>;

export interface Step {
  readonly thread?: string;
  readonly call: string;
  readonly args: Args;
  readonly bind?: readonly string[];
}

export interface Document {
  readonly version?: 2;
  readonly name: string;
  readonly mode?: 'concurrent';
  readonly threads?: readonly string[];
  readonly steps: readonly Step[];
  readonly concurrent?: Readonly<Record<string, readonly Step[]>>;
  readonly after?: readonly Step[];
}

/** The calls of a concurrent scenario that its threads make freely. */
export const freeCalls = ({ concurrent = {} }: Document): string[] =>
  Object.values(concurrent)
    .flat()
    .map(({ call }) => call);
