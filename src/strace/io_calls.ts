/** Calls that read, write, accept and connect. */
import { eventfd_ctx } from '../kernel/eventfd.ts';
import { eventpoll } from '../kernel/eventpoll/types.ts';
import type { file } from '../kernel/file.ts';
import { pipe_inode_info, pipe_is_full } from '../kernel/pipe_fs_i.ts';
import { isZero } from '../kernel/u64.ts';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLRDHUP } from '../kernel/uapi/eventpoll.ts';
import { type Call, type Pending, succeeded, type Thread, wouldBlock } from './call.ts';
import { behindOf, maskOf } from './descriptors.ts';
import { readBits, type StandIn, standInOf, writeBits } from './standin.ts';
import { bytesOf, fdOf, hasFlag, numberOf } from './text.ts';
import { briefName, readNow, type World, writeNow, writers } from './world.ts';

/** The file that a call is on, unless the log says that there is none. */
export function fileOfCall(world: World, call: Call, at = 0): file | null {
  const text = fdOf(call.args[at]);
  if (text === null) return null;
  if (call.returned.errno === 'EBADF') return world.mirror.fileOf(call.thread.task, text.fd);
  return world.fileOf(call.thread, text);
}

/** The sum of the sizes in a list of buffers. */
function sizeOfVector(text: string | undefined): number {
  let sum = 0;
  for (const [, size] of (text ?? '').matchAll(/iov_len=(\d+)/g)) sum += Number(size);
  return sum;
}

// ── Reading ──────────────────────────────────────────────────────────────────────────────────────

interface Reading {
  /** How many bytes there was room for; null where that is not known. */
  readonly room: number | null;
  /** What was read is still there. */
  readonly peeks: boolean;
  /** Short although there may be more: descriptors came along, or messages. */
  readonly isPiecemeal: boolean;
}

