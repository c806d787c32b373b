/**
 * The arguments of every system call. See parameters.ts.
 */
import { asksForRestart } from '../../kernel/signal_delivery.ts';
import { EPOLL_CTL_DEL } from '../../kernel/uapi/eventpoll.ts';
import * as fcntl from '../../kernel/uapi/fcntl.ts';
import { FIOCLEX, FIONCLEX } from '../../kernel/uapi/ioctls.ts';
import {
  clockNames,
  epollCreateFlagNames,
  epollCtlOpNames,
  fcntlCmdNames,
  fdFlagNames,
  ioctlRequestNames,
  openFlagNames,
  openFlags,
  timerfdSettimeFlagNames,
} from '../../kernel/uapi/names.ts';
import type { Bytes } from '../values.ts';
import {
  always,
  arg,
  flags,
  latePointer,
  number,
  oneOf,
  out,
  type Parameter,
  pairOf,
  pointer,
  received,
  type ShownCall,
  sent,
  sigset,
  timespec,
} from './parameters.ts';
import { pathSignatures } from './paths.ts';
import { processSignatures, signo } from './processes.ts';
import { socketSignatures } from './sockets.ts';
import * as words from './words.ts';

const events = out<readonly words.EventValue[]>(1, (list) => words.listText(list, words.eventText));
const eight = always('8');

interface PollfdValue {
  readonly fd: number;
  readonly events: number;
}
const pollfds = arg<readonly PollfdValue[]>(0, (fds) =>
  words.listText(fds, (entry) => {
    const wanted = entry.fd < 0 ? '' : `, events=${words.pollWords(entry.events)}`;
    return `{fd=${entry.fd}${wanted}}`;
  }),
);
const countOf = (index: number): Parameter =>
  arg<readonly unknown[]>(index, (list) => String(list.length));

type Sets = Readonly<Record<'in' | 'out' | 'ex', readonly number[]>>;
const fdset = (which: keyof Sets): Parameter =>
  arg<Sets>(1, (sets) => `[${sets[which].join(' ')}]`);

/** The third argument of fcntl() means what the second one says; often nothing. */
const fcntlArg = arg<number>(2, (value, { args }) => {
  if (args[1] === fcntl.F_SETFL) return openFlags(value);
  if (args[1] === fcntl.F_SETFD) return words.flagWords(fdFlagNames, value, 'FD');
  return args[1] === fcntl.F_DUPFD || args[1] === fcntl.F_DUPFD_CLOEXEC
    ? String(value)
    : `0x${value.toString(16)}`;
});
const fcntlParameters = (call: ShownCall): readonly Parameter[] => {
  const cmd = oneOf(1, fcntlCmdNames, 'F');
  const silent = call.args[1] === fcntl.F_GETFL || call.args[1] === fcntl.F_GETFD;
  return silent ? [number(0), cmd] : [number(0), cmd, fcntlArg];
};

const ioctlParameters = (call: ShownCall): readonly Parameter[] => {
  const request = oneOf(1, ioctlRequestNames, 'IOCTL');
  if (call.args[1] === FIOCLEX || call.args[1] === FIONCLEX) return [number(0), request];
  return [number(0), request, out<object>(2, members)];
};
/** `[7]` for a pointer to an int, else the members of a structure. */
function members(value: object): string {
  if ('value' in value) return `[${String(value.value)}]`;
  const list = Object.entries(value).map(([name, member]) => `${name}=${String(member)}`);
  return `{${list.join(', ')}}`;
}

interface Itimerspec {
  readonly it_interval: words.TimespecValue;
  readonly it_value: words.TimespecValue;
}
const itimerspecText = ({ it_interval, it_value }: Itimerspec): string =>
  `{it_interval=${words.timespecText(it_interval)}, it_value=${words.timespecText(it_value)}}`;

const iovText = (parts: readonly Bytes[], bytes: number): string => {
  let left = bytes;
  return words.listText(parts, (part) => {
    const length = Math.min(left, part.length);
    left -= length;
    return `{iov_base=${words.bytesText(part, length)}, iov_len=${part.length}}`;
  });
};

interface SigactionValue {
  readonly handler: string;
  readonly mask: bigint;
  readonly flags: number;
}
const sigactionText = ({ handler, mask, flags: word }: SigactionValue): string => {
  const shown = handler === 'SIG_IGN' || handler === 'SIG_DFL' ? handler : words.someAddress;
  const named = words.flagWords([['SA_RESTART', 0x10000000]], word, 'SA');
  return `{sa_handler=${shown}, sa_mask=${words.sigsetText(mask)}, sa_flags=${named}}`;
};

