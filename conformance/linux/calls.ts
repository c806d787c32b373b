/** The calls of the scenario format as raw system calls: all but those on sockets. */
import { F_DUPFD, F_DUPFD_CLOEXEC } from '../../src/kernel/uapi/fcntl.ts';
import { TIOCGPTPEER } from '../../src/kernel/uapi/ioctls.ts';
import { maxShown } from '../../src/scenario/payload.ts';
import { asksForNumber } from '../../src/scenario/perform.ts';
import type { Step, StepOf } from '../../src/scenario/scenario.ts';
import { takesNumber } from '../../src/scenario/terminal.ts';
import { returnedBytes, returnedEvents, returnedRevents } from '../../src/scenario/transcript.ts';
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
import { encodeFiles, readInotify } from './files.ts';
import { badAddress } from './layout.ts';
import { payload, received } from './payload.ts';
import { describeFd } from './proc.ts';
import { encodeProcesses } from './processes.ts';
import { encodeSignals, maskAt, readSignals } from './signals.ts';
import { encodeOnSocket } from './sockets.ts';

const unpredictable = new Set(['/dev/random', '/dev/urandom']);
const counters = new Set(['anon_inode:[eventfd]', 'anon_inode:[timerfd]']);

/** The system call that a step stands for; `sleep`, `release` and `fdinfo` are none. */
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
    case 'ppoll':
      return poll(step, at);
    case 'select':
    case 'pselect6':
      return select(step, at);
    case 'readv':
      return readPieces(step, at);
    case 'writev':
      return writePieces(step, at);
    case 'signalfd4':
    case 'sigprocmask':
    case 'sigaction':
    case 'kill':
    case 'pidfd_send_signal':
      return encodeSignals(step, at);
    case 'open':
    case 'lseek':
    case 'mkdir':
    case 'rmdir':
    case 'unlink':
    case 'link':
    case 'rename':
    case 'tcsetattr':
    case 'inotify_init1':
    case 'inotify_add_watch':
    case 'inotify_rm_watch':
      return encodeFiles(step, at);
    case 'fork':
    case 'execve':
    case 'exit':
    case 'wait4':
    case 'waitid':
    case 'setpgid':
    case 'pidfd_open':
      return encodeProcesses(step, at);
    case 'timerfd_gettime':
      return timerLeft(step, at);
    case 'read': {
      const fd = at.fd(step.args.fd);
      const kind = describeFd(at.process.tid(at.thread), fd);
      if (kind === 'anon_inode:[signalfd]') return readSignals(fd, step.args.len, at);
      if (kind === 'anon_inode:inotify') return readInotify(fd, step.args.len, at);
      if (unpredictable.has(kind)) {
        return {
          nr: nr.read,
          ...received(step.args.len, at, false, (to) => [fd, ...to]),
          shown: (ret) => ({ ret }),
        };
      }
      return {
        nr: nr.read,
        ...received(step.args.len, at, counters.has(kind), (to) => [fd, ...to]),
      };
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
      return { nr: nr.tgkill, args: [at.pid(thread), at.tid(thread), signal] };
    }
    case 'sleep':
    case 'release':
    case 'fdinfo':
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

function poll(step: StepOf<'poll'> | StepOf<'ppoll'>, at: Surroundings): RawCall {
  const { args } = step;
  const bytes = Buffer.alloc(8 * args.fds.length);
  for (const [i, { fd, events }] of args.fds.entries()) {
    bytes.writeInt32LE(at.fd(fd) | 0, 8 * i);
    bytes.writeUInt16LE(events, 8 * i + 4);
  }
  const address = put(at, bytes);
  const list = [address, args.fds.length];
  return {
    ...(step.call === 'poll'
      ? { nr: nr.poll, args: [...list, step.args.timeout] }
      : { nr: nr.ppoll, args: [...list, ...spanAndMask(step.args, at), 8] }),
    shown: (ret) => {
      const after = at.process.peek(address, bytes.length);
      const revents = args.fds.map((_, i) => after.readUInt16LE(8 * i + 6));
      return returnedRevents(ret, revents);
    },
  };
}

const setSize = 128; // An fd_set of 1024.

function select(step: StepOf<'select'> | StepOf<'pselect6'>, at: Surroundings): RawCall {
  const { args } = step;
  const lists = [args.read, args.write, args.except].map((list) => list.map((fd) => at.fd(fd)));
  const nfds = Math.max(-1, ...lists.flat()) + 1;
  const [read = 0, write = 0, except = 0] = lists.map((fds) => put(at, setOf(fds)));
  const fdsAt = (address: number): number[] => fdsIn(at.process.peek(address, setSize));
  return {
    ...selectCall(step, [nfds, read, write, except], at),
    shown: (ret) => ({ ret, read: fdsAt(read), write: fdsAt(write), except: fdsAt(except) }),
  };
}

function selectCall(
  step: StepOf<'select'> | StepOf<'pselect6'>,
  args: readonly number[],
  at: Surroundings,
): Pick<RawCall, 'nr' | 'args'> {
  if (step.call === 'select') {
    const { timeout } = step.args;
    const span = timeout === null ? NULL : put(at, timeval(timeout));
    return { nr: nr.select, args: [...args, span] };
  }
  const [span, mask] = spanAndMask(step.args, at);
  const maskAndSize = put(at, Buffer.concat([u64(mask), u64(8)]));
  return { nr: nr.pselect6, args: [...args, span, maskAndSize] };
}

function spanAndMask(
  args: { readonly timeout_ns: number | null; readonly sigmask: readonly number[] | null },
  at: Surroundings,
): [span: number, mask: number] {
  const { timeout_ns } = args;
  const span = timeout_ns === null ? NULL : put(at, timespec(timeout_ns));
  return [span, maskAt(args.sigmask, at)];
}

function readPieces({ args }: StepOf<'readv'>, at: Surroundings): RawCall {
  const { process } = at;
  const to = process.memory.data(at.thread, at.dataAt);
  let next = to;
  const iov = args.lens.flatMap((len) => {
    const piece = [u64(next), u64(len)];
    next += len;
    return piece;
  });
  return {
    nr: nr.readv,
    args: [at.fd(args.fd), put(at, Buffer.concat(iov)), args.lens.length],
    shown: (ret) => returnedBytes(ret, process.peek(to, Math.min(ret, maxShown))),
  };
}

function writePieces({ args }: StepOf<'writev'>, at: Surroundings): RawCall {
  const iov = args.parts.flatMap((part) => {
    const bytes = Buffer.from(part);
    return [u64(put(at, bytes)), u64(bytes.length)];
  });
  return {
    nr: nr.writev,
    args: [at.fd(args.fd), put(at, Buffer.concat(iov)), args.parts.length],
  };
}

function timerLeft({ args }: StepOf<'timerfd_gettime'>, at: Surroundings): RawCall {
  const address = put(at, Buffer.alloc(32));
  return {
    nr: nr.timerfd_gettime,
    args: [at.fd(args.fd), address],
    shown: (ret) => ({ ret, armed: at.process.peek(address + 16, 16).some((byte) => byte !== 0) }),
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
  if (takesNumber(args.request)) {
    const given = [at.fd(args.fd), args.request, args.arg];
    return args.request === TIOCGPTPEER
      ? opening(nr.ioctl, ...given)
      : { nr: nr.ioctl, args: given };
  }
  const address = put(at, int32s(args.arg));
  const raw = { nr: nr.ioctl, args: [at.fd(args.fd), args.request, address] };
  if (!asksForNumber(args.request)) return raw;
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
