/**
 * The process whose threads make the system calls, seen from outside: its memory, its threads, what
 * they sleep in, and its network. `player.c` is the other side; the layout is repeated there.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BASE = 0x200000000000;
const HELD = 0x300000000000;
const HELD_SIZE = 0x10000;
const STATUSES = 0x200;
const STATUS_SIZE = 64;
const CALLS = 0x1000;
const CALL_SIZE = 64;
const MESSAGE = 20;
const MESSAGE_SIZE = 100;
const GO_FD = 7936;

export const MAX_THREADS = 16;
export const FAULT_FD: number = GO_FD + MAX_THREADS;
/** Nothing is mapped here, and nothing can be: it lies below vm.mmap_min_addr. */
export const BAD_ADDRESS = 0x1000;

const FILL = 0x100000;
const FILL_SIZE = 16 * 1024 * 1024;
const AREAS = FILL + FILL_SIZE;
const STRUCTS_SIZE = 0x10000;
const DATA_SIZE = 16 * 1024 * 1024;
const AREA_SIZE = STRUCTS_SIZE + DATA_SIZE;
const MEMORY_SIZE = AREAS + MAX_THREADS * AREA_SIZE;

const READY = 1;
const FAILED = 2;
const ENDED = 3;

const START_LIMIT_MS = 5000;

export interface Needs {
  readonly threads: number;
  readonly network: boolean;
  readonly held: boolean;
}

/** What the kernel says about a thread that is inside a call. */
export interface Asleep {
  readonly nr: number;
  /** Equal texts mean that the thread has not run in between. */
  readonly signature: string;
}

/** The process could not be had; the message says why. */
export class Unavailable extends Error {}

const cell = new Int32Array(new SharedArrayBuffer(4));
/** Sleeps without giving up the turn. */
export function nap(ms: number): void {
  Atomics.wait(cell, 0, 0, ms);
}

export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;

function build(): string {
  const source = new URL('player.c', import.meta.url).pathname;
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const binary = join(tmpdir(), `epollsim-player-${hash}`);
  if (!existsSync(binary)) {
    const fresh = `${binary}.${process.pid}`;
    execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', fresh, source, '-pthread']);
    renameSync(fresh, binary);
  }
  return binary;
}

export class Machine {
  readonly #directory: string;
  readonly #player: ChildProcess;
  readonly #memory: number;
  readonly #start: number;
  readonly #go: number[] = [];
  readonly #page: Buffer = Buffer.alloc(STATUSES + MAX_THREADS * STATUS_SIZE);
  readonly #text: Buffer = Buffer.alloc(16384);
  readonly #issued: number[] = [];
  readonly #held: number[] = [];
  #filled = 0;
  #used = 0;
  #network = false;
  #pid = 0;

