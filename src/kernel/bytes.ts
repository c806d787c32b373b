/** Text and bytes: what programs write is UTF-8. */

/** The UTF-8 bytes of a text. A lone surrogate becomes U+FFFD. */
export function encodeText(text: string): Uint8Array {
  const plain = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return encodeUtf8(text);
    plain[i] = code;
  }
  return plain;
}

function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const char of text) {
    let code = char.codePointAt(0) as number;
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), continuation(code, 0));
    else if (code < 0x10000) {
      bytes.push(0xe0 | (code >> 12), continuation(code, 1), continuation(code, 0));
    } else {
      bytes.push(0xf0 | (code >> 18), continuation(code, 2));
      bytes.push(continuation(code, 1), continuation(code, 0));
    }
  }
  return Uint8Array.from(bytes);
}

const continuation = (code: number, index: number): number => 0x80 | ((code >> (6 * index)) & 0x3f);

/** The text of UTF-8 bytes; what is not UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  let text = '';
  let i = 0;
  while (i < bytes.length) {
    const first = bytes[i] as number;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
    let code = length === 1 ? first : first & (0xff >> (length + 1));
    let valid = length !== 0 && i + length <= bytes.length && first < 0xf8;
    for (let k = 1; k < length && valid; k++) {
      const next = bytes[i + k] as number;
      valid = (next & 0xc0) === 0x80;
      code = (code << 6) | (next & 0x3f);
    }
    valid = valid && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    text += valid ? String.fromCodePoint(code) : '\ufffd';
    i += valid ? length : 1;
  }
  return text;
}