function readingOf({ name, args }: Call): Reading {
  const flags = name === 'recvmsg' ? args[2] : args[3];
  const peeks = name.startsWith('recv') && hasFlag(flags, 'MSG_PEEK');
  switch (name) {
    case 'readv':
    case 'preadv':
      return { room: sizeOfVector(args[1]), peeks, isPiecemeal: false };
    case 'recvmsg':
      return {
        room: sizeOfVector(/msg_iov=\[.*/s.exec(args[1] ?? '')?.[0]),
        peeks,
        isPiecemeal: hasFlag((args[1] ?? '').replace(/cmsg_type=/g, ' '), 'SCM_RIGHTS'),
      };
    case 'recvmmsg':
      return { room: null, peeks, isPiecemeal: true };
    default:
      return { room: numberOf(args[2]), peeks, isPiecemeal: false };
  }
}

export function hasRead(world: World, call: Call): void {
  const f = fileOfCall(world, call);
  if (f === null) return;
  takeIn(world, call, f, readingOf(call));
  installReceived(world, call);
}

/** splice() and sendfile(): from a file, and to another one. */
export function moved(world: World, call: Call): void {
  const [from, to] = call.name === 'sendfile' || call.name === 'sendfile64' ? [1, 0] : [0, 2];
  const source = fileOfCall(world, call, from);
  const target = fileOfCall(world, call, to);
  const reading = { room: numberOf(call.args[4]), peeks: call.name === 'tee', isPiecemeal: true };
  // EAGAIN may be of either end.
  const isOfSource =
    succeeded(call) || source === null || isEmpty(world, source) || hasRoom(target);
  if (source !== null && isOfSource) {
    takeIn(world, call, source, reading);
  }
  if (target !== null && !call.done) putOut(world, call, target);
}

/** Is it a pipe, known from its beginning, that takes more? */
const hasRoom = (f: file | null): boolean =>
  f !== null && f.private_data instanceof pipe_inode_info && !pipe_is_full(f.private_data);

/** Would reading from it block? */
const isEmpty = (world: World, f: file): boolean => (world.maskOf(f) & EPOLLIN) === 0;

function takeIn(world: World, call: Call, f: file, reading: Reading): void {
  const { thread, returned } = call;
  if (returned.ret === null || f.private_data instanceof eventpoll) return;
  const stand = standInOf(f);
  if (stand !== null) readStandIn(world, call, f, stand, reading);
  else if (f.private_data instanceof eventfd_ctx) readEventfd(world, call, f, f.private_data);
  else if (f.private_data instanceof pipe_inode_info) readPipe(world, call, f, f.private_data);
  else return;
  const left = leftIn(f);
  world.holding.add(f);
  world.watch.read(thread, f, {
    line: world.line,
    got: returned.ret,
    empty: wouldBlock(call),
    failed: !succeeded(call) && !wouldBlock(call),
    drained:
      wouldBlock(call) ||
      returned.ret === 0 ||
      left === 0 ||
      (left === null && stand?.readable === false),
    left,
    isShort: reading.room !== null && (returned.ret ?? 0) < reading.room,
    peeks: reading.peeks,
  });
}

/** How many bytes are known to be left; null where nobody knows. */
export function leftIn(f: file): number | null {
  const inside = f.private_data;
  if (inside instanceof eventfd_ctx) return isZero(inside.count) ? 0 : 8;
  if (inside instanceof pipe_inode_info) return bytesIn(inside);
  return standInOf(f)?.unread ?? null;
}

const bytesIn = (pipe: pipe_inode_info): number =>
  pipe.bufs.toArray().reduce((sum, { len }) => sum + len, 0);

function readStandIn(world: World, call: Call, f: file, stand: StandIn, reading: Reading): void {
  const { thread, returned } = call;
  const got = returned.ret ?? 0;
  const { room, peeks, isPiecemeal } = reading;
  if (wouldBlock(call)) {
    blocked(world, call, f, stand);
    return;
  }
  if (!succeeded(call)) {
    failed(world, stand, returned.errno ?? '');
    return;
  }
  if (got === 0 && room !== 0 && !stand.messages) {
    if (!stand.ended && stand.peer !== null) world.hurry(thread, ({ name }) => writers.has(name));
    if ((stand.mask & EPOLLRDHUP) === 0) world.sayArrival(f, stand, EPOLLRDHUP);
    stand.ended = true;
    stand.sure = true;
    if (stand.unread !== null) stand.unread = 0;
    world.setBits(stand, readBits | EPOLLRDHUP, 0);
    return;
  }
  if (!stand.readable) {
    if (stand.peer !== null) world.hurry(thread, ({ name }) => writers.has(name));
    if (!stand.readable) world.sayArrival(f, stand, EPOLLIN);
    world.setBits(stand, readBits, 0);
  }
  if (peeks) return;
  if (stand.unread !== null && stand.peer === null && stand.unread < got) {
    // More has come since FIONREAD said how much there was, and makes an event of its own.
    stand.unread = 0;
    stand.sure = false;
    return;
  }
  if (stand.unread !== null) {
    if (stand.unread < got) world.hurry(thread, ({ name }) => writers.has(name));
    if (stand.unread < got && !world.threads.hasOutsiders) {
      world.cannotExplain(briefName(call), `${stand.unread} B to read`, `${got}`);
    }
    stand.unread = Math.max(stand.unread - got, 0);
    if (stand.unread === 0 && !stand.ended) world.setBits(stand, 0, readBits);
    stand.sure = true;
    return;
  }
  const isShort = room !== null && got < room && !isPiecemeal && !stand.messages;
  const isEmptyNow = isShort || stand.kind === 'timerfd';
  stand.sure = isEmptyNow || stand.ended;
  if (isEmptyNow && !stand.ended) world.setBits(stand, 0, readBits);
}

/** Nothing was there. */
function blocked(world: World, call: Call, f: file, stand: StandIn): void {
  const { thread } = call;
  const wasSure = stand.readable && (stand.ended || (stand.unread ?? 0) > 0);
  if (wasSure && !world.threads.hasOutsiders && world.inFlight(f, thread).length === 0) {
    const model = stand.unread === null || stand.ended ? 'the end' : `${stand.unread} B to read`;
    world.cannotExplain(briefName(call), model, 'EAGAIN');
  }
  stand.sure = true;
  if (stand.unread !== null) stand.unread = 0;
  if (!stand.ended) world.setBits(stand, 0, readBits);
}

const resets: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTCONN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
]);

