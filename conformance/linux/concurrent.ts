/**
 * Plays a concurrent scenario on the kernel once: the player's threads make their calls by
 * themselves, all at the same time. What comes back is one outcome of those that can happen.
 */
import { notBound, ScenarioError } from '../../src/scenario/errors.ts';
import type { Fd, Scenario, Step } from '../../src/scenario/scenario.ts';
import { timeoutOf } from '../../src/scenario/timeouts.ts';
import { type CallResult, failed, outcomeText } from '../../src/scenario/transcript.ts';
import { encode } from './calls.ts';
import { Unavailable } from './compiler.ts';
import type { RawCall } from './encode.ts';
import * as layout from './layout.ts';
import type { Names } from './names.ts';
import { asleep } from './proc.ts';
import { type LinuxProcess, monotonic, nap, type Order } from './process.ts';
import { Rest } from './rest.ts';
import { Hung, Session } from './session.ts';

/** How long a call waits before it is made, in ns; 0 for not at all. */
export type Delay = () => number;

const limitMs = 10_000;
/** Room for what one call reads, apart from that of the next. */
const dataStep = 0x10000;

/** Stands for a descriptor that a call of the same thread will return; no real one is so large. */
const firstMarker = 0x5eed_0000;

interface Planned {
  readonly step: Step;
  readonly raw: RawCall;
  readonly order: Order;
}

type Results = (CallResult | 'blocked')[];

/** The text of one outcome; throws a ScenarioError where the scenario is at fault. */
export function playConcurrently(process: LinuxProcess, scenario: Scenario, delay: Delay): string {
  const before = new Session(process, scenario);
  before.playSteps(scenario.steps);
  const blocked = scenario.threads.find((_, thread) => before.isPending(thread));
  if (blocked !== undefined) throw new ScenarioError(`thread ${blocked} is blocked in "steps"`);
  const plans = scenario.concurrent.map((steps, thread) =>
    new Plan(process, before, thread, delay).of(steps),
  );
  const together = plans.filter((plan) => plan.length > 0).length;
  const from = plans.map((_, thread) => process.issuedTo(thread));
  for (const [thread, plan] of plans.entries()) {
    if (plan.length === 0) continue;
    const orders = plan.map(({ order }) => order);
    process.issue(thread, orders, together);
  }
  awaitRest(process, plans, from);
  const results = plans.map((plan, thread) => {
    const done = process.done(thread) - (from[thread] as number);
    return resultsOf(before, plan.slice(0, done), thread, from[thread] as number, plan.length);
  });
  return outcomeText(scenario.threads, results, playAfter(process, scenario, before.names));
}

/** Turns the steps of one thread into orders that need no driver between them. */
class Plan {
  private readonly process: LinuxProcess;
  private readonly session: Session;
  private readonly thread: number;
  private readonly delay: Delay;
  /** By slot, where the descriptor of a name will be stored. */
  private readonly sources: Map<number, number> = new Map();
  private readonly markers: number[] = [];

  constructor(process: LinuxProcess, session: Session, thread: number, delay: Delay) {
    this.process = process;
    this.session = session;
    this.thread = thread;
    this.delay = delay;
  }

  of(steps: readonly Step[]): Planned[] {
    if (steps.length > layout.maxCalls) throw new Unavailable('too many calls for one thread');
    this.process.memory.clear(this.thread);
    return steps.map((step, nth) => this.planned(step, nth));
  }

  private planned(step: Step, nth: number): Planned {
    this.markers.length = 0;
    const raw = encode(step, {
      ...this.session.surroundings(step),
      dataAt: nth * dataStep,
      fd: (fd) => this.fd(fd, step),
      holdPage: () => {
        throw new Unavailable('a held buffer in "concurrent"');
      },
    });
    const slot = layout.callOffset(this.thread, this.process.issuedTo(this.thread) + nth);
    for (const [i, ref] of step.bind.entries()) {
      const at = raw.opens === 'result' ? slot + layout.call.result : offsetOf(raw, i);
      this.sources.set(ref.slot, at);
    }
    const copies = this.markers.map((from, i) => {
      const to = raw.args.indexOf(firstMarker + i);
      if (to >= 0) return { from, to: slot + layout.call.args + 8 * to };
      throw new Unavailable(`${step.call} of a descriptor that "concurrent" opens`);
    });
    return { step, raw, order: { nr: raw.nr, args: raw.args, delayNs: this.delay(), copies } };
  }

