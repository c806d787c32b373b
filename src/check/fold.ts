/** What repeats in a long list, said once: for a person who reads it. */

/** Instead of items that repeat those before them. */
export interface Repeats {
  /** How many items are repeated: the last ones before this. */
  readonly period: number;
  /** How many times more they come. */
  readonly times: number;
}

/** A round has no more items than that. */
const longestPeriod = 256;
/** Fewer items than that are not worth leaving out. */
const worthLeavingOut = 12;

/** The items in their order, and what stands for rounds after the first; `keyOf`: equal for equals. */
export function folded<T>(items: readonly T[], keyOf: (item: T) => string): (T | Repeats)[] {
  const numbers = new Map<string, number>();
  const keys = items.map((item) => {
    const key = keyOf(item);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
  const out: (T | Repeats)[] = [];
  for (let at = 0; at < items.length; ) {
    const repeats = repeatsAt(keys, at);
    const shown = repeats === null ? 1 : repeats.period;
    for (let i = 0; i < shown; i++) out.push(items[at + i] as T);
    at += shown;
    if (repeats === null) continue;
    out.push(repeats);
    at += repeats.period * repeats.times;
  }
  return out;
}

/** The shortest round that begins here and comes again often enough; null if none does. */
function repeatsAt(keys: readonly number[], at: number): Repeats | null {
  const longest = Math.min(longestPeriod, (keys.length - at) >> 1);
  for (let period = 1; period <= longest; period++) {
    let equal = 0;
    while (at + equal + period < keys.length && keys[at + equal] === keys[at + equal + period])
      equal++;
    const times = Math.floor(equal / period);
    if (times >= 2 && times * period >= worthLeavingOut) return { period, times };
  }
  return null;
}
