/**
 * Plays a scenario on the kernel, in lockstep: a step is issued when every thread is idle or asleep
 * in its call. Whether that is so is seen in /proc, never guessed.
 */
import { ENOENT } from '../../src/kernel/uapi/errno.ts';
import {
  noAddress,
  nothingHeld,
  notRunning,
  placeName,
  ScenarioError,
  threadBlocked,
} from '../../src/scenario/errors.ts';
import { shownFdinfo } from '../../src/scenario/fdinfo.ts';
import { processCalls } from '../../src/scenario/processes.ts';
import type { Fd, Scenario, Step } from '../../src/scenario/scenario.ts';
import { dependsOnTime, timeoutOf } from '../../src/scenario/timeouts.ts';
import {
  blockedEntry,
  type CallResult,
  type Entry,
  endedEntry,
  failed,
  lateEntry,
  returned,
  returnedEntry,
  type Transcript,
} from '../../src/scenario/transcript.ts';
import { clockMonotonic, syscallNumbers as nr, timerAbstime, uffdioZeropage } from './abi.ts';
import { isBound, roomForAddress } from './addresses.ts';
import { encode } from './calls.ts';
import { int32s, put, type RawCall, type Surroundings, timespec } from './encode.ts';
import { faultFd, heldBase, heldSize } from './layout.ts';
import { Names } from './names.ts';
import { isAlive, isHeld, readProc } from './proc.ts';
import { type LinuxProcess, monotonic, nap } from './process.ts';
import { Rest } from './rest.ts';
import { workersRest } from './workers.ts';

/** The system does not come to rest, or ends: the scenario is given up. */
export class Hung extends Error {
  override readonly name: string = 'Hung';
}

/** The machine was too busy to keep the scenario's time: what was seen says nothing. */
export class Late extends Error {
  override readonly name: string = 'Late';
}

/** Moments of a scenario that are to be told apart differ by 20 ms or more. */
const maxLagMs = 8;
/** How long a scenario may take beyond its own sleeps and timeouts. */
const limitMs = 10_000;
const timedNapMs = 0.5;
/** The kernel's own threads that carry bytes through a terminal: between two looks, and at most. */
const workersMs = 1;
const mostWorkersMs = 50;
/** A process looks dead for a moment while a thread takes the place of the first one. */
const looksAtDead = 200;

interface Pending {
  readonly step: Step;
  readonly raw: RawCall;
  readonly timeoutMs: number | null;
}

export class Session {
  readonly process: LinuxProcess;
  readonly names: Names;
  readonly results: Entry[] = [];
  private readonly scenario: Scenario;
  private readonly pending: Map<number, Pending> = new Map();
  /** What returned after the last step that was issued. */
  private readonly late: Entry[] = [];
  private issued: Step | null = null;
  /** The scenario's own time, on the monotonic clock. */
  private clock: number = monotonic();
  private limit: number = monotonic() + limitMs;
  private readonly keepsTime: boolean;
  private readonly hasTerminals: boolean;
  /** Processes may come and go. */
  private readonly mayEnd: boolean;

  constructor(process: LinuxProcess, scenario: Scenario, names: Names = new Names(scenario)) {
    this.process = process;
    this.scenario = scenario;
    this.names = names;
    this.mayEnd = scenario.steps.some(({ call }) => processCalls.has(call));
    this.hasTerminals = [...scenario.steps, ...scenario.after].some(opensTerminal);
    this.keepsTime = [...scenario.steps, ...scenario.after].some(dependsOnTime);
  }

  play(): Transcript {
    const { name, threads } = this.scenario;
    try {
      this.playSteps(this.scenario.steps);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      this.flush();
      return { name, results: this.results, error: error.message };
    }
    const blocked = threads.filter((_, thread) => this.pending.has(thread));
    return { name, results: this.results, blocked };
  }

  playSteps(steps: readonly Step[]): void {
    for (const step of steps) this.playStep(step);
    this.checkClock();
    this.flush();
  }

  /** Whether the thread is inside a call. */
  isPending(thread: number): boolean {
    return this.pending.has(thread);
  }

