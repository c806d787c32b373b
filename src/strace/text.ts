/**
 * The arguments of a call as strace prints them: where they end, and what each of them says.
 *
 * Every function is linear in the length of its text and takes any text.
 */

const quote = 0x22;
const backslash = 0x5c;
const less = 0x3c;
const greater = 0x3e;
const minus = 0x2d;
const comma = 0x2c;

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const opens = (code: number): boolean => code === 0x28 || code === 0x5b || code === 0x7b;
const closes = (code: number): boolean => code === 0x29 || code === 0x5d || code === 0x7d;

/** Behind a string that begins at `at`; the end of the text if the string is cut. */
function afterString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === backslash) i++;
    else if (code === quote) return i + 1;
  }
  return text.length;
}

/** Behind what -y adds to a descriptor, `<socket:[5]>`, which begins at `at`. */
function afterDecoration(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === less) depth++;
    else if (code === greater && text.charCodeAt(i - 1) !== minus && --depth === 0) return i + 1;
    else if (code === quote) i = afterString(text, i) - 1;
  }
  return text.length;
}

/** Calls `found` with the place of each comma at the top; returns where the bracket closes, or -1. */
function walk(text: string, from: number, found: ((at: number) => void) | null): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) i = afterString(text, i) - 1;
    else if (opens(code)) depth++;
    else if (closes(code)) {
      if (depth === 0) return i;
      depth--;
    } else if (code === less) {
      const before = text.charCodeAt(i - 1);
      const isDecoration = i > from && (isDigit(before) || text.slice(i - 5, i) === 'FDCWD');
      if (isDecoration && text.charCodeAt(i + 1) !== less) i = afterDecoration(text, i) - 1;
    } else if (code === 0x2f && text.charCodeAt(i + 1) === 0x2a) {
      const end = text.indexOf('*/', i + 2);
      i = end < 0 ? text.length : end + 1;
    } else if (code === comma && depth === 0 && found !== null) found(i);
  }
  return -1;
}

/** Where the bracket that closes the arguments stands; -1 if the line ends before. */
export const endOfArguments = (text: string, from: number): number => walk(text, from, null);

/** Entries of a list, each without the blanks around it; no more than `most`. */
export function splitArguments(text: string, most: number = Number.MAX_SAFE_INTEGER): string[] {
  const parts: string[] = [];
  let begin = 0;
  const end = walk(text, 0, (at) => {
    if (parts.length < most) parts.push(text.slice(begin, at).trim());
    begin = at + 1;
  });
  const last = text.slice(begin, end < 0 ? undefined : end).trim();
  if (parts.length < most && (last !== '' || parts.length > 0)) parts.push(last);
  return parts;
}

/** A descriptor and what -y says is behind it. */
export interface FdText {
  readonly fd: number;
  readonly behind: string | null;
}

/** Null for what is no descriptor: NULL, AT_FDCWD, an address. */
export function fdOf(text: string | undefined): FdText | null {
  const match =
    text === undefined ? null : /^(-?\d{1,10})(?:<([\s\S]*)>(?:\(deleted\))?)?$/.exec(text);
  if (match === null) return null;
  return { fd: Number(match[1]), behind: match[2] ?? null };
}

/** A number, of which strace may print what it was and what it became: `[128 => 16]`; else null. */
export function numberOf(text: string | undefined): number | null {
  const match = /^\[?(-?(?:0x[0-9a-f]+|\d+))(?:\*(\d+))?\b/.exec(text ?? '');
  if (match === null) return null;
  return Number(match[1]) * Number(match[2] ?? 1);
}

/** No text with flags is longer. */
const longestFlags = 65_536;

/** Is one of the names in a word of flags? */
export const hasFlag = (text: string | undefined, ...names: readonly string[]): boolean =>
  text !== undefined &&
  text.length < longestFlags &&
  names.some((name) => new RegExp(`(?:^|[|=\\s])${name}(?:$|[|,}\\s])`).test(text));

/** No word of flags is longer. */
const longestWord = 4096;

/** A word of flags by `table`; bits without a name may stand there as a number. */
export function flagWord(text: string, table: ReadonlyMap<string, number>): number {
  let word = 0;
  if (text.length > longestWord) return 0;
  for (const part of text.replace(/\/\*.*?\*\//g, '').split('|')) {
    const name = part.trim();
    word |= table.get(name) ?? (/^(?:0x[0-9a-f]+|\d+)$/.test(name) ? Number(name) | 0 : 0);
  }
  return word;
}

/** How many bytes a printed string stands for, as far as it was printed. */
export function bytesOf(text: string): number[] | null {
  if (!text.startsWith('"')) return null;
  const end = afterString(text, 0);
  if (text.slice(end).startsWith('...')) return null;
  const bytes: number[] = [];
  for (let i = 1; i < end - 1; i++) {
    if (text.charCodeAt(i) !== backslash) {
      bytes.push(text.charCodeAt(i) & 0xff);
      continue;
    }
    const found = /^\\(?:x([0-9a-f]{2})|([0-7]{1,3})|(.))/s.exec(text.slice(i, i + 4));
    if (found === null) return null;
    const [whole, hex, octal, letter] = found;
    bytes.push(
      hex !== undefined
        ? Number.parseInt(hex, 16)
        : octal !== undefined
          ? Number.parseInt(octal, 8)
          : (letters[letter as string] ?? (letter as string).charCodeAt(0)),
    );
    i += whole.length - 1;
  }
  return bytes;
}

const letters: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12 };
