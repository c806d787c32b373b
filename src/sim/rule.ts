/** What an option can be, and the errors for what it cannot be. */
import { inWords } from '../syscalls/found.ts';

export interface Rule {
  /** In words, behind "expected". */
  readonly expected: string;
  fits(value: unknown): boolean;
}

export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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
      throw new TypeError(`${what}: expected one of ${known}, found "${key}"`);
    }
    if (value === undefined || rule.fits(value)) continue;
    throw new RangeError(`${what}: ${key}: expected ${rule.expected}, found ${inWords(value)}`);
  }
}