function failed(world: World, stand: StandIn, errno: string): void {
  if (!resets.has(errno)) return;
  stand.ended = true;
  stand.sure = true;
  world.setBits(stand, readBits | writeBits | EPOLLHUP | EPOLLRDHUP, EPOLLERR);
}

function readEventfd(world: World, call: Call, f: file, ctx: eventfd_ctx): void {
  const { thread } = call;
  if (succeeded(call)) {
    if (isZero(ctx.count)) world.hurry(thread, ({ name }) => writers.has(name));
    if (isZero(ctx.count)) {
      if (!world.threads.hasOutsiders) world.cannotExplain(briefName(call), 'EAGAIN', '8');
      world.fromOutside(f, EPOLLIN);
    }
    world.mirror.drive(thread.task, readNow(f, 8));
  } else if (wouldBlock(call) && !isZero(ctx.count)) {
    if (world.inFlight(f, thread).length === 0 && !world.threads.hasOutsiders) {
      world.cannotExplain(briefName(call), '8', 'EAGAIN');
    }
    world.mirror.drive(thread.task, readNow(f, 8));
  }
}

function readPipe(world: World, call: Call, f: file, pipe: pipe_inode_info): void {
  const { thread, returned } = call;
  const got = returned.ret ?? 0;
  const sure = (): boolean => !world.threads.hasOutsiders && world.inFlight(f, thread).length === 0;
  if (succeeded(call) && got > 0) {
    if (bytesIn(pipe) < got) world.hurry(thread, ({ name }) => writers.has(name));
    const missing = got - bytesIn(pipe);
    if (missing > 0) {
      if (sure()) world.cannotExplain(briefName(call), `${bytesIn(pipe)} B to read`, `${got}`);
      else world.happens(`${world.nameOf(f)}: somebody outside writes`);
      world.feedPipe(pipe, missing);
    }
    world.mirror.drive(thread.task, readNow(f, got));
    return;
  }
  if (wouldBlock(call) && bytesIn(pipe) > 0 && sure()) {
    world.cannotExplain(briefName(call), `${bytesIn(pipe)} B to read`, 'EAGAIN');
    world.mirror.drive(thread.task, readNow(f, bytesIn(pipe)));
  }
}

/** What comes along stands at the end, and is not longer. */
const longestControl = 4096;

/** Descriptors that came with a message. */
function installReceived(world: World, call: Call): void {
  const { thread, args } = call;
  if (call.name !== 'recvmsg' || !succeeded(call)) return;
  const text = (args[1] ?? '').slice(-longestControl);
  for (const [, list] of text.matchAll(
    /cmsg_type=SCM_RIGHTS, cmsg_data=\[((?:[^[\]]|\[[^\]]*\])*)\]/g,
  )) {
    for (const [, fd, behind] of (list as string).matchAll(
      /(\d+)(?:<((?:[^<>]|->|<[^<>]*>)*)>)?(?:,|$)/g,
    )) {
      const said = behindOf(behind ?? null);
      if (said?.kind === 'epoll') continue;
      const f = world.newFile(thread, said?.kind ?? 'fd', behind ?? 'fd', said?.mask ?? maskOf.fd);
      world.mirror.install(thread.task, Number(fd), f, hasFlag(args[2], 'MSG_CMSG_CLOEXEC'));
    }
  }
}