  private playStep(step: Step): void {
    const { thread } = step;
    this.awaitIdle(thread);
    if (this.mayEnd && !this.process.runs(thread)) {
      throw notRunning(step, this.scenario.threads[thread] as string);
    }
    this.flush();
    this.checkClock();
    if (step.call === 'sleep') {
      this.sleep(thread, step.args.ms);
    } else if (step.call === 'release') {
      this.release(step);
    } else if (step.call === 'fdinfo') {
      this.issued = step;
      this.results.push(returnedEntry(step.index, this.fdinfo(step)));
      return;
    } else {
      this.process.memory.clear(thread);
      const raw = encode(step, this.surroundings(step));
      this.pending.set(thread, { step, raw, timeoutMs: timeoutOf(step) });
      this.process.issue(thread, [raw]);
    }
    this.issued = step;
    if (step.call === 'sleep' || step.call === 'release') {
      this.settle();
      this.results.push(returnedEntry(step.index, returned(0)));
      return;
    }
    this.settle(thread);
    if (this.hasTerminals) this.awaitWorkers();
    if (this.pending.has(thread)) this.results.push(blockedEntry(step.index));
  }

  surroundings(step: Step): Surroundings {
    const { process } = this;
    const { thread } = step;
    return {
      process,
      thread,
      dataAt: 0,
      fd: (fd) => this.names.resolve(fd, step),
      tid: (other) => {
        this.pidOf(other, step);
        return process.tid(other);
      },
      pid: (other) => this.pidOf(other, step),
      threadName: (other) => this.scenario.threads[other] ?? '?',
      addressOf: (target) => this.addressOf(target, step),
      holdPage: () => process.holdPage(thread),
    };
  }

  /** Of a thread that has begun, even if it has ended since. */
  private pidOf(thread: number, step: Step): number {
    const pid = this.process.pidOf(thread);
    if (pid === 0) throw notRunning(step, this.scenario.threads[thread] as string);
    return pid;
  }

  private addressOf(target: Fd, step: Step): Buffer {
    const { process } = this;
    const at = this.surroundings(step);
    const length = put(at, int32s(roomForAddress));
    const address = put(at, Buffer.alloc(roomForAddress));
    const fd = this.names.resolve(target, step);
    const ret = process.callNow(step.thread, nr.getsockname, [fd, address, length]);
    if (ret < 0) throw noAddress(step);
    const used = process.peek(length, 4).readInt32LE();
    const bytes = process.peek(address, roomForAddress);
    if (!isBound(bytes, used)) throw noAddress(step);
    return bytes.subarray(0, used);
  }

  /** Lets time move until the thread's timed call returns; refuses a thread that is blocked. */
  awaitIdle(thread: number): void {
    const pending = this.pending.get(thread);
    if (pending === undefined) return;
    const { process } = this;
    if (pending.timeoutMs === null || isHeld(process.tid(thread))) {
      const name = this.scenario.threads[thread] as string;
      throw threadBlocked(name, pending.step);
    }
    this.limit = monotonic() + pending.timeoutMs + limitMs;
    while (!this.hasReturned(thread)) nap(timedNapMs);
    this.clock = monotonic();
    this.limit = this.clock + limitMs;
    this.settle();
  }

  /** Sleeps to a point of the scenario's own time, so that what steps take does not add up. */
  private sleep(thread: number, ms: number): void {
    const { process } = this;
    const until = this.clock + ms;
    process.memory.clear(thread);
    const address = process.memory.put(thread, timespec(Math.round(until * 1e6)));
    const args = [clockMonotonic, timerAbstime, address, 0];
    process.issue(thread, [{ nr: nr.clock_nanosleep, args }]);
    this.limit = monotonic() + ms + limitMs;
    while (!this.hasReturned(thread)) {
      const left = until - monotonic();
      nap(left > 2 ? Math.min(left - 1, 1000) : timedNapMs / 10);
    }
    this.clock = until;
    this.limit = monotonic() + limitMs;
  }

  private hasReturned(thread: number): boolean {
    this.process.look();
    if (this.process.returned(thread)) return true;
    this.checkLimit();
    return false;
  }

