/** Calls that open, copy and close descriptors. */

import { test_bit } from '../kernel/bitmap.ts';
import { do_eventfd } from '../kernel/eventfd.ts';
import { eventpoll } from '../kernel/eventpoll/types.ts';
import type { file } from '../kernel/file.ts';
import { do_pipe2 } from '../kernel/pipe_files.ts';
import type { pipe_inode_info } from '../kernel/pipe_fs_i.ts';
import { EFD_SEMAPHORE } from '../kernel/uapi/eventfd.ts';
import { type Call, type Pending, succeeded } from './call.ts';
import { behindOf, maskOf, unconnectedMask } from './descriptors.ts';
import { fileOfCall } from './io_calls.ts';
import { readBits, type StandInKind, standInOf } from './standin.ts';
import { type FdText, fdOf, hasFlag, numberOf, splitArguments } from './text.ts';
import type { World } from './world.ts';

/** A file for the descriptor that a call has returned. */
function give(world: World, call: Call, f: file, cloexec: boolean, fd = call.returned.ret): void {
  const { thread } = call;
  const { mirror } = world;
  if (fd === null || fd < 0) return;
  if (mirror.fileOf(thread.task, fd) !== null) occupied(world, call, fd);
  mirror.install(thread.task, fd, f, cloexec);
  world.watch.opened(f, world.line);
}

/** The number is in use here: somebody is closing it, or has without a line that says so. */
function occupied(world: World, call: Call, fd: number): void {
  const { thread } = call;
  if (world.hurry(thread, ({ name }) => name === 'close')) return;
  if (world.threads.hasOutsiders || world.unreadLines > 0) return;
  const f = world.mirror.fileOf(thread.task, fd);
  if (f === null) return;
  world.cannotExplain(call.name, `${fd} is open: ${world.nameOf(f)}`, String(fd));
}

const cloexecFlags = [
  'O_CLOEXEC',
  'SOCK_CLOEXEC',
  'EFD_CLOEXEC',
  'TFD_CLOEXEC',
  'SFD_CLOEXEC',
  'IN_CLOEXEC',
  'MFD_CLOEXEC',
];

const isCloexec = (args: readonly string[]): boolean =>
  args.some((arg) => hasFlag(arg, ...cloexecFlags));

/** Any call whose result is a new descriptor of which no more is known. */
export function opened(world: World, call: Call): void {
  if (!succeeded(call)) return;
  const { thread, name, args, returned } = call;
  const kind = kinds[name] ?? 'file';
  const said = behindOf(returned.behind);
  if (said?.kind === 'epoll') return;
  const found = name.startsWith('open') ? pathKind(args) : kind;
  const actual = said === null || said.kind === 'fd' ? found : said.kind;
  const f = world.newFile(thread, actual, returned.behind ?? pathOf(name, args), maskOf[actual]);
  const stand = standInOf(f);
  if (stand !== null) {
    stand.messages = said?.messages ?? ['inotify', 'netlink', 'signalfd'].includes(actual);
    stand.sure = true;
    if (actual === 'timerfd') stand.armed = false;
  }
  give(world, call, f, isCloexec(args) || cloexecAlways.has(name));
}

const cloexecAlways: ReadonlySet<string> = new Set(['pidfd_open', 'io_uring_setup']);

const kinds: Readonly<Record<string, StandInKind>> = {
  timerfd_create: 'timerfd',
  signalfd: 'signalfd',
  signalfd4: 'signalfd',
  inotify_init: 'inotify',
  inotify_init1: 'inotify',
  fanotify_init: 'inotify',
  pidfd_open: 'pidfd',
  io_uring_setup: 'uring',
  userfaultfd: 'fd',
  perf_event_open: 'fd',
  pidfd_getfd: 'fd',
};

const pathOf = (name: string, args: readonly string[]): string =>
  (name.startsWith('open') ? args.find((arg) => arg.startsWith('"')) : undefined) ?? name;

/** Terminals can be polled; of what else a path may be nothing is known. */
function pathKind(args: readonly string[]): StandInKind {
  const path = args.find((arg) => arg.startsWith('"')) ?? '';
  return /^"\/dev\/(?:tty|pts\/|ptmx|console)/.test(path) ? 'tty' : 'file';
}

