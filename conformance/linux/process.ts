/**
 * The process whose threads make the system calls. A player (player.c) forks a fresh one for each
 * scenario.
 *
 * Driving it is synchronous: between two looks nothing of ours runs that could be late.
 */
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syscallNumbers } from './abi.ts';
import { builtPlayer, Unavailable } from './compiler.ts';
import * as layout from './layout.ts';
import { type Channels, closeChannels, Memory, openChannels } from './memory.ts';
import { isAlive } from './proc.ts';

/** The player does not answer, or is gone: another one is needed. */
export class PlayerLost extends Error {
  override readonly name: string = 'PlayerLost';
}

export interface Needs {
  readonly threads: number;
  /** The threads that begin with a fork. */
  readonly later: readonly number[];
  readonly network: boolean;
  readonly held: boolean;
}

/** One call to be made; arguments in memory have been placed there. */
export interface Order {
  readonly nr: number;
  readonly args: readonly (number | bigint)[];
  readonly delayNs?: number;
  readonly copies?: readonly { readonly from: number; readonly to: number }[];
}

const startLimitMs = 10_000;

const cell = new Int32Array(new SharedArrayBuffer(4));
/** Sleeps without giving up the turn. */
export function nap(ms: number): void {
  Atomics.wait(cell, 0, 0, ms);
}

