/** The rows of the benchmark: what they are called, what was measured, and what measures them. */

/** What belongs together: a part of the table, and a chart. */
export type Kind =
  | 'round trip'
  | 'ctl'
  | 'epoll_wait'
  | 'waiters'
  | 'nested'
  | 'poll and select'
  | 'echo server'
  | 'checker'
  | 'race'
  | 'memory'
  | 'command';

export interface RowName {
  readonly kind: Kind;
  readonly name: string;
  /** How many there are of what the name says: items, threads, connections; 1 where there is one. */
  readonly size: number;
}

export interface Row extends RowName {
  /** Nanoseconds for one, the median; null where there is no time, or it could not be measured. */
  readonly model_ns: number | null;
  readonly linux_ns: number | null;
  /** model_ns / linux_ns: below 1 the model is faster. */
  readonly ratio: number | null;
  /** From the first to the third quartile, as a share of the median. */
  readonly model_spread?: number;
  readonly linux_spread?: number;
  /** Other figures, by their names with the unit last. */
  readonly figures?: Readonly<Record<string, number>>;
  /** Why something is missing. */
  readonly why?: string;
}

/** How to measure. */
export interface How {
  /** Fewer repeats and sizes. */
  readonly quick: boolean;
  /** The C program; or why there is none. */
  readonly linux: { readonly program: string } | { readonly why: string };
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Rows that are measured together, in turn, as they have a set-up in common. */
export interface Batch {
  readonly rows: readonly RowName[];
  measure(wanted: readonly RowName[], how: How): AsyncIterable<Row>;
}

/** As `--only` is compared with it, and as progress shows it. */
export const titleOf = ({ kind, name, size }: RowName): string => `${kind}: ${name}, ${size}`;

/** A row of which nothing is known yet; `why` where it cannot be. */
export const missing = ({ kind, name, size }: RowName, why?: string): Row => ({
  kind,
  name,
  size,
  model_ns: null,
  linux_ns: null,
  ratio: null,
  ...(why !== undefined && { why }),
});
