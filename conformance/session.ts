/** Plays one scenario on a fresh process and writes its transcript. */
import * as abi from './abi.ts';
import { type Context, encode, type RawCall } from './calls.ts';
import { FAULT_FD, type Machine, monotonic, nap, Unavailable } from './machine.ts';
import {
  type Arg,
  checkScenario,
  isTimed,
  type Scenario,
  ScenarioError,
  type Step,
  threadsOf,
} from './scenario.ts';

export type Entry = Readonly<Record<string, unknown>>;

export interface Transcript {
  readonly name: string;
  readonly results: readonly Entry[];
  readonly blocked?: readonly string[];
  readonly error?: string;
  /** Why the scenario cannot be played here. */
  readonly skipped?: string;
}

/** How long a scenario may take beyond its own sleeps and timeouts. */
const LIMIT_MS = 5000;
/** Looks at the shared page before /proc is asked; most calls have returned by then. */
const FIRST_LOOKS = 40;
/** How often a handshake that does not proceed must look the same to count as at rest. */
const WAITING_LOOKS = 30;
const REST_NAP_MS = 0.05;
const TIMED_NAP_MS = 0.5;

interface Pending {
  readonly step: number;
  readonly call: RawCall;
  readonly timed: boolean;
}

export function playScenario(machine: Machine, scenario: Scenario): Transcript {
  try {
    checkScenario(scenario);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return { name: scenario.name, results: [], error: error.message };
  }
  const steps = scenario.steps;
  try {
    machine.begin({
      threads: threadsOf(scenario).length,
      network: steps.some((step) => usesNetwork(step)),
      held: steps.some((step) => step.args.buffer === 'held'),
    });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return { name: scenario.name, results: [], skipped: error.message };
  }
  try {
    return new Session(machine, scenario).play();
  } finally {
    machine.end();
  }
}

function usesNetwork(step: Step): boolean {
  const domain = step.args.domain;
  if (step.call !== 'socket' && step.call !== 'socketpair') return false;
  return domain !== 'AF_UNIX' && domain !== abi.DOMAINS.AF_UNIX;
}

class Session {
  readonly #machine: Machine;
  readonly #scenario: Scenario;
  readonly #threads: readonly string[];
  readonly #names = new Map<string, number>();
  readonly #pending = new Map<number, Pending>();
  readonly #results: Entry[] = [];
  /** What returned after the last step that was issued. */
  readonly #late: Entry[] = [];
  /** When the limit is reached; it moves with the scenario's own time. */
  #limit = monotonic() + LIMIT_MS;
  /** The scenario's own time, on the monotonic clock; 0 until it first sleeps. */
  #clock = monotonic();

  constructor(machine: Machine, scenario: Scenario) {
    this.#machine = machine;
    this.#scenario = scenario;
    this.#threads = threadsOf(scenario);
  }

  play(): Transcript {
    const { name, steps } = this.#scenario;
    try {
      for (const [index, step] of steps.entries()) this.#playStep(step, index);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      this.#flush();
      return { name, results: this.#results, error: error.message };
    }
    this.#flush();
    const blocked = this.#threads.filter((_, i) => this.#pending.has(i));
    return { name, results: this.#results, blocked };
  }

  #playStep(step: Step, index: number): void {
    const thread = this.#threads.indexOf(step.thread ?? (this.#threads[0] as string));
    this.#awaitIdle(thread, index - 1);
    this.#flush();
    if (step.call === 'sleep') {
      this.#sleep(thread, Number(step.args.ms));
      this.#settle(index);
      this.#results.push({ step: index, ret: 0 });
      return;
    }
    if (step.call === 'release') {
      this.#release(thread, step, index);
      this.#settle(index);
      this.#results.push({ step: index, ret: 0 });
      return;
    }
    const call = this.#encode(step, index, thread);
    this.#pending.set(thread, { step: index, call, timed: isTimed(step) });
    this.#machine.issue(thread, call.nr, call.args);
    this.#settle(index, thread);
    if (this.#pending.has(thread)) this.#results.push({ step: index, blocked: true });
  }

  #encode(step: Step, index: number, thread: number): RawCall {
    const machine = this.#machine;
    const context: Context = {
      machine,
      thread,
      fd: (value) => this.#fd(value, index),
      tid: (name) => machine.tid(this.#threads.indexOf(name)),
      port: (to) => this.#port(to, index, thread),
    };
    return encode(step, context);
  }

  #fd(value: Arg, index: number): number {
    if (typeof value === 'number') return value;
    const fd = this.#names.get(value as string);
    if (fd === undefined) throw new ScenarioError(`step ${index}: ${String(value)} is not bound`);
    return fd;
  }

  #port(to: Arg, index: number, thread: number): number {
    if (typeof to === 'object' && to !== null) return (to as { port: number }).port;
    const machine = this.#machine;
    const address = machine.put(thread, Buffer.alloc(16));
    const length = Buffer.alloc(4);
    length.writeInt32LE(16);
    const ret = machine.callNow(thread, abi.SYSCALL.getsockname, [
      this.#fd(to, index),
      address,
      machine.put(thread, length),
    ]);
    const port = ret < 0 ? 0 : machine.peek(address, 16).readUInt16BE(2);
    if (port === 0) throw new ScenarioError(`step ${index}: the target of connect has no address`);
    return port;
  }

