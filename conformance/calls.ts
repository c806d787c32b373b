/** Each call of a scenario as a raw system call: its arguments in memory, and what comes back. */
import * as abi from './abi.ts';
import { BAD_ADDRESS, type Machine } from './machine.ts';
import { type Arg, type Args, flagWord, type Step } from './scenario.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One system call ready to be issued. */
export interface RawCall {
  readonly nr: number;
  readonly args: readonly (number | bigint)[];
  /** Puts what the call stored into the fields of its result; called only for ret >= 0. */
  readonly fields?: (ret: number) => Fields;
  /** The descriptors that the call returned. */
  readonly fds?: (ret: number) => readonly number[];
}

/** What a call needs to know about its surroundings. */
export interface Context {
  readonly machine: Machine;
  /** The index of the issuing thread. */
  readonly thread: number;
  /** Resolves a descriptor: an integer, or a name that was bound. */
  fd(value: Arg): number;
  /** The thread id of a thread by name. */
  tid(name: string): number;
  /** The port of a connect's target. */
  port(to: Arg): number;
}

type Encoder = (args: Args, context: Context) => RawCall;

const NULL = 0;

const num = (value: Arg | undefined): number => (typeof value === 'number' ? value : 0);
const flags = (value: Arg | undefined, names: abi.Flags): number =>
  flagWord((value ?? 0) as number | string, names);

function int32s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeInt32LE(value | 0, 4 * i);
  return bytes;
}

function int64s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) bytes.writeBigInt64LE(BigInt(value), 8 * i);
  return bytes;
}

function sockaddrIn(port: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(abi.DOMAINS.AF_INET as number, 0);
  bytes.writeUInt16BE(port & 0xffff, 2);
  bytes.writeUInt32BE(0x7f000001, 4);
  return bytes;
}

/** Whole units and the rest, the rest never negative. */
function divide(value: number, unit: number): [number, number] {
  const whole = Math.floor(value / unit);
  return [whole, value - whole * unit];
}

const EPOLL_EVENT_SIZE = 12;

function eventBuffer(args: Args, { machine, thread }: Context): number {
  if (args.buffer === 'bad') return BAD_ADDRESS;
  if (args.buffer !== 'held') return machine.data(thread);
  const { address, length } = machine.heldPage(thread);
  machine.callNow(thread, abi.SYSCALL.madvise, [address, length, abi.MADV_DONTNEED]);
  return address;
}

function readEvents(machine: Machine, address: number, count: number): Fields {
  const bytes = machine.peek(address, count * EPOLL_EVENT_SIZE);
  const events = [];
  for (let at = 0; at < bytes.length; at += EPOLL_EVENT_SIZE) {
    events.push({
      events: abi.flagNames(bytes.readUInt32LE(at), abi.EPOLL_EVENTS),
      data: Number(bytes.readBigUInt64LE(at + 4)),
    });
  }
  return { events };
}

