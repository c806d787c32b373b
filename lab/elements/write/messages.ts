/** What an editor and the compiler's worker say to each other. */

/** Something that the compiler objects to; places count from 0. */
export interface Remark {
  readonly from: number;
  readonly to: number;
  readonly message: string;
  readonly isError: boolean;
}

/** What may stand at a place. */
export interface Proposal {
  readonly name: string;
  /** As TypeScript calls it: `method`, `property`, `const`, … */
  readonly kind: string;
  readonly sort: string;
}

export type CompilerAsk =
  | { readonly id: number; readonly name: 'check'; readonly text: string }
  | { readonly id: number; readonly name: 'complete'; readonly text: string; readonly at: number };

export type CompilerTold =
  | { readonly id: number; readonly remarks: readonly Remark[] }
  | { readonly id: number; readonly proposals: readonly Proposal[] };