/** What is left of a sleep; strace reads it only where a signal has cut the sleep short. */
const remaining: Parameter = {
  out: true,
  show: ({ filled, ret }) => {
    const rem = filled[1] as words.TimespecValue | null | undefined;
    if (rem == null) return 'NULL';
    return ret !== null && asksForRestart(ret) ? words.timespecText(rem) : words.someAddress;
  },
};

type Signature = readonly Parameter[] | ((call: ShownCall) => readonly Parameter[]);

const signatures: Readonly<Record<string, Signature>> = {
  epoll_create: [number(0)],
  epoll_create1: [flags(0, epollCreateFlagNames, 'EPOLL')],
  epoll_ctl: [
    number(0),
    oneOf(1, epollCtlOpNames, 'EPOLL_CTL'),
    number(2),
    pointer<words.EventValue>(3, (event, { args }) =>
      args[1] === EPOLL_CTL_DEL ? words.someAddress : words.eventText(event),
    ),
  ],
  epoll_wait: [number(0), events, number(2), number(3)],
  epoll_pwait: [number(0), events, number(2), number(3), sigset(4, latePointer), eight],
  epoll_pwait2: [
    number(0),
    events,
    number(2),
    timespec(3, latePointer),
    sigset(4, latePointer),
    eight,
  ],
  poll: [pollfds, countOf(0), number(1)],
  ppoll: [pollfds, countOf(0), timespec(1), sigset(2), eight],
  select: [
    number(0),
    fdset('in'),
    fdset('out'),
    fdset('ex'),
    pointer<words.TimespecValue>(2, words.timevalText),
  ],
  pselect6: [
    number(0),
    fdset('in'),
    fdset('out'),
    fdset('ex'),
    timespec(2),
    pointer<bigint>(3, (set) => `{sigmask=${words.sigsetText(set)}, sigsetsize=8}`),
  ],
  read: [number(0), received, number(2)],
  write: [number(0), sent, number(2)],
  readv: [number(0), out<readonly Bytes[]>(1, (v, { ret }) => iovText(v, ret ?? 0)), number(2)],
  writev: [
    number(0),
    arg<readonly Bytes[]>(1, (v) => iovText(v, Number.POSITIVE_INFINITY)),
    number(2),
  ],
  close: [number(0)],
  dup: [number(0)],
  dup2: [number(0), number(1)],
  dup3: [number(0), number(1), flags(2, openFlagNames, 'O')],
  fcntl: fcntlParameters,
  ioctl: ioctlParameters,
  eventfd2: [number(0), flags(1, words.eventfdWords, 'EFD')],
  signalfd4: [number(0), sigset(1), eight, flags(2, words.signalfdWords, 'SFD')],
  pipe2: [pairOf(0), flags(1, openFlagNames, 'O')],
  timerfd_create: [oneOf(0, clockNames, 'CLOCK'), flags(1, words.timerfdWords, 'TFD')],
  timerfd_settime: [
    number(0),
    flags(1, timerfdSettimeFlagNames, 'TFD'),
    pointer<Itimerspec>(2, itimerspecText),
    out<Itimerspec>(3, itimerspecText),
  ],
  timerfd_gettime: [number(0), out<Itimerspec>(1, itimerspecText)],
  ...pathSignatures,
  ...processSignatures,
  ...socketSignatures,
  // What pthread_join() waits with: the kernel clears the thread's id when it ends.
  futex: [
    always(words.someAddress),
    always('FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME'),
    number(0),
    always('NULL'),
    always('FUTEX_BITSET_MATCH_ANY'),
  ],
  sched_yield: [],
  nanosleep: [timespec(0), remaining],
  clock_gettime: [oneOf(0, clockNames, 'CLOCK'), out<words.TimespecValue>(1, words.timespecText)],
  clock_settime: [oneOf(0, clockNames, 'CLOCK'), timespec(1)],
  rt_sigaction: [signo(0), pointer<SigactionValue>(1, sigactionText), always('NULL'), eight],
  rt_sigprocmask: [
    oneOf(
      0,
      [
        ['SIG_BLOCK', 0],
        ['SIG_UNBLOCK', 1],
        ['SIG_SETMASK', 2],
      ],
      'SIG',
    ),
    sigset(1),
    always('NULL'),
    eight,
  ],
};

/** The parameters of a call, as many as there are to show. */
export function parametersOf(call: ShownCall): readonly Parameter[] {
  const signature = Object.hasOwn(signatures, call.name) ? signatures[call.name] : undefined;
  if (signature === undefined) return call.args.map((_, i) => arg(i, plainText));
  return typeof signature === 'function' ? signature(call) : signature;
}

/** A call that the table does not have: its values as they are. */
function plainText(value: unknown): string {
  if (typeof value === 'object' && value !== null) return words.someAddress;
  return String(value);
}
