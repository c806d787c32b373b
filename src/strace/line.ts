/**
 * One line of what strace prints: who, when, and what it is about.
 *
 * Reads the output of strace 5 and 6 with any of -f -y -yy -t -tt -ttt -r -T -i -n -v -x -s -o.
 * A line that is none of it is `malformed`, with what was expected; nothing throws, and the time is
 * linear in the length of the line.
 */
import { endOfArguments } from './text.ts';

/** What a call returned. */
export interface Returned {
  /** Null for `?`: it has not returned, or will be made anew. */
  readonly ret: number | null;
  /** By name, of a call that failed or is restarted: EAGAIN, ERESTARTSYS. */
  readonly errno: string | null;
  /** What is behind the descriptor that was returned, as -y says it: `TCP:[…]`. */
  readonly behind: string | null;
  /** What stands in brackets behind the number: `Timeout`, `in [5]`, `[{fd=3, revents=POLLIN}]`. */
  readonly more: string;
}

export type LineBody =
  /** A call from its begin to its end. */
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: string;
      readonly returned: Returned;
    }
  /** A call that goes on in a later line. */
  | { readonly kind: 'unfinished'; readonly name: string; readonly args: string }
  | {
      readonly kind: 'resumed';
      readonly name: string;
      readonly args: string;
      readonly returned: Returned;
    }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'exit'; readonly status: string }
  /** Another thread of the process has called execve(), and goes on under this number. */
  | { readonly kind: 'superseded'; readonly by: number }
  /** What strace says itself. `pids`: the process that it has attached to, and how many threads. */
  | { readonly kind: 'attached'; readonly pid: number; readonly threads: number }
  | { readonly kind: 'note' }
  | { readonly kind: 'malformed'; readonly reason: string };

export interface StraceLine {
  /** Null where no column says it. */
  readonly pid: number | null;
  /** In seconds, on the clock that the log has; null without one. */
  readonly time: number | null;
  /** The time is the one since the line before (-r). */
  readonly isRelative: boolean;
  readonly body: LineBody;
}

const pidColumn = /^(?:\[pid\s+(\d{1,10})\]|(\d{1,10})(?=\s+\S))\s*/;
const clockColumn = /^(\d{1,2}):(\d\d):(\d\d(?:\.\d+)?)\s+/;
const secondsColumn = /^\s*(\d{1,12}\.\d+)\s+/;
const sinceColumn = /^\(\+\s*(\d+\.\d+)\)\s+/;
/** -i and -n: the instruction pointer, the number of the call. */
const numberColumn = /^\[\s*(?:[0-9a-f?]{6,16}|\d{1,4})\]\s+/;

/** A line without its end. */
export function readLine(line: string): StraceLine {
  let rest = line;
  let pid: number | null = null;
  const pids = pidColumn.exec(rest);
  if (pids !== null) {
    pid = Number(pids[1] ?? pids[2]);
    rest = rest.slice(pids[0].length);
  }
  let time: number | null = null;
  let isRelative = false;
  const clock = clockColumn.exec(rest);
  const seconds = clock === null ? secondsColumn.exec(rest) : null;
  if (clock !== null) {
    time = Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
    rest = rest.slice(clock[0].length);
    rest = rest.replace(sinceColumn, '');
  } else if (seconds !== null) {
    time = Number(seconds[1]);
    isRelative = time < 1e8;
    rest = rest.slice(seconds[0].length);
  }
  rest = rest.replace(numberColumn, '').trimStart();
  return { pid, time, isRelative, body: readBody(rest) };
}

const malformed = (reason: string): LineBody => ({ kind: 'malformed', reason });

function readBody(text: string): LineBody {
  if (text === '') return { kind: 'note' };
  if (text.startsWith('<...')) return readResumed(text);
  if (text.startsWith('---')) return readSignal(text);
  if (text.startsWith('+++')) return readExit(text);
  if (text.startsWith('strace: ')) return readNote(text);
  if (text.startsWith('> ')) return { kind: 'note' }; // --stack-trace
  return readCall(text);
}

function readNote(text: string): LineBody {
  const match = /Process (\d{1,10}) attached(?: with (\d{1,6}) threads)?/.exec(text);
  if (match === null) return { kind: 'note' };
  return { kind: 'attached', pid: Number(match[1]), threads: Number(match[2] ?? 1) };
}

