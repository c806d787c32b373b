/**
 * One step as a system call on the machine, and what its result shows in a transcript.
 */

import { eventfd_fops } from '../kernel/eventfd.ts';
import type { Kernel } from '../kernel/op.ts';
import { sigmask } from '../kernel/signal.ts';
import { timerfd_fops } from '../kernel/timerfd.ts';
import { getU64 } from '../kernel/u64.ts';
import { EventBuffer, FaultingPage } from '../kernel/uaccess.ts';
import { EPOLL_CTL_DEL } from '../kernel/uapi/eventpoll.ts';
import { FIONREAD } from '../kernel/uapi/ioctls.ts';
import { AF_INET, SO_ERROR, SOL_SOCKET } from '../kernel/uapi/socket.ts';
import { syscall } from '../syscalls/call.ts';
import * as epoll from '../syscalls/epoll.ts';
import type { Filled, Sys } from '../syscalls/sys.ts';
import { noAddress } from './errors.ts';
import { payloadBytes } from './payload.ts';
import type { Fd, Step, StepOf } from './scenario.ts';
import {
  type CallResult,
  failed,
  returned,
  returnedBytes,
  returnedEvents,
  returnedFds,
  returnedRevents,
  returnedSets,
  returnedSocketError,
  returnedValue,
} from './transcript.ts';

/** What a call came back with. */
export interface Outcome {
  readonly result: CallResult;
  /** Descriptors that the step's names stand for from now on. */
  readonly fds: readonly number[];
}

/** What a step needs to know of the player. */
export interface Surroundings {
  readonly sys: Sys;
  fd(fd: Fd): number;
  /** The port that a descriptor is bound to, or 0. */
  portOf(fd: number): number;
  /** The thread id of another thread. */
  tid(thread: number): number;
  /** The page that a held call of this step waits for. */
  page: FaultingPage | null;
}

const noFds: readonly number[] = [];

/** A raw result that opens nothing; `shown` is what a success shows besides. */
const outcome = (ret: number, shown: CallResult = returned(ret)): Outcome => ({
  result: ret < 0 ? failed(-ret) : shown,
  fds: noFds,
});

function* number(call: Kernel<number>): Kernel<Outcome> {
  return outcome(yield* call);
}
function* descriptor(call: Kernel<number>): Kernel<Outcome> {
  const fd = yield* call;
  return fd < 0 ? outcome(fd) : { result: returned(fd), fds: [fd] };
}
function* pair(call: Kernel<Filled<[number, number]>>): Kernel<Outcome> {
  const fds = yield* call;
  return fds.ret < 0 ? outcome(fds.ret) : { result: returnedFds(fds.ret, [...fds]), fds };
}

/** Makes the call of a step; runs on the issuing thread. */
export function performStep(step: Step, at: Surroundings): Kernel<Outcome> {
  const { sys } = at;
  switch (step.call) {
    case 'epoll_create':
      return descriptor(sys.epoll_create(step.args.size));
    case 'epoll_create1':
      return descriptor(sys.epoll_create1(step.args.flags));
    case 'epoll_ctl':
      return number(epollCtl(step, at));
    case 'epoll_wait':
    case 'epoll_pwait':
    case 'epoll_pwait2':
      return waitForEvents(step, at);
    case 'poll':
      return pollFds(step, at);
    case 'select':
      return selectFds(step, at);
    case 'read':
    case 'recv':
      return receive(step, at);
    case 'write':
      return number(sys.write(at.fd(step.args.fd), payloadBytes(step.args)));
    case 'send':
      return number(sys.send(at.fd(step.args.fd), payloadBytes(step.args), step.args.flags));
    case 'close':
      return number(sys.close(at.fd(step.args.fd)));
    case 'dup':
      return descriptor(sys.dup(at.fd(step.args.fd)));
    case 'dup2':
      return descriptor(sys.dup2(at.fd(step.args.fd), at.fd(step.args.newfd)));
    case 'dup3':
      return descriptor(sys.dup3(at.fd(step.args.fd), at.fd(step.args.newfd), step.args.flags));
    case 'fcntl':
      return descriptor(sys.fcntl(at.fd(step.args.fd), step.args.cmd, at.fd(step.args.arg)));
    case 'ioctl':
      return ioctl(step, at);
    case 'pipe2':
      return pair(sys.pipe2(step.args.flags));
    case 'eventfd2':
      return descriptor(sys.eventfd2(step.args.initval, step.args.flags));
    case 'timerfd_create':
      return descriptor(sys.timerfd_create(step.args.clock, step.args.flags));
    case 'timerfd_settime':
      return number(setTimer(step, at));
    case 'tgkill':
      return number(sys.tgkill(sys.task.tgid, at.tid(step.args.thread), step.args.signal));
    case 'sleep':
      return number(sys.nanosleep(epoll.toTimespec(step.args.ms * 1e6)));
    case 'release':
      throw new Error('release is not a system call');
    default:
      return performOnSocket(step, at);
  }
}

