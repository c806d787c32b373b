/**
 * 64-bit integers in user memory: what eventfd, timerfd and signalfd read and write.
 *
 * One that is counted with is kept in two halves: a number is too small, and a bigint too slow.
 */

/** An unsigned integer of 64 bits: `high * 2^32 + low`. */
export class Uint64 {
  high: number;
  low: number;

  constructor(high: number, low: number) {
    this.high = high;
    this.low = low;
  }

  get value(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }
}

const MOST = 0xffff_ffff;

export const isZero = ({ high, low }: Uint64): boolean => high === 0 && low === 0;
/** Is it 2^64 - 1? */
export const isMax = ({ high, low }: Uint64): boolean => high === MOST && low === MOST;
/** Is there room for one more below 2^64 - 1? */
export const isBelowMax = ({ high, low }: Uint64): boolean => high < MOST || low < MOST - 1;

/** Is the sum below 2^64 - 1? */
export function sumIsBelowMax(a: Uint64, b: Uint64): boolean {
  const low = a.low + b.low;
  const carry = low > MOST ? 1 : 0;
  const high = a.high + b.high + carry;
  return high < MOST || (high === MOST && low - carry * 2 ** 32 < MOST);
}

/** Adds `b`; what is beyond 64 bits is lost. */
export function addTo(a: Uint64, b: Uint64): void {
  const low = a.low + b.low;
  a.high = (a.high + b.high + (low > MOST ? 1 : 0)) >>> 0;
  a.low = low >>> 0;
}

/** One less than it was, which was not 0. */
export function takeOne(a: Uint64): void {
  if (a.low === 0) a.high--;
  a.low = (a.low - 1) >>> 0;
}

const word = (bytes: Uint8Array, at: number): number =>
  (((bytes[at + 3] as number) << 24) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 1] as number) << 8) |
    (bytes[at] as number)) >>>
  0;

/** The little-endian u64 at `offset`. */
export const readU64 = (bytes: Uint8Array, offset: number): Uint64 =>
  new Uint64(word(bytes, offset + 4), word(bytes, offset));

function putWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Writes it to `offset`, little-endian. */
export function writeU64(bytes: Uint8Array, offset: number, { high, low }: Uint64): void {
  putWord(bytes, offset, low);
  putWord(bytes, offset + 4, high);
}

/** The 8 bytes of a little-endian u64. */
export function putU64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

export const getU64 = (bytes: Uint8Array, offset = 0): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset + offset).getBigUint64(0, true);
