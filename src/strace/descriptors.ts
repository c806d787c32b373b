/** What -y and -yy say is behind a descriptor, and what that is taken for. */
import { EPOLLHUP } from '../kernel/uapi/eventpoll.ts';
import { readBits, type StandInKind, writeBits } from './standin.ts';

/** What a descriptor leads to. */
export interface Behind {
  readonly kind: StandInKind | 'epoll';
  /** The same for the same open file, as far as it can be told; null if it cannot. */
  readonly identity: string | null;
  /** A message at a time. */
  readonly messages: boolean;
  /** What poll says of one that nothing is known of. */
  readonly mask: number;
}

const anonymous: Readonly<Record<string, StandInKind | 'epoll'>> = {
  '[eventpoll]': 'epoll',
  '[eventfd]': 'eventfd',
  '[timerfd]': 'timerfd',
  '[signalfd]': 'signalfd',
  inotify: 'inotify',
  '[fanotify]': 'inotify',
  '[pidfd]': 'pidfd',
  '[io_uring]': 'uring',
};

const families: readonly (readonly [RegExp, StandInKind, boolean])[] = [
  [/^TCP/, 'tcp', false],
  [/^(?:UDP|RAW|PING|ICMP)/, 'udp', true],
  [/^UNIX-(?:DGRAM|SEQPACKET)/, 'unix', true],
  [/^UNIX/, 'unix', false],
  [/^(?:NETLINK|PACKET)/, 'netlink', true],
  [/^(?:socket|SCTP|MPTCP|VSOCK)/, 'socket', false],
];

/** Of new files of a kind. */
export const maskOf: Readonly<Record<StandInKind, number>> = {
  tcp: writeBits,
  udp: writeBits,
  unix: writeBits,
  netlink: writeBits,
  socket: writeBits,
  pipe: 0,
  eventfd: writeBits,
  timerfd: 0,
  signalfd: 0,
  inotify: 0,
  pidfd: 0,
  uring: writeBits,
  tty: writeBits,
  fd: writeBits,
  file: readBits | writeBits,
};

/** A stream socket before it is connected. */
export const unconnectedMask: number = writeBits | EPOLLHUP;

function found(kind: StandInKind | 'epoll', identity: string | null, messages = false): Behind {
  return { kind, identity, messages, mask: kind === 'epoll' ? 0 : maskOf[kind] };
}

/** Null where nothing is said. */
export function behindOf(text: string | null): Behind | null {
  if (text === null) return null;
  const name = /^anon_inode:(\S+?)(?:<.*)?$/.exec(text)?.[1];
  if (name !== undefined) return found(anonymous[name] ?? 'fd', null);
  if (text.startsWith('pipe:')) return found('pipe', null);
  for (const [pattern, kind, messages] of families) {
    if (pattern.test(text)) return found(kind, inodeOf(text), messages);
  }
  const device = /<char (\d+):/.exec(text)?.[1];
  if (device === undefined) return found(text.startsWith('/') ? 'file' : 'fd', null);
  return found(['4', '5', '136', '137'].includes(device) ? 'tty' : 'file', null);
}

/** `[459158->459159]`: the socket and its peer; `[459310]` */
function inodeOf(text: string): string | null {
  return /^[A-Z][\w-]*:\[(\d+)|^socket:\[(\d+)\]/.exec(text)?.slice(1).find(Boolean) ?? null;
}
