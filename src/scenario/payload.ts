/**
 * The bytes that `write` and `send` pass, and what of the bytes that came in is shown.
 */

/** The UTF-8 of a well-formed text. */
export function encodeText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) {
      bytes[length++] = code;
      continue;
    }
    const trailing = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    const lead = [0, 0xc0, 0xe0, 0xf0][trailing] ?? 0;
    bytes[length++] = lead | (code >> (6 * trailing));
    for (let i = trailing - 1; i >= 0; i--) bytes[length++] = 0x80 | ((code >> (6 * i)) & 0x3f);
  }
  return bytes.subarray(0, length);
}

/** A u64 in memory, on a little-endian machine. */
export function encodeU64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

export function decodeU64(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

/** What a `write` or `send` step passes: its text, so many "x", or the eight bytes of a number. */
export function payloadBytes(args: {
  readonly data: string | undefined;
  readonly bytes: number | undefined;
  readonly value?: bigint | undefined;
}): Uint8Array {
  if (args.data !== undefined) return encodeText(args.data);
  if (args.bytes !== undefined) return new Uint8Array(args.bytes).fill(0x78);
  return encodeU64(args.value ?? 0n);
}

const maxShown = 64;

/** What was read, if a transcript shows it: 1 to 64 bytes, all of them printable ASCII. */
export function shownText(bytes: Uint8Array): string | undefined {
  if (bytes.length < 1 || bytes.length > maxShown) return undefined;
  for (const byte of bytes) if (byte < 0x20 || byte > 0x7e) return undefined;
  return String.fromCharCode(...bytes);
}