/** A call that nobody knows, whose result -y shows to be a descriptor. */
export function openedSomehow(world: World, call: Call): void {
  const { thread, returned } = call;
  const said = behindOf(returned.behind);
  if (said === null || returned.ret === null || returned.ret < 0) return;
  const known = world.mirror.fileOf(thread.task, returned.ret);
  if (known === null) world.fileOf(thread, { fd: returned.ret, behind: returned.behind });
}

// ── Sockets, pipes, eventfds ─────────────────────────────────────────────────────────────────────

const families: readonly (readonly [string, StandInKind])[] = [
  ['AF_UNIX', 'unix'],
  ['AF_LOCAL', 'unix'],
  ['AF_NETLINK', 'netlink'],
];

function socketKind(args: readonly string[]): StandInKind {
  for (const [name, kind] of families) if (hasFlag(args[0], name)) return kind;
  if (!hasFlag(args[0], 'AF_INET', 'AF_INET6')) return 'socket';
  return hasFlag(args[1], 'SOCK_STREAM') ? 'tcp' : 'udp';
}

const takesMessages = (type: string | undefined): boolean =>
  hasFlag(type, 'SOCK_DGRAM', 'SOCK_SEQPACKET', 'SOCK_RAW', 'SOCK_RDM');

export function socketMade(world: World, call: Call): void {
  if (!succeeded(call)) return;
  const { thread, args, returned } = call;
  const kind = socketKind(args);
  const messages = takesMessages(args[1]) || kind === 'netlink';
  const mask = messages ? maskOf[kind] : unconnectedMask;
  const f = world.newFile(thread, kind, returned.behind ?? kind, mask);
  const stand = standInOf(f);
  if (stand !== null) {
    stand.messages = messages;
    stand.sure = true;
  }
  give(world, call, f, isCloexec(args));
}

/** The two descriptors that a call has filled in. */
function bothOf(text: string | undefined): [FdText, FdText] | null {
  if (text === undefined || !text.startsWith('[')) return null;
  const [first, second] = splitArguments(text.slice(1, -1)).map((part) => fdOf(part));
  return first == null || second == null ? null : [first, second];
}

export function socketpairMade(world: World, call: Call): void {
  const fds = bothOf(call.args[3]);
  if (fds === null || !succeeded(call)) return;
  const { thread, args } = call;
  const messages = takesMessages(args[1]);
  const files = fds.map(({ behind }) =>
    world.newFile(thread, 'unix', behind ?? 'unix', maskOf.unix),
  );
  const [a, b] = files as [file, file];
  const [inA, inB] = [standInOf(a), standInOf(b)];
  if (inA !== null && inB !== null) {
    for (const [own, other] of [
      [inA, inB],
      [inB, inA],
    ] as const) {
      own.peer = other;
      own.messages = messages;
      own.unread = messages ? null : 0;
      own.sure = true;
    }
  }
  give(world, call, a, isCloexec(args), fds[0].fd);
  give(world, call, b, isCloexec(args), fds[1].fd);
}

export function pipeMade(world: World, call: Call): void {
  const fds = bothOf(call.args[0]);
  if (fds === null || !succeeded(call)) return;
  const { thread, args } = call;
  const { mirror } = world;
  const fildes: [number, number] = [-1, -1];
  mirror.drive(thread.task, do_pipe2(fildes, 0));
  const files = fildes.map((fd) => {
    const f = mirror.fileOf(thread.task, fd) as file;
    mirror.take(thread.task, fd);
    return f;
  });
  const [reads, writes] = files as [file, file];
  world.pipeEnds.set(reads.private_data as pipe_inode_info, new WeakRef(writes));
  give(world, call, reads, isCloexec(args), fds[0].fd);
  give(world, call, writes, isCloexec(args), fds[1].fd);
}

export function eventfdMade(world: World, call: Call): void {
  if (!succeeded(call)) return;
  const { thread, args } = call;
  const { mirror } = world;
  const flags = hasFlag(args[1], 'EFD_SEMAPHORE') ? EFD_SEMAPHORE : 0;
  const fd = mirror.drive(thread.task, do_eventfd((numberOf(args[0]) ?? 0) >>> 0, flags));
  const f = mirror.fileOf(thread.task, fd) as file;
  mirror.take(thread.task, fd);
  world.holding.add(f);
  give(world, call, f, isCloexec(args));
}

