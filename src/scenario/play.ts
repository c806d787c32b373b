/**
 * Plays a scenario in lockstep: a step is issued when every thread is idle or asleep in a call.
 *
 * The clock moves only in `sleep`, and where the next step belongs to a thread whose call has a
 * timeout: then until that call returns.
 */
import { setCurrent } from '../kernel/current.ts';
import { exit_to_user_mode_loop } from '../kernel/entry.ts';
import { expand_files } from '../kernel/file.ts';
import type { Kernel } from '../kernel/op.ts';
import { TASK_DEAD, type task_struct } from '../kernel/sched.ts';
import { SIG_IGN, type sigaction } from '../kernel/signal.ts';
import { OutOfSteps } from '../kernel/steps.ts';
import type { FaultingPage } from '../kernel/uaccess.ts';
import { SIGPIPE, SIGUSR1, SIGUSR2 } from '../kernel/uapi/signal.ts';
import { addressOf } from '../net/addresses.ts';
import type { sockaddr } from '../net/socket.ts';
import { Machine, type MachineOptions } from '../sim/machine.ts';
import { Sys } from '../syscalls/sys.ts';
import {
  notBound,
  nothingHeld,
  notRunning,
  placeName,
  ScenarioError,
  threadBlocked,
} from './errors.ts';
import type { Outcome, Surroundings } from './outcome.ts';
import { performStep } from './perform.ts';
import { forkedThreads } from './processes.ts';
import type { Fd, Scenario, Step } from './scenario.ts';
import { timeoutOf } from './timeouts.ts';
import {
  blockedEntry,
  type CallResult,
  type Entry,
  endedEntry,
  lateEntry,
  returned,
  returnedEntry,
  type Transcript,
} from './transcript.ts';

/** Hears of each step; what the output formats other than the transcript are made from. */
export interface PlayListener {
  /** A step is about to be issued. */
  issue?(step: Step): void;
  /** Everything that follows from the step has happened. */
  settled?(step: Step): void;
}

/** What the calls of a thread go through; `name` is the thread's. */
export type SysMaker = (task: task_struct, machine: Machine, name: string) => Sys;

const plainSys: SysMaker = (task, machine) => new Sys(task, machine);

/** A handler that does nothing, without SA_RESTART. */
const caught: sigaction = {
  *handler(): Kernel<void> {},
  flags: 0,
  mask: 0n,
};
/** RLIMIT_NOFILE is 1024. */
const highestFd = 1023;
const ignored: sigaction = { handler: SIG_IGN, flags: 0, mask: 0n };

/** A thread of the scenario that runs, or has run. */
export class Thread implements Surroundings {
  readonly name: string;
  readonly task: task_struct;
  readonly sys: Sys;
  /** The step whose call is under way, or null. */
  step: Step | null = null;
  /** What the call returned, until the transcript has it. */
  outcome: Outcome | null = null;
  page: FaultingPage | null = null;
  private readonly player: Player;

  constructor(player: Player, name: string, task: task_struct, sys: Sys) {
    this.player = player;
    this.name = name;
    this.task = task;
    this.sys = sys;
  }

  fd(fd: Fd): number {
    return this.player.resolve(fd, this.step as Step);
  }
  addressOf(fd: number): sockaddr | null {
    return addressOf(this.task, fd);
  }
  tid(thread: number): number {
    return this.player.thread(thread).task.pid;
  }
  pid(thread: number): number {
    return this.player.thread(thread).task.tgid;
  }
  threadName(thread: number): string {
    return this.player.nameOf(thread);
  }
  processName(pid: number): string {
    return this.player.threads.find((one) => one?.task.pid === pid)?.name ?? '?';
  }
  begin(thread: number, task: task_struct): void {
    this.player.begin(thread, task);
  }
  get hasEnded(): boolean {
    return this.task.__state === TASK_DEAD;
  }
}

