/**
 * One argument of a system call, and the way strace shows it.
 *
 * An argument that the call fills in is shown when the call returns; those behind it wait for it.
 * Where the call fails, memory that it would have filled in is shown as an address.
 */

import type { NameTable } from '../../kernel/uapi/names.ts';
import type { Bytes } from '../values.ts';
import {
  bytesText,
  flagWords,
  sigsetText,
  someAddress,
  type TimespecValue,
  timespecText,
  valueWord,
} from './words.ts';

/** A call as far as it has come. */
export interface ShownCall {
  readonly name: string;
  /** As they were at its start. */
  readonly args: readonly unknown[];
  /** The same after the call; `args` again while it is under way. */
  readonly filled: readonly unknown[];
  /** Null while it is under way. */
  readonly ret: number | null;
  /** How long it took, on the virtual clock. */
  readonly elapsed_ns: number;
}

export interface Parameter {
  /** The call fills it in. */
  readonly out: boolean;
  show(call: ShownCall): string;
}

export type Show<T> = (value: T, call: ShownCall) => string;

const failed = (call: ShownCall): boolean => call.ret !== null && call.ret < 0;

/** An argument that is known when the call begins. */
export const arg = <T>(index: number, show: Show<T>): Parameter => ({
  out: false,
  show: (call) => show(call.args[index] as T, call),
});
/** Memory that the call reads; NULL where there is none. */
export const pointer = <T>(index: number, show: Show<T>): Parameter =>
  arg<T | null | undefined>(index, (value, call) => (value == null ? 'NULL' : show(value, call)));
/** As `pointer`, behind memory that the call fills in, so that it is read when the call is over. */
export const latePointer = <T>(index: number, show: Show<T>): Parameter =>
  pointer<T>(index, (value, call) => (failed(call) ? someAddress : show(value, call)));
/** Memory that the call fills in. */
export const out = <T>(index: number, show: Show<T>): Parameter => ({
  out: true,
  show: (call) => {
    const value = call.filled[index] as T | null | undefined;
    if (value == null) return 'NULL';
    return failed(call) ? someAddress : show(value, call);
  },
});
/** Something that the model leaves out because it is always the same. */
export const always = (text: string): Parameter => ({ out: false, show: () => text });

export const number = (index: number): Parameter => arg<number>(index, String);
export const flags = (index: number, table: NameTable, family: string): Parameter =>
  arg<number>(index, (word) => flagWords(table, word, family));
export const oneOf = (index: number, table: NameTable, family: string): Parameter =>
  arg<number>(index, (value) => valueWord(table, value, family));

export const sigset = (index: number, parameter: typeof pointer = pointer): Parameter =>
  parameter<bigint>(index, sigsetText);
export const timespec = (index: number, parameter: typeof pointer = pointer): Parameter =>
  parameter<TimespecValue>(index, timespecText);
/** Two descriptors. */
export const pairOf = (index: number): Parameter =>
  out<readonly number[]>(index, (pair) => `[${pair.join(', ')}]`);

/** The bytes that a call has read into its buffer. */
export const received: Parameter = out<Bytes>(1, (bytes, { ret }) => bytesText(bytes, ret ?? 0));
/** The bytes that a call is to write. */
export const sent: Parameter = arg<Bytes>(1, (bytes) => bytesText(bytes, bytes.length));