// ── Writing ──────────────────────────────────────────────────────────────────────────────────────

/** How many bytes a call would write; null where that is not known. */
function sizeToWrite(name: string, args: readonly string[]): number | null {
  if (name === 'writev' || name === 'pwritev') return sizeOfVector(args[1]);
  if (name === 'sendmsg') return sizeOfVector(/msg_iov=\[.*/s.exec(args[1] ?? '')?.[0]);
  if (name === 'sendmmsg') return null;
  return numberOf(args[2]);
}

export function hasWritten(world: World, call: Call): void {
  const f = fileOfCall(world, call);
  if (f === null) return;
  if (!call.done) putOut(world, call, f);
  const { ret } = call.returned;
  if (ret !== null) world.watch.touched(f, 'write');
}

/** A call under way: it will write all that it was given. */
export function writeBegun(world: World, { thread, name, list }: Pending): void {
  const to = fdOf(list[name === 'splice' ? 2 : 0]);
  const f = to === null ? null : world.fileOf(thread, to);
  if (f === null) return;
  transmit(world, thread, f, sizeToWrite(name, list) ?? 1, list[1]);
}

function putOut(world: World, call: Call, f: file): void {
  const { thread, name, args, returned } = call;
  const stand = standInOf(f);
  if (wouldBlock(call)) {
    if (stand !== null) world.setBits(stand, 0, writeBits);
    return;
  }
  if (!succeeded(call)) {
    if (stand !== null) failed(world, stand, returned.errno ?? '');
    return;
  }
  const size = sizeToWrite(name, args);
  const wrote = returned.ret ?? 0;
  transmit(world, thread, f, wrote, args[1]);
  const isStream = stand !== null && !stand.messages && stand.kind !== 'file';
  if (isStream && name !== 'sendfile' && size !== null && wrote < size) {
    world.setBits(stand, 0, writeBits);
  }
}

function transmit(
  world: World,
  thread: Thread,
  f: file,
  bytes: number,
  text: string | undefined,
): void {
  const { mirror } = world;
  const inside = f.private_data;
  if (inside instanceof eventfd_ctx) {
    const printed = bytesOf(text ?? '');
    const data =
      printed?.length === 8 ? Uint8Array.from(printed) : Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);
    mirror.drive(thread.task, writeNow(f, 8, data));
    world.holding.add(f);
  } else if (inside instanceof pipe_inode_info) {
    const { ret } = { ret: mirror.drive(thread.task, writeNow(f, bytes)) };
    world.holding.add(f);
    if (ret < bytes && ret !== -32 && !world.threads.hasOutsiders) {
      world.cannotExplain('write', `${ret} B fit into the pipe`, `${bytes}`);
    }
  } else {
    const peer = standInOf(f)?.peer ?? null;
    if (peer === null) return;
    if (peer.unread !== null) peer.unread += bytes;
    peer.sure = true;
    const held = peer.file;
    if (held !== null) {
      world.holding.add(held);
    }
    const had = peer.readable;
    world.setBits(peer, readBits, 0);
    if (had && held !== null) world.again(held, readBits);
  }
}

// ── Connections ──────────────────────────────────────────────────────────────────────────────────

export function accepted(world: World, call: Call): void {
  const { thread, returned, args } = call;
  const f = fileOfCall(world, call);
  const stand = f === null ? null : standInOf(f);
  if (f === null || stand === null) return;
  stand.listens = true;
  if (wouldBlock(call)) {
    stand.sure = true;
    world.setBits(stand, 0, readBits);
  } else if (succeeded(call)) {
    if (!stand.readable) {
      world.sayArrival(f, stand, EPOLLIN);
      world.setBits(stand, readBits, 0);
    }
    stand.sure = false;
    world.holding.add(f);
    install(world, call, f, stand, args);
  }
  if (returned.ret !== null) world.watch.accepted(thread, f, succeeded(call), wouldBlock(call));
}