  private fd(fd: Fd, step: Step): number {
    const source = typeof fd === 'number' ? undefined : this.sources.get(fd.slot);
    if (source === undefined) return this.session.names.resolve(fd, step);
    return firstMarker + this.markers.push(source) - 1;
  }
}

function offsetOf({ opens }: RawCall, i: number): number {
  if (opens === undefined || opens === 'result') throw new Error('opens no pair');
  if (typeof opens === 'function') throw new Unavailable('received descriptors in "concurrent"');
  return opens.pairAt - layout.base + 4 * i;
}

/** Until every thread has made its calls or is blocked for good. */
function awaitRest(
  process: LinuxProcess,
  plans: readonly (readonly Planned[])[],
  from: readonly number[],
): void {
  const waits = plans.flat().reduce((sum, { step }) => sum + (timeoutOf(step) ?? 0), 0);
  const limit = monotonic() + waits + limitMs;
  for (;;) {
    process.look();
    const busy = [...plans.keys()].filter((thread) => !process.returned(thread));
    const calls = busy.map((thread) => {
      const plan = plans[thread] as readonly Planned[];
      const { step, raw } = plan[process.done(thread) - (from[thread] as number)] as Planned;
      return { thread, nr: raw.nr, timed: timeoutOf(step) !== null };
    });
    // A call with a timeout ends by itself, so it is not blocked for good.
    if (!calls.some(({ timed }) => timed) && isStable(process, calls)) return;
    if (!process.alive) throw new Hung('the process ended in "concurrent"');
    if (monotonic() > limit) throw new Hung('the system does not come to rest in "concurrent"');
    nap(0.05);
  }
}

function isStable(process: LinuxProcess, busy: readonly { thread: number; nr: number }[]): boolean {
  const before = busy.map(({ thread }) => process.done(thread));
  const looksAsleep = busy.every(
    ({ thread, nr }) => asleep(process.tid(thread), thread)?.nr === nr,
  );
  if (!looksAsleep) return false;
  const rest = new Rest(process, busy);
  for (let looks = 0; looks < 100; looks++) {
    if (!rest.isReached()) continue;
    return busy.every(({ thread }, i) => process.done(thread) === before[i]);
  }
  return false;
}

/** What the calls returned that a thread has made. */
function resultsOf(
  session: Session,
  made: readonly Planned[],
  thread: number,
  from: number,
  planned: number,
): Results {
  const { process, names } = session;
  const failures = new Set<number>();
  const results: Results = made.map(({ step, raw }, nth) => {
    for (const slot of slotsOf(step)) {
      if (failures.has(slot.slot)) throw notBound(step, slot.ref);
    }
    const at = layout.base + layout.callOffset(thread, from + nth) + layout.call.result;
    const ret = Number(process.peek(at, 8).readBigInt64LE());
    if (ret >= 0) return session.resultOf(step, raw, ret);
    for (const ref of step.bind) if (!names.isBound(ref)) failures.add(ref.slot);
    return failed(-ret);
  });
  if (made.length < planned) results.push('blocked');
  return results;
}

/** The names among the arguments of a step. */
function slotsOf({ args }: Step): { readonly ref: string; readonly slot: number }[] {
  const values = Object.values(args as Readonly<Record<string, unknown>>).flat() as unknown[];
  return values.filter(
    (value): value is { ref: string; slot: number } =>
      typeof value === 'object' && value !== null && 'slot' in value,
  );
}

/** Plays `after`; threads that are still blocked have no part in it. */
function playAfter(process: LinuxProcess, scenario: Scenario, names: Names): Results {
  const session = new Session(process, scenario, names);
  const stuck = scenario.threads.map((_, thread) => !process.returned(thread));
  const results: Results = [];
  for (const step of scenario.after) {
    if (stuck[step.thread] || session.isPending(step.thread)) continue;
    session.playSteps([step]);
    if (timeoutOf(step) !== null) session.awaitIdle(step.thread);
    session.flush();
    const own = session.results.filter((entry) => entry.step === step.index).at(-1);
    if (own === undefined) continue;
    if (own.blocked === true || own.ended === true) {
      results.push('blocked');
      continue;
    }
    const { step: _, after: __, ...result } = own;
    results.push(result);
  }
  return results;
}
