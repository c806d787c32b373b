/** The calls about processes and signals, and what is known of a signal. See parameters.ts. */
import {
  cloneFlagNames,
  idtypeNames,
  pidfdFlagNames,
  pidfdSignalNames,
  sigCodeName,
  signalName,
  waitOptionNames,
} from '../../kernel/uapi/names.ts';
import { CSIGNAL } from '../../kernel/uapi/sched.ts';
import { CLD_EXITED, SIGCHLD } from '../../kernel/uapi/signal.ts';
import { WEXITSTATUS, WIFEXITED, WTERMSIG } from '../../syscalls/wait.ts';
import {
  always,
  arg,
  flags,
  number,
  oneOf,
  out,
  type Parameter,
  pointer,
  type ShownCall,
} from './parameters.ts';
import { flagWords, listText, someAddress } from './words.ts';

export interface SiginfoValue {
  readonly si_signo: number;
  readonly si_code: number;
  readonly si_pid: number;
  readonly si_uid: number;
  readonly si_value: bigint;
  readonly si_status: number;
}

/** `si_signo=SIGUSR1, si_code=SI_USER, si_pid=1001, si_uid=0`, and what else there is. */
export function siginfoText(info: SiginfoValue): string {
  const { si_signo, si_code, si_pid, si_uid, si_value } = info;
  const code = sigCodeName(si_signo, si_code);
  const from = `si_signo=${signalName(si_signo)}, si_code=${code}, si_pid=${si_pid}, si_uid=${si_uid}`;
  if (si_signo === SIGCHLD && si_code > 0) return `${from}, ${statusText(info)}`;
  const ptr = BigInt.asUintN(64, si_value);
  if (ptr === 0n) return from;
  return `${from}, si_int=${BigInt.asIntN(32, ptr)}, si_ptr=0x${ptr.toString(16)}`;
}

/** How a child has ended; nobody's time is counted here. */
const statusText = ({ si_code, si_status }: Omit<SiginfoValue, 'si_value'>): string => {
  const status = si_code === CLD_EXITED ? String(si_status) : signalName(si_status);
  return `si_status=${status}, si_utime=0, si_stime=0`;
};

const waitStatus = (status: number): string =>
  WIFEXITED(status)
    ? `[{WIFEXITED(s) && WEXITSTATUS(s) == ${WEXITSTATUS(status)}}]`
    : `[{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(WTERMSIG(status))}}]`;

/** strace does not look at what was not filled in. */
const status: Parameter = {
  out: true,
  show: ({ filled, ret }) =>
    ret !== null && ret > 0
      ? waitStatus((filled[1] as { readonly status: number }).status)
      : someAddress,
};

/** Zeros mean that nobody has ended. */
const waitInfo = out<SiginfoValue>(2, (info) =>
  info.si_pid === 0 ? '{}' : `{${siginfoText({ ...info, si_value: 0n })}}`,
);

const options = (index: number): Parameter => flags(index, waitOptionNames, 'W');

const cloneFlags = arg<number>(0, (word) => {
  const rest = word & ~CSIGNAL;
  const signal = (word & CSIGNAL) === 0 ? [] : [signalName(word & CSIGNAL)];
  const named = rest === 0 && signal.length > 0 ? [] : [flagWords(cloneFlagNames, rest, 'CLONE')];
  return `flags=${[...named, ...signal].join('|')}`;
});

export const siginfo = (index: number): Parameter =>
  pointer<SiginfoValue>(index, (info) => `{${siginfoText(info)}}`);
export const signo = (index: number): Parameter => arg<number>(index, signalName);

export const processSignatures: Readonly<
  Record<string, readonly Parameter[] | ((call: ShownCall) => readonly Parameter[])>
> = {
  getpid: [],
  gettid: [],
  getppid: [],
  getpgid: [number(0)],
  getsid: [number(0)],
  setpgid: [number(0), number(1)],
  setsid: [],
  fork: [],
  vfork: [],
  clone: [always('child_stack=NULL'), cloneFlags],
  execve: [
    arg<string>(0, (path) => JSON.stringify(path)),
    arg<string>(0, (path) => listText([path], (name) => JSON.stringify(name))),
    always(`${someAddress} /* 0 vars */`),
  ],
  exit: [number(0)],
  exit_group: [number(0)],
  wait4: [number(0), status, options(2), always('NULL')],
  waitid: [oneOf(0, idtypeNames, 'P'), number(1), waitInfo, options(3), always('NULL')],
  pidfd_open: [number(0), flags(1, pidfdFlagNames, 'PIDFD')],
  pidfd_send_signal: [number(0), signo(1), siginfo(2), flags(3, pidfdSignalNames, 'PIDFD_SIGNAL')],
  tgkill: [number(0), number(1), signo(2)],
  kill: [number(0), signo(1)],
  rt_sigqueueinfo: [number(0), signo(1), siginfo(2)],
};
