/** The calls that came with version 2 of the scenario format. */
import * as families from './flags.ts';
import * as kinds from './kinds.ts';
import type { Fd } from './scenario.ts';
import type { SendArgs } from './schema.ts';
import { type CallSpec, flags, maybe, optional, required } from './spec.ts';
import type { TerminalArgs } from './terminal.ts';

interface PollArgs {
  readonly fds: readonly kinds.PollEntry[];
  /** null waits for ever. */
  readonly timeout_ns: number | null;
  readonly sigmask: readonly number[] | null;
}

interface SelectArgs {
  readonly read: readonly Fd[];
  readonly write: readonly Fd[];
  readonly except: readonly Fd[];
  readonly timeout_ns: number | null;
  readonly sigmask: readonly number[] | null;
}

/** As `CallArgs`, which has these too. */
export interface CallArgs2 {
  readonly ppoll: PollArgs;
  readonly pselect6: SelectArgs;
  readonly readv: { readonly fd: Fd; readonly lens: readonly number[] };
  readonly writev: { readonly fd: Fd; readonly parts: readonly string[] };
  readonly sendto: SendArgs & { readonly flags: number; readonly to: kinds.Target };
  readonly getsockname: { readonly fd: Fd };
  readonly getpeername: { readonly fd: Fd };
  readonly recvfrom: { readonly fd: Fd; readonly len: number; readonly flags: number };
  readonly sendmsg: SendArgs & {
    readonly flags: number;
    readonly to: kinds.Target | undefined;
    /** Descriptors that go along (SCM_RIGHTS). */
    readonly fds: readonly Fd[];
  };
  readonly recvmsg: {
    readonly fd: Fd;
    readonly len: number;
    readonly flags: number;
    /** For how many descriptors there is room. */
    readonly fds: number;
  };
  readonly open: { readonly path: string; readonly flags: number; readonly mode: number };
  readonly lseek: { readonly fd: Fd; readonly offset: number; readonly whence: number };
  readonly mkdir: { readonly path: string };
  readonly rmdir: { readonly path: string };
  readonly unlink: { readonly path: string };
  readonly link: { readonly from: string; readonly to: string };
  readonly rename: { readonly from: string; readonly to: string };
  readonly tcsetattr: TerminalArgs & { readonly fd: Fd; readonly actions: number };
  readonly inotify_init1: { readonly flags: number };
  readonly inotify_add_watch: {
    readonly fd: Fd;
    readonly path: string;
    readonly mask: number;
  };
  readonly inotify_rm_watch: { readonly fd: Fd; readonly wd: number };
  readonly signalfd4: {
    readonly fd: Fd;
    readonly mask: readonly number[];
    readonly flags: number;
  };
  readonly sigprocmask: { readonly how: number; readonly set: readonly number[] };
  readonly sigaction: {
    readonly signal: number;
    readonly handler: kinds.Handler;
    readonly flags: number;
  };
  /** To the process of a thread, or to all processes of a group. */
  readonly kill: {
    readonly thread: number | undefined;
    readonly group: number | undefined;
    readonly signal: number;
  };
  /** `child` is the thread of the new process. */
  readonly fork: { readonly child: number };
  readonly execve: Readonly<Record<never, never>>;
  readonly exit: { readonly status: number };
  /** `process` null waits for any child. */
  readonly wait4: { readonly process: number | null; readonly options: number };
  readonly waitid: {
    readonly process: number | undefined;
    /** A pidfd. */
    readonly fd: Fd | undefined;
    readonly options: number;
  };
  readonly setpgid: { readonly process: number; readonly group: number };
  readonly pidfd_open: { readonly process: number; readonly flags: number };
  readonly pidfd_send_signal: { readonly fd: Fd; readonly signal: number };
  readonly timerfd_gettime: { readonly fd: Fd };
  readonly fdinfo: { readonly fd: Fd };
}

const timeout_ns = optional(kinds.orNull(kinds.int64), null);
const sigmask = optional(kinds.orNull(kinds.signalList), null);
const payload = { data: maybe(kinds.text), bytes: maybe(kinds.size) };
const msgFlags = flags(families.msgFamily);
const fdList = optional(kinds.fdList, []);