export function timerSet(world: World, call: Call): void {
  const f = fileOfCall(world, call);
  const stand = f === null ? null : standInOf(f);
  if (f === null || stand === null || !succeeded(call)) return;
  const value = /it_value=\{tv_sec=(\d+), tv_nsec=(\d+)\}/.exec(call.args[2] ?? '');
  stand.armed = value === null ? null : Number(value[1]) + Number(value[2]) > 0;
  stand.sure = true;
  world.watch.touched(f, 'set');
  world.setBits(stand, 0, readBits);
}

// ── Copies ───────────────────────────────────────────────────────────────────────────────────────

export function copied(world: World, call: Call): void {
  const { thread, name, args, returned } = call;
  const f = fileOfCall(world, call);
  if (f === null || !succeeded(call)) return;
  const to = returned.ret as number;
  if (to === fdOf(args[0])?.fd) return;
  const { mirror } = world;
  const before = mirror.fileOf(thread.task, to);
  if (before !== null && name === 'dup') occupied(world, call, to);
  mirror.duplicate(thread.task, f, to, hasFlag(args[2], 'O_CLOEXEC'));
  if (before !== null && before !== f) world.watch.closed(thread, to, before);
}

export function controlledFd(world: World, call: Call): void {
  const { thread, args, returned } = call;
  if (!succeeded(call)) return;
  const { mirror } = world;
  const fd = fdOf(args[0])?.fd ?? -1;
  if (hasFlag(args[1], 'F_DUPFD', 'F_DUPFD_CLOEXEC')) {
    const f = fileOfCall(world, call);
    if (f === null) return;
    if (mirror.fileOf(thread.task, returned.ret as number) !== null) {
      occupied(world, call, returned.ret as number);
    }
    mirror.duplicate(thread.task, f, returned.ret as number, hasFlag(args[1], 'F_DUPFD_CLOEXEC'));
  } else if (args[1] === 'F_SETFD')
    mirror.setCloexec(thread.task, fd, hasFlag(args[2], 'FD_CLOEXEC'));
}

export function setByIoctl(world: World, call: Call, cloexec: boolean): void {
  if (succeeded(call))
    world.mirror.setCloexec(call.thread.task, fdOf(call.args[0])?.fd ?? -1, cloexec);
}

// ── Closing ──────────────────────────────────────────────────────────────────────────────────────

export function closeBegun(world: World, { thread, list }: Pending): void {
  const fd = fdOf(list[0]);
  if (fd !== null) closeOne(world, thread, fd.fd);
}

function closeOne(world: World, thread: Pending['thread'], fd: number): void {
  const { mirror } = world;
  const f = mirror.fileOf(thread.task, fd);
  if (f === null) return;
  if (f.private_data instanceof eventpoll && f.f_ref.refs === 1) world.epolls.delete(f);
  mirror.close(thread.task, fd);
  if (f.freed) world.holding.delete(f);
  world.watch.closed(thread, fd, f);
}

export function closed(world: World, call: Call): void {
  const fd = fdOf(call.args[0]);
  if (fd === null) return;
  // Linux takes the descriptor out of the table whatever close() returns afterwards.
  if (call.returned.errno === 'EBADF') {
    const open = !call.done && world.mirror.fileOf(call.thread.task, fd.fd) !== null;
    if (open && !world.threads.hasOutsiders && world.unreadLines === 0) {
      world.cannotExplain(`close(${fd.fd})`, '0', 'EBADF');
    }
    if (open) closeOne(world, call.thread, fd.fd);
  } else if (!call.done) closeOne(world, call.thread, fd.fd);
}

export function closedRange(world: World, call: Call): void {
  const { thread, args } = call;
  if (!succeeded(call)) return;
  const [first, last] = [numberOf(args[0]) ?? 0, numberOf(args[1]) ?? 0];
  const { files } = thread.task;
  const onExec = hasFlag(args[2], 'CLOSE_RANGE_CLOEXEC');
  const end = Math.min(last, files.fd.length - 1);
  for (let fd = first; fd <= end; fd++) {
    if (!test_bit(fd, files.open_fds)) continue;
    if (onExec) world.mirror.setCloexec(thread.task, fd, true);
    else closeOne(world, thread, fd);
  }
}
