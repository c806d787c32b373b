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

export { decodeText, encodeText } from './kernel/bytes.ts';
export type { waitid_info } from './kernel/do_wait.ts';
export type { fd_set_bits, pollfd } from './kernel/select.ts';
export {
  type kernel_siginfo,
  SIG_BLOCK,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIG_UNBLOCK,
  type SignalHandler,
  type sigaction,
  type sigset_t,
} from './kernel/signal.ts';
export { OutOfSteps } from './kernel/steps.ts';
/** What calls take and fill in. */
export type { itimerspec, timespec } from './kernel/time.ts';
export type { epoll_data_t, epoll_event } from './kernel/uaccess.ts';
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
export type { OptionPointer } from './net/getsockopt.ts';
export type { ucred } from './net/scm.ts';
export type { cmsghdr, sockaddr } from './net/socket.ts';
export type { OptionValue, timeval } from './net/sockopt.ts';
export type { user_msghdr } from './net/sys_msg.ts';
export type { Host, HostOptions, Link, LinkCounts, LinkOptions, PacketView } from './sim/host.ts';
export { Machine, type MachineOptions, type SpawnOptions } from './sim/machine.ts';
export type { Report, Result, Sleeper, Spawned } from './sim/report.ts';
export {
  inOrder,
  type Memory,
  Random,
  type Runnable,
  randomSchedule,
  type Schedule,
  ScheduleMismatch,
  type SharedMemory,
} from './sim/schedule.ts';
export { type inotify_event, inotifyEvents } from './syscalls/inotify.ts';
export type { FdLink, NetTable } from './syscalls/proc.ts';
export { type signalfd_siginfo, signalsRead } from './syscalls/signalfd.ts';
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
/** What a status of wait4() says. */
export { WEXITSTATUS, WIFEXITED, WIFSIGNALED, WTERMSIG } from './syscalls/wait.ts';
/** Where the program sleeps for ever, the error says why. */
export { simulate } from './why/simulate.ts';

// ── Every schedule ───────────────────────────────────────────────────────────────────────────────

export {
  type CheckOptions,
  check,
  type Finding,
  type LimitReached,
  type StrategyName,
  type Verdict,
} from './check/check.ts';
export { type DetectorName, detectorNames, type Problem } from './check/detectors/index.ts';
export { NotDeterministic } from './check/determinism.ts';
export type { Estimate } from './check/estimate.ts';
/** What Linux may do and need not, and the checker lets it do. */
export type { LibertyOptions, TakenLiberty } from './check/liberties.ts';
/** Schedules as texts. */
export {
  type Header as ScheduleHeader,
  readSchedule,
  type ScheduleDocument,
  ScheduleError,
} from './check/schedule_text.ts';
/** One interleaving, step by step: who can go on, in the words of schedules. */
export { Stepwise, type StepwiseOptions, type Turn } from './check/stepwise.ts';
export { type Story, type StoryRow, storyText } from './check/story.ts';
export { type LibertyKind, type LibertyRule, libertyKinds, libertyRules } from './sim/liberty.ts';

// ── Kernels ──────────────────────────────────────────────────────────────────────────────────────

/** The model, or the kernel that it models, is broken. */
export { KernelBug } from './kernel/bug.ts';
export {
  type Commit,
  type CommitId,
  commitOf,
  commits,
  defaultKernel,
  type KernelChoice,
  knownReleases,
  newestKernel,
  oldestKernel,
  type Patched,
  patchedKernel,
} from './kernel/history.ts';

// ── Scenarios ────────────────────────────────────────────────────────────────────────────────────

export {
  type BadDocument,
  DocumentReader,
  type GoodDocument,
  readDocuments,
  readScenario,
  type ScenarioDocument,
} from './scenario/documents.ts';
export { ScenarioError } from './scenario/errors.ts';
export { parseScenario } from './scenario/parse.ts';
export { Player, type PlayListener } from './scenario/play.ts';
export type { Scenario, Step } from './scenario/scenario.ts';
export {
  type CallResult,
  type Entry as TranscriptEntry,
  errorTranscript,
  type ShownEvent,
  type Transcript,
  transcriptText,
} from './scenario/transcript.ts';

