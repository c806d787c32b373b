/** What somebody gave in place of what was expected, in words for an error. */

const shorten = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most)}…`;

/** "5", "'text'", "{ events: 1 }", "a function", "a call without \"yield*\"", … */
export function inWords(found: unknown): string {
  if (typeof found === 'string') return `'${shorten(found, 20)}'`;
  if (typeof found === 'bigint') return `${found}n`;
  if (typeof found === 'function') return describeFunction(found as () => unknown);
  return typeof found === 'object' && found !== null ? describeObject(found) : String(found);
}

const describeFunction = (found: () => unknown): string => {
  const kind = isAsync(found) ? 'an async function' : 'a function';
  return found.name === '' ? kind : kind.replace(/^an? /, 'the ').concat(` ${found.name}`);
};

/** What was thrown, in words: mostly, but not always, an Error. */
export const thrownInWords = (error: unknown): string =>
  error instanceof Error
    ? `${error.name}: ${error.message}`
    : typeof error === 'object'
      ? inWords(error)
      : String(error);

/**
 * As inWords(), in place of a function that is to be run: whoever calls it gives what it gives, which
 * can be run but once.
 */
export function inPlaceOfProgram(found: unknown): string {
  const kind = Object.prototype.toString.call(found).slice('[object '.length, -1);
  if (kind !== 'Generator' && kind !== 'Promise') return inWords(found);
  return `what a call gives (a ${kind}): hand over the function itself, without calling it`;
}

/** Does it say `async`? Such a function gives a promise, never a generator. */
export const isAsync = (found: unknown): boolean =>
  /^\[object Async/.test(Object.prototype.toString.call(found));

function describeObject(found: object): string {
  if (Array.isArray(found)) return found.length === 0 ? '[]' : 'an array';
  if ('next' in found && Symbol.iterator in found) return 'a call without "yield*"';
  const kind = Object.prototype.toString.call(found).slice('[object '.length, -1);
  if (kind !== 'Object') return `an object of the kind ${kind}`;
  const members = Object.entries(found).map(([key, value]) => `${key}: ${describePart(value)}`);
  return members.length === 0 ? '{}' : shorten(`{ ${members.join(', ')} }`, 60);
}

/** A part of an object is described no deeper than that. */
const describePart = (part: unknown): string =>
  typeof part === 'object' && part !== null ? '…' : inWords(part);
