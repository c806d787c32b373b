/** Which name was meant, where one is written that nobody knows. */

/** How many letters have to be put in, taken out, changed or swapped. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed);
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

/** No name is longer; comparing takes the product of the lengths. */
const longestCompared = 40;

/** The names that are nearest, three at most; none if none is near. */
export function nearNames(name: string, known: Iterable<string>): string[] {
  if (name.length > longestCompared) return [];
  let least = Math.min(2, Math.ceil(name.length / 4));
  let near: string[] = [];
  for (const other of known) {
    const away = distance(name.toUpperCase(), other.toUpperCase());
    if (away > least) continue;
    if (away < least) near = [];
    least = away;
    near.push(other);
  }
  return near.slice(0, 3);
}

/** "did you mean …?" with the names that are nearest; undefined if none is near. */
export const nearHint = (name: string, known: Iterable<string>): string | undefined =>
  hintOf(nearNames(name, known));

/** The question; undefined if there are none. */
export const hintOf = (names: readonly string[]): string | undefined =>
  names.length === 0 ? undefined : `did you mean ${names.join(' or ')}?`;
