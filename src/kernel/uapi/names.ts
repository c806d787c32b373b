/**
 * Words and numbers of the system call interface, back to the names a program writes.
 *
 * A table lists names in ascending order of their values; what no name covers is shown in hex.
 */
import * as errno from './errno.ts';
import * as eventfd from './eventfd.ts';
import * as eventpoll from './eventpoll.ts';
import * as fcntl from './fcntl.ts';
import * as fs from './fs.ts';
import * as inet from './in.ts';
import * as inotify from './inotify.ts';
import * as ioctls from './ioctls.ts';
import * as pidfd from './pidfd.ts';
import * as poll from './poll.ts';
import * as sched from './sched.ts';
import * as signal from './signal.ts';
import * as signalfd from './signalfd.ts';
import * as socket from './socket.ts';
import * as tcp from './tcp.ts';
import * as time from './time.ts';
import * as timerfd from './timerfd.ts';
import * as wait from './wait.ts';

export type NameTable = readonly (readonly [name: string, value: number])[];

/** Of each module, as several tables are made of some. */
const entries: Map<object, readonly [string, number][]> = new Map();

/** The constants of a module whose names match, by value; `aliases` are left out. */
export function tableOf(
  module: object,
  pattern: RegExp,
  aliases: readonly string[] = [],
): NameTable {
  let constants = entries.get(module);
  if (constants === undefined) entries.set(module, (constants = Object.entries(module)));
  return constants
    .filter(([name]) => pattern.test(name) && !aliases.includes(name))
    .sort((a, b) => (a[1] >>> 0) - (b[1] >>> 0));
}

/** The names of the bits of `word`, joined by "|"; "0" when there is none. */
export function flagNames(table: NameTable, word: number): string {
  let names = '';
  let rest = word | 0;
  for (const [name, bit] of table) {
    if (bit === 0 || (rest & bit) !== bit) continue;
    names = names === '' ? name : `${names}|${name}`;
    rest &= ~bit;
  }
  if (rest === 0) return names === '' ? '0' : names;
  const hex = `0x${(rest >>> 0).toString(16)}`;
  return names === '' ? hex : `${names}|${hex}`;
}

/** The name of a number that is not a set of bits; the number itself where it has none. */
export function valueName(table: NameTable, value: number): string {
  for (const [name, known] of table) if (known === value) return name;
  return String(value);
}

/** A number in the bits of `mask`, the rest a set of bits. */
function valueAndFlags(values: NameTable, mask: number, flags: NameTable, word: number): string {
  const value = valueName(values, word & mask);
  const rest = word & ~mask;
  return rest === 0 ? value : `${value}|${flagNames(flags, rest)}`;
}

const errnoNames = tableOf(errno, /^E/, ['EWOULDBLOCK', 'EDEADLOCK', 'ENOTSUP']);
/** Left out of user mode's headers: how an interrupted call asks to be restarted, for traces. */
const kernelErrnoNames: NameTable = [
  ['ERESTARTSYS', 512],
  ['ERESTARTNOINTR', 513],
  ['ERESTARTNOHAND', 514],
  ['ENOIOCTLCMD', 515],
  ['ERESTART_RESTARTBLOCK', 516],
];
const errnoByNumber: readonly (string | undefined)[] = [...errnoNames, ...kernelErrnoNames].reduce(
  (names: string[], [name, number]) => {
    names[number] = name;
    return names;
  },
  ['0'],
);

/** "EAGAIN" for the errno 11 and for -11, "0" for 0; `error` in words where it has no name. */
export function errnoName(error: number): string {
  return errnoByNumber[Math.abs(error)] ?? `errno ${Math.abs(error)}`;
}

