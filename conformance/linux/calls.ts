/** The calls of the scenario format as raw system calls: all but those on sockets. */
import { sigmask } from '../../src/kernel/signal.ts';
import { F_DUPFD, F_DUPFD_CLOEXEC } from '../../src/kernel/uapi/fcntl.ts';
import { FIONREAD } from '../../src/kernel/uapi/ioctls.ts';
import { MSG_NOSIGNAL } from '../../src/kernel/uapi/socket.ts';
import type { Step, StepOf } from '../../src/scenario/scenario.ts';
import { returnedEvents, returnedRevents } from '../../src/scenario/transcript.ts';
import { syscallNumbers as nr } from './abi.ts';
import {
  int32s,
  NULL,
  opening,
  pairCall,
  put,
  type RawCall,
  type Surroundings,
  timespec,
  timespecOfMs,
  timeval,
  u64,
} from './encode.ts';
import { badAddress } from './layout.ts';
import { payload, received } from './payload.ts';
import { describeFd } from './proc.ts';
import { encodeOnSocket } from './sockets.ts';

const counters = new Set(['anon_inode:[eventfd]', 'anon_inode:[timerfd]']);

/** The system call that a step stands for; `sleep` and `release` are not calls of their own. */
export function encode(step: Step, at: Surroundings): RawCall {
  switch (step.call) {
    case 'epoll_create':
      return opening(nr.epoll_create, step.args.size);
    case 'epoll_create1':
      return opening(nr.epoll_create1, step.args.flags);
    case 'epoll_ctl':
      return epollCtl(step, at);
    case 'epoll_wait':
    case 'epoll_pwait':
    case 'epoll_pwait2':
      return epollWait(step, at);
    case 'poll':
      return poll(step, at);
    case 'select':
      return select(step, at);
    case 'read': {
      const fd = at.fd(step.args.fd);
      const counter = counters.has(describeFd(at.process.pid, fd));
      return { nr: nr.read, ...received(step.args.len, at, counter, (to) => [fd, ...to]) };
    }
    case 'recv': {
      const fd = at.fd(step.args.fd);
      const { len, flags } = step.args;
      const args = received(len, at, false, (to) => [fd, ...to, flags, NULL, NULL]);
      return { nr: nr.recvfrom, ...args };
    }
    case 'send': {
      const flags = step.args.flags | MSG_NOSIGNAL;
      const args = [at.fd(step.args.fd), ...payload(step.args, at), flags, NULL, 0];
      return { nr: nr.sendto, args };
    }
    case 'write':
      return { nr: nr.write, args: [at.fd(step.args.fd), ...payload(step.args, at)] };
    case 'close':
      return { nr: nr.close, args: [at.fd(step.args.fd)] };
    case 'dup':
      return opening(nr.dup, at.fd(step.args.fd));
    case 'dup2':
      return opening(nr.dup2, at.fd(step.args.fd), at.fd(step.args.newfd));
    case 'dup3':
      return opening(nr.dup3, at.fd(step.args.fd), at.fd(step.args.newfd), step.args.flags);
    case 'fcntl': {
      const { cmd, arg } = step.args;
      const opens = cmd === F_DUPFD || cmd === F_DUPFD_CLOEXEC;
      const args = [at.fd(step.args.fd), cmd, at.fd(arg)];
      return opens ? opening(nr.fcntl, ...args) : { nr: nr.fcntl, args };
    }
    case 'ioctl':
      return ioctl(step, at);
    case 'pipe2':
      return pairCall(nr.pipe2, at, (fds) => [fds, step.args.flags]);
    case 'eventfd2':
      return opening(nr.eventfd2, step.args.initval, step.args.flags);
    case 'timerfd_create':
      return opening(nr.timerfd_create, step.args.clock, step.args.flags);
    case 'timerfd_settime':
      return setTimer(step, at);
    case 'tgkill': {
      const { thread, signal } = step.args;
      return { nr: nr.tgkill, args: [at.process.pid, at.tid(thread), signal] };
    }
    case 'sleep':
    case 'release':
      throw new Error(`${step.call} is not a system call`);
    default:
      return encodeOnSocket(step, at);
  }
}

const eventSize = 12; // struct epoll_event is packed.

function epollCtl({ args }: StepOf<'epoll_ctl'>, at: Surroundings): RawCall {
  let address = NULL;
  if (args.event !== null) {
    const event = Buffer.alloc(eventSize);
    event.writeInt32LE(args.events, 0);
    event.set(u64(typeof args.data === 'object' ? at.fd(args.data) : args.data), 4);
    address = put(at, event);
  }
  return { nr: nr.epoll_ctl, args: [at.fd(args.epfd), args.op, at.fd(args.fd), address] };
}

type WaitStep = StepOf<'epoll_wait'> | StepOf<'epoll_pwait'> | StepOf<'epoll_pwait2'>;

