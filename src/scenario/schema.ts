/**
 * The calls of the scenario format: one table for the parser, the player and every other tool.
 *
 * `CallArgs` says what a player gets, `calls` how that is read from JSON; the compiler keeps the
 * two together. The order of a call's arguments is the order in which mistakes are reported. What
 * came with version 2 of the format stands in schema2.ts.
 */
import type { epoll_data_t } from '../kernel/uaccess.ts';
import { F_DUPFD, F_DUPFD_CLOEXEC } from '../kernel/uapi/fcntl.ts';
import { TIOCGPTPEER } from '../kernel/uapi/ioctls.ts';
import * as families from './flags.ts';
import * as kinds from './kinds.ts';
import type { Fd, FdRef } from './scenario.ts';
import { type CallArgs2, calls2 } from './schema2.ts';
import { type Argument, type CallSpec, flags, later, maybe, optional, required } from './spec.ts';

type EventBufferKind = 'bad' | 'held';

interface EpollWaitArgs {
  readonly epfd: Fd;
  readonly maxevents: number;
  /** "bad": memory that is not mapped. "held": a page that comes with a `release` step. */
  readonly buffer: EventBufferKind | undefined;
}

interface EpollPwaitArgs extends EpollWaitArgs {
  /** Signal numbers; null passes NULL, and the mask stays as it is. */
  readonly sigmask: readonly number[] | null;
}

/** Of `data`, `bytes` and `value` exactly one is there; see payloadBytes(). */
export interface SendArgs {
  readonly fd: Fd;
  readonly data: string | undefined;
  readonly bytes: number | undefined;
}

/** Every flag word is an int32, every absent argument has its default. */
export interface CallArgs extends CallArgs2 {
  readonly epoll_create: { readonly size: number };
  readonly epoll_create1: { readonly flags: number };
  readonly epoll_ctl: {
    readonly epfd: Fd;
    readonly op: number;
    readonly fd: Fd;
    readonly events: number;
    readonly data: epoll_data_t | FdRef;
    /** null passes a NULL pointer instead of `events` and `data`. */
    readonly event: null | undefined;
  };
  readonly epoll_wait: EpollWaitArgs & { readonly timeout: number };
  readonly epoll_pwait: EpollPwaitArgs & { readonly timeout: number };
  readonly epoll_pwait2: EpollPwaitArgs & { readonly timeout_ns: number | null };
  readonly poll: { readonly fds: readonly kinds.PollEntry[]; readonly timeout: number };
  readonly select: {
    readonly read: readonly Fd[];
    readonly write: readonly Fd[];
    readonly except: readonly Fd[];
    /** In ms; null passes NULL. */
    readonly timeout: number | null;
  };
  readonly socket: { readonly domain: number; readonly type: number; readonly protocol: number };
  readonly socketpair: { readonly domain: number; readonly type: number };
  readonly bind: {
    readonly fd: Fd;
    readonly port: number | undefined;
    /** Of an AF_UNIX socket. */
    readonly path: string | undefined;
  };
  readonly listen: { readonly fd: Fd; readonly backlog: number };
  readonly connect: { readonly fd: Fd; readonly to: kinds.Target };
  readonly accept4: { readonly fd: Fd; readonly flags: number };
  readonly shutdown: { readonly fd: Fd; readonly how: number };
  readonly read: { readonly fd: Fd; readonly len: number };
  readonly recv: { readonly fd: Fd; readonly len: number; readonly flags: number };
  readonly write: SendArgs & { readonly value: bigint | undefined };
  readonly send: SendArgs & { readonly flags: number };
  readonly setsockopt: {
    readonly fd: Fd;
    readonly level: number;
    readonly name: number;
    readonly value: number;
  };
  readonly getsockopt: { readonly fd: Fd; readonly level: number; readonly name: number };
  readonly pipe2: { readonly flags: number };
  readonly eventfd2: { readonly initval: number; readonly flags: number };
  readonly timerfd_create: { readonly clock: number; readonly flags: number };
  readonly timerfd_settime: {
    readonly fd: Fd;
    readonly flags: number;
    readonly value_ms: number;
    readonly interval_ms: number;
  };
  readonly dup: { readonly fd: Fd };
  readonly dup2: { readonly fd: Fd; readonly newfd: Fd };
  readonly dup3: { readonly fd: Fd; readonly newfd: Fd; readonly flags: number };
  readonly close: { readonly fd: Fd };
  readonly fcntl: { readonly fd: Fd; readonly cmd: number; readonly arg: Fd };
  readonly ioctl: { readonly fd: Fd; readonly request: number; readonly arg: number };
  /** `thread` is an index into `Scenario.threads`. */
  readonly tgkill: { readonly thread: number; readonly signal: number };
  readonly release: { readonly thread: number };
  readonly sleep: { readonly ms: number };
}

