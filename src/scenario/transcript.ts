/**
 * What came back: results of calls, transcripts and outcomes, and their one form in bytes.
 *
 * A result is an object with the fields of the format. The text is written field by field, so it
 * does not depend on the order in which an object got them, and a u64 keeps its last digit.
 */
import type { epoll_data_t, epoll_event } from '../kernel/uaccess.ts';
import { epollFlags, errnoName, flagNames, pollFlags, tableOf } from '../kernel/uapi/names.ts';
import * as socket from '../kernel/uapi/socket.ts';
import { maxShown, shownText } from './payload.ts';

const messageFlags = tableOf(socket, /^MSG_/);
/** Said of every receive that asked for it. */
const hiddenFlags = socket.MSG_CMSG_CLOEXEC;

/** An event, as a transcript has it. */
export interface ShownEvent {
  /** What is there: the names of EPOLL* bits. */
  readonly events: string;
  /** What was given with EPOLL_CTL_ADD or EPOLL_CTL_MOD. */
  readonly data: epoll_data_t;
}

/** How a call returned: `ret` and, for some calls, what else there is to see. */
export interface CallResult {
  /** The result, or -1. */
  readonly ret: number;
  /** The name of the error, where `ret` is -1. */
  readonly errno?: string;
  /** Descriptors that the call made. */
  readonly fds?: readonly number[];
  /** Events, of epoll_wait and its like. */
  readonly events?: readonly ShownEvent[];
  /** What is ready, as names of POLL* bits, of poll. */
  readonly revents?: readonly string[];
  /** Descriptors that can be read, of select. */
  readonly read?: readonly number[];
  /** Descriptors that can be written, of select. */
  readonly write?: readonly number[];
  /** Descriptors with something exceptional, of select. */
  readonly except?: readonly number[];
  /** What was read, as text. */
  readonly data?: string;
  /** What an option or a request gave. */
  readonly value?: number | string;
  /** Who sent a message, see addressText(). */
  readonly from?: string;
  /** A socket's own, or that of its peer. */
  readonly address?: string;
  /** What a receive had to tell: names of MSG_* bits. */
  readonly msg_flags?: string;
  /** What a read of a signalfd brought, in order. */
  readonly signals?: readonly string[];
  /** What a read of an inotify instance brought, see shownInotify(). */
  readonly inotify?: readonly string[];
  /** Whether a timer is to expire some day. */
  readonly armed?: boolean;
  /** What /proc says. */
  readonly lines?: readonly string[];
  /** A process by its thread's name, and how it ended. */
  readonly process?: string;
  /** How a child has ended. */
  readonly status?: string;
}

/** A line of `results`: a call that returned, one that did not when issued, or its thread's end. */
export type Entry =
  | {
      /** The step whose call it is, from 0. */
      readonly step: number;
      readonly after?: never;
      readonly blocked: true;
      readonly ended?: never;
    }
  | {
      /** The step whose call it is, from 0. */
      readonly step: number;
      readonly after?: never;
      readonly ended: true;
      readonly blocked?: never;
    }
  | (CallResult & {
      /** The step whose call it is, from 0. */
      readonly step: number;
      /** The step after which it returned, if that is a later one. */
      readonly after?: number;
      readonly blocked?: never;
      readonly ended?: never;
    });

/** What a scenario came to: the result of each step. */
export interface Transcript {
  /** The name of the scenario; null when the document gives none. */
  readonly name: string | null;
  /** The results, in the order in which calls returned. */
  readonly results: readonly Entry[];
  /** The threads that are blocked at the end, where the scenario came to its end. */
  readonly blocked?: readonly string[];
  /** What was wrong with the scenario; absent when nothing was. */
  readonly error?: string;
}

/** What one thread of a concurrent scenario, or `after`, got to see. */
export type ThreadResults = readonly (CallResult | 'blocked')[];

/** The answer for a concurrent scenario. */
export interface OutcomeSet {
  readonly name: string | null;
  /** Texts made by outcomeText(), in any order; equal ones count once. */
  readonly outcomes: Iterable<string>;
  readonly executions: number;
  readonly complete: boolean;
  readonly findings?: readonly unknown[];
  /** A schedule for each of the first outcomes, in ascending order of their texts. */
  readonly schedules?: readonly (readonly string[])[];
}

export const returned = (ret: number): CallResult => ({ ret });

export const failed = (errno: number): CallResult => ({ ret: -1, errno: errnoName(errno) });

export const returnedFds = (ret: number, fds: readonly number[]): CallResult => ({ ret, fds });

export const returnedEvents = (ret: number, events: readonly epoll_event[]): CallResult => ({
  ret,
  events: events.map((event) => ({ events: epollFlags(event.events), data: event.data })),
});

export const returnedRevents = (ret: number, revents: readonly number[]): CallResult => ({
  ret,
  revents: revents.map(pollFlags),
});

/** The lists hold the ready descriptors, ascending. */
export const returnedSets = (
  ret: number,
  read: readonly number[],
  write: readonly number[],
  except: readonly number[],
): CallResult => ({ ret, read, write, except });

/** For a read: the bytes that came in, where they can be shown. With MSG_TRUNC `ret` may be more. */
export function returnedBytes(ret: number, bytes: Uint8Array): CallResult {
  const data = ret > maxShown ? undefined : shownText(bytes);
  return data === undefined ? { ret } : { ret, data };
}