function epollWait(step: WaitStep, at: Surroundings): RawCall {
  const { epfd, maxevents, buffer } = step.args;
  const events = eventBuffer(buffer, at);
  const args = [at.fd(epfd), events, maxevents];
  const shown: RawCall['shown'] = (ret) => returnedEvents(ret, eventsAt(events, ret, at));
  switch (step.call) {
    case 'epoll_wait':
      return { nr: nr.epoll_wait, args: [...args, step.args.timeout], shown };
    case 'epoll_pwait': {
      const { timeout, sigmask: mask } = step.args;
      return { nr: nr.epoll_pwait, args: [...args, timeout, maskAt(mask, at), 8], shown };
    }
    case 'epoll_pwait2': {
      const { timeout_ns, sigmask: mask } = step.args;
      const timeout = timeout_ns === null ? NULL : put(at, timespec(timeout_ns));
      return { nr: nr.epoll_pwait2, args: [...args, timeout, maskAt(mask, at), 8], shown };
    }
  }
}

function eventBuffer(kind: 'bad' | 'held' | undefined, at: Surroundings): number {
  if (kind === 'bad') return badAddress;
  return kind === 'held' ? at.holdPage() : at.process.memory.data(at.thread, at.dataAt);
}

function eventsAt(address: number, count: number, { process }: Surroundings) {
  const bytes = process.peek(address, count * eventSize);
  return Array.from({ length: count }, (_, i) => {
    const data = bytes.readBigUInt64LE(i * eventSize + 4);
    const events = bytes.readInt32LE(i * eventSize);
    return { events, data: data <= Number.MAX_SAFE_INTEGER ? Number(data) : data };
  });
}

function maskAt(signals: readonly number[] | null, at: Surroundings): number {
  if (signals === null) return NULL;
  return put(at, u64(signals.reduce((mask, signal) => mask | sigmask(signal), 0n)));
}

function poll({ args }: StepOf<'poll'>, at: Surroundings): RawCall {
  const bytes = Buffer.alloc(8 * args.fds.length);
  for (const [i, { fd, events }] of args.fds.entries()) {
    bytes.writeInt32LE(at.fd(fd) | 0, 8 * i);
    bytes.writeUInt16LE(events, 8 * i + 4);
  }
  const address = put(at, bytes);
  return {
    nr: nr.poll,
    args: [address, args.fds.length, args.timeout],
    shown: (ret) => {
      const after = at.process.peek(address, bytes.length);
      const revents = args.fds.map((_, i) => after.readUInt16LE(8 * i + 6));
      return returnedRevents(ret, revents);
    },
  };
}

const setSize = 128; // An fd_set of 1024.

function select({ args }: StepOf<'select'>, at: Surroundings): RawCall {
  const lists = [args.read, args.write, args.except].map((list) => list.map((fd) => at.fd(fd)));
  const nfds = Math.max(-1, ...lists.flat()) + 1;
  const [read = 0, write = 0, except = 0] = lists.map((fds) => put(at, setOf(fds)));
  const timeout = args.timeout === null ? NULL : put(at, timeval(args.timeout));
  const fdsAt = (address: number): number[] => fdsIn(at.process.peek(address, setSize));
  return {
    nr: nr.select,
    args: [nfds, read, write, except, timeout],
    shown: (ret) => ({ ret, read: fdsAt(read), write: fdsAt(write), except: fdsAt(except) }),
  };
}

function setOf(fds: readonly number[]): Buffer {
  const bytes = Buffer.alloc(setSize);
  for (const fd of fds) {
    if (fd < 8 * setSize) bytes[fd >> 3] = (bytes[fd >> 3] ?? 0) | (1 << (fd & 7));
  }
  return bytes;
}

function fdsIn(set: Buffer): number[] {
  const found: number[] = [];
  for (let fd = 0; fd < 8 * setSize; fd++) {
    if (((set[fd >> 3] ?? 0) & (1 << (fd & 7))) !== 0) found.push(fd);
  }
  return found;
}

function ioctl({ args }: StepOf<'ioctl'>, at: Surroundings): RawCall {
  const address = put(at, int32s(args.arg));
  const raw = { nr: nr.ioctl, args: [at.fd(args.fd), args.request, address] };
  if (args.request !== FIONREAD) return raw;
  return {
    ...raw,
    shown: (ret) => ({ ret, value: at.process.peek(address, 4).readInt32LE() }),
  };
}

function setTimer({ args }: StepOf<'timerfd_settime'>, at: Surroundings): RawCall {
  const times = [args.interval_ms, args.value_ms].map(timespecOfMs);
  return {
    nr: nr.timerfd_settime,
    args: [at.fd(args.fd), args.flags, put(at, Buffer.concat(times)), NULL],
  };
}
