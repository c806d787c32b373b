/**
 * What goes into and comes out of system calls, as plain data: a copy that later calls do not
 * change.
 *
 * The forms: numbers, bigints, strings and null as they are; bytes as `Bytes`, cut; a buffer of
 * events as the list of its entries; a set as a sorted list; an object as a copy; a function as its
 * name.
 */
import { EventBuffer } from '../kernel/uaccess.ts';

/** How many bytes of a buffer are kept. */
export const keptBytes = 64;

/** The beginning of a buffer. */
export class Bytes {
  readonly kept: Uint8Array;
  /** The size of the whole buffer. */
  readonly length: number;

  constructor(buffer: Uint8Array) {
    this.kept = buffer.slice(0, keptBytes);
    this.length = buffer.length;
  }

  toJSON(): { bytes: number[]; length: number } {
    return { bytes: [...this.kept], length: this.length };
  }
}

/** A copy of one argument. */
export function snapshot(value: unknown): unknown {
  if (typeof value === 'function') return value.name === '' ? 'function' : value.name;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return new Bytes(value);
  if (value instanceof EventBuffer) return value.entries.map((entry) => ({ ...entry }));
  if (value instanceof Set) return [...(value as Set<number>)].sort((a, b) => a - b);
  if (Array.isArray(value)) return value.map(snapshot);
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) copy[key] = snapshot(member);
  return copy;
}

/** Makes JSON of what snapshot() gives: 64-bit values become decimal strings. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'bigint' ? member.toString() : member,
  );
