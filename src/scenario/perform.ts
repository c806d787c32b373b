/**
 * One step as a system call on the machine, and what its result shows in a transcript.
 */

import { eventfd_fops } from '../kernel/eventfd.ts';
import { inotify_fops } from '../kernel/notify/inotify_user.ts';
import type { Kernel } from '../kernel/op.ts';
import { random_fops, urandom_fops } from '../kernel/random.ts';
import type { fd_set_bits } from '../kernel/select.ts';
import { SIG_DFL, SIG_IGN, type sigaction, sigmask, type sigset_t } from '../kernel/signal.ts';
import { signalfd_fops } from '../kernel/signalfd.ts';
import { timerfd_fops } from '../kernel/timerfd.ts';
import { getU64 } from '../kernel/u64.ts';
import { EventBuffer, type epoll_event, FaultingPage } from '../kernel/uaccess.ts';
import { EPOLL_CTL_DEL } from '../kernel/uapi/eventpoll.ts';
import { FIONREAD, TIOCGPTPEER } from '../kernel/uapi/ioctls.ts';
import { signalName } from '../kernel/uapi/names.ts';
import { SIOCATMARK, SIOCOUTQ, SIOCOUTQNSD } from '../kernel/uapi/sockios.ts';
import { type Filled, syscall } from '../syscalls/call.ts';
import * as epoll from '../syscalls/epoll.ts';
import { signalsRead } from '../syscalls/signalfd.ts';
import { shownFdinfo } from './fdinfo.ts';
import type { Handler } from './kinds.ts';
import { descriptor, number, type Outcome, outcome, pair, type Surroundings } from './outcome.ts';
import { payloadBytes } from './payload.ts';
import { performOnFile, shownEventsRead } from './perform_file.ts';
import { performOnProcess } from './perform_process.ts';
import { performOnSocket } from './perform_socket.ts';
import type { Fd, Step, StepOf } from './scenario.ts';
import {
  returnedBytes,
  returnedEvents,
  returnedRevents,
  returnedSets,
  returnedValue,
} from './transcript.ts';

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
    case 'ppoll':
      return pollFds(step, at);
    case 'select':
    case 'pselect6':
      return selectFds(step, at);
    case 'read':
      return readBytes(step, at);
    case 'readv':
      return readPieces(step, at);
    case 'writev':
      return number(sys.writev(at.fd(step.args.fd), step.args.parts));
    case 'signalfd4': {
      const { fd, mask, flags } = step.args;
      return descriptor(sys.signalfd4(at.fd(fd), sigset(mask), flags));
    }
    case 'sigprocmask':
      return number(sys.sigprocmask(step.args.how, sigset(step.args.set)));
    case 'sigaction': {
      const { signal, handler, flags } = step.args;
      return number(sys.sigaction(signal, { handler: handlers[handler], flags }));
    }
    case 'kill':
      return number(sys.kill(whom(step.args, at), step.args.signal));
    case 'pidfd_send_signal': {
      const { fd, signal } = step.args;
      return number(sys.pidfd_send_signal(at.fd(fd), signal, null, 0));
    }
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
      return performOnFile(step, at);
    case 'fork':
    case 'execve':
    case 'exit':
    case 'wait4':
    case 'waitid':
    case 'setpgid':
    case 'pidfd_open':
      return performOnProcess(step, at);
    case 'timerfd_gettime':
      return timerLeft(step, at);
    case 'fdinfo':
      return fdinfo(step, at);
    case 'write':
      return number(sys.write(at.fd(step.args.fd), payloadBytes(step.args)));
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
    case 'tgkill': {
      const { thread, signal } = step.args;
      return number(sys.tgkill(at.pid(thread), at.tid(thread), signal));
    }
    case 'sleep':
      return number(sys.nanosleep(epoll.toTimespec(step.args.ms * 1e6)));
    case 'release':
      throw new Error('release is not a system call');
    default:
      return performOnSocket(step, at);
  }
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
  if (args.buffer === undefined) {
    const filled = yield* plainWait(step, at);
    return outcome(filled.ret, returnedEvents(filled.ret, filled));
  }
  const events = new EventBuffer(args.buffer === 'bad' ? 0 : -1);
  if (args.buffer === 'held') events.page = at.page = new FaultingPage();
  const ret = yield* waitCall(step, at, events);
  return outcome(ret, returnedEvents(ret, events.entries));
}

function plainWait(step: WaitStep, at: Surroundings): Kernel<Filled<epoll_event[]>> {
  const { maxevents } = step.args;
  const epfd = at.fd(step.args.epfd);
  if (step.call === 'epoll_wait') return at.sys.epoll_wait(epfd, maxevents, step.args.timeout);
  const mask = maskOf(step.args.sigmask);
  if (step.call === 'epoll_pwait') {
    return at.sys.epoll_pwait(epfd, maxevents, step.args.timeout, mask);
  }
  return at.sys.epoll_pwait2(epfd, maxevents, spanOf(step.args.timeout_ns), mask);
}

/** With a buffer that no program has. */
function waitCall(step: WaitStep, at: Surroundings, events: EventBuffer): Kernel<number> {
  const epfd = at.fd(step.args.epfd);
  const { maxevents } = step.args;
  if (step.call === 'epoll_wait') {
    const { timeout } = step.args;
    return syscall('epoll_wait', [epfd, events, maxevents, timeout], () =>
      epoll.sys_epoll_wait(epfd, events, maxevents, timeout),
    );
  }
  const mask = maskOf(step.args.sigmask);
  if (step.call === 'epoll_pwait') {
    const { timeout } = step.args;
    return syscall('epoll_pwait', [epfd, events, maxevents, timeout, mask], () =>
      epoll.sys_epoll_pwait(epfd, events, maxevents, timeout, mask),
    );
  }
  const { timeout_ns } = step.args;
  const span = spanOf(timeout_ns);
  return syscall('epoll_pwait2', [epfd, events, maxevents, span, mask], () =>
    epoll.sys_epoll_pwait2(epfd, events, maxevents, span, mask),
  );
}