function signalMask(value: Arg | undefined, { machine, thread }: Context): number {
  if (value === undefined || value === null) return NULL;
  let mask = 0n;
  for (const name of value as readonly string[]) {
    mask |= 1n << BigInt((abi.SIGNALS[name] as number) - 1);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(mask);
  return machine.put(thread, bytes);
}

function wait(nr: number, args: Args, context: Context, more: readonly number[]): RawCall {
  const events = eventBuffer(args, context);
  return {
    nr,
    args: [context.fd(args.epfd as Arg), events, num(args.maxevents), ...more],
    fields: (ret) => readEvents(context.machine, events, ret),
  };
}

function fdSet(list: Arg | undefined, { machine, thread, fd }: Context): number {
  const bytes = Buffer.alloc(128);
  for (const one of (list ?? []) as readonly Arg[]) {
    const descriptor = fd(one);
    if (descriptor < 1024)
      bytes[descriptor >> 3] = (bytes[descriptor >> 3] ?? 0) | (1 << (descriptor & 7));
  }
  return machine.put(thread, bytes);
}

function fdsOf(machine: Machine, set: number): number[] {
  const bytes = machine.peek(set, 128);
  const found: number[] = [];
  for (let fd = 0; fd < 1024; fd++) {
    if (((bytes[fd >> 3] ?? 0) & (1 << (fd & 7))) !== 0) found.push(fd);
  }
  return found;
}

/** A place for two descriptors, and what a call that stored them there returned. */
function twoFds({ machine, thread }: Context): { address: number; read: () => number[] } {
  const address = machine.put(thread, Buffer.alloc(8));
  const read = (): number[] => {
    const bytes = machine.peek(address, 8);
    return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
  };
  return { address, read };
}

const opened = (nr: number, ...args: number[]): RawCall => ({ nr, args, fds: (ret) => [ret] });

const MAX_SHOWN = 64;
const COUNTERS = new Set(['anon_inode:[eventfd]', 'anon_inode:[timerfd]']);

function received(machine: Machine, address: number, ret: number, counter: boolean): Fields {
  if (counter && ret === 8) {
    return { value: machine.peek(address, 8).readBigUInt64LE().toString() };
  }
  if (ret < 1 || ret > MAX_SHOWN) return {};
  const bytes = machine.peek(address, ret);
  if (bytes.some((byte) => byte < 0x20 || byte > 0x7e)) return {};
  return { data: bytes.toString('latin1') };
}

/** The address and length of what a write or send sends. */
function payload(args: Args, { machine, thread }: Context): [number, number] {
  if (typeof args.bytes === 'number') return [machine.fill(args.bytes), args.bytes];
  if (args.value !== undefined) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(args.value as string | number));
    return [machine.put(thread, bytes), 8];
  }
  const bytes = Buffer.from(args.data as string);
  return [machine.put(thread, bytes), bytes.length];
}

function option(args: Args): [number, number] {
  return [flags(args.level, abi.LEVELS), flags(args.name, abi.OPTIONS)];
}

const isLinger = (level: number, name: number): boolean =>
  level === abi.SOL_SOCKET && name === abi.SO_LINGER;

function setsockopt(args: Args, { machine, thread, fd }: Context): RawCall {
  const [level, name] = option(args);
  const value = num(args.value);
  const bytes = isLinger(level, name)
    ? int32s(value < 0 ? 0 : 1, Math.max(value, 0))
    : int32s(value);
  return {
    nr: abi.SYSCALL.setsockopt,
    args: [fd(args.fd as Arg), level, name, machine.put(thread, bytes), bytes.length],
  };
}

function getsockopt(args: Args, { machine, thread, fd }: Context): RawCall {
  const [level, name] = option(args);
  const linger = isLinger(level, name);
  const address = machine.put(thread, Buffer.alloc(8));
  const length = machine.put(thread, int32s(linger ? 8 : 4));
  const read = (): number | string => {
    const bytes = machine.peek(address, 8);
    const first = bytes.readInt32LE(0);
    if (linger) return first === 0 ? -1 : bytes.readInt32LE(4);
    return level === abi.SOL_SOCKET && name === abi.SO_ERROR ? abi.errnoName(first) : first;
  };
  return {
    nr: abi.SYSCALL.getsockopt,
    args: [fd(args.fd as Arg), level, name, address, length],
    fields: () => ({ value: read() }),
  };
}

function select(args: Args, context: Context): RawCall {
  const { machine, thread } = context;
  const lists = [args.read, args.write, args.except];
  let nfds = 0;
  for (const list of lists) {
    for (const one of (list ?? []) as readonly Arg[]) nfds = Math.max(nfds, context.fd(one) + 1);
  }
  const [read, write, except] = lists.map((list) => fdSet(list, context)) as [
    number,
    number,
    number,
  ];
  const timeout = args.timeout;
  const [seconds, ms] = divide(num(timeout), 1000);
  const timeval =
    typeof timeout === 'number' ? machine.put(thread, int64s(seconds, ms * 1000)) : NULL;
  return {
    nr: abi.SYSCALL.select,
    args: [nfds, read, write, except, timeval],
    fields: () => ({
      read: fdsOf(machine, read),
      write: fdsOf(machine, write),
      except: fdsOf(machine, except),
    }),
  };
}