// ── Causes ───────────────────────────────────────────────────────────────────────────────────────

/** Who is woken for nothing, and who gets how much. */
export type { Extent as HerdExtent, HerdProblem, HerdRow } from './check/herd/row.ts';
export type { HerdOptions, HerdReport } from './check/herd/study.ts';
export type {
  Delay as HerdDelay,
  HerdCounts,
  Spread as HerdSpread,
  Waiter as HerdWaiter,
} from './check/herd/tally.ts';
export { herdText } from './check/herd/text.ts';
export { herd } from './scenario/herd.ts';
/** Where two kernels part. */
export { type Parting, type PartingOptions, partingOf, type Side } from './scenario/parting.ts';
/** Why an event came, and why another one did not. */
export { type WhyOptions, why } from './scenario/why.ts';
export type { Answer } from './why/answer.ts';
export type { Hop } from './why/hops.ts';
export { whyText } from './why/text.ts';
export type { Cause, Finding as Because } from './why/verdict.ts';

// ── One artefact, in many forms ──────────────────────────────────────────────────────────────────

export { answerOf } from './export/answer.ts';
export {
  type Artefact,
  ExportError,
  type ProgramArtefact,
  type ScenarioArtefact,
} from './export/artefact.ts';
/** For `cc -std=gnu11 -pthread` on Linux: prints the transcript of a scenario. */
export { artefactToC as toC, type ExportedCOptions } from './export/c.ts';
export { fromCommandLine, toCommandLine } from './export/command.ts';
export { expectAnswer } from './export/expect.ts';
export { fromLink, toLink } from './export/link.ts';
export {
  AnswerDiffers,
  type AnswerOptions,
  expectProgramAnswer,
  programAnswer,
} from './export/program_answer.ts';
export { fromTest, type TestOptions, toTest } from './export/vitest.ts';

// ── Traces and views ─────────────────────────────────────────────────────────────────────────────

export type { Verb } from './kernel/op.ts';
export type { Fact, SignalFate, Silence, Tracer } from './kernel/trace.ts';
export type * from './trace/events.ts';
/** What a stream of events can be turned into while it comes. */
export {
  type Colours,
  type Ending,
  type Format,
  noColours,
  type Scene,
  type Write,
} from './trace/format.ts';
export { Graph } from './trace/graph.ts';
export { EventLines } from './trace/lines.ts';
export { Mermaid } from './trace/mermaid.ts';
export { Perfetto } from './trace/perfetto.ts';
/** Listens to a machine: `new Machine({ tracer: new Recorder(listener) })`. */
export { Recorder, type RecorderOptions } from './trace/recorder.ts';
/** Runs a machine in a format: `runTraced(machine, new Strace(write))`. */
export { runTraced, type TracedReport } from './trace/run.ts';
/** An event in words, for a person. */
export { sentenceOf } from './trace/sentence.ts';
export { State, stateText } from './trace/state.ts';
export { Strace } from './trace/strace.ts';
export { type Row, type TableListener, TableRows } from './trace/table.ts';
/** The whole machine at one moment, as plain data, and as text. */
export {
  type EpollView,
  type FileView,
  type ItemView,
  type MachineView,
  type QueueView,
  type TaskView,
  type TimerView,
  type TreeNode,
  viewOf,
  type Waiter,
} from './trace/view.ts';

// ── Logs of strace ───────────────────────────────────────────────────────────────────────────────

/** What strace printed of a real program, explained by the model: `epollsim strace` as a library. */
export type { Finding as StraceFinding, FindingKind, Level } from './strace/findings.ts';
export {
  type MalformedLine,
  readStrace,
  type StraceOptions,
  StraceReader,
  type StraceReport,
  type StraceRow,
} from './strace/reader.ts';
export type { Unexplained } from './strace/world.ts';
