/** A line on the terminal that says how far the work is; nothing elsewhere. */
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';

const everyMs = 200;

/** Where a line can be written over, and somebody sees it. */
const isSeen = ({ CI = '', TERM: terminal }: NodeJS.ProcessEnv): boolean =>
  isatty(2) && terminal !== 'dumb' && CI === '';

export class Progress {
  private readonly isShown: boolean;
  private readonly started: number = performance.now();
  private last = 0;

  /** Scripts are told what was asked for, and nothing else. */
  constructor(forScripts = false) {
    this.isShown = !forScripts && isSeen(process.env);
  }

  get seconds(): number {
    return Math.round(performance.now() - this.started) / 1000;
  }

  /** What has been done so far, a second. */
  rate(done: number): number {
    return Math.round(done / Math.max(this.seconds, 0.001));
  }

  /** Shows a line in the place of the one before. */
  show(line: () => string): void {
    const now = performance.now();
    if (!this.isShown || now - this.last < everyMs) return;
    this.last = now;
    // A longer line would go on in the next one, and stay there.
    const room = (process.stderr.columns || 80) - 1;
    put(`\r\x1b[K${line().slice(0, room)}`);
  }

  /** Makes room for other output. */
  clear(): void {
    if (this.isShown) put('\r\x1b[K');
    this.last = 0;
  }
}

function put(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody is looking.
  }
}
