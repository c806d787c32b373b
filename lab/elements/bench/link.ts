/**
 * A moment as the fragment of an address, `#bench=…`: JSON, deflated, in base64url. What it holds
 * stays with the reader: no browser sends a fragment to a server.
 */

/** What a link leads to. */
export interface Place {
  /** A program of the site, by name; null where there is only a text. */
  readonly program: string | null;
  /** The program, where somebody has changed or written it. */
  readonly text?: string;
  readonly kernel?: string;
  readonly with?: readonly string[];
  readonly without?: readonly string[];
  /** The steps that were taken; the others follow as they come. */
  readonly steps?: readonly string[];
  /** The lab whose task the text is a solution of. */
  readonly task?: number;
  /** How many moments have happened. */
  readonly at: number;
}

const key = 'bench';

/** More than any program has; a link could otherwise unfold to anything. */
const mostBytes = 4_000_000;

export async function fragmentOf(place: Place): Promise<string> {
  const bytes = new Uint8Array(new TextEncoder().encode(JSON.stringify(place)));
  const packed = await through(bytes, new CompressionStream('deflate-raw'));
  return `#${key}=${base64url(packed)}`;
}

/** What a fragment leads to; null where it is none, or is damaged. */
export async function placeIn(fragment: string): Promise<Place | null> {
  const data = new RegExp(`^#?${key}=([\\w-]+)$`).exec(fragment)?.[1];
  if (data === undefined) return null;
  try {
    const bytes = await through(bytesOf(data), new DecompressionStream('deflate-raw'));
    const found: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isPlace(found) ? found : null;
  } catch {
    return null;
  }
}

function isPlace(found: unknown): found is Place {
  if (typeof found !== 'object' || found === null) return false;
  const { at, program, steps, task, text, ...kernel } = found as Record<string, unknown>;
  const isText = (one: unknown): boolean => one === undefined || typeof one === 'string';
  const isList = (one: unknown): boolean =>
    one === undefined || (Array.isArray(one) && one.every((item) => typeof item === 'string'));
  return (
    Number.isInteger(at) &&
    (program === null ? text !== undefined : /^[\w-]+$/.test(String(program))) &&
    isText(text) &&
    (task === undefined || Number.isInteger(task)) &&
    isText(kernel['kernel']) &&
    [steps, kernel['with'], kernel['without']].every(isList)
  );
}

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
