/** Ours: where the model leaves something to chance, somebody else decides, from a seed. */
export interface Chance {
  /** An integer from 0 up to, not including, `bound`. */
  below(bound: number): number;
}

const MILLION = 1_000_000;

/** True in `share` of all cases, from 0 to 1; to a millionth. */
export const isDrawn = (chance: Chance, share: number): boolean =>
  share > 0 && chance.below(MILLION) < share * MILLION;
