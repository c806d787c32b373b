/**
 * Writing to standard output or a file, as fast as whoever reads it takes it.
 *
 * Writing is synchronous, so nothing piles up: a reader that is slow slows the simulator down, and
 * one that goes away ends it.
 *
 * Invariants: a file that was there is as it was until the first byte is written, so that what goes
 * wrong before costs nothing.
 */
import { accessSync, closeSync, constants, openSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { isatty } from 'node:tty';
import { Cut } from './cut.ts';
import { BrokenPipe, FileError, reasonOf } from './errors.ts';
import { pause, userPath } from './input.ts';
import { checkInterrupted } from './interrupt.ts';

const flushSize = 64 * 1024;

export class Output {
  private readonly path: string | null;
  private readonly name: string;
  /** Null until the first byte, or somebody asks whether it is a terminal. */
  private fd: number | null = null;
  private text = '';
  private cut: Cut | null = null;

  /** Standard output if `path` is undefined. Throws a FileError where nothing can be written. */
  constructor(path: string | undefined) {
    this.name = path ?? 'standard output';
    this.path = path === undefined ? null : userPath(path);
    if (this.path !== null) this.checkPath(this.path);
  }

  get isStandard(): boolean {
    return this.path === null;
  }

  get isTerminal(): boolean {
    const isDevice =
      this.path === null || statSync(this.path, { throwIfNoEntry: false })?.isCharacterDevice();
    return isDevice === true && isatty(this.open());
  }

  readonly write = (text: string): void => {
    if (this.cut === null) this.append(text);
    else this.cut.take(text);
    checkInterrupted();
  };

  /** From here to `release()` the middle of what is written can be left out, with a note. */
  holdBack(note: (pieces: number) => string): void {
    this.cut = new Cut(this.append, note);
  }

  release(endless: boolean): void {
    const { cut } = this;
    this.cut = null;
    cut?.end(endless);
  }

  private readonly append = (text: string): void => {
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
    if (this.fd !== null && this.fd !== 1) closeSync(this.fd);
    this.fd = null;
  }

  private checkPath(path: string): void {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw this.refusal('it is a directory');
    const folder = dirname(path);
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw this.refusal(`there is no folder ${dirname(this.name)}`);
    }
    try {
      accessSync(found === undefined ? folder : path, constants.W_OK);
    } catch (error) {
      throw this.refusal(reasonOf(error));
    }
  }

  private open(): number {
    try {
      this.fd ??= this.path === null ? 1 : openSync(this.path, 'w');
      return this.fd;
    } catch (error) {
      throw this.refusal(reasonOf(error));
    }
  }

  private refusal(reason: string): FileError {
    return new FileError(`cannot write ${this.name}: ${reason}`);
  }

  private put(bytes: Uint8Array): number {
    const fd = this.open();
    try {
      return writeSync(fd, bytes);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') throw new BrokenPipe();
      if (code !== 'EAGAIN') throw this.refusal(reasonOf(error));
      pause(5); // Somebody has made the descriptor one that does not wait.
      return 0;
    }
  }
}

/** Prints a text that is there as a whole. */
export function print(text: string, path?: string): void {
  const output = new Output(path);
  output.write(text);
  output.close();
}