export type CallName = keyof CallArgs;

const epollWait = {
  epfd: required(kinds.fd),
  maxevents: required(kinds.int32),
};
const buffer: Argument<EventBufferKind | undefined> = maybe(kinds.literal('bad', 'held'));
const sigmask: Argument<readonly number[] | null> = optional(kinds.orNull(kinds.signalList), null);
const sockopt = {
  fd: required(kinds.fd),
  level: required(kinds.oneOf(families.levelFamily)),
  name: required(kinds.oneOf(families.optionFamily)),
};

export const calls: { readonly [C in CallName]: CallSpec<CallArgs[C]> } = {
  epoll_create: { args: { size: required(kinds.int32) }, binds: 1, fields: [] },
  epoll_create1: { args: { flags: flags(families.epollCreateFamily) }, binds: 1, fields: [] },
  epoll_ctl: {
    args: {
      epfd: required(kinds.fd),
      op: required(kinds.oneOf(families.epollCtlFamily)),
      fd: required(kinds.fd),
      events: flags(families.epollEventFamily),
      data: optional(kinds.epollData, 0),
      event: maybe(kinds.literal(null)),
    },
    binds: 0,
    fields: [],
    alone: { argument: 'event', without: ['events', 'data'] },
  },
  epoll_wait: {
    args: { ...epollWait, timeout: required(kinds.int32), buffer },
    binds: 0,
    fields: ['events'],
  },
  epoll_pwait: {
    args: { ...epollWait, timeout: required(kinds.int32), sigmask, buffer },
    binds: 0,
    fields: ['events'],
  },
  epoll_pwait2: {
    args: { ...epollWait, timeout_ns: optional(kinds.orNull(kinds.int64), null), sigmask, buffer },
    binds: 0,
    fields: ['events'],
  },
  poll: {
    args: { fds: required(kinds.pollList), timeout: required(kinds.int32) },
    binds: 0,
    fields: ['revents'],
  },
  select: {
    args: {
      read: optional(kinds.fdList, []),
      write: optional(kinds.fdList, []),
      except: optional(kinds.fdList, []),
      timeout: optional(kinds.orNull(kinds.int32), null),
    },
    binds: 0,
    fields: ['read', 'write', 'except'],
  },
  socket: {
    args: {
      domain: required(kinds.oneOf(families.domainFamily)),
      type: required(kinds.flagWord(families.socketTypeFamily)),
      protocol: optional(kinds.oneOf(families.protocolFamily), 0),
    },
    binds: 1,
    fields: [],
  },
  socketpair: {
    args: {
      domain: required(kinds.oneOf(families.domainFamily)),
      type: required(kinds.flagWord(families.socketTypeFamily)),
    },
    binds: 2,
    fields: ['fds'],
  },
  bind: {
    args: {
      fd: required(kinds.fd),
      port: maybe(kinds.port),
      path: later(maybe(kinds.path)),
    },
    binds: 0,
    fields: [],
    exactlyOne: ['port', 'path'],
  },
  listen: {
    args: { fd: required(kinds.fd), backlog: required(kinds.int32) },
    binds: 0,
    fields: [],
  },
  connect: {
    args: { fd: required(kinds.fd), to: required(kinds.target) },
    binds: 0,
    fields: [],
  },
  accept4: {
    args: { fd: required(kinds.fd), flags: flags(families.socketTypeFamily) },
    binds: 1,
    fields: [],
  },
  shutdown: {
    args: { fd: required(kinds.fd), how: required(kinds.oneOf(families.shutdownFamily)) },
    binds: 0,
    fields: [],
  },
  read: {
    args: { fd: required(kinds.fd), len: required(kinds.size) },
    binds: 0,
    fields: ['data', 'value'],
  },
  recv: {
    args: {
      fd: required(kinds.fd),
      len: required(kinds.size),
      flags: flags(families.msgFamily),
    },
    binds: 0,
    fields: ['data'],
  },
  write: {
    args: {
      fd: required(kinds.fd),
      data: maybe(kinds.text),
      bytes: maybe(kinds.size),
      value: maybe(kinds.u64),
    },
    binds: 0,
    fields: [],
    exactlyOne: ['data', 'bytes', 'value'],
  },
  send: {
    args: {
      fd: required(kinds.fd),
      data: maybe(kinds.text),
      bytes: maybe(kinds.size),
      flags: flags(families.msgFamily),
    },
    binds: 0,
    fields: [],
    exactlyOne: ['data', 'bytes'],
  },
  setsockopt: { args: { ...sockopt, value: required(kinds.int32) }, binds: 0, fields: [] },
  getsockopt: { args: sockopt, binds: 0, fields: ['value'] },
  pipe2: { args: { flags: flags(families.openFamily) }, binds: 2, fields: ['fds'] },
  eventfd2: {
    args: { initval: required(kinds.uint32), flags: flags(families.eventfdFamily) },
    binds: 1,
    fields: [],
  },
  timerfd_create: {
    args: {
      clock: required(kinds.oneOf(families.clockFamily)),
      flags: flags(families.timerfdFamily),
    },
    binds: 1,
    fields: [],
  },
  timerfd_settime: {
    args: {
      fd: required(kinds.fd),
      flags: flags(families.timerfdFamily),
      value_ms: required(kinds.int64),
      interval_ms: optional(kinds.int64, 0),
    },
    binds: 0,
    fields: [],
  },
  dup: { args: { fd: required(kinds.fd) }, binds: 1, fields: [] },
  dup2: { args: { fd: required(kinds.fd), newfd: required(kinds.fd) }, binds: 1, fields: [] },
  dup3: {
    args: {
      fd: required(kinds.fd),
      newfd: required(kinds.fd),
      flags: flags(families.openFamily),
    },
    binds: 1,
    fields: [],
  },
  close: { args: { fd: required(kinds.fd) }, binds: 0, fields: [] },
  fcntl: {
    args: {
      fd: required(kinds.fd),
      cmd: required(kinds.fcntlCommand),
      arg: optional(kinds.fcntlArg, 0),
    },
    binds: ({ cmd }) => (cmd === F_DUPFD || cmd === F_DUPFD_CLOEXEC ? 1 : 0),
    fields: [],
  },
  ioctl: {
    args: {
      fd: required(kinds.fd),
      request: required(kinds.ioctlRequest),
      arg: optional(kinds.ioctlArg, 0),
    },
    binds: ({ request }) => (request === TIOCGPTPEER ? 1 : 0),
    fields: ['value'],
  },
  tgkill: {
    args: { thread: required(kinds.thread), signal: required(kinds.harmlessSignal) },
    binds: 0,
    fields: [],
  },
  release: { args: { thread: required(kinds.thread) }, binds: 0, fields: [] },
  sleep: { args: { ms: required(kinds.duration) }, binds: 0, fields: [] },
  ...calls2,
};
