/** Bytes that are sent, and bytes that are received and shown. */
import { maxShown, payloadBytes } from '../../src/scenario/payload.ts';
import { returnedBytes } from '../../src/scenario/transcript.ts';
import { put, type RawCall, type Surroundings } from './encode.ts';

/** The arguments of a receive into `len` bytes, and what of them is shown. */
export function received(
  len: number,
  at: Surroundings,
  counter: boolean,
  args: (to: readonly [address: number, len: number]) => readonly number[],
): Pick<RawCall, 'args' | 'shown'> {
  const { process, thread, dataAt } = at;
  const address = process.memory.data(thread, dataAt);
  return {
    args: args([address, len]),
    shown: (ret) => {
      if (counter && ret === 8) {
        return { ret, value: process.peek(address, 8).readBigUInt64LE().toString() };
      }
      const stored = Math.min(ret, len, maxShown); // With MSG_TRUNC `ret` may be more.
      return ret > maxShown ? { ret } : returnedBytes(ret, process.peek(address, stored));
    },
  };
}

/** The address and length of what a write or send sends. */
export function payload(
  args: Parameters<typeof payloadBytes>[0],
  at: Surroundings,
): [address: number, length: number] {
  if (args.bytes !== undefined) return [at.process.memory.fill(args.bytes), args.bytes];
  const bytes = Buffer.from(payloadBytes(args));
  return [put(at, bytes), bytes.length];
}
