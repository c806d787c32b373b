/**
 * Bytes as text, piece by piece, so that what is not UTF-8 can still be found in the text.
 *
 * Each byte that belongs to no character becomes half of a surrogate pair, which no UTF-8 has.
 * TextDecoder would give U+FFFD, which may as well have stood there.
 */
import { TextDecoder } from 'node:util';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Utf8 {
  /** The beginning of a character whose end has not come yet. */
  private rest: Uint8Array = new Uint8Array(0);

  /** The text of the next bytes; `isLast` where no more come. */
  text(bytes: Uint8Array, isLast: boolean): string {
    const all = Buffer.concat([this.rest, bytes]);
    const end = isLast ? all.length : wholeLength(all);
    this.rest = all.subarray(end);
    return decode(all.subarray(0, end)) ?? marked(all.subarray(0, end));
  }
}

function decode(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

/** How long the character is that begins with this byte; 1 if none does. */
function lengthFrom(byte: number): number {
  if (byte >= 0xf0) return 4;
  if (byte >= 0xe0) return 3;
  return byte >= 0xc0 ? 2 : 1;
}

/** Up to the last character that is not there as a whole. */
function wholeLength(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let at = length - 1; at >= Math.max(0, length - 3); at--) {
    const byte = bytes[at] as number;
    if (byte >= 0x80 && byte < 0xc0) continue;
    return at + lengthFrom(byte) > length ? at : length;
  }
  return length;
}

function marked(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] as number;
    const length = lengthFrom(first);
    const one = decode(bytes.subarray(at, at + length));
    text += one ?? String.fromCharCode(0xdc00 + first);
    at += one === null ? 1 : length;
  }
  return text;
}