/** Milliseconds on the clock that the calls of a scenario see. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;

export class LinuxProcess {
  readonly memory: Memory;
  private readonly channels: Channels;
  private readonly player: number;
  /** Where the paths of a scenario lie. */
  private readonly folder: string;
  private readonly issued: number[] = [];
  /** The memory of the process as a file, while a held page is looked at. */
  private own: number | null = null;
  private running = 0;
  /** By thread; 0 where it has not begun. */
  private pids: number[] = [];
  /** Threads that an execve() has ended: their numbers may be those of others. */
  private readonly gone: Set<number> = new Set();
  /** How often somebody wanted to know whether it is alive. */
  private asked = 0;
  private network = false;

  /** Throws `Unavailable` where there can be no player. */
  constructor() {
    const path = builtPlayer();
    this.channels = openChannels();
    const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
    this.folder = mkdtempSync(join(parent, 'epollsim-files-'));
    const { memory, start, go } = this.channels;
    this.memory = new Memory(memory);
    const child = spawn(path, {
      stdio: ['ignore', 'inherit', 'inherit', memory, start, ...go],
      detached: true, // Ctrl-C is for us; the player ends when we do.
      cwd: this.folder,
    });
    child.on('error', () => {});
    child.unref();
    if (child.pid === undefined) throw new Unavailable(`the player ${path} cannot be started`);
    this.player = child.pid;
  }

  /** Ends the player. */
  close(): void {
    this.kill();
    closeChannels(this.channels);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts a fresh process; throws `Unavailable` where it cannot have what it needs. */
  begin({ threads, later, network, held }: Needs): void {
    if (threads > layout.maxThreads) {
      throw new Unavailable(`${threads} threads; the player has at most ${layout.maxThreads}`);
    }
    const control = Buffer.alloc(24);
    control.writeUInt32LE(threads, layout.control.threads);
    control.writeUInt32LE(network ? 1 : 0, layout.control.network);
    control.writeUInt32LE(held ? 1 : 0, layout.control.held);
    this.memory.write(control, 0);
    const bits = Buffer.alloc(4);
    bits.writeUInt32LE(later.reduce((mask, thread) => mask | (1 << thread), 0));
    this.memory.write(bits, layout.control.later);
    this.memory.write(Buffer.alloc(layout.maxThreads * layout.orderSize), layout.orders);
    this.issued.fill(0, 0, this.issued.length);
    this.gone.clear();
    for (let i = 0; i < threads; i++) this.issued[i] = 0;
    writeSync(this.channels.start, 'x');
    this.network = network;
    const state = this.await(layout.states.ready);
    this.running = this.memory.headWord(layout.control.pid);
    this.pids = Array.from({ length: threads }, (_, i) => (later.includes(i) ? 0 : this.running));
    if (state === layout.states.ready) return;
    this.running = 0;
    const { message, messageSize } = layout.control;
    throw new Unavailable(this.memory.headText(message, messageSize) || 'the process ended');
  }

  /** Ends the process, whatever its threads are doing. */
  end(): void {
    if (this.own !== null) closeSync(this.own);
    this.own = null;
    if (this.running === 0) return;
    this.killAll();
    this.await(layout.states.ended);
    for (const file of readdirSync(this.folder)) {
      rmSync(join(this.folder, file), { recursive: true, force: true });
    }
  }

  get hasNetwork(): boolean {
    return this.network;
  }

  /** The process that a thread belongs to, 0 where it has not begun. */
  pidOf(thread: number): number {
    return this.pids[thread] ?? 0;
  }

  /** The thread that stands for a forked process. */
  threadOf(pid: number): number {
    return this.pids.indexOf(pid);
  }

  /** A fork has returned the number of a process, which goes on as `thread`. */
  forked(thread: number, pid: number): void {
    this.pids[thread] = pid;
    this.issued[thread] = 0;
    for (let i = 0; this.tid(thread) !== pid; i++) {
      if (i > 20) nap(0.05);
      this.look();
      if (i % 200 === 199 && !isAlive(pid)) return;
    }
  }

  /** A thread has called execve(): the others of its process are gone. */
  executed(thread: number): void {
    const pid = this.pidOf(thread);
    for (const [other, its] of this.pids.entries()) {
      if (its === pid && other !== thread) this.gone.add(other);
    }
  }

  /** The threads that have begun. */
  begun(): number[] {
    return [...this.pids.keys()].filter(
      (thread) => this.pids[thread] !== 0 && !this.gone.has(thread),
    );
  }

  /** Of a thread that is there, or was. */
  anyTid(): number {
    const thread = this.pids.findIndex((pid, i) => pid !== 0 && this.runs(i));
    return this.tid(Math.max(thread, 0));
  }

  /** Whether a thread is there: it has begun, and its process has not ended. */
  runs(thread: number): boolean {
    return this.pidOf(thread) !== 0 && !this.gone.has(thread) && isAlive(this.tid(thread));
  }

  tid(thread: number): number {
    return this.memory.headWord(layout.statuses + thread * layout.statusSize + 4);
  }

  /** The player's signal handler, and what a handler returns to. */
  handlers(): { readonly caught: bigint; readonly restorer: bigint } {
    const bytes = this.memory.peek(layout.base + layout.control.handler, 16);
    return { caught: bytes.readBigUInt64LE(0), restorer: bytes.readBigUInt64LE(8) };
  }

  /** Lets a thread make calls, one after the other; `together` threads begin at the same time. */
  issue(thread: number, orders: readonly Order[], together = 0): void {
    let until = this.issued[thread] ?? 0;
    for (const order of orders) {
      this.memory.write(callBytes(order), layout.callOffset(thread, until));
      until++;
    }
    this.issued[thread] = until;
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(until, 0);
    bytes.writeUInt32LE(together, 4);
    this.memory.write(bytes, layout.orders + thread * layout.orderSize);
    writeSync(this.channels.go[thread] as number, 'x');
  }

  look(): void {
    this.memory.look();
  }

  /** How many of its calls a thread has made, as of the last look. */
  done(thread: number): number {
    return this.memory.headWord(layout.statuses + thread * layout.statusSize);
  }

  issuedTo(thread: number): number {
    return this.issued[thread] ?? 0;
  }

  returned(thread: number): boolean {
    return this.done(thread) === this.issued[thread];
  }

  /** What the thread's last call returned: a result or -errno. */
  result(thread: number): number {
    return this.memory.headNumber(layout.statuses + thread * layout.statusSize + 8);
  }

  /** Whether the process is there; now and then that is looked up. */
  get alive(): boolean {
    if (this.memory.headWord(layout.control.state) !== layout.states.ready) return false;
    return this.asked++ % 200 !== 199 || this.pids.some((pid) => pid !== 0 && isAlive(pid));
  }

  /** Makes one call that does not block and waits for it. */
  callNow(thread: number, nr: number, args: readonly (number | bigint)[]): number {
    this.issue(thread, [{ nr, args }]);
    const limit = monotonic() + startLimitMs;
    for (let i = 0; ; i++) {
      this.look();
      if (this.returned(thread)) return this.result(thread);
      if (i > 50) nap(0.05);
      if (!this.alive || monotonic() > limit) throw new PlayerLost(`call ${nr} does not return`);
    }
  }

  /** A page that stays away from `thread` until it is supplied: its address. */
  holdPage(thread: number): number {
    const address = layout.heldBase + thread * layout.heldSize;
    const dontNeed = 4;
    this.callNow(thread, syscallNumbers.madvise, [address, layout.heldSize, dontNeed]);
    return address;
  }

  /** Reads memory of the process, shared or its own. */
  peek(address: number, length: number): Buffer {
    if (address < layout.heldBase) return this.memory.peek(address, length);
    this.own ??= openSync(`/proc/${this.running}/mem`, 'r');
    const bytes = Buffer.alloc(length);
    readSync(this.own, bytes, 0, length, address);
    return bytes;
  }

  private kill(): void {
    this.killAll();
    signal(this.player);
  }

  private killAll(): void {
    for (const pid of new Set([this.running, ...this.pids])) if (pid !== 0) signal(pid);
    this.running = 0;
    this.pids = [];
  }

  private await(wanted: number): number {
    const limit = monotonic() + startLimitMs;
    const { ended, failed } = layout.states;
    for (let i = 0; ; i++) {
      this.look();
      const state = this.memory.headWord(layout.control.state);
      if (state === wanted || state === failed || state === ended) return state;
      if (i > 20) nap(0.1);
      if (i % 200 === 199 && !isAlive(this.player)) throw new PlayerLost('the player has ended');
      if (monotonic() > limit) throw new PlayerLost('the player does not answer');
    }
  }
}

function callBytes({ nr, args, delayNs = 0, copies = [] }: Order): Buffer {
  if (copies.length > layout.maxCopies) throw new Unavailable('too many names in one call');
  const bytes = Buffer.alloc(layout.callSize);
  bytes.writeBigUInt64LE(BigInt(nr), 0);
  for (const [i, arg] of args.entries()) {
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(arg)), layout.call.args + 8 * i);
  }
  bytes.writeUInt32LE(delayNs, layout.call.delay);
  bytes.writeUInt32LE(copies.length, layout.call.copies);
  for (const [i, { from, to }] of copies.entries()) {
    bytes.writeUInt32LE(from, layout.call.copy + 8 * i);
    bytes.writeUInt32LE(to, layout.call.copy + 8 * i + 4);
  }
  return bytes;
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