/** Plays a scenario on a machine of its own, step by step. */
export class Player {
  /** The machine that it plays on. */
  readonly machine: Machine;
  /** Those that begin with a fork are null until then. */
  readonly threads: (Thread | null)[] = [];
  private readonly scenario: Scenario;
  private readonly listener: PlayListener;
  private readonly bindings: (number | undefined)[] = [];
  private readonly results: Entry[] = [];
  /** Calls of earlier steps that have returned since the last step was issued. */
  private readonly late: Entry[] = [];
  /** The step that was issued last. */
  private issued: Step | null = null;

  private readonly sysOf: SysMaker;

  /**
   * @throws TypeError for options that cannot be meant
   * @throws RangeError for a value that an option cannot have, as an unknown kernel
   */
  constructor(
    scenario: Scenario,
    options: MachineOptions = {},
    listener: PlayListener = {},
    sysOf: SysMaker = plainSys,
  ) {
    this.scenario = scenario;
    this.listener = listener;
    this.sysOf = sysOf;
    this.machine = new Machine(options);
    let first: task_struct | null = null;
    const later = forkedThreads(scenario);
    for (const [i, name] of scenario.threads.entries()) {
      if (later.includes(i)) {
        this.threads.push(null);
        continue;
      }
      const task: task_struct =
        first === null ? this.machine.newProcess(name) : this.machine.newThread(first, name);
      first ??= task;
      this.threads.push(this.newThread(name, task));
    }
    const { files, sighand } = first as task_struct;
    expand_files(files, highestFd); // As the player does, so that select() overlooks none of them.
    const { action } = sighand;
    action[SIGUSR1] = action[SIGUSR2] = caught;
    action[SIGPIPE] = ignored;
  }

  /**
   * Plays all steps; what is wrong with the scenario, or that it spins, becomes its `error`.
   *
   * @throws TypeError for a call that was made without its `yield*`
   */
  play(): Transcript {
    const { name } = this.scenario;
    try {
      for (const step of this.scenario.steps) this.issue(step);
      this.flushLate();
    } catch (error) {
      const { issued } = this;
      const spins = error instanceof OutOfSteps && issued !== null;
      if (!spins && !(error instanceof ScenarioError)) throw error;
      this.flushLate();
      const place = spins ? `${placeName(issued)}: ` : '';
      return { name, results: this.results, error: place + error.message };
    }
    const blocked = this.running().filter((thread) => thread.step !== null);
    return { name, results: this.results, blocked: blocked.map((thread) => thread.name) };
  }

  /**
   * As issue(), and time passes until the call has returned; "blocked" if it never does.
   *
   * @throws ScenarioError where the thread is not there, or is blocked
   * @throws TypeError for a call that was made without its `yield*`
   * @throws OutOfSteps where the call spins
   */
  playOut(step: Step): CallResult | 'blocked' {
    this.results.length = 0;
    this.issue(step);
    const thread = this.thread(step.thread);
    if (thread.step === step && hasTimeout(step)) {
      this.passTime(thread);
      this.reportOthers();
    }
    this.flushLate();
    const own = this.results.filter((entry) => entry.step === step.index).at(-1);
    return own === undefined || own.blocked === true || own.ended === true ? 'blocked' : own;
  }

  private newThread(name: string, task: task_struct): Thread {
    return new Thread(this, name, task, this.sysOf(task, this.machine, name));
  }

  /**
   * What stands for a descriptor in `step`.
   *
   * @throws ScenarioError where the name stands for nothing yet
   */
  resolve(fd: Fd, step: Step): number {
    if (typeof fd === 'number') return fd;
    const bound = this.bindings[fd.slot];
    if (bound === undefined) throw notBound(step, fd.ref);
    return bound;
  }

  /** The name of the thread with the index `thread` in the scenario. */
  nameOf(thread: number): string {
    return this.scenario.threads[thread] as string;
  }

  /**
   * The thread with the index `index` in the scenario, which has begun, even if it has ended since.
   *
   * @throws ScenarioError where it has not begun
   */
  thread(index: number): Thread {
    const thread = this.threads[index] ?? null;
    if (thread === null) throw notRunning(this.issued as Step, this.nameOf(index));
    return thread;
  }

  /** The thread with the index `index` begins, as `task`, which a step has forked. */
  begin(index: number, task: task_struct): void {
    this.threads[index] = this.newThread(this.nameOf(index), task);
  }

