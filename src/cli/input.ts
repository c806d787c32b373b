/**
 * Reading files and standard input piece by piece.
 *
 * Reading is synchronous: the simulator is, so that what is read is used up before more is read.
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { hintOf, nearNames } from '../syscalls/near.ts';
import { FileError, reasonOf, UsageError } from './errors.ts';
import { Utf8 } from './utf8.ts';

const chunkSize = 64 * 1024;

/** Waits a moment without a promise. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** npm changes into the package's folder before it runs the command; paths mean another one. */
export function userPath(path: string): string {
  const { npm_lifecycle_event, INIT_CWD } = process.env;
  return npm_lifecycle_event === 'epollsim' && INIT_CWD ? resolve(INIT_CWD, path) : resolve(path);
}

/** Whether two paths, the first of which may be `-`, lead to one and the same file on a disk. */
export function isSameFile(input: string, output: string): boolean {
  try {
    const one = input === '-' ? fstatSync(0) : statSync(userPath(input));
    const other = statSync(userPath(output));
    return one.isFile() && one.ino === other.ino && one.dev === other.dev;
  } catch {
    return false; // Who opens them says why that cannot be done.
  }
}

/** What is written would be written over what is read: throws a UsageError. */
export function refuseInputs(files: readonly string[], output: string, option: string): void {
  const same = files.find((path) => isSameFile(path, output));
  if (same === undefined) return;
  const found = same === '-' ? 'standard input' : same;
  throw new UsageError(
    `${option} ${output}: expected another file than the inputs, found ${found}`,
  );
}

/** In words, why a file cannot be read; where there is none of that name, which one was meant. */
export function reasonAt(path: string, error: unknown): string {
  const reason = reasonOf(error);
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return reason;
  const hint = hintOf(nearFiles(path));
  return hint === undefined ? reason : `${reason}; ${hint}`;
}

/** Files and folders beside it that are called nearly so, as the user would write them. */
function nearFiles(path: string): string[] {
  try {
    const names = readdirSync(userPath(dirname(path)));
    return nearNames(basename(path), names).map((name) => {
      const start = path.slice(0, path.length - basename(path).length);
      return `${start}${name}`;
    });
  } catch {
    return []; // There is no such folder.
  }
}

/** A text that can be looked into before it is read. */
export class Input {
  /** For messages. */
  readonly name: string;
  private readonly fd: number;
  private readonly decoder: Utf8 = new Utf8();
  private readonly buffer: Uint8Array = new Uint8Array(chunkSize);
  /** Read and not yet handed out. */
  private ahead = '';
  private ended = false;

  /** `-` is standard input. */
  constructor(path: string) {
    this.name = path === '-' ? 'standard input' : path;
    this.fd = path === '-' ? 0 : this.attempt(() => openSync(userPath(path), 'r'));
  }

  /** The next piece; null at the end. */
  next(): string | null {
    if (this.ahead === '' && !this.fill()) return null;
    const chunk = this.ahead;
    this.ahead = '';
    return chunk;
  }

  /**
   * As next(), and Ctrl-C is heard of while there is nothing to read: null then, as at the end.
   * Throws a FileError where it cannot be read.
   */
  async nextSoon(): Promise<string | null> {
    if (this.ahead !== '' || this.ended || !this.mayWait) return this.next();
    const bytes = await this.attemptSoon(arrival());
    this.ended = bytes === null;
    const text = this.decoder.text(bytes ?? new Uint8Array(0), this.ended);
    return text === '' && !this.ended ? this.nextSoon() : text || null;
  }

  /** The beginning: until it is enough, or there is a lot of it. */
  peek(isEnough: (text: string) => boolean): string {
    while (!isEnough(this.ahead) && this.ahead.length < chunkSize && this.fill());
    return this.ahead;
  }

  /** All that is left. */
  rest(): string {
    while (this.fill());
    return this.next() ?? '';
  }

  close(): void {
    if (this.fd !== 0) closeSync(this.fd);
  }

  /** Reads one piece; false at the end. */
  private fill(): boolean {
    if (this.ended) return false;
    const count = this.attempt(() => this.read());
    this.ended = count === 0;
    this.ahead += this.decoder.text(this.buffer.subarray(0, count), this.ended);
    return !this.ended;
  }

  /** Waits where somebody has made the descriptor one that does not. */
  private read(): number {
    for (;;) {
      try {
        return this.mayWait
          ? deafly(() => readSync(0, this.buffer))
          : readSync(this.fd, this.buffer);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EOF') return 0;
        if (code !== 'EAGAIN') throw error;
        pause(5);
      }
    }
  }

  /** Somebody else writes what is read, when it pleases them. */
  private get mayWait(): boolean {
    return this.fd === 0 && isMainThread && !fstatSync(0).isFile();
  }

  private attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.refusal(error);
    }
  }

  private async attemptSoon<T>(result: Promise<T>): Promise<T> {
    try {
      return await result;
    } catch (error) {
      throw this.refusal(error);
    }
  }

  private refusal(error: unknown): FileError {
    return new FileError(`cannot read ${this.name}: ${reasonAt(this.name, error)}`);
  }
}

/** What waits for standard input hears of no signal: so long Ctrl-C ends the process, as if nobody listened. */
function deafly<T>(action: () => T): T {
  const listeners = process.rawListeners('SIGINT') as NodeJS.SignalsListener[];
  for (const listener of listeners) process.off('SIGINT', listener);
  try {
    return action();
  } finally {
    for (const listener of listeners) process.on('SIGINT', listener);
  }
}

/** What comes next on standard input; null at its end, or when Ctrl-C was pressed. */
async function arrival(): Promise<Uint8Array | null> {
  const { stdin } = process;
  let pressed = false;
  for (;;) {
    const bytes = stdin.read() as Uint8Array | null;
    if (bytes !== null) return bytes;
    if (pressed) stdin.destroy();
    if (stdin.readableEnded || stdin.destroyed) return null;
    pressed = await somethingOf(stdin);
  }
}

/** Waits until something happens to it, or Ctrl-C is pressed: true then. */
const somethingOf = (stdin: NodeJS.ReadStream): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      stdin.off('readable', onEvent).off('end', onEvent).off('error', onError);
      process.off('SIGINT', onPress);
      action();
    };
    const onEvent = (): void => settle(() => resolve(false));
    const onError = (error: Error): void => settle(() => reject(error));
    const onPress = (): void => settle(() => resolve(true));
    stdin.on('readable', onEvent).on('end', onEvent).on('error', onError);
    process.on('SIGINT', onPress);
  });
