/** Streams that nobody has written down: what is in them, and where they are cut, follows from a seed. */

/** A stream as the peer writes it, and the messages that are whole in it. */
export interface Stream {
  readonly pieces: readonly string[];
  readonly messages: readonly string[];
}

/** A number from 0 to `below` - 1. */
type Draw = (below: number) => number;

/** The same numbers for the same seed, which is not 0: xorshift32 (Marsaglia, "Xorshift RNGs", 2003). */
function drawFrom(seed: number): Draw {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** So many streams; one in three, or so, ends before its last message does. */
export function streamsFrom(seed: number, count: number): Stream[] {
  const draw = drawFrom(seed);
  return Array.from({ length: count }, () => streamOf(draw));
}

function streamOf(draw: Draw): Stream {
  const messages = Array.from({ length: 2 + draw(3) }, () => lettersOf(draw, draw(10)));
  const last = lettersOf(draw, 1 + draw(9));
  const cutOff = `${last.length}${last}`.slice(0, draw(3) === 0 ? 1 + draw(last.length) : 0);
  const text = messages.map((one) => `${one.length}${one}`).join('') + cutOff;
  return { pieces: piecesOf(draw, text), messages };
}

const lettersOf = (draw: Draw, length: number): string =>
  Array.from({ length }, () => String.fromCharCode(97 + draw(26))).join('');

/** The text in pieces of 1 to 12 bytes: shorter and longer than the buffer of a read may be. */
function piecesOf(draw: Draw, text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += pieces.at(-1)?.length ?? 0) {
    pieces.push(text.slice(at, at + 1 + draw(12)));
  }
  return pieces;
}