function readSignal(text: string): LineBody {
  const match = /^--- (?:stopped by )?([A-Z][A-Z0-9_+]*)\b.* ---$/s.exec(text);
  if (match === null) return malformed('expected "--- SIGNAL {…} ---"');
  return { kind: 'signal', signal: match[1] as string };
}

function readExit(text: string): LineBody {
  const superseded = /^\+\+\+ superseded by execve in pid (\d{1,10}) \+\+\+/.exec(text);
  if (superseded !== null) return { kind: 'superseded', by: Number(superseded[1]) };
  const match = /^\+\+\+ (exited with -?\d+|killed by \S+(?: \(core dumped\))?) \+\+\+/.exec(text);
  if (match === null) return malformed('expected "+++ exited with N +++"');
  return { kind: 'exit', status: match[1] as string };
}

const callName = /^([a-z_][a-z0-9_]*|syscall_0x[0-9a-f]+|\?+)\(/;
/** Without `<unfinished ...>` behind it; null where it has none. */
function withoutUnfinished(text: string): string | null {
  const trimmed = text.trimEnd();
  for (const end of ['<unfinished ...>', '<detached ...>']) {
    if (trimmed.endsWith(end)) return trimmed.slice(0, -end.length).trimEnd();
  }
  return null;
}

function readCall(text: string): LineBody {
  const match = callName.exec(text);
  if (match === null) return malformed('expected a call, a signal or an exit');
  const name = match[1] as string;
  const from = match[0].length;
  const end = endOfArguments(text, from);
  if (end < 0) {
    const begun = withoutUnfinished(text.slice(from));
    if (begun !== null) return { kind: 'unfinished', name, args: begun };
    return malformed('the line is cut: expected the end of the arguments');
  }
  const args = text.slice(from, end);
  const after = text.slice(end + 1);
  if (withoutUnfinished(after) !== null) return { kind: 'unfinished', name, args };
  const returned = readReturned(after);
  if (returned === null)
    return malformed('the line is cut: expected "= RESULT" behind the arguments');
  return { kind: 'call', name, args, returned };
}

function readResumed(text: string): LineBody {
  const match = /^<\.\.\.\s+([a-z_][a-z0-9_]*|\S+)\s+resumed>\s?/.exec(text);
  if (match === null) return malformed('expected "<... CALL resumed>"');
  const from = match[0].length;
  const end = endOfArguments(text, from);
  if (end < 0) return malformed('the line is cut: expected the end of the arguments');
  const returned = readReturned(text.slice(end + 1));
  if (returned === null)
    return malformed('the line is cut: expected "= RESULT" behind the arguments');
  return { kind: 'resumed', name: match[1] as string, args: text.slice(from, end), returned };
}

const result = /^\s*= (\?|-?\d+|0x[0-9a-f]+)/;

/** ` = 9<TCP:[…]> (…) <0.000003>` */
function readReturned(text: string): Returned | null {
  const match = result.exec(text);
  if (match === null) return null;
  let rest = withoutDuration(text.slice(match[0].length));
  let behind: string | null = null;
  if (rest.startsWith('<')) {
    const close = endOfDecoration(rest);
    behind = rest.slice(1, close);
    rest = rest.slice(close + 1);
  }
  const word = match[1] as string;
  const named = /^\s+(E[A-Z0-9_]+)/.exec(rest);
  const [begin, end] = [rest.indexOf('('), rest.lastIndexOf(')')];
  const more = begin >= 0 && end > begin ? rest.slice(begin + 1, end) : '';
  return {
    ret: word === '?' ? null : Number(word),
    errno: named?.[1] ?? null,
    behind,
    more,
  };
}

/** Without what -T adds: ` <0.000003>`. */
function withoutDuration(text: string): string {
  const trimmed = text.trimEnd();
  const tail = /<\d+\.\d+>$/.exec(trimmed.slice(-40))?.[0];
  return tail === undefined ? trimmed : trimmed.slice(0, -tail.length).trimEnd();
}

/** Of `<…>` at the begin of the text. */
function endOfDecoration(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '<') depth++;
    else if (c === '>' && text[i - 1] !== '-' && --depth === 0) return i;
  }
  return text.length;
}