const sigset = (signals: readonly number[]): sigset_t =>
  signals.reduce((set, sig) => set | sigmask(sig), 0n);
const maskOf = (signals: readonly number[] | null): sigset_t | null =>
  signals === null ? null : sigset(signals);
const spanOf = (ns: number | null): epoll.timespec | null =>
  ns === null ? null : epoll.toTimespec(ns);

const handlers: Readonly<Record<Handler, sigaction['handler']>> = {
  SIG_DFL,
  SIG_IGN,
  *caught(): Kernel<void> {},
};

function* pollFds(step: StepOf<'poll'> | StepOf<'ppoll'>, at: Surroundings): Kernel<Outcome> {
  const fds = step.args.fds.map(({ fd, events }) => ({ fd: at.fd(fd), events, revents: 0 }));
  const ret = yield* step.call === 'poll'
    ? at.sys.poll(fds, step.args.timeout)
    : at.sys.ppoll(fds, spanOf(step.args.timeout_ns), maskOf(step.args.sigmask));
  return outcome(
    ret,
    returnedRevents(
      ret,
      fds.map((entry) => entry.revents),
    ),
  );
}

const ascending = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b);

function* selectFds(
  step: StepOf<'select'> | StepOf<'pselect6'>,
  at: Surroundings,
): Kernel<Outcome> {
  const { read, write, except } = step.args;
  const toSet = (fds: readonly Fd[]): Set<number> => new Set(fds.map((fd) => at.fd(fd)));
  const sets = { in: toSet(read), out: toSet(write), ex: toSet(except) };
  const nfds = Math.max(-1, ...sets.in, ...sets.out, ...sets.ex) + 1;
  const ret = yield* select(step, at, nfds, sets);
  const shown = returnedSets(ret, ascending(sets.in), ascending(sets.out), ascending(sets.ex));
  return outcome(ret, shown);
}

function select(
  step: StepOf<'select'> | StepOf<'pselect6'>,
  { sys }: Surroundings,
  nfds: number,
  sets: fd_set_bits,
): Kernel<number> {
  if (step.call === 'select') {
    const { timeout } = step.args;
    return sys.select(nfds, sets, spanOf(timeout === null ? null : timeout * 1e6));
  }
  return sys.pselect6(nfds, sets, spanOf(step.args.timeout_ns), maskOf(step.args.sigmask));
}

function* readBytes(step: StepOf<'read'>, at: Surroundings): Kernel<Outcome> {
  const fd = at.fd(step.args.fd);
  const buf = new Uint8Array(step.args.len);
  const kind = at.sys.task.files.fd[fd]?.f_op;
  const ret = yield* at.sys.read(fd, buf);
  if (ret <= 0) return outcome(ret);
  if (kind === eventfd_fops || kind === timerfd_fops) {
    return outcome(ret, returnedValue(ret, getU64(buf)));
  }
  if (kind === signalfd_fops) {
    const signals = signalsRead(buf, ret).map(({ ssi_signo }) => signalName(ssi_signo));
    return outcome(ret, { ret, signals });
  }
  if (kind === inotify_fops) return outcome(ret, { ret, inotify: shownEventsRead(buf, ret) });
  if (kind === random_fops || kind === urandom_fops) return outcome(ret);
  return outcome(ret, returnedBytes(ret, buf.subarray(0, ret)));
}

function* readPieces(step: StepOf<'readv'>, at: Surroundings): Kernel<Outcome> {
  const pieces = step.args.lens.map((len) => new Uint8Array(len));
  const ret = yield* at.sys.readv(at.fd(step.args.fd), pieces);
  if (ret <= 0) return outcome(ret);
  const bytes = Uint8Array.from(pieces.flatMap((piece) => [...piece]).slice(0, ret));
  return outcome(ret, returnedBytes(ret, bytes));
}

/** A process, or a group of them, as kill() takes it. */
const whom = ({ thread, group }: StepOf<'kill'>['args'], at: Surroundings): number =>
  group === undefined ? at.pid(thread as number) : -at.pid(group);

function* timerLeft(step: StepOf<'timerfd_gettime'>, at: Surroundings): Kernel<Outcome> {
  const { ret, it_value } = yield* at.sys.timerfd_gettime(at.fd(step.args.fd));
  return outcome(ret, { ret, armed: it_value.tv_sec !== 0 || it_value.tv_nsec !== 0 });
}

function* fdinfo(step: StepOf<'fdinfo'>, at: Surroundings): Kernel<Outcome> {
  const { ret, text } = yield* at.sys.fdinfo(at.fd(step.args.fd));
  return outcome(ret, { ret, lines: shownFdinfo(text) });
}

/** Does the request store a number? */
export const asksForNumber = (request: number): boolean =>
  [FIONREAD, SIOCATMARK, SIOCOUTQ, SIOCOUTQNSD].includes(request);

function* ioctl(step: StepOf<'ioctl'>, at: Surroundings): Kernel<Outcome> {
  const arg = { value: step.args.arg };
  const call = at.sys.ioctl(at.fd(step.args.fd), step.args.request, arg);
  if (step.args.request === TIOCGPTPEER) return yield* descriptor(call);
  const ret = yield* call;
  return asksForNumber(step.args.request)
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
