/** A step as a raw system call: what it needs to know, and how arguments lie in memory. */
import type { Fd } from '../../src/scenario/scenario.ts';
import type { CallResult } from '../../src/scenario/transcript.ts';
import type { LinuxProcess } from './process.ts';

/** One system call ready to be issued. */
export interface RawCall {
  readonly nr: number;
  readonly args: readonly (number | bigint)[];
  /** What a transcript shows of a call that succeeded; `{ ret }` where there is nothing more. */
  readonly shown?: (ret: number) => CallResult;
  /** The descriptors that it returned: the result, two in memory, or what is found there. */
  readonly opens?: 'result' | { readonly pairAt: number } | (() => readonly number[]);
}

/** What a call needs to know about its surroundings. */
export interface Surroundings {
  readonly process: LinuxProcess;
  /** The index of the issuing thread. */
  readonly thread: number;
  /** How far into the thread's memory data is read to. */
  readonly dataAt: number;
  fd(fd: Fd): number;
  tid(thread: number): number;
  threadName(thread: number): string;
  /** The id of the process that a thread belongs to. */
  pid(thread: number): number;
  /** What the target of a connect is bound to, as the call takes it; throws where it has none. */
  addressOf(target: Fd): Buffer;
  /** The address of memory for events that is not there yet. */
  holdPage(): number;
}

/** For a pointer argument. */
export const NULL = 0;

export function int32s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeInt32LE(value | 0, 4 * i);
  return bytes;
}

function int64s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) bytes.writeBigInt64LE(BigInt(value), 8 * i);
  return bytes;
}

export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return bytes;
}

/** So many units as whole larger ones and a rest that is never negative. */
function divide(value: number, unit: number): [whole: number, rest: number] {
  const whole = Math.floor(value / unit);
  return [whole, value - whole * unit];
}

export const timespec = (ns: number): Buffer => int64s(...divide(ns, 1e9));

export function timespecOfMs(ms: number): Buffer {
  const [seconds, rest] = divide(ms, 1000);
  return int64s(seconds, Math.round(rest * 1e6));
}

export function timeval(ms: number): Buffer {
  const [seconds, rest] = divide(ms, 1000);
  return int64s(seconds, rest * 1000);
}

/** Places bytes in the memory of the issuing thread. */
export const put = ({ process, thread }: Surroundings, bytes: Buffer): number =>
  process.memory.put(thread, bytes);

/** A call that returns a descriptor. */
export const opening = (nr: number, ...args: number[]): RawCall => ({ nr, args, opens: 'result' });

/** A place for two descriptors. */
export function pairCall(
  nr: number,
  at: Surroundings,
  args: (address: number) => readonly number[],
): RawCall {
  const address = put(at, Buffer.alloc(8));
  const fds = (): number[] => {
    const bytes = at.process.peek(address, 8);
    return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
  };
  return {
    nr,
    args: args(address),
    opens: { pairAt: address },
    shown: (ret) => ({ ret, fds: fds() }),
  };
}
