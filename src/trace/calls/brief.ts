/**
 * A system call in few words, for tables and diagrams: `epoll_ctl(5, ADD, 3, IN|ET, 7)`.
 *
 * What every reader knows is left out: EPOLL in front of events, buffers, sizes, NULLs.
 */

import { epollCtlOp, errnoName, msgFlags, pipeFlags, signalName } from '../../kernel/uapi/names.ts';
import type { Bytes } from '../values.ts';
import { epollWaits } from './kinds.ts';
import type { ShownCall } from './parameters.ts';
import { begunText, resultText } from './text.ts';
import {
  bytesText,
  durationText,
  type EventValue,
  epollWords,
  type TimespecValue,
  toNs,
} from './words.ts';

const short = (events: number): string => epollWords(events).replaceAll('EPOLL', '');

/** A call that has begun. */
export function briefCall(call: ShownCall): string {
  const { name, args } = call;
  if (epollWaits.has(name)) return `${name}(${args[0]}, ${args[2]}, ${timeoutText(args[3])})`;
  if (name === 'epoll_ctl') return controlText(args);
  if (name === 'read') return `read(${args[0]}, ${args[2]})`;
  if (name === 'write') return `write(${args[0]}, ${payloadText(args[1] as Bytes)})`;
  if (name === 'recvfrom') return `recv(${args[0]}, ${args[2]}${flagsText(args[3])})`;
  if (name === 'sendto') {
    return `send(${args[0]}, ${payloadText(args[1] as Bytes)}${flagsText(args[3])})`;
  }
  if (name === 'futex') return `futex(${args[0]})`;
  if (name === 'pipe2') return `pipe2(${pipeFlags(Number(args[1]))})`;
  if (name === 'nanosleep') return `nanosleep(${spanText(args[0] as TimespecValue)})`;
  return begunText(call)
    .replaceAll(', NULL', '')
    .replace(/\(\.\.\.(, )?/, '(')
    .replace(', ...)', ')');
}

const timeoutText = (timeout: unknown): string => {
  if (timeout === null) return 'NULL';
  return typeof timeout === 'object' ? spanText(timeout as TimespecValue) : String(timeout);
};

const spanText = (span: TimespecValue): string => durationText(toNs(span));

const flagsText = (flags: unknown): string =>
  flags === 0 || flags === undefined ? '' : `, ${msgFlags(Number(flags))}`;

function controlText(args: readonly unknown[]): string {
  const op = epollCtlOp(Number(args[1])).replace('EPOLL_CTL_', '');
  const event = args[3] as EventValue | null;
  const interest = event === null ? '' : `, ${short(event.events)}, ${event.data}`;
  return `epoll_ctl(${args[0]}, ${op}, ${args[2]}${interest})`;
}

/** Text in quotes; eight bytes that are none are a number, as eventfd has it. */
function payloadText(bytes: Bytes, length: number = bytes.length): string {
  const shown = bytes.kept.subarray(0, Math.min(length, 8));
  if (length !== 8 || shown.every((byte) => byte >= 0x20 && byte < 0x7f)) {
    return bytesText(bytes, length);
  }
  let value = 0n;
  for (let i = 7; i >= 0; i--) value = (value << 8n) | BigInt(shown[i] ?? 0);
  return value.toString();
}

/** How a task ended: `ends`, `ends with 3`, `is ended by SIGTERM`. */
export function briefExit({ code, signo }: { code: number; signo: number }): string {
  if (signo !== 0) return `is ended by ${signalName(signo)}`;
  return code === 0 ? 'ends' : `ends with ${code}`;
}

/** How a call ended: `1 [IN 7]`, `-1 EAGAIN`. */
export function briefResult(call: ShownCall): string {
  const { name, filled } = call;
  const ret = call.ret ?? 0;
  if (ret < 0) return `-1 ${errnoName(ret)}`;
  if (epollWaits.has(name)) {
    const events = (filled[1] as readonly EventValue[]).slice(0, ret);
    const list = events.map(({ events: mask, data }) => `${short(mask)} ${data}`).join(', ');
    return ret === 0 ? '0' : `${ret} [${list}]`;
  }
  if (name === 'read' || name === 'recvfrom') {
    return ret === 0 ? '0' : `${ret} ${payloadText(filled[1] as Bytes, ret)}`;
  }
  if (name === 'pipe2') return `[${(filled[0] as readonly number[]).join(', ')}]`;
  if (name === 'socketpair') return `[${(filled[3] as readonly number[]).join(', ')}]`;
  if (name === 'getsockopt') return `${ret} (${(filled[3] as { value: number }).value})`;
  return resultText(call).replaceAll('POLL', '');
}
