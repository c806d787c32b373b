/** Sequence numbers: 32 bits that wrap. Linux: include/net/tcp.h. */

export const before = (seq1: number, seq2: number): boolean => ((seq1 - seq2) | 0) < 0;
export const after = (seq1: number, seq2: number): boolean => ((seq2 - seq1) | 0) < 0;

/** Is seq2 <= seq1 <= seq3? */
export const between = (seq1: number, seq2: number, seq3: number): boolean =>
  (seq3 - seq2) >>> 0 >= (seq1 - seq2) >>> 0;

/** Ours: `seq` moved by `n`, which may be negative. */
export const seqAdd = (seq: number, n: number): number => (seq + n) >>> 0;
/** Ours: how far `seq1` is ahead of `seq2`; negative if it is behind. */
export const seqDiff = (seq1: number, seq2: number): number => (seq1 - seq2) | 0;