  /** Lets time move until the thread's timed call returns; refuses a thread that is blocked. */
  #awaitIdle(thread: number, after: number): void {
    const pending = this.#pending.get(thread);
    if (pending === undefined) return;
    if (!pending.timed || this.#machine.wchan(thread) === abi.HELD_WCHAN) {
      throw new ScenarioError(`thread ${this.#threads[thread]} is blocked in step ${pending.step}`);
    }
    this.#limit = Number.POSITIVE_INFINITY;
    for (;;) {
      this.#machine.look();
      if (this.#machine.returned(thread)) break;
      this.#checkLimit(after);
      nap(TIMED_NAP_MS);
    }
    this.#clock = monotonic();
    this.#limit = this.#clock + LIMIT_MS;
    this.#settle(after);
  }

  /** Sleeps to a point of the scenario's own time, so that what steps take does not add up. */
  #sleep(thread: number, ms: number): void {
    const machine = this.#machine;
    const until = this.#clock + ms;
    const seconds = Math.floor(until / 1000);
    const timespec = Buffer.alloc(16);
    timespec.writeBigInt64LE(BigInt(seconds), 0);
    timespec.writeBigInt64LE(BigInt(Math.round((until - seconds * 1000) * 1e6)), 8);
    machine.clear();
    machine.issue(thread, abi.SYSCALL.clock_nanosleep, [
      abi.CLOCK_MONOTONIC,
      abi.TIMER_ABSTIME,
      machine.put(thread, timespec),
      0,
    ]);
    for (;;) {
      machine.look();
      if (machine.returned(thread)) break;
      const left = until - monotonic();
      nap(left > 2 ? left - 1 : TIMED_NAP_MS / 10);
    }
    this.#clock = until;
    this.#limit = monotonic() + LIMIT_MS;
  }

  #release(thread: number, step: Step, index: number): void {
    const machine = this.#machine;
    const name = step.args.thread as string;
    const held = this.#threads.indexOf(name);
    if (!this.#pending.has(held) || machine.wchan(held) !== abi.HELD_WCHAN) {
      throw new ScenarioError(`step ${index}: thread ${name} has no held call`);
    }
    const page = machine.heldPage(held);
    const request = Buffer.alloc(32);
    request.writeBigUInt64LE(BigInt(page.address), 0);
    request.writeBigUInt64LE(BigInt(page.length), 8);
    machine.clear();
    const address = machine.put(thread, request);
    const ret = machine.callNow(thread, abi.SYSCALL.ioctl, [
      FAULT_FD,
      abi.UFFDIO_ZEROPAGE,
      address,
    ]);
    if (ret < 0) throw new Error(`UFFDIO_ZEROPAGE: ${abi.errnoName(-ret)}`);
  }

  /** Waits until every thread is idle or asleep in its call, and takes down what returned. */
  #settle(after: number, issuer = -1): void {
    const machine = this.#machine;
    for (let i = 0; i < FIRST_LOOKS; i++) {
      machine.look();
      if ([...this.#pending.keys()].every((thread) => machine.returned(thread))) break;
      if (issuer >= 0 && i > 0 && machine.returned(issuer)) break;
    }
    let before = '';
    let same = 0;
    for (let i = 0; ; i++) {
      const { signature, waiting } = this.#observe();
      if (signature === '') {
        same = 0;
      } else {
        same = signature === before ? same + 1 : 0;
        if (signature === IDLE || same >= (waiting ? WAITING_LOOKS : 1)) break;
      }
      before = signature;
      this.#checkLimit(after);
      if (i > 3) nap(REST_NAP_MS);
    }
    this.#collect(after);
  }

  /** What the system looks like; an empty signature while something runs or is under way. */
  #observe(): { signature: string; waiting: boolean } {
    const machine = this.#machine;
    machine.look();
    let signature = IDLE;
    for (const [thread, pending] of this.#pending) {
      if (machine.returned(thread)) continue;
      const asleep = machine.asleep(thread);
      if (asleep === null || asleep.nr !== pending.call.nr) return MOVING;
      signature += asleep.signature;
    }
    const network = machine.network();
    if (network.moving) return MOVING;
    return { signature: signature + network.signature, waiting: network.waiting };
  }

  #collect(after: number): void {
    const machine = this.#machine;
    for (const [thread, { step, call }] of this.#pending) {
      if (!machine.returned(thread)) continue;
      this.#pending.delete(thread);
      const head = step === after && !this.#wasBlocked(step) ? { step } : { step, after };
      const entry = { ...head, ...this.#outcome(step, call, machine.result(thread)) };
      if ('after' in entry) this.#late.push(entry);
      else this.#results.push(entry);
    }
  }

  #wasBlocked(step: number): boolean {
    return this.#results.some((entry) => entry.step === step);
  }

  #outcome(step: number, call: RawCall, ret: number): Entry {
    if (ret < 0) return { ret: -1, errno: abi.errnoName(-ret) };
    const fds = call.fds?.(ret) ?? [];
    this.#scenario.steps[step]?.bind?.forEach((name, i) => {
      const fd = fds[i];
      if (fd !== undefined) this.#names.set(`$${name}`, fd);
    });
    return { ret, ...call.fields?.(ret) };
  }

  /** Puts what returned late behind the step after which it returned. */
  #flush(): void {
    this.#late.sort((a, b) => Number(a.step) - Number(b.step));
    this.#results.push(...this.#late.splice(0));
  }

  #checkLimit(after: number): void {
    if (!this.#machine.alive) throw new ScenarioError(`the process died after step ${after}`);
    if (monotonic() < this.#limit) return;
    throw new ScenarioError(`the system does not come to rest after step ${after}`);
  }
}

const IDLE = 'idle';
const MOVING = { signature: '', waiting: false };