  /** The threads that have begun. */
  running(): Thread[] {
    return this.threads.filter((thread) => thread !== null);
  }

  /**
   * Issues a step, and lets all that follows from it happen.
   *
   * @throws ScenarioError where the thread is not there, or is blocked
   * @throws TypeError for a call that was made without its `yield*`
   * @throws OutOfSteps where the call spins
   */
  issue(step: Step): void {
    const thread = this.threads[step.thread] ?? null;
    if (thread === null || thread.hasEnded) throw notRunning(step, this.nameOf(step.thread));
    if (thread.step !== null) this.waitFor(thread, thread.step);
    this.flushLate();
    this.issued = step;
    this.listener.issue?.(step);
    if (step.call === 'release') {
      this.release(step);
    } else {
      this.start(thread, step);
      this.machine.settle();
      for (const other of this.running()) this.deliver(other);
      if (step.call === 'sleep') this.passTime(thread);
      this.report(thread, step);
    }
    this.reportOthers();
    this.listener.settled?.(step);
  }

  /** The thread's next step is due: its call returns when its time is up, or never. */
  private waitFor(thread: Thread, step: Step): void {
    if (!hasTimeout(step)) throw threadBlocked(thread.name, step);
    this.passTime(thread);
    this.reportOthers();
    if (thread.step !== null) throw threadBlocked(thread.name, step);
  }

  /** Moves the clock until the thread's call has returned. */
  private passTime(thread: Thread): void {
    while (thread.outcome === null && this.machine.fireTimers()) this.machine.settle();
  }

  private start(thread: Thread, step: Step): void {
    thread.step = step;
    thread.outcome = null;
    setCurrent(thread.task);
    this.machine.start(thread.task, step.call, finishing(thread, performStep(step, thread)));
  }

  /**
   * A thread that is in user mode takes its signals at once.
   *
   * @throws TypeError for a call that was made without its `yield*`
   * @throws OutOfSteps where a handler spins
   */
  deliver(target: Thread): void {
    if (target.step !== null || target.hasEnded || !target.task.sigpending) return;
    this.machine.start(target.task, 'signal', exit_to_user_mode_loop(0));
    this.machine.settle();
  }

  private release(step: Step & { call: 'release' }): void {
    const held = this.thread(step.args.thread);
    if (held.page === null || held.page.waiters.isEmpty()) throw nothingHeld(step, held.name);
    setCurrent(held.task);
    held.page.supply();
    held.page = null;
    this.machine.settle();
    this.results.push(returnedEntry(step.index, returned(0)));
  }

  /** The result of the step that was issued last. */
  private report(thread: Thread, step: Step): void {
    if (thread.outcome === null) {
      const { index } = step;
      this.results.push(thread.hasEnded ? endedEntry(index) : blockedEntry(index));
      return;
    }
    this.results.push(returnedEntry(step.index, this.finish(thread, step, thread.outcome)));
  }

  /** Notes the calls of earlier steps that have returned. */
  private reportOthers(): void {
    const after = (this.issued as Step).index;
    for (const thread of this.running()) {
      if (thread.hasEnded) thread.step = null;
      const { step, outcome } = thread;
      if (step === null || outcome === null) continue;
      this.late.push(lateEntry(step.index, after, this.finish(thread, step, outcome)));
    }
  }

  /** They stand behind the step that was issued last, in the order of their own steps. */
  private flushLate(): void {
    this.late.sort((a, b) => a.step - b.step);
    this.results.push(...this.late);
    this.late.length = 0;
  }

  /** Binds what the call returned; what the transcript shows of it. */
  finish(thread: Thread, step: Step, outcome: Outcome): CallResult {
    thread.step = null;
    thread.outcome = null;
    thread.page = null;
    if (outcome.result.errno === undefined) {
      for (const [i, ref] of step.bind.entries()) this.bindings[ref.slot] = outcome.fds[i];
    }
    return outcome.result;
  }
}

function* finishing(thread: Thread, call: Kernel<Outcome>): Kernel<void> {
  thread.outcome = yield* call;
}

/** Does the step's call end by itself some day? */
const hasTimeout = (step: Step): boolean => timeoutOf(step) !== null;