export const calls2: { readonly [C in keyof CallArgs2]: CallSpec<CallArgs2[C]> } = {
  ppoll: {
    since: 2,
    args: { fds: required(kinds.pollList), timeout_ns, sigmask },
    binds: 0,
    fields: ['revents'],
  },
  pselect6: {
    since: 2,
    args: { read: fdList, write: fdList, except: fdList, timeout_ns, sigmask },
    binds: 0,
    fields: ['read', 'write', 'except'],
  },
  readv: {
    since: 2,
    args: { fd: required(kinds.fd), lens: required(kinds.sizes) },
    binds: 0,
    fields: ['data'],
  },
  writev: {
    since: 2,
    args: { fd: required(kinds.fd), parts: required(kinds.texts) },
    binds: 0,
    fields: [],
  },
  sendto: {
    since: 2,
    args: { fd: required(kinds.fd), ...payload, flags: msgFlags, to: required(kinds.target) },
    binds: 0,
    fields: [],
    exactlyOne: ['data', 'bytes'],
  },
  getsockname: { since: 2, args: { fd: required(kinds.fd) }, binds: 0, fields: ['address'] },
  getpeername: { since: 2, args: { fd: required(kinds.fd) }, binds: 0, fields: ['address'] },
  recvfrom: {
    since: 2,
    args: { fd: required(kinds.fd), len: required(kinds.size), flags: msgFlags },
    binds: 0,
    fields: ['data', 'from'],
  },
  sendmsg: {
    since: 2,
    args: {
      fd: required(kinds.fd),
      ...payload,
      flags: msgFlags,
      to: maybe(kinds.target),
      fds: optional(kinds.anyFds, []),
    },
    binds: 0,
    fields: [],
    exactlyOne: ['data', 'bytes'],
  },
  recvmsg: {
    since: 2,
    args: {
      fd: required(kinds.fd),
      len: required(kinds.size),
      flags: msgFlags,
      fds: optional(kinds.fdCount, 0),
    },
    binds: ({ fds }) => fds,
    fields: ['fds', 'data', 'from', 'msg_flags'],
  },
  open: {
    since: 2,
    args: {
      path: required(kinds.filePath),
      flags: flags(families.openFamily),
      mode: optional(kinds.mode, 0o644),
    },
    binds: 1,
    fields: [],
  },
  lseek: {
    since: 2,
    args: {
      fd: required(kinds.fd),
      offset: required(kinds.int64),
      whence: required(kinds.oneOf(families.whenceFamily)),
    },
    binds: 0,
    fields: [],
  },
  mkdir: { since: 2, args: { path: required(kinds.filePath) }, binds: 0, fields: [] },
  rmdir: { since: 2, args: { path: required(kinds.filePath) }, binds: 0, fields: [] },
  unlink: { since: 2, args: { path: required(kinds.filePath) }, binds: 0, fields: [] },
  link: {
    since: 2,
    args: { from: required(kinds.filePath), to: required(kinds.filePath) },
    binds: 0,
    fields: [],
  },
  rename: {
    since: 2,
    args: { from: required(kinds.filePath), to: required(kinds.filePath) },
    binds: 0,
    fields: [],
  },
  tcsetattr: {
    since: 2,
    args: {
      fd: required(kinds.fd),
      actions: flags(families.setTerminalFamily),
      iflag: flags(families.terminalFamily),
      oflag: flags(families.terminalFamily),
      lflag: flags(families.terminalFamily),
      min: optional(kinds.byte, 1),
      time: optional(kinds.byte, 0),
    },
    binds: 0,
    fields: [],
  },
  inotify_init1: {
    since: 2,
    args: { flags: flags(families.inotifyFamily) },
    binds: 1,
    fields: [],
  },
  inotify_add_watch: {
    since: 2,
    args: {
      fd: required(kinds.fd),
      path: required(kinds.filePath),
      mask: required(kinds.flagWord(families.inotifyFamily)),
    },
    binds: 0,
    fields: [],
  },
  inotify_rm_watch: {
    since: 2,
    args: { fd: required(kinds.fd), wd: required(kinds.int32) },
    binds: 0,
    fields: [],
  },
  signalfd4: {
    since: 2,
    args: {
      fd: optional(kinds.fd, -1),
      mask: required(kinds.signalList),
      flags: flags(families.signalfdFamily),
    },
    binds: 1,
    fields: [],
  },
  sigprocmask: {
    since: 2,
    args: { how: required(kinds.oneOf(families.maskFamily)), set: required(kinds.signalList) },
    binds: 0,
    fields: [],
  },
  sigaction: {
    since: 2,
    args: {
      signal: required(kinds.signal),
      handler: required(kinds.literal('SIG_DFL', 'SIG_IGN', 'caught')),
      flags: flags(families.sigactionFamily),
    },
    binds: 0,
    fields: [],
  },
  kill: {
    since: 2,
    args: {
      thread: maybe(kinds.thread),
      group: maybe(kinds.thread),
      signal: required(kinds.signal),
    },
    binds: 0,
    fields: [],
    exactlyOne: ['thread', 'group'],
  },
  fork: { since: 2, args: { child: required(kinds.child) }, binds: 0, fields: ['process'] },
  execve: { since: 2, args: {}, binds: 0, fields: [] },
  exit: { since: 2, args: { status: required(kinds.int32) }, binds: 0, fields: [] },
  wait4: {
    since: 2,
    args: {
      process: optional(kinds.orNull(kinds.thread), null),
      options: flags(families.waitFamily),
    },
    binds: 0,
    fields: ['process', 'status'],
  },
  waitid: {
    since: 2,
    args: {
      process: maybe(kinds.thread),
      fd: maybe(kinds.fd),
      options: required(kinds.flagWord(families.waitFamily)),
    },
    binds: 0,
    fields: ['process', 'status'],
    exactlyOne: ['process', 'fd'],
  },
  setpgid: {
    since: 2,
    args: { process: required(kinds.thread), group: required(kinds.thread) },
    binds: 0,
    fields: [],
  },
  pidfd_open: {
    since: 2,
    args: { process: required(kinds.thread), flags: flags(families.pidfdFamily) },
    binds: 1,
    fields: [],
  },
  pidfd_send_signal: {
    since: 2,
    args: { fd: required(kinds.fd), signal: required(kinds.signal) },
    binds: 0,
    fields: [],
  },
  timerfd_gettime: {
    since: 2,
    args: { fd: required(kinds.fd) },
    binds: 0,
    fields: ['armed'],
  },
  fdinfo: { since: 2, args: { fd: required(kinds.fd) }, binds: 0, fields: ['lines'] },
};
