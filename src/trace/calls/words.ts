/**
 * Values of system calls as strace writes them: flag words by name, structures with their members,
 * bytes in quotes.
 *
 * Follows strace 6.6 (the data of an epoll_event is one hex number); where it names the bits of a
 * word in an order of its own, so do we.
 */
import { EFD_CLOEXEC, EFD_NONBLOCK } from '../../kernel/uapi/eventfd.ts';
import {
  epollEventNames,
  errnoName,
  eventfdFlagNames,
  flagNames,
  type NameTable,
  pollEventNames,
  signalfdFlagNames,
  signalNames,
  socketFlagNames,
  timerfdFlagNames,
} from '../../kernel/uapi/names.ts';
import { AF_INET, AF_UNIX } from '../../kernel/uapi/socket.ts';
import type { Bytes } from '../values.ts';

/** How many bytes of a buffer, and how many elements of an array, are shown. */
export const shownLength = 32;
/** Stands for the address of whatever the caller's memory holds. */
export const someAddress = '0x7ffd5ea4b0c0';

const hex = (value: number | bigint): string =>
  BigInt(value) === 0n ? '0' : `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;

/** The names of bits; a word of which no bit has a name is followed by what it should have been. */
export function flagWords(table: NameTable, word: number, family: string): string {
  const names = flagNames(table, word);
  return names.startsWith('0x') ? `${names} /* ${family}_??? */` : names;
}

/** The name of a value that is not a set of bits. */
export function valueWord(table: NameTable, value: number, family: string): string {
  const found = table.find(([, known]) => known === value);
  return found === undefined ? `0x${(value >>> 0).toString(16)} /* ${family}_??? */` : found[0];
}

/** strace names the CLOEXEC flag of a family before the others. */
const cloexecFirst = (table: NameTable): NameTable => {
  const isCloexec = ([name]: readonly [string, number]): boolean => name.endsWith('CLOEXEC');
  return [...table.filter(isCloexec), ...table.filter((entry) => !isCloexec(entry))];
};
const semaphore = eventfdFlagNames.filter(
  ([, value]) => value !== EFD_CLOEXEC && value !== EFD_NONBLOCK,
);
export const eventfdWords: NameTable = [
  ...semaphore,
  ...cloexecFirst(eventfdFlagNames.filter((entry) => !semaphore.includes(entry))),
];
export const signalfdWords: NameTable = cloexecFirst(signalfdFlagNames);
export const timerfdWords: NameTable = cloexecFirst(timerfdFlagNames);
export const socketWords: NameTable = cloexecFirst(socketFlagNames);

/** `0` for no event at all. */
export const epollWords = (word: number): string => flagNames(epollEventNames, word);
export const pollWords = (word: number): string => flagNames(pollEventNames, word);

export interface EventValue {
  readonly events: number;
  readonly data: number | bigint;
}

export const eventText = ({ events, data }: EventValue): string =>
  `{events=${epollWords(events)}, data=${hex(data)}}`;

/** A list in brackets, cut when it is long. */
export function listText<T>(list: readonly T[], show: (item: T) => string): string {
  const shown = list.slice(0, shownLength).map(show);
  return `[${shown.join(', ')}${list.length > shownLength ? ', ...' : ''}]`;
}

const escapes: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

/** The first `length` bytes of a buffer in quotes, cut. */
export function bytesText(bytes: Bytes, length: number): string {
  const shown = bytes.kept.subarray(0, Math.min(length, shownLength));
  let text = '';
  shown.forEach((byte, i) => {
    const escaped = escapes[byte];
    if (escaped !== undefined) text += escaped;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else {
      const next = shown[i + 1] ?? 0;
      const octal = byte.toString(8);
      // A digit that follows would be read as part of a short number.
      text += `\\${next >= 0x30 && next < 0x38 ? octal.padStart(3, '0') : octal}`;
    }
  });
  return `"${text}"${length > shownLength ? '...' : ''}`;
}

export interface TimespecValue {
  readonly tv_sec: number;
  readonly tv_nsec: number;
}

const unsigned = (value: number): string => String(BigInt.asUintN(64, BigInt(value)));

export const timespecText = ({ tv_sec, tv_nsec }: TimespecValue): string =>
  `{tv_sec=${tv_sec}, tv_nsec=${unsigned(tv_nsec)}}`;

export const timevalText = ({ tv_sec, tv_nsec }: TimespecValue): string =>
  `{tv_sec=${tv_sec}, tv_usec=${Math.trunc(tv_nsec / 1000)}}`;

/** A duration as a timespec. */
export const toTimespec = (ns: number): TimespecValue => ({
  tv_sec: Math.floor(ns / 1e9),
  tv_nsec: ns % 1e9,
});
export const toNs = ({ tv_sec, tv_nsec }: TimespecValue): number => tv_sec * 1e9 + tv_nsec;

/** 20000000 as "20 ms". */
export function durationText(ns: number): string {
  if (ns >= 1e9) return `${ns / 1e9} s`;
  if (ns >= 1e6) return `${ns / 1e6} ms`;
  return ns >= 1e3 ? `${ns / 1e3} µs` : `${ns} ns`;
}

/** Real-time signals, which have no names of their own in C. */
function signalShort(signo: number): string {
  if (signo >= 32) return signo === 32 ? 'RTMIN' : `RT_${signo - 32}`;
  const found = signalNames.find(([, value]) => value === signo);
  return found === undefined ? String(signo) : found[0].slice(3);
}

const signalCount = 64;

/** A set of signals: those that are in it, or, if that is shorter, those that are not. */
export function sigsetText(set: bigint): string {
  const within: string[] = [];
  const without: string[] = [];
  for (let signo = 1; signo <= signalCount; signo++) {
    const isIn = ((set >> BigInt(signo - 1)) & 1n) === 1n;
    (isIn ? within : without).push(signalShort(signo));
  }
  const inverted = within.length >= (signalCount * 2) / 3;
  return inverted ? `~[${without.join(' ')}]` : `[${within.join(' ')}]`;
}

export interface AddressValue {
  readonly family: number;
  readonly addr?: number;
  readonly port?: number;
  readonly path?: string;
}

export function addressText(address: AddressValue): string {
  if (address.family === AF_UNIX) return unixText(address.path ?? '');
  if (address.family !== AF_INET) return `{sa_family=${address.family}}`;
  const addr = address.addr ?? 0;
  const bytes = [24, 16, 8, 0].map((shift) => (addr >>> shift) & 0xff);
  const port = `sin_port=htons(${address.port ?? 0})`;
  return `{sa_family=AF_INET, ${port}, sin_addr=inet_addr("${bytes.join('.')}")}`;
}

function unixText(path: string): string {
  if (path === '') return '{sa_family=AF_UNIX}';
  const abstract = path.startsWith('\0');
  const name = JSON.stringify(abstract ? path.slice(1) : path);
  return `{sa_family=AF_UNIX, sun_path=${abstract ? '@' : ''}${name}}`;
}

/** The size that a program passes with an address. */
export const addressLength = ({ family }: AddressValue): number => (family === AF_INET ? 16 : 110);

/** A pending socket error by name. */
export const socketErrorText = (error: number): string => (error === 0 ? '0' : errnoName(error));
