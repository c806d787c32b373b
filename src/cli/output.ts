/**
 * Writing to standard output or a file, as fast as whoever reads it takes it.
 *
 * Writing is synchronous, so nothing piles up: a reader that is slow slows the simulator down, and
 * one that goes away ends it.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { BrokenPipe, FileError, reasonOf } from './errors.ts';
import { pause, userPath } from './input.ts';

const flushSize = 64 * 1024;

export class Output {
  private readonly fd: number;
  private readonly name: string;
  private text = '';

  /** Standard output if `path` is undefined. */
  constructor(path: string | undefined) {
    this.name = path ?? 'standard output';
    try {
      this.fd = path === undefined ? 1 : openSync(userPath(path), 'w');
    } catch (error) {
      throw new FileError(`cannot write ${this.name}: ${reasonOf(error)}`);
    }
  }

  get isTerminal(): boolean {
    return isatty(this.fd);
  }

  readonly write = (text: string): void => {
    this.text += text;
    if (this.text.length >= flushSize) this.flush();
  };

  /** Called before anything that may take long. */
  flush(): void {
    if (this.text === '') return;
    const bytes = Buffer.from(this.text);
    this.text = '';
    for (let at = 0; at < bytes.length; ) at += this.put(bytes.subarray(at));
  }

  close(): void {
    this.flush();
    if (this.fd !== 1) closeSync(this.fd);
  }

  private put(bytes: Uint8Array): number {
    try {
      return writeSync(this.fd, bytes);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') throw new BrokenPipe();
      if (code !== 'EAGAIN') {
        throw new FileError(`cannot write ${this.name}: ${reasonOf(error)}`);
      }
      pause(5); // Somebody has made the descriptor one that does not wait.
      return 0;
    }
  }
}
