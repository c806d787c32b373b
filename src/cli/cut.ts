/**
 * What a program that goes on and on prints: its beginning and its end, where the middle would be
 * the same over and over. Whether it is to be cut is known only when the program has ended.
 *
 * Invariants: pieces stay whole; without a cut everything is handed on, in its order.
 */
import type { Write } from '../trace/format.ts';

/** So much is handed on at once; no program that anybody reads prints more. */
const beginning = 1 << 20;
/** Of what would be left out so many pieces are kept, the last ones. */
const lastPieces = 200;
/** More than this is not held back: the program is long, and has to be written down. */
const mostHeld = 1 << 28;

export class Cut {
  private readonly write: Write;
  /** In the form of the format, that so many pieces are left out. */
  private readonly note: (pieces: number) => string;
  private handedOn = 0;
  private held: string[] = [];
  private heldLength = 0;

  constructor(write: Write, note: (pieces: number) => string) {
    this.write = write;
    this.note = note;
  }

  readonly take = (text: string): void => {
    if (this.handedOn < beginning) {
      this.handedOn += text.length;
      this.write(text);
      return;
    }
    this.held.push(text);
    this.heldLength += text.length;
    if (this.heldLength > mostHeld) this.handOn(this.held);
  };

  /** The program has ended; `endless`: because it had to be stopped. */
  end(endless: boolean): void {
    const leftOut = this.held.length - lastPieces;
    if (!endless || leftOut <= 0) return this.handOn(this.held);
    this.write(this.note(leftOut));
    this.handOn(this.held.slice(leftOut));
  }

  private handOn(pieces: readonly string[]): void {
    this.held = [];
    this.heldLength = 0;
    for (const piece of pieces) this.write(piece);
  }
}
