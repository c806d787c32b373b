/** 64-bit integers in user memory: what eventfd, timerfd and signalfd read and write. */

/** The 8 bytes of a little-endian u64. */
export function putU64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

export const getU64 = (bytes: Uint8Array, offset = 0): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset + offset).getBigUint64(0, true);
