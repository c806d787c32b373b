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
  readonly threads?: readonly string[];
  readonly steps: readonly Step[];
}
