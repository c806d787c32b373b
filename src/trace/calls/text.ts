/**
 * A system call as strace writes it: `read(3, "x", 8) = 1`, in the pieces in which it comes.
 */
import { asksForRestart } from '../../kernel/signal_delivery.ts';
import { F_GETFD, F_GETFL } from '../../kernel/uapi/fcntl.ts';
import { errnoName, fdFlagNames, openFlags } from '../../kernel/uapi/names.ts';
import type { CallEvent, ReturnEvent } from '../events.ts';
import type { ShownCall } from './parameters.ts';
import { parametersOf } from './signatures.ts';
import { strerror } from './strerror.ts';
import type { TimespecValue } from './words.ts';
import {
  flagWords,
  listText,
  pollWords,
  timespecText,
  timevalText,
  toNs,
  toTimespec,
} from './words.ts';

/** A call that has just begun. */
export const begunCall = ({ name, args }: CallEvent): ShownCall => ({
  name,
  args,
  filled: args,
  ret: null,
  elapsed_ns: 0,
});

/** A call that is over. */
export const endedCall = ({
  name,
  args,
  filled,
  ret,
  time_ns,
  called_ns,
}: ReturnEvent): ShownCall => ({
  name,
  args,
  filled,
  ret,
  elapsed_ns: time_ns - called_ns,
});

/** How many arguments are known when the call begins. */
function knownAtStart(call: ShownCall): number {
  const parameters = parametersOf(call);
  const first = parameters.findIndex((parameter) => parameter.out);
  return first < 0 ? parameters.length : first;
}

/** Up to the first argument that the call fills in: `read(3, `. */
export function headText(call: ShownCall): string {
  const parameters = parametersOf(call);
  const known = knownAtStart(call);
  const texts = parameters.slice(0, known).map((parameter) => parameter.show(call));
  const goesOn = known > 0 && known < parameters.length;
  return `${call.name}(${texts.join(', ')}${goesOn ? ', ' : ''}`;
}

/** The arguments that headText() left out, and the bracket: `"x", 8)`. */
export function tailText(call: ShownCall): string {
  const texts = parametersOf(call)
    .slice(knownAtStart(call))
    .map((parameter) => parameter.show(call));
  return `${texts.join(', ')})`;
}

/** A call that has begun: `read(3, ...)`. */
export function begunText(call: ShownCall): string {
  const known = knownAtStart(call);
  return `${headText(call)}${known < parametersOf(call).length ? '...' : ''})`;
}

/** A call that is over, without its result. */
export const callText = (call: ShownCall): string => headText(call) + tailText(call);

/** What stands behind the equals sign. */
export function resultText(call: ShownCall): string {
  const { ret } = call;
  if (ret === null) return '?';
  if (asksForRestart(ret)) return `? ${errnoName(ret)} (${strerror(ret)})`;
  if (ret < 0) return `-1 ${errnoName(ret)} (${strerror(ret)})`;
  if (call.name === 'fcntl') return fcntlResult(call, ret);
  if (call.name === 'poll' || call.name === 'ppoll') return pollResult(call, ret);
  if (call.name === 'select' || call.name === 'pselect6') return selectResult(call, ret);
  return String(ret);
}

function fcntlResult({ args }: ShownCall, ret: number): string {
  if (args[1] === F_GETFL) return `0x${ret.toString(16)} (flags ${openFlags(ret)})`;
  if (args[1] !== F_GETFD || ret === 0) return String(ret);
  return `0x${ret.toString(16)} (flags ${flagWords(fdFlagNames, ret, 'FD')})`;
}

interface PollfdValue {
  readonly fd: number;
  readonly revents: number;
}

/** What is left of the time that a call was given; it is not written back, but strace shows it. */
function leftOf(call: ShownCall, index: number, show: (time: TimespecValue) => string): string[] {
  const given = call.args[index] as TimespecValue | null | undefined;
  if (given == null) return [];
  return [`left ${show(toTimespec(Math.max(0, toNs(given) - call.elapsed_ns)))}`];
}

function pollResult(call: ShownCall, ret: number): string {
  if (ret === 0) return '0 (Timeout)';
  const ready = (call.filled[0] as readonly PollfdValue[]).filter(({ revents }) => revents !== 0);
  const list = listText(ready, ({ fd, revents }) => `{fd=${fd}, revents=${pollWords(revents)}}`);
  const left = call.name === 'ppoll' ? leftOf(call, 1, timespecText) : [];
  return `${ret} (${[list, ...left].join(', ')})`;
}

function selectResult(call: ShownCall, ret: number): string {
  if (ret === 0) return '0 (Timeout)';
  const sets = call.filled[1] as Readonly<Record<string, readonly number[]>>;
  const texts: string[] = [];
  for (const [name, key] of [
    ['in', 'in'],
    ['out', 'out'],
    ['except', 'ex'],
  ] as const) {
    const set = sets[key] ?? [];
    if (set.length > 0) texts.push(`${name} [${set.join(' ')}]`);
  }
  texts.push(...leftOf(call, 2, call.name === 'select' ? timevalText : timespecText));
  return `${ret} (${texts.join(', ')})`;
}
