/** What an option can be, and the errors for what it cannot be. */
import { inWords } from '../syscalls/found.ts';
import { hintOf, nearNames } from '../syscalls/near.ts';

export interface Rule {
  /** In words, behind "expected". */
  readonly expected: string;
  fits(value: unknown): boolean;
}

export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names that are near, or that the name which was written has in it: `maxExecutions`, `executions`. */
function meantBy(name: string, known: readonly string[]): string[] {
  const near = nearNames(name, known);
  if (near.length > 0) return near;
  return known.filter((one) => one.length > 3 && name.toLowerCase().includes(one.toLowerCase()));
}

/** Throws for the first option that has no rule, or does not keep to its rule. */
export function refuseUnknown(
  what: string,
  options: object,
  rules: Readonly<Record<string, Rule>>,
): void {
  for (const [key, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) {
      const known = Object.keys(rules).join(', ');
      const hint = hintOf(meantBy(key, Object.keys(rules)));
      const meant = hint === undefined ? '' : `; ${hint}`;
      throw new TypeError(`${what}: expected one of ${known}, found "${key}"${meant}`);
    }
    if (value === undefined || rule.fits(value)) continue;
    throw new RangeError(`${what}: ${key}: expected ${rule.expected}, found ${inWords(value)}`);
  }
}