/** A u64 is shown as a decimal string, a number as it is. */
export const returnedValue = (ret: number, value: number | bigint): CallResult => ({
  ret,
  value: typeof value === 'bigint' ? value.toString() : value,
});

/** For getsockopt(SO_ERROR): the pending error by name, "0" for none. */
export const returnedSocketError = (ret: number, errno: number): CallResult => ({
  ret,
  value: errnoName(errno),
});

/** Descriptors that came with a message stand in `fds`. */
export interface ReceivedMessage {
  readonly fds?: readonly number[];
  readonly from?: string;
  readonly msg_flags: number;
}

export const returnedMessage = (
  ret: number,
  bytes: Uint8Array,
  { fds, from, msg_flags }: ReceivedMessage,
): CallResult => ({
  ...returnedBytes(ret, bytes),
  ...(fds === undefined ? {} : { fds }),
  ...(from === undefined ? {} : { from }),
  msg_flags: flagNames(messageFlags, msg_flags & ~hiddenFlags),
});

export const returnedEntry = (step: number, result: CallResult): Entry => ({ step, ...result });

export const blockedEntry = (step: number): Entry => ({ step, blocked: true });

/** The call that ended the process of its own thread. */
export const endedEntry = (step: number): Entry => ({ step, ended: true });

/** A call that returned after a later step had been issued. */
export const lateEntry = (step: number, after: number, result: CallResult): Entry => ({
  step,
  after,
  ...result,
});

function eventsText(events: readonly ShownEvent[]): string {
  let text = '';
  for (const { events: names, data } of events) {
    text += `${text === '' ? '' : ','}{"events":${JSON.stringify(names)},"data":${data}}`;
  }
  return `[${text}]`;
}

/** What came with version 2 of the format, in the order in which it stands. */
const laterFields = [
  'from',
  'address',
  'msg_flags',
  'signals',
  'inotify',
  'armed',
  'lines',
  'process',
  'status',
] as const;

/** The fields of a result without its braces. */
function fieldsText(result: CallResult): string {
  let text = `"ret":${result.ret}`;
  if (result.errno !== undefined) text += `,"errno":${JSON.stringify(result.errno)}`;
  if (result.fds !== undefined) text += `,"fds":[${result.fds.join()}]`;
  if (result.events !== undefined) text += `,"events":${eventsText(result.events)}`;
  if (result.revents !== undefined) text += `,"revents":${JSON.stringify(result.revents)}`;
  if (result.read !== undefined) text += `,"read":[${result.read.join()}]`;
  if (result.write !== undefined) text += `,"write":[${result.write.join()}]`;
  if (result.except !== undefined) text += `,"except":[${result.except.join()}]`;
  if (result.data !== undefined) text += `,"data":${JSON.stringify(result.data)}`;
  if (result.value !== undefined) text += `,"value":${JSON.stringify(result.value)}`;
  for (const field of laterFields) {
    const value = result[field];
    if (value !== undefined) text += `,"${field}":${JSON.stringify(value)}`;
  }
  return text;
}

export const resultText = (result: CallResult): string => `{${fieldsText(result)}}`;

export function entryText(entry: Entry): string {
  if (entry.ended === true) return `{"step":${entry.step},"ended":true}`;
  if (entry.blocked === true) return `{"step":${entry.step},"blocked":true}`;
  const after = entry.after === undefined ? '' : `"after":${entry.after},`;
  return `{"step":${entry.step},${after}${fieldsText(entry)}}`;
}

/** A transcript as one line, without the newline. */
export function transcriptText(transcript: Transcript): string {
  const { name, results, blocked, error } = transcript;
  const head = `{"name":${JSON.stringify(name)},"results":[${results.map(entryText).join()}]`;
  if (error !== undefined) return `${head},"error":${JSON.stringify(error)}}`;
  return `${head},"blocked":${JSON.stringify(blocked ?? [])}}`;
}

/** The transcript of a scenario called `name` in which something is wrong before anything runs. */
export const errorTranscript = (name: string | null, error: Error): Transcript => ({
  name,
  results: [],
  error: error.message,
});

const threadResultsText = (results: ThreadResults): string =>
  `[${results.map((one) => (one === 'blocked' ? '"blocked"' : resultText(one))).join()}]`;

/** One outcome: the results of each thread, in the order of `threads`, then those of `after`. */
export function outcomeText(
  threads: readonly string[],
  results: readonly ThreadResults[],
  after: ThreadResults,
): string {
  let text = '{';
  threads.forEach((name, i) => {
    text += `${JSON.stringify(name)}:${threadResultsText(results[i] ?? [])},`;
  });
  return `${text}"after":${threadResultsText(after)}}`;
}

/** The answer for a concurrent scenario as one line, without the newline. */
export function outcomeSetText(set: OutcomeSet): string {
  // Outcomes of one scenario first differ in a result, and results are ASCII.
  const outcomes = [...new Set(set.outcomes)].sort();
  const given = (key: 'findings' | 'schedules'): string =>
    set[key] === undefined ? '' : `,"${key}":${JSON.stringify(set[key])}`;
  return (
    `{"name":${JSON.stringify(set.name)},"outcomes":[${outcomes.join()}],` +
    `"executions":${set.executions},"complete":${set.complete}${given('findings')}${given('schedules')}}`
  );
}
