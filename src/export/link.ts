/**
 * A link fragment: `#v1.` and base64url of a zlib stream of the artefact's JSON.
 *
 * What it holds stays on the reader's side: a fragment is not sent to a server.
 */
import { Unzlib, zlibSync } from 'fflate';
import { decodeText, encodeText } from '../kernel/bytes.ts';
import {
  type Artefact,
  artefactText,
  checkArtefact,
  ExportError,
  readArtefact,
} from './artefact.ts';

const version = 1;
/** More than any scenario has; a link could otherwise unfold to anything. */
const mostBytes = 16 * 1024 * 1024;

/**
 * The artefact as the fragment of a link, with its "#".
 *
 * @throws ExportError where the scenario, the kernel or the schedule is none
 */
export function toLink(artefact: Artefact): string {
  checkArtefact(artefact, 'the artefact');
  return `#v${version}.${base64url(zlibSync(encodeText(artefactText(artefact)), { level: 9 }))}`;
}

export const looksLikeLink = (text: string): boolean => /^\S*#v[0-9]+\.\S*$/.test(text.trim());

/**
 * The artefact of `link`: a fragment, or a whole address that ends with one.
 *
 * @throws ExportError for what is no link, or holds no artefact
 */
export function fromLink(link: string): Artefact {
  const fragment = link.trim();
  const found = /#?v([0-9]+)\.([^#]*)$/.exec(fragment);
  if (found === null) {
    throw new ExportError(`expected a link that ends with "#v1.…", found ${shown(fragment)}`);
  }
  const [, theirs = '', data = ''] = found;
  if (Number(theirs) !== version) {
    throw new ExportError(
      `the link is of version ${theirs}; this epollsim reads version ${version}`,
    );
  }
  return readArtefact(decodeText(inflated(bytesOf(data))), 'the link');
}

const shown = (text: string): string =>
  JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

const cut = (): ExportError =>
  new ExportError('the link is damaged or was cut: its data do not end where they should');

function inflated(bytes: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  let size = 0;
  let isWhole = false;
  try {
    const stream = new Unzlib((piece, isLast) => {
      size += piece.length;
      if (size > mostBytes) throw new ExportError('the link unfolds to more than 16 MiB');
      pieces.push(piece);
      isWhole = isLast;
    });
    // In small pieces, so that one that unfolds without end is noticed on the way.
    for (let at = 0; at < bytes.length; at += chunk) {
      stream.push(bytes.subarray(at, at + chunk), at + chunk >= bytes.length);
    }
  } catch (error) {
    throw error instanceof ExportError ? error : cut();
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  if (!isWhole || adler32(whole) !== lastWord(bytes)) throw cut();
  return whole;
}

const chunk = 4096;

/** What a zlib stream ends with. */
function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}

const lastWord = (bytes: Uint8Array): number =>
  bytes.subarray(-4).reduce((word, byte) => ((word << 8) | byte) >>> 0, 0);

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function base64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const word = (a << 16) | (b << 8) | c;
    const digits = Math.min(bytes.length - i, 3) + 1;
    for (let k = 0; k < digits; k++) text += alphabet.charAt((word >> (18 - 6 * k)) & 63);
  }
  return text;
}

function bytesOf(text: string): Uint8Array {
  const bytes: number[] = [];
  let word = 0;
  let bits = 0;
  for (const [i, character] of [...text].entries()) {
    const digit = alphabet.indexOf(character);
    if (digit < 0) {
      throw new ExportError(
        `the link has ${JSON.stringify(character)} at place ${i + 1} of its data, which is no digit of base64url`,
      );
    }
    word = ((word << 6) | digit) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((word >> bits) & 0xff);
  }
  if (bytes.length < 6) throw cut();
  return Uint8Array.from(bytes);
}