function poll(args: Args, { machine, thread, fd }: Context): RawCall {
  const entries = args.fds as readonly { fd: Arg; events: Arg }[];
  const bytes = Buffer.alloc(8 * entries.length);
  entries.forEach((entry, i) => {
    bytes.writeInt32LE(fd(entry.fd) | 0, 8 * i);
    bytes.writeUInt16LE(flags(entry.events, abi.POLL_EVENTS) & 0xffff, 8 * i + 4);
  });
  const address = machine.put(thread, bytes);
  const revents = (): string[] => {
    const after = machine.peek(address, bytes.length);
    return entries.map((_, i) => abi.flagNames(after.readUInt16LE(8 * i + 6), abi.POLL_EVENTS));
  };
  return {
    nr: abi.SYSCALL.poll,
    args: [address, entries.length, num(args.timeout)],
    fields: () => ({ revents: revents() }),
  };
}

function epoll_pwait2(args: Args, context: Context): RawCall {
  const ns = args.timeout_ns;
  const timespec =
    typeof ns === 'number' ? context.machine.put(context.thread, int64s(...divide(ns, 1e9))) : NULL;
  return wait(abi.SYSCALL.epoll_pwait2, args, context, [
    timespec,
    signalMask(args.sigmask, context),
    8,
  ]);
}

function epoll_ctl(args: Args, { machine, thread, fd }: Context): RawCall {
  let address = NULL;
  if (args.event !== null) {
    const event = Buffer.alloc(EPOLL_EVENT_SIZE);
    event.writeUInt32LE(flags(args.events, abi.EPOLL_EVENTS) >>> 0, 0);
    event.writeBigUInt64LE(BigInt.asUintN(64, BigInt(num(args.data))), 4);
    address = machine.put(thread, event);
  }
  return {
    nr: abi.SYSCALL.epoll_ctl,
    args: [fd(args.epfd as Arg), flags(args.op, abi.EPOLL_OPS), fd(args.fd as Arg), address],
  };
}

function timerfd_settime(args: Args, { machine, thread, fd }: Context): RawCall {
  const times = [args.interval_ms, args.value_ms].flatMap((ms) => {
    const [seconds, rest] = divide(num(ms), 1000);
    return [seconds, rest * 1e6];
  });
  return {
    nr: abi.SYSCALL.timerfd_settime,
    args: [
      fd(args.fd as Arg),
      flags(args.flags, abi.TIMERFD_SETTIME),
      machine.put(thread, int64s(...times)),
      NULL,
    ],
  };
}

function ioctl(args: Args, { machine, thread, fd }: Context): RawCall {
  const request = flags(args.request, abi.IOCTLS);
  const address = machine.put(thread, int32s(num(args.arg)));
  const raw = { nr: abi.SYSCALL.ioctl, args: [fd(args.fd as Arg), request, address] };
  if (request !== abi.FIONREAD) return raw;
  return { ...raw, fields: () => ({ value: machine.peek(address, 4).readInt32LE() }) };
}

function fcntl(args: Args, { fd }: Context): RawCall {
  const cmd = flags(args.cmd, abi.FCNTL);
  const raw = {
    nr: abi.SYSCALL.fcntl,
    args: [fd(args.fd as Arg), cmd, flags(args.arg, abi.OPEN_FLAGS)],
  };
  return cmd === abi.FCNTL.F_DUPFD ? { ...raw, fds: (ret) => [ret] } : raw;
}

