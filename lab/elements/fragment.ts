/**
 * Something as the fragment of an address, `#key=…`: JSON, deflated, in base64url. What it holds stays with the
 * reader: no browser sends a fragment to a server.
 */

/** More than any program has; a link could otherwise unfold to anything. */
const mostBytes = 4_000_000;

export async function packed(key: string, what: object): Promise<string> {
  const bytes = new Uint8Array(new TextEncoder().encode(JSON.stringify(what)));
  return `#${key}=${base64url(await through(bytes, new CompressionStream('deflate-raw')))}`;
}

/** What a fragment holds under this key; null if nothing, or what is damaged. */
export async function unpacked(key: string, fragment: string): Promise<unknown> {
  const data = new RegExp(`^#?${key}=([\\w-]+)$`).exec(fragment)?.[1];
  if (data === undefined) return null;
  try {
    const bytes = await through(bytesOf(data), new DecompressionStream('deflate-raw'));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

export const isText = (found: unknown): found is string => typeof found === 'string';

export const isTexts = (found: unknown): found is readonly string[] =>
  Array.isArray(found) && found.every(isText);

/** Keys and values of an object; null of all else. */
export const objectIn = (found: unknown): Readonly<Record<string, unknown>> | null =>
  typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : null;

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = stream.readable.getReader();
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      size += value.length;
      if (size > mostBytes) throw new Error('the link unfolds to more than anybody has written');
      pieces.push(value);
    }
  };
  await Promise.all([written, read()]);
  return joined(pieces, size);
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const base64url = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const bytesOf = (data: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(data.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