type SocketCall =
  | 'socket'
  | 'socketpair'
  | 'bind'
  | 'listen'
  | 'connect'
  | 'accept4'
  | 'shutdown'
  | 'setsockopt'
  | 'getsockopt';

function performOnSocket(step: StepOf<SocketCall> & Step, at: Surroundings): Kernel<Outcome> {
  const { sys } = at;
  switch (step.call) {
    case 'socket':
      return descriptor(sys.socket(step.args.domain, step.args.type, step.args.protocol));
    case 'socketpair':
      return pair(sys.socketpair(step.args.domain, step.args.type));
    case 'bind':
      return number(sys.bind(at.fd(step.args.fd), { ...localhost, port: step.args.port }));
    case 'listen':
      return number(sys.listen(at.fd(step.args.fd), step.args.backlog));
    case 'connect':
      return number(connect(step, at));
    case 'accept4':
      return descriptor(sys.accept4(at.fd(step.args.fd), step.args.flags));
    case 'shutdown':
      return number(sys.shutdown(at.fd(step.args.fd), step.args.how));
    case 'setsockopt': {
      const { fd, level, name, value } = step.args;
      return number(sys.setsockopt(at.fd(fd), level, name, value));
    }
    case 'getsockopt':
      return getOption(step, at);
    default:
      throw new Error('not a call on a socket');
  }
}

const localhost = { family: AF_INET, addr: 0x7f000001 };

function connect(step: StepOf<'connect'>, at: Surroundings): Kernel<number> {
  const { to } = step.args;
  const isPort = typeof to === 'object' && 'port' in to;
  const port = isPort ? to.port : at.portOf(at.fd(to));
  if (port === 0 && !isPort) throw noAddress(step);
  return at.sys.connect(at.fd(step.args.fd), { ...localhost, port });
}

function epollCtl(step: StepOf<'epoll_ctl'>, at: Surroundings): Kernel<number> {
  const { op, event, events, data } = step.args;
  const epfd = at.fd(step.args.epfd);
  const fd = at.fd(step.args.fd);
  if (event === null) return at.sys.epoll_ctl(epfd, op, fd, null);
  const value = typeof data === 'object' ? at.fd(data) : data;
  return at.sys.epoll_ctl(epfd, op, fd, op === EPOLL_CTL_DEL ? null : { events, data: value });
}

type WaitStep = StepOf<'epoll_wait'> | StepOf<'epoll_pwait'> | StepOf<'epoll_pwait2'>;

function* waitForEvents(step: WaitStep, at: Surroundings): Kernel<Outcome> {
  const { args } = step;
  const events = new EventBuffer(args.buffer === 'bad' ? 0 : -1);
  if (args.buffer === 'held') events.page = at.page = new FaultingPage();
  const ret = yield* waitCall(step, at, events);
  return outcome(ret, returnedEvents(ret, events.entries));
}

