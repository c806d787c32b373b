/**
 * Flag words of a scenario: which names an argument takes, and what they add up to.
 *
 * A family holds every name that can stand in one argument, second names (O_NDELAY) included.
 * A word is an integer or names and integers joined by "|"; the result is an int32.
 */
import * as eventfd from '../kernel/uapi/eventfd.ts';
import * as eventpoll from '../kernel/uapi/eventpoll.ts';
import * as fcntl from '../kernel/uapi/fcntl.ts';
import * as fs from '../kernel/uapi/fs.ts';
import * as inet from '../kernel/uapi/in.ts';
import * as inotify from '../kernel/uapi/inotify.ts';
import * as ioctls from '../kernel/uapi/ioctls.ts';
import { type NameTable, tableOf } from '../kernel/uapi/names.ts';
import * as pidfd from '../kernel/uapi/pidfd.ts';
import * as poll from '../kernel/uapi/poll.ts';
import * as signal from '../kernel/uapi/signal.ts';
import * as signalfd from '../kernel/uapi/signalfd.ts';
import * as socket from '../kernel/uapi/socket.ts';
import * as sockios from '../kernel/uapi/sockios.ts';
import * as tcp from '../kernel/uapi/tcp.ts';
import * as termbits from '../kernel/uapi/termbits.ts';
import * as time from '../kernel/uapi/time.ts';
import * as timerfd from '../kernel/uapi/timerfd.ts';
import * as wait from '../kernel/uapi/wait.ts';
import { badArgument, type Place, unknownFlag } from './errors.ts';

export type FlagFamily = ReadonlyMap<string, number>;

const family = (...tables: readonly NameTable[]): FlagFamily => new Map(tables.flat());

export const epollEventFamily: FlagFamily = family(tableOf(eventpoll, /^EPOLL(?!_C)/));
export const epollCreateFamily: FlagFamily = family(tableOf(eventpoll, /^EPOLL_CLOEXEC$/));
export const epollCtlFamily: FlagFamily = family(tableOf(eventpoll, /^EPOLL_CTL_/));
/** Without the two that the kernel keeps to itself. */
export const pollEventFamily: FlagFamily = family(
  tableOf(poll, /^POLL/, ['POLLFREE', 'POLL_BUSY_LOOP']),
);
export const openFamily: FlagFamily = family(tableOf(fcntl, /^O_/));
export const fdFamily: FlagFamily = family(tableOf(fcntl, /^FD_/));
export const fcntlFamily: FlagFamily = family(
  tableOf(fcntl, /^F_(DUPFD|GETFD|SETFD|GETFL|SETFL)$/),
);
/** From version 2 on. */
export const laterFcntlFamily: FlagFamily = family(
  tableOf(fcntl, /^F_(DUPFD|DUPFD_CLOEXEC|GETFD|SETFD|GETFL|SETFL|GETPIPE_SZ|SETPIPE_SZ)$/),
);
export const domainFamily: FlagFamily = family(tableOf(socket, /^AF_/));
export const socketTypeFamily: FlagFamily = family(tableOf(socket, /^SOCK_(?!TYPE_MASK)/));
export const protocolFamily: FlagFamily = family(tableOf(inet, /^IPPROTO_/));
export const msgFamily: FlagFamily = family(tableOf(socket, /^MSG_/));
export const shutdownFamily: FlagFamily = family(tableOf(socket, /^SHUT_/));
export const levelFamily: FlagFamily = family(
  tableOf(socket, /^SOL_/),
  tableOf(tcp, /^SOL_/),
  tableOf(inet, /^IPPROTO_/),
);
/** Of every level: a name may stand with a level that is not its own, and means its number. */
export const optionFamily: FlagFamily = family(tableOf(socket, /^SO_/), tableOf(tcp, /^TCP_/));
export const eventfdFamily: FlagFamily = family(tableOf(eventfd, /^EFD_/));
export const timerfdFamily: FlagFamily = family(tableOf(timerfd, /^TFD_/));
export const clockFamily: FlagFamily = family(tableOf(time, /^CLOCK_/));
export const ioctlFamily: FlagFamily = family(tableOf(ioctls, /^(FIONREAD|FIONBIO)$/));
/** Of version 2. */
export const laterIoctlFamily: FlagFamily = family(
  tableOf(ioctls, /^(FIONREAD|FIONBIO|FIOCLEX|FIONCLEX)$/),
  tableOf(ioctls, /^(TIOCSPTLCK|TIOCGPTN|TIOCGPTPEER|TIOCPKT|TCFLSH|TCXONC)$/),
  tableOf(sockios, /^SIOC(ATMARK|OUTQ|OUTQNSD)$/),
);
/** What requests about terminals are about: how to open, what to throw away, what to stop. */
export const ioctlArgFamily: FlagFamily = family(
  tableOf(fcntl, /^O_/),
  tableOf(termbits, /^TC(IFLUSH|OFLUSH|IOFLUSH|OOFF|OON|IOFF|ION)$/),
);
export const terminalFamily: FlagFamily = family(
  tableOf(termbits, /^(?!V|TC|NCCS|B38400|C[A-Z]*8?$|PARENB|HUPCL)/),
);
export const setTerminalFamily: FlagFamily = family(tableOf(termbits, /^TCSA/));
export const signalFamily: FlagFamily = family(tableOf(signal, /^SIG(?!_)/));
export const maskFamily: FlagFamily = family(tableOf(signal, /^SIG_(BLOCK|UNBLOCK|SETMASK)$/));
export const sigactionFamily: FlagFamily = family(tableOf(signal, /^SA_/));
export const inotifyFamily: FlagFamily = family(tableOf(inotify, /^IN_/));
export const whenceFamily: FlagFamily = family(tableOf(fs, /^SEEK_/));
export const waitFamily: FlagFamily = family(tableOf(wait, /^(?:W|__W)/));
export const pidfdFamily: FlagFamily = family(tableOf(pidfd, /^PIDFD_(?:NONBLOCK|THREAD)$/));
export const signalfdFamily: FlagFamily = family(tableOf(signalfd, /^SFD_/));

/** What fits into 32 bits, read as signed or as unsigned. */
export const isWord = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= -0x80000000 && (value as number) <= 0xffffffff;

const integerLiteral = /^(?:-?(?:0|[1-9][0-9]*)|0[xX][0-9a-fA-F]+)$/;

/** One name or integer of a flag word. */
export function parseFlag(token: string, names: FlagFamily, argument: string, at: Place): number {
  const known = names.get(token);
  if (known !== undefined) return known;
  if (!integerLiteral.test(token)) throw unknownFlag(at, token, names.keys());
  const value = Number(token);
  if (!isWord(value)) throw badArgument(at, argument);
  return value | 0;
}

/** A flag word, as an int32. */
export function parseFlags(value: unknown, names: FlagFamily, argument: string, at: Place): number {
  if (isWord(value)) return value | 0;
  if (typeof value !== 'string' || value.startsWith('$')) throw badArgument(at, argument);
  if (!value.includes('|')) return parseFlag(value.trim(), names, argument, at);
  let word = 0;
  for (const token of value.split('|')) word |= parseFlag(token.trim(), names, argument, at);
  return word;
}