export const epollEventNames: NameTable = tableOf(eventpoll, /^EPOLL(?!_CTL|_CLOEXEC)/);
export const epollCreateFlagNames: NameTable = tableOf(eventpoll, /^EPOLL_CLOEXEC$/);
export const epollCtlOpNames: NameTable = tableOf(eventpoll, /^EPOLL_CTL_/);
export const pollEventNames: NameTable = tableOf(poll, /^POLL/);
export const accessModeNames: NameTable = tableOf(fcntl, /^O_(RDONLY|WRONLY|RDWR)$/);
export const openFlagNames: NameTable = [
  // Before the bits they are made of.
  ...tableOf(fcntl, /^O_(SYNC|TMPFILE)$/),
  ...tableOf(fcntl, /^O_(?!ACCMODE|RDONLY|WRONLY|RDWR|SYNC|TMPFILE|NDELAY)/),
];
export const fdFlagNames: NameTable = tableOf(fcntl, /^FD_/);
export const fcntlCmdNames: NameTable = tableOf(
  fcntl,
  /^F_(?!OWNER|RDLCK|WRLCK|UNLCK|EXLCK|SHLCK|LINUX)/,
);
export const addressFamilyNames: NameTable = tableOf(socket, /^AF_/, ['AF_LOCAL']);
export const socketTypeNames: NameTable = tableOf(socket, /^SOCK_(?!CLOEXEC|NONBLOCK|TYPE_MASK)/);
export const socketFlagNames: NameTable = tableOf(socket, /^SOCK_(CLOEXEC|NONBLOCK)$/);
export const msgFlagNames: NameTable = tableOf(socket, /^MSG_/);
export const shutdownHowNames: NameTable = tableOf(socket, /^SHUT_/);
export const ipProtocolNames: NameTable = tableOf(inet, /^IPPROTO_/);
export const socketOptionNames: NameTable = tableOf(socket, /^SO_(?!.*_OLD$)/);
export const tcpOptionNames: NameTable = tableOf(tcp, /^TCP_/);
export const eventfdFlagNames: NameTable = tableOf(eventfd, /^EFD_/);
export const signalfdFlagNames: NameTable = tableOf(signalfd, /^SFD_/);
export const timerfdFlagNames: NameTable = tableOf(timerfd, /^TFD_(CLOEXEC|NONBLOCK)$/);
export const timerfdSettimeFlagNames: NameTable = tableOf(timerfd, /^TFD_TIMER_/);
/** One bit each: IN_CLOSE and the like are several. */
export const inotifyMaskNames: NameTable = tableOf(inotify, /^IN_(?!CLOEXEC|NONBLOCK)/, [
  'IN_CLOSE',
  'IN_MOVE',
  'IN_ALL_EVENTS',
]);
export const inotifyFlagNames: NameTable = tableOf(inotify, /^IN_(CLOEXEC|NONBLOCK)$/);
export const whenceNames: NameTable = tableOf(fs, /^SEEK_/);
export const renameFlagNames: NameTable = tableOf(fs, /^RENAME_/);
export const clockNames: NameTable = tableOf(time, /^CLOCK_/);
export const ioctlRequestNames: NameTable = [
  ...tableOf(ioctls, /^(FIO|TC|TIOC(?!INQ|PKT_))/),
  ...tableOf(eventpoll, /^EPIOC/),
];
export const signalNames: NameTable = tableOf(signal, /^SIG(?!_)/, ['SIGIOT', 'SIGPOLL']);
export const waitOptionNames: NameTable = tableOf(wait, /^(W|__W)/, ['WSTOPPED']);
export const idtypeNames: NameTable = tableOf(wait, /^P_/);
export const cloneFlagNames: NameTable = tableOf(sched, /^CLONE_/);
export const pidfdFlagNames: NameTable = tableOf(pidfd, /^PIDFD_(NONBLOCK|THREAD)$/);
export const pidfdSignalNames: NameTable = tableOf(pidfd, /^PIDFD_SIGNAL_/);
const sendCodeNames: NameTable = tableOf(signal, /^SI_/);
const childCodeNames: NameTable = tableOf(signal, /^CLD_/);
export const socketLevelNames: NameTable = [
  ['SOL_SOCKET', socket.SOL_SOCKET],
  ...ipProtocolNames.filter(([, value]) => value !== socket.SOL_SOCKET),
];

export const inotifyMask = (word: number): string => flagNames(inotifyMaskNames, word);
/** The names of the EPOLL* bits of `word`: "EPOLLIN|EPOLLOUT" for 5, "0" for none. */
export const epollFlags = (word: number): string => flagNames(epollEventNames, word);
/** The names of the POLL* bits of `word`: "POLLIN|POLLOUT" for 5, "0" for none. */
export const pollFlags = (word: number): string => flagNames(pollEventNames, word);
export const epollCreateFlags = (word: number): string => flagNames(epollCreateFlagNames, word);
export const epollCtlOp = (op: number): string => valueName(epollCtlOpNames, op);
/** The names in `word`, an access mode and O_* flags, as fcntl(2) with F_GETFL gives them. */
export const openFlags = (word: number): string =>
  valueAndFlags(accessModeNames, fcntl.O_ACCMODE, openFlagNames, word);
/** As pipe2() and dup3() take them: no access mode. */
export const pipeFlags = (word: number): string => flagNames(openFlagNames, word);
export const fdFlags = (word: number): string => flagNames(fdFlagNames, word);
export const fcntlCmd = (cmd: number): string => valueName(fcntlCmdNames, cmd);
export const addressFamily = (domain: number): string => valueName(addressFamilyNames, domain);
export const socketType = (word: number): string =>
  valueAndFlags(socketTypeNames, socket.SOCK_TYPE_MASK, socketFlagNames, word);
/** As accept4() takes them: no type. */
export const socketFlags = (word: number): string => flagNames(socketFlagNames, word);
export const ipProtocol = (protocol: number): string => valueName(ipProtocolNames, protocol);
export const msgFlags = (word: number): string => flagNames(msgFlagNames, word);
export const shutdownHow = (how: number): string => valueName(shutdownHowNames, how);
export const socketLevel = (level: number): string => valueName(socketLevelNames, level);
export const eventfdFlags = (word: number): string => flagNames(eventfdFlagNames, word);
export const timerfdFlags = (word: number): string => flagNames(timerfdFlagNames, word);
export const timerfdSettimeFlags = (word: number): string =>
  flagNames(timerfdSettimeFlagNames, word);
export const clockName = (clockid: number): string => valueName(clockNames, clockid);
export const ioctlRequest = (request: number): string => valueName(ioctlRequestNames, request);
/** The name of the signal `sig`: "SIGPIPE" for 13; the number in digits where it has none. */
export const signalName = (sig: number): string => valueName(signalNames, sig);

/** An option's name means something only together with its level. */
export function socketOption(level: number, optname: number): string {
  if (level === socket.SOL_SOCKET) return valueName(socketOptionNames, optname);
  if (level === inet.IPPROTO_TCP) return valueName(tcpOptionNames, optname);
  return String(optname);
}
/** What si_code means, for a signal of this number. */
export const sigCodeName = (sig: number, code: number): string =>
  valueName(sig === signal.SIGCHLD && code > 0 ? childCodeNames : sendCodeNames, code);