function waitCall(step: WaitStep, at: Surroundings, events: EventBuffer): Kernel<number> {
  const epfd = at.fd(step.args.epfd);
  const { maxevents } = step.args;
  if (step.call === 'epoll_wait') {
    const { timeout } = step.args;
    return syscall('epoll_wait', [epfd, events, maxevents, timeout], () =>
      epoll.sys_epoll_wait(epfd, events, maxevents, timeout),
    );
  }
  const mask = step.args.sigmask?.reduce((set, sig) => set | sigmask(sig), 0n) ?? null;
  if (step.call === 'epoll_pwait') {
    const { timeout } = step.args;
    return syscall('epoll_pwait', [epfd, events, maxevents, timeout, mask], () =>
      epoll.sys_epoll_pwait(epfd, events, maxevents, timeout, mask),
    );
  }
  const { timeout_ns } = step.args;
  const span = timeout_ns === null ? null : epoll.toTimespec(timeout_ns);
  return syscall('epoll_pwait2', [epfd, events, maxevents, span, mask], () =>
    epoll.sys_epoll_pwait2(epfd, events, maxevents, span, mask),
  );
}

function* pollFds(step: StepOf<'poll'>, at: Surroundings): Kernel<Outcome> {
  const fds = step.args.fds.map(({ fd, events }) => ({ fd: at.fd(fd), events, revents: 0 }));
  const ret = yield* at.sys.poll(fds, step.args.timeout);
  return outcome(
    ret,
    returnedRevents(
      ret,
      fds.map((entry) => entry.revents),
    ),
  );
}

const ascending = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b);

function* selectFds(step: StepOf<'select'>, at: Surroundings): Kernel<Outcome> {
  const { read, write, except, timeout } = step.args;
  const toSet = (fds: readonly Fd[]): Set<number> => new Set(fds.map((fd) => at.fd(fd)));
  const sets = { in: toSet(read), out: toSet(write), ex: toSet(except) };
  const nfds = Math.max(-1, ...sets.in, ...sets.out, ...sets.ex) + 1;
  const span = timeout === null ? null : epoll.toTimespec(timeout * 1e6);
  const ret = yield* at.sys.select(nfds, sets, span);
  const shown = returnedSets(ret, ascending(sets.in), ascending(sets.out), ascending(sets.ex));
  return outcome(ret, shown);
}

function* receive(step: StepOf<'read'> | StepOf<'recv'>, at: Surroundings): Kernel<Outcome> {
  const fd = at.fd(step.args.fd);
  const buf = new Uint8Array(step.args.len);
  const kind = at.sys.task.files.fd[fd]?.f_op;
  const ret = yield* step.call === 'read'
    ? at.sys.read(fd, buf)
    : at.sys.recv(fd, buf, step.args.flags);
  if (ret <= 0) return outcome(ret);
  if (kind === eventfd_fops || kind === timerfd_fops) {
    return outcome(ret, returnedValue(ret, getU64(buf)));
  }
  return outcome(ret, returnedBytes(ret, buf.subarray(0, ret)));
}

function* ioctl(step: StepOf<'ioctl'>, at: Surroundings): Kernel<Outcome> {
  const arg = { value: step.args.arg };
  const ret = yield* at.sys.ioctl(at.fd(step.args.fd), step.args.request, arg);
  return step.args.request === FIONREAD
    ? outcome(ret, returnedValue(ret, arg.value))
    : outcome(ret);
}

function setTimer(step: StepOf<'timerfd_settime'>, at: Surroundings): Kernel<number> {
  const { flags, value_ms, interval_ms } = step.args;
  return at.sys.timerfd_settime(at.fd(step.args.fd), flags, {
    it_value: epoll.toTimespec(value_ms * 1e6),
    it_interval: epoll.toTimespec(interval_ms * 1e6),
  });
}

function* getOption(step: StepOf<'getsockopt'>, at: Surroundings): Kernel<Outcome> {
  const { fd, level, name } = step.args;
  const { value, ret } = yield* at.sys.getsockopt(at.fd(fd), level, name);
  const isError = level === SOL_SOCKET && name === SO_ERROR;
  return outcome(ret, isError ? returnedSocketError(ret, value) : returnedValue(ret, value));
}
