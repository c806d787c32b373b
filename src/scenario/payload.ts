/**
 * The bytes that `write` and `send` pass, and what of the bytes that came in is shown.
 */

import { encodeText } from '../kernel/bytes.ts';
import { putU64 } from '../kernel/u64.ts';

/** What a `write` or `send` step passes: its text, so many "x", or the eight bytes of a number. */
export function payloadBytes(args: {
  readonly data: string | undefined;
  readonly bytes: number | undefined;
  readonly value?: bigint | undefined;
}): Uint8Array {
  if (args.data !== undefined) return encodeText(args.data);
  if (args.bytes !== undefined) return new Uint8Array(args.bytes).fill(0x78);
  return putU64(args.value ?? 0n);
}

/** The longest result whose bytes a transcript shows. */
export const maxShown = 64;

/** What was read, if a transcript shows it: 1 to 64 bytes, all of them printable ASCII. */
export function shownText(bytes: Uint8Array): string | undefined {
  if (bytes.length < 1 || bytes.length > maxShown) return undefined;
  for (const byte of bytes) if (byte < 0x20 || byte > 0x7e) return undefined;
  return String.fromCharCode(...bytes);
}