  private release(step: Step & { call: 'release' }): void {
    const { process } = this;
    const held = step.args.thread;
    if (!this.pending.has(held) || !isHeld(process.tid(held))) {
      throw nothingHeld(step, this.scenario.threads[held] as string);
    }
    const request = Buffer.alloc(32);
    request.writeBigUInt64LE(BigInt(heldBase + held * heldSize), 0);
    request.writeBigUInt64LE(BigInt(heldSize), 8);
    process.memory.clear(step.thread);
    const address = process.memory.put(step.thread, request);
    const ret = process.callNow(step.thread, nr.ioctl, [faultFd, uffdioZeropage, address]);
    if (ret < 0) throw new Hung(`UFFDIO_ZEROPAGE: ${failed(-ret).errno}`);
  }

  private fdinfo(step: Step & { call: 'fdinfo' }): CallResult {
    const fd = this.names.resolve(step.args.fd, step);
    const text = readProc(`/proc/${this.process.tid(step.thread)}/fdinfo/${fd}`);
    return text === '' ? failed(ENOENT) : { ret: 0, lines: shownFdinfo(text) };
  }

  /** What is written to a terminal comes to its other side by a thread of the kernel. */
  private awaitWorkers(): void {
    const until = monotonic() + mostWorkersMs;
    for (let rests = 0; rests < 2 && monotonic() < until; ) {
      nap(workersMs);
      rests = workersRest() ? rests + 1 : 0;
    }
    this.settle();
  }

  /** Waits until every thread is idle or asleep in its call, and takes down what returned. */
  private settle(issuer?: number): void {
    const threads = [...this.pending].map(([thread, { raw }]) => ({ thread, nr: raw.nr }));
    const rest = new Rest(this.process, threads, this.mayEnd);
    rest.glance(issuer);
    if (this.issued?.call === 'execve') this.awaitExec(this.issued.thread);
    while (!rest.isReached()) this.checkLimit();
    this.collect();
  }

  private collect(): void {
    const { process, issued } = this;
    if (issued === null) return;
    for (const [thread, { step, raw }] of this.pending) {
      if (!process.returned(thread)) {
        if (this.mayEnd && !process.runs(thread)) this.end(thread, step);
        continue;
      }
      this.pending.delete(thread);
      const result = this.resultOf(step, raw, process.result(thread));
      const isLate = step !== issued || this.results.at(-1)?.step === step.index;
      if (isLate) this.late.push(lateEntry(step.index, issued.index, result));
      else this.results.push(returnedEntry(step.index, result));
    }
  }

  /** One that succeeds ends the other threads of its process; until then nothing is as it looks. */
  private awaitExec(thread: number): void {
    const { process } = this;
    for (let dead = 0; !process.returned(thread) && dead < looksAtDead; ) {
      this.checkLimit();
      nap(timedNapMs / 10);
      process.look();
      dead = isAlive(process.pidOf(thread)) ? 0 : dead + 1;
    }
    if (process.returned(thread) && process.result(thread) === 0) process.executed(thread);
  }

  /** The thread is gone, and its call with it. */
  private end(thread: number, step: Step): void {
    this.pending.delete(thread);
    if (step === this.issued) this.results.push(endedEntry(step.index));
  }

  /** What a call returned; binds the names of its step. */
  resultOf(step: Step, raw: RawCall, ret: number): CallResult {
    if (ret < 0) return failed(-ret);
    this.names.bind(step, raw, ret, this.process);
    return raw.shown?.(ret) ?? returned(ret);
  }

  /** Puts what returned late behind the step after which it returned. */
  flush(): void {
    this.late.sort((a, b) => a.step - b.step);
    this.results.push(...this.late.splice(0));
  }

  private checkClock(): void {
    const lag = monotonic() - this.clock;
    if (this.keepsTime && lag > maxLagMs) throw new Late(`${Math.round(lag)} ms late`);
  }

  private checkLimit(): void {
    const where = this.issued === null ? 'at the start' : `after ${placeName(this.issued)}`;
    if (!this.mayEnd && !this.process.alive) throw new Hung(`the process ended ${where}`);
    if (monotonic() > this.limit) throw new Hung(`the system does not come to rest ${where}`);
  }
}

const opensTerminal = (step: Step): boolean =>
  step.call === 'open' && step.args.path === '/dev/ptmx';