const ENCODERS: Readonly<Record<string, Encoder>> = {
  epoll_create: (args) => opened(abi.SYSCALL.epoll_create, num(args.size)),
  epoll_create1: (args) => opened(abi.SYSCALL.epoll_create1, flags(args.flags, abi.EPOLL_CREATE)),
  epoll_ctl,
  epoll_wait: (args, context) => wait(abi.SYSCALL.epoll_wait, args, context, [num(args.timeout)]),
  epoll_pwait: (args, context) =>
    wait(abi.SYSCALL.epoll_pwait, args, context, [
      num(args.timeout),
      signalMask(args.sigmask, context),
      8,
    ]),
  epoll_pwait2,
  poll,
  select,
  socket: (args) =>
    opened(
      abi.SYSCALL.socket,
      flags(args.domain, abi.DOMAINS),
      flags(args.type, abi.SOCKET_TYPES),
      flags(args.protocol, abi.PROTOCOLS),
    ),
  socketpair: (args, context) => {
    const { address, read } = twoFds(context);
    return {
      nr: abi.SYSCALL.socketpair,
      args: [flags(args.domain, abi.DOMAINS), flags(args.type, abi.SOCKET_TYPES), 0, address],
      fds: read,
      fields: () => ({ fds: read() }),
    };
  },
  bind: (args, { machine, thread, fd }) => ({
    nr: abi.SYSCALL.bind,
    args: [fd(args.fd as Arg), machine.put(thread, sockaddrIn(num(args.port))), 16],
  }),
  listen: (args, { fd }) => ({
    nr: abi.SYSCALL.listen,
    args: [fd(args.fd as Arg), num(args.backlog)],
  }),
  connect: (args, { machine, thread, fd, port }) => {
    const address = sockaddrIn(port(args.to as Arg));
    return {
      nr: abi.SYSCALL.connect,
      args: [fd(args.fd as Arg), machine.put(thread, address), 16],
    };
  },
  accept4: (args, { fd }) =>
    opened(
      abi.SYSCALL.accept4,
      fd(args.fd as Arg),
      NULL,
      NULL,
      flags(args.flags, abi.SOCKET_TYPES),
    ),
  shutdown: (args, { fd }) => ({
    nr: abi.SYSCALL.shutdown,
    args: [fd(args.fd as Arg), flags(args.how, abi.SHUTDOWN)],
  }),
  read: (args, { machine, thread, fd }) => {
    const descriptor = fd(args.fd as Arg);
    const counter = num(args.len) >= 8 && COUNTERS.has(machine.describe(descriptor));
    return {
      nr: abi.SYSCALL.read,
      args: [descriptor, machine.data(thread), num(args.len)],
      fields: (ret) => received(machine, machine.data(thread), ret, counter),
    };
  },
  recv: (args, { machine, thread, fd }) => ({
    nr: abi.SYSCALL.recvfrom,
    args: [
      fd(args.fd as Arg),
      machine.data(thread),
      num(args.len),
      flags(args.flags, abi.MESSAGE),
      NULL,
      NULL,
    ],
    fields: (ret) => received(machine, machine.data(thread), ret, false),
  }),
  write: (args, context) => ({
    nr: abi.SYSCALL.write,
    args: [context.fd(args.fd as Arg), ...payload(args, context)],
  }),
  send: (args, context) => ({
    nr: abi.SYSCALL.sendto,
    args: [
      context.fd(args.fd as Arg),
      ...payload(args, context),
      flags(args.flags, abi.MESSAGE) | abi.MSG_NOSIGNAL,
      NULL,
      0,
    ],
  }),
  setsockopt,
  getsockopt,
  pipe2: (args, context) => {
    const { address, read } = twoFds(context);
    return {
      nr: abi.SYSCALL.pipe2,
      args: [address, flags(args.flags, abi.OPEN_FLAGS)],
      fds: read,
      fields: () => ({ fds: read() }),
    };
  },
  eventfd2: (args) =>
    opened(abi.SYSCALL.eventfd2, num(args.initval), flags(args.flags, abi.EVENTFD)),
  timerfd_create: (args) =>
    opened(
      abi.SYSCALL.timerfd_create,
      flags(args.clock, abi.CLOCKS),
      flags(args.flags, abi.TIMERFD),
    ),
  timerfd_settime,
  dup: (args, { fd }) => opened(abi.SYSCALL.dup, fd(args.fd as Arg)),
  dup2: (args, { fd }) => opened(abi.SYSCALL.dup2, fd(args.fd as Arg), fd(args.newfd as Arg)),
  dup3: (args, { fd }) =>
    opened(
      abi.SYSCALL.dup3,
      fd(args.fd as Arg),
      fd(args.newfd as Arg),
      flags(args.flags, abi.OPEN_FLAGS),
    ),
  close: (args, { fd }) => ({ nr: abi.SYSCALL.close, args: [fd(args.fd as Arg)] }),
  fcntl,
  ioctl,
  tgkill: (args, { machine, tid }) => ({
    nr: abi.SYSCALL.tgkill,
    args: [machine.pid, tid(args.thread as string), flags(args.signal, abi.SIGNALS)],
  }),
};

/** The system call that `step` stands for. `sleep` and `release` are not calls of their own. */
export function encode(step: Step, context: Context): RawCall {
  const encoder = ENCODERS[step.call];
  if (encoder === undefined) throw new Error(`no encoder for ${step.call}`);
  context.machine.clear();
  return encoder(step.args, context);
}
