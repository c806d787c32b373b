/**
 * epollsim: Linux eventpoll as a library. This file is the table of contents.
 *
 *     const machine = new Machine({ kernel: '6.18' });
 *     machine.spawn(function* (sys) {
 *       const ep = yield* sys.epoll_create1(0);
 *       …
 *     });
 *     machine.run();
 *
 * Everything a program names itself (calls, constants, errnos) is called as in the man pages; what
 * is not there is ours and is written in camelCase.
 */

// ── A machine and the programs on it ─────────────────────────────────────────────────────────────

export { Machine, type MachineOptions } from './sim/machine.ts';
export { inOrder, Random, randomSchedule, type Runnable, type Schedule } from './sim/schedule.ts';
export {
  AssertionFailed,
  type Code,
  type Filled,
  type Interest,
  type Program,
  Sys,
  sigset,
  type Writable,
} from './syscalls/sys.ts';
export { decodeText, encodeText } from './syscalls/bytes.ts';

/** What calls take and fill in. */
export type { itimerspec, timespec } from './kernel/time.ts';
export type { epoll_data_t, epoll_event } from './kernel/uaccess.ts';
export type { fd_set_bits, pollfd } from './kernel/select.ts';
export type { sockaddr } from './net/socket.ts';
export {
  SIG_BLOCK,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIG_UNBLOCK,
  type sigaction,
  type sigset_t,
} from './kernel/signal.ts';

/** Every constant: EPOLL*, POLL*, E*, O_*, SOCK_*, SIG*, … with the values of x86-64. */
export * from './kernel/uapi/index.ts';
/** Numbers back to names: `epollFlags(5)` is "EPOLLIN|EPOLLOUT", `errnoName(-11)` "EAGAIN". */
export {
  epollFlags,
  errnoName,
  openFlags,
  pollFlags,
  signalName,
} from './kernel/uapi/names.ts';

// ── Kernels ──────────────────────────────────────────────────────────────────────────────────────

export {
  type Commit,
  type CommitId,
  commits,
  defaultKernel,
  type KernelChoice,
  newestKernel,
  oldestKernel,
  type Patched,
  patchedKernel,
} from './kernel/history.ts';
/** The model, or the kernel that it models, is broken. */
export { KernelBug } from './kernel/bug.ts';

// ── Scenarios ────────────────────────────────────────────────────────────────────────────────────

export {
  DocumentReader,
  readDocuments,
  readScenario,
  type ScenarioDocument,
} from './scenario/documents.ts';
export { ScenarioError } from './scenario/errors.ts';
export { parseScenario } from './scenario/parse.ts';
export { Player, type PlayListener } from './scenario/play.ts';
export type { Scenario, Step } from './scenario/scenario.ts';
export { errorTranscript, type Transcript, transcriptText } from './scenario/transcript.ts';
