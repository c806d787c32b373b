/** The memory that the driver shares with the player, and where in it things are put. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Unavailable } from './compiler.ts';
import * as layout from './layout.ts';

/** The memory and the fifos, open here and nowhere else: their names are gone at once. */
export interface Channels {
  readonly memory: number;
  readonly start: number;
  readonly go: readonly number[];
}

export function openChannels(): Channels {
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const folder = mkdtempSync(join(parent, 'epollsim-'));
  try {
    const memory = openSync(join(folder, 'memory'), 'w+');
    ftruncateSync(memory, layout.memorySize);
    const names = Array.from({ length: 1 + layout.maxThreads }, (_, i) => join(folder, `go.${i}`));
    execFileSync('mkfifo', names);
    const [start = -1, ...go] = names.map((name) => openSync(name, 'r+'));
    return { memory, start, go };
  } catch (error) {
    throw new Unavailable(`no channel to the player: ${(error as Error).message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function closeChannels({ memory, start, go }: Channels): void {
  for (const fd of [memory, start, ...go]) closeSync(fd);
}

/** Addresses are those of the player. */
export class Memory {
  private readonly fd: number;
  private readonly head: Buffer = Buffer.alloc(layout.headSize);
  private readonly used: number[] = [];
  private filled = 0;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Looks at how far the player and its threads are; `headWord` answers from this look. */
  look(): void {
    readSync(this.fd, this.head, 0, this.head.length, 0);
  }

  headWord(offset: number): number {
    return this.head.readUInt32LE(offset);
  }

  headNumber(offset: number): number {
    return Number(this.head.readBigInt64LE(offset));
  }

  headText(offset: number, length: number): string {
    const text = this.head.toString('latin1', offset, offset + length);
    const end = text.indexOf('\0');
    return end < 0 ? text : text.slice(0, end);
  }

  write(bytes: Buffer, offset: number): void {
    writeSync(this.fd, bytes, 0, bytes.length, offset);
  }

  /** Forgets what `put` has placed for a thread. */
  clear(thread: number): void {
    this.used[thread] = 0;
  }

  /** Places bytes in the memory of a thread; their address. */
  put(thread: number, bytes: Buffer): number {
    const used = this.used[thread] ?? 0;
    const end = used + ((bytes.length + 15) & ~15);
    if (end > layout.structsSize) throw new Unavailable('the arguments of a thread do not fit');
    this.used[thread] = end;
    const offset = layout.areas + thread * layout.areaSize + used;
    this.write(bytes, offset);
    return layout.base + offset;
  }

  /** The address of memory that a thread may read into; its first bytes are zero. */
  data(thread: number, skip = 0): number {
    const offset = layout.areas + thread * layout.areaSize + layout.structsSize + skip;
    this.write(zeroes, offset);
    return layout.base + offset;
  }

  /** The address of `length` bytes `x`. */
  fill(length: number): number {
    if (length > this.filled) {
      const bytes = Buffer.alloc(length - this.filled, 'x');
      this.write(bytes, layout.fill + this.filled);
      this.filled = length;
    }
    return layout.base + layout.fill;
  }

  peek(address: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    // An address that nothing was stored at may lie anywhere.
    if (length > 0) readSync(this.fd, bytes, 0, length, address - layout.base);
    return bytes;
  }
}

/** As many as a transcript shows of what was read. */
const zeroes = Buffer.alloc(64);