  constructor() {
    this.#directory = mkdtempSync('/dev/shm/epollsim-');
    this.#memory = openSync(join(this.#directory, 'memory'), 'w+');
    ftruncateSync(this.#memory, MEMORY_SIZE);
    const fifos = ['start'];
    for (let i = 0; i < MAX_THREADS; i++) fifos.push(`go.${i}`);
    execFileSync(
      'mkfifo',
      fifos.map((name) => join(this.#directory, name)),
    );
    const [start, ...go] = fifos.map((name) => openSync(join(this.#directory, name), 'r+'));
    this.#start = start as number;
    this.#go = go;
    this.#player = spawn(build(), [this.#directory], { stdio: ['ignore', 'inherit', 'inherit'] });
    this.#player.unref();
  }

  /** Ends the player and removes its files. */
  close(): void {
    this.end();
    this.#player.kill('SIGKILL');
    for (const fd of [this.#memory, this.#start, ...this.#go]) closeSync(fd);
    rmSync(this.#directory, { recursive: true });
  }

  /** Starts a fresh process; throws `Unavailable` where it cannot have what it needs. */
  begin(needs: Needs): void {
    if (needs.threads > MAX_THREADS) throw new Unavailable(`more than ${MAX_THREADS} threads`);
    const control = Buffer.alloc(20);
    control.writeUInt32LE(needs.threads, 8);
    control.writeUInt32LE(needs.network ? 1 : 0, 12);
    control.writeUInt32LE(needs.held ? 1 : 0, 16);
    writeSync(this.#memory, control, 0, control.length, 0);
    writeSync(this.#memory, Buffer.alloc(MAX_THREADS * CALL_SIZE), 0, undefined, CALLS);
    writeSync(this.#start, 'x');
    this.#network = needs.network;
    this.#issued.length = 0;
    for (let i = 0; i < needs.threads; i++) this.#issued.push(0);
    const state = this.#await(READY);
    this.#pid = this.#page.readUInt32LE(4);
    if (state === READY) return;
    const text = this.#page.toString('latin1', MESSAGE, MESSAGE + MESSAGE_SIZE);
    this.#pid = 0;
    throw new Unavailable(text.slice(0, text.indexOf('\0')) || 'the process ended at once');
  }

  /** Ends the process, whatever its threads are doing. */
  end(): void {
    if (this.#pid === 0) return;
    process.kill(this.#pid, 'SIGKILL');
    this.#await(ENDED);
    this.#pid = 0;
    for (const fd of this.#held.splice(0)) closeSync(fd);
  }

  get pid(): number {
    return this.#pid;
  }

  tid(thread: number): number {
    return this.#page.readUInt32LE(STATUSES + thread * STATUS_SIZE + 4);
  }

  /** Lets `thread` make one call. Its arguments in memory must have been written before. */
  issue(thread: number, nr: number, args: readonly (number | bigint)[]): void {
    const call = Buffer.alloc(CALL_SIZE);
    const seq = (this.#issued[thread] ?? 0) + 1;
    call.writeBigUInt64LE(BigInt(seq), 0);
    call.writeBigUInt64LE(BigInt(nr), 8);
    for (const [i, arg] of args.entries()) {
      call.writeBigUInt64LE(BigInt.asUintN(64, BigInt(arg)), 16 + 8 * i);
    }
    writeSync(this.#memory, call, 0, CALL_SIZE, CALLS + thread * CALL_SIZE);
    this.#issued[thread] = seq;
    writeSync(this.#go[thread] as number, 'x');
  }

  /** Looks at what the threads have done so far; `returned` and `result` answer from this look. */
  look(): void {
    readSync(this.#memory, this.#page, 0, this.#page.length, 0);
  }

  returned(thread: number): boolean {
    return this.#page.readUInt32LE(STATUSES + thread * STATUS_SIZE) === this.#issued[thread];
  }

  /** What the thread's last call returned: a result or -errno. */
  result(thread: number): number {
    return Number(this.#page.readBigInt64LE(STATUSES + thread * STATUS_SIZE + 8));
  }

  /** Whether the process is still there. */
  get alive(): boolean {
    return this.#page.readUInt32LE(0) === READY;
  }

  /** Makes one call that does not block and waits for it. */
  callNow(thread: number, nr: number, args: readonly (number | bigint)[]): number {
    this.issue(thread, nr, args);
    for (let i = 0; ; i++) {
      this.look();
      if (this.returned(thread)) return this.result(thread);
      if (i > 50) nap(0.05);
      if (i > 100_000 || !this.alive) throw new Error(`call ${nr} did not return`);
    }
  }

  /** Forgets what `put` has placed for `thread`. */
  clear(): void {
    this.#used = 0;
  }

  /** Places bytes in the memory of `thread`; returns their address. */
  put(thread: number, bytes: Buffer): number {
    const offset = AREAS + thread * AREA_SIZE + this.#used;
    this.#used += (bytes.length + 15) & ~15;
    if (this.#used > STRUCTS_SIZE) throw new Error('arguments do not fit');
    writeSync(this.#memory, bytes, 0, bytes.length, offset);
    return BASE + offset;
  }

  /** The address of 16 MiB that `thread` may read into. */
  data(thread: number): number {
    return BASE + AREAS + thread * AREA_SIZE + STRUCTS_SIZE;
  }

  /** The address of `length` bytes `x`. */
  fill(length: number): number {
    if (length > this.#filled) {
      const bytes = Buffer.alloc(length - this.#filled, 'x');
      writeSync(this.#memory, bytes, 0, bytes.length, FILL + this.#filled);
      this.#filled = length;
    }
    return BASE + FILL;
  }

  /** Reads memory of the process at an address that `put`, `data` or `heldPage` gave. */
  peek(address: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    if (address < HELD) {
      readSync(this.#memory, bytes, 0, length, address - BASE);
      return bytes;
    }
    if (this.#held.length === 0) this.#held.push(openSync(`/proc/${this.#pid}/mem`, 'r'));
    readSync(this.#held[0] as number, bytes, 0, length, address);
    return bytes;
  }

  /** The pages of `thread` that stay away until they are supplied. */
  heldPage(thread: number): { address: number; length: number } {
    return { address: HELD + thread * HELD_SIZE, length: HELD_SIZE };
  }

  /** What a descriptor of the process is, as /proc names it; `""` when it is not open. */
  describe(fd: number): string {
    try {
      return readlinkSync(`/proc/${this.#pid}/fd/${fd}`);
    } catch {
      return '';
    }
  }

  /** The call in which a thread sleeps, or null while it runs. */
  asleep(thread: number): Asleep | null {
    const call = this.#read(`/proc/${this.#pid}/task/${this.tid(thread)}/syscall`);
    const nr = Number.parseInt(call, 10);
    if (!(nr >= 0)) return null;
    const waitsForGo = nr === 0 && call.startsWith(`0 0x${(GO_FD + thread).toString(16)} `);
    if (waitsForGo) return null;
    const status = this.#read(`/proc/${this.#pid}/task/${this.tid(thread)}/status`);
    const state = /^State:\t(.)/m.exec(status)?.[1];
    if (state !== 'S' && state !== 'D') return null;
    const switches = status.slice(status.indexOf('voluntary_ctxt_switches'));
    return { nr, signature: call + switches };
  }

  /** The kernel function in which a thread sleeps. */
  wchan(thread: number): string {
    return this.#read(`/proc/${this.#pid}/task/${this.tid(thread)}/wchan`);
  }

  /** What is under way in the network, and all that is known about it; `''` without a network. */
  network(): { moving: boolean; waiting: boolean; signature: string } {
    if (!this.#network) return { moving: false, waiting: false, signature: '' };
    let moving = this.#backlog() > 0;
    let waiting = false;
    const sockets = this.#read(`/proc/${this.#pid}/net/tcp`);
    for (const line of sockets.split('\n').slice(1)) {
      const [, , , state, , timer] = line.trim().split(/\s+/);
      if (timer === undefined || !timer.startsWith('01:')) continue;
      if (state === SYN_SENT || state === SYN_RECV) waiting = true;
      else moving = true;
    }
    return { moving, waiting, signature: sockets.replace(TIMERS, '') };
  }

  /** How many packets wait for a CPU. */
  #backlog(): number {
    let packets = 0;
    for (const line of this.#read('/proc/net/softnet_stat').split('\n')) {
      const length = line.split(' ')[11];
      if (length !== undefined) packets += Number.parseInt(length, 16);
    }
    return packets;
  }

  #read(path: string): string {
    let fd: number;
    try {
      fd = openSync(path, 'r');
    } catch {
      return '';
    }
    let text = '';
    try {
      for (;;) {
        const length = readSync(fd, this.#text, 0, this.#text.length, null);
        if (length === 0) break;
        text += this.#text.toString('latin1', 0, length);
      }
    } catch {
      text = '';
    }
    closeSync(fd);
    return text;
  }

  #await(state: number): number {
    const limit = monotonic() + START_LIMIT_MS;
    for (let i = 0; ; i++) {
      this.look();
      const now = this.#page.readUInt32LE(0);
      if (now === state || now === FAILED || now === ENDED) return now;
      if (i > 20) nap(0.1);
      if (monotonic() > limit) throw new Error('the player does not answer');
    }
  }
}

const SYN_SENT = '02';
const SYN_RECV = '03';
/** The time left on each timer, which changes by itself. */
const TIMERS = / 0[0-4]:[0-9A-F]{8} /g;