function install(world: World, call: Call, f: file, stand: StandIn, args: readonly string[]): void {
  const { thread, returned } = call;
  const behind = behindOf(returned.behind);
  const kind = behind === null || behind.kind === 'epoll' ? stand.kind : behind.kind;
  const made = world.newFile(thread, kind, returned.behind ?? f.name, maskOf[kind]);
  const inside = standInOf(made);
  if (inside !== null) inside.messages = behind?.messages ?? false;
  world.mirror.install(thread.task, returned.ret as number, made, hasFlag(args[3], 'SOCK_CLOEXEC'));
  world.watch.opened(made, world.line);
}

export function connected(world: World, call: Call): void {
  const { returned } = call;
  const f = fileOfCall(world, call);
  const stand = f === null ? null : standInOf(f);
  if (f === null || stand === null || returned.ret === null) return;
  world.watch.touched(f, 'connect');
  if (succeeded(call) || returned.errno === 'EISCONN') world.setBits(stand, writeBits, EPOLLHUP);
  else if (returned.errno === 'EINPROGRESS' || wouldBlock(call)) {
    world.setBits(stand, 0, writeBits | EPOLLHUP);
  } else failed(world, stand, returned.errno ?? '');
}

export function listened(world: World, call: Call): void {
  const f = fileOfCall(world, call);
  const stand = f === null ? null : standInOf(f);
  if (f === null || stand === null || !succeeded(call)) return;
  stand.listens = true;
  stand.sure = true;
  world.setBits(stand, 0, writeBits | EPOLLHUP | readBits);
}

export function shutDown(world: World, call: Call): void {
  const f = fileOfCall(world, call);
  if (f === null || !succeeded(call)) return;
  world.watch.touched(f, 'shutdown');
  if (!call.done) shut(world, f, call.args[1]);
}

export function shutdownBegun(world: World, { thread, list }: Pending): void {
  const fd = fdOf(list[0]);
  const f = fd === null ? null : world.fileOf(thread, fd);
  if (f !== null) shut(world, f, list[1]);
}

function shut(world: World, f: file, how: string | undefined): void {
  const stand = standInOf(f);
  if (stand === null) return;
  const receiving = hasFlag(how, 'SHUT_RD', 'SHUT_RDWR');
  const sending = hasFlag(how, 'SHUT_WR', 'SHUT_RDWR');
  if (receiving || (sending && stand.ended)) {
    stand.sure = true;
    world.setBits(stand, readBits | EPOLLRDHUP | (sending && stand.ended ? EPOLLHUP : 0), 0);
    if (receiving) stand.ended = true;
  }
  const { peer } = stand;
  if (sending && peer !== null) {
    peer.ended = true;
    peer.sure = true;
    world.setBits(peer, readBits | EPOLLRDHUP, 0);
  }
}

/** FIONREAD says how much there is. */
export function counted(world: World, call: Call): void {
  const f = fileOfCall(world, call);
  const stand = f === null ? null : standInOf(f);
  const bytes = numberOf(call.args[2]);
  if (f === null || stand === null || bytes === null || !succeeded(call)) return;
  stand.sure = true;
  if (bytes > 0 && !stand.readable) world.sayArrival(f, stand, EPOLLIN);
  if (stand.peer === null) stand.unread = bytes;
  world.watch.counted(f, bytes);
  if (stand.ended) return;
  world.setBits(stand, bytes > 0 ? readBits : 0, bytes > 0 ? 0 : readBits);
}

/** A socket's error is taken away by the look at it. */
export function looked(world: World, call: Call): void {
  const f = fileOfCall(world, call);
  const stand = f === null ? null : standInOf(f);
  if (f === null || stand === null || !hasFlag(call.args[2], 'SO_ERROR')) return;
  world.watch.touched(f, 'look');
  if ((stand.mask & EPOLLERR) !== 0) world.setBits(stand, 0, EPOLLERR);
}
