/**
 * A bound on how long a machine goes on without coming to rest. Linux has none: it would spin.
 *
 * Each operation and each system call is a step. What is left of them is counted down in a small
 * integer, on the spot, because code that spins may never come back to the machine.
 */
import { KernelBug, kernelFrames, Stop, withWholeStack } from './bug.ts';
import { current } from './current.ts';
import type { Globals } from './globals.ts';
import type { hrtimer } from './hrtimer.ts';
import type { Op } from './op.ts';
import { TASK_RUNNING } from './sched.ts';

/** Something spins, in the kernel or in a program, or there was more to do than expected. */
export class OutOfSteps extends Stop {
  override readonly name: string = 'OutOfSteps';
  /** The task that was running; where a timer fires for ever, the one that it interrupted. */
  readonly task: string;
  /** The system call that it was in; null in user mode. */
  readonly call: string | null;
  /** Kernel functions, outermost first. */
  readonly backtrace: readonly string[];
  /** The timer that fires again and again; null where it is a task that goes on. */
  readonly timer: string | null;
  /** What to do about it, as a sentence without its beginning; empty where nothing is known. */
  readonly remedy: string;

  /** `timer`: the one that fires once too often; null for the running task. */
  constructor(timer: { readonly name: string; readonly remedy: string } | null = null) {
    const { kernel, comm, execution } = current;
    const call = timer === null ? (execution?.call ?? null) : null;
    const backtrace = call === null ? [] : kernelFrames(ofKernel(new Error().stack ?? ''));
    const remedy = timer === null ? (standsStill(kernel) ? letItSleep : '') : timer.remedy;
    const who = timer === null ? ofTask(call, backtrace) : ofTimer(timer);
    super(
      `no rest after ${kernel.maxSteps} steps: ${who}${remedy === '' ? '' : `: ${remedy}`}. ` +
        'If that is no loop without end, raise maxSteps (--max-steps)',
    );
    this.task = comm;
    this.call = call;
    this.backtrace = backtrace;
    this.timer = timer === null ? null : timer.name;
    this.remedy = remedy;
  }
}

function ofTask(call: string | null, backtrace: string[]): string {
  const { comm, kernel } = current;
  const forgotten = kernel.calls.forgottenBy(current);
  return (
    `${comm} is ` +
    (call === null ? 'in its own code' : `in ${[call, ...backtrace.reverse()].join(' > ')}`) +
    (forgotten === null ? '' : `, where ${forgotten}`) +
    othersText(kernel) +
    (standsStill(kernel) ? `, and the clock stands still while it runs${askedText(kernel)}` : '')
  );
}

/** What to do about a loop that waits for time to go by. */
export const letItSleep = 'let the loop sleep (a timeout above 0, nanosleep, a timerfd)';

/** How often a loop must have asked, and how long no timer has fired, to say so. */
const often = 100;

/** Has it done so for long, while somebody waits for it to move? */
const standsStill = (kernel: Globals): boolean =>
  Math.min(kernel.maxSteps, kernel.stepsAtTimer) - kernel.stepsLeft >= often &&
  (kernel.polls >= often || kernel.clockReads >= often || kernel.hrtimers.awaited > 0);

/** Who else could go on: it may not have had the turn. */
function othersText(kernel: Globals): string {
  const others = [...kernel.tasks.values()]
    .filter((task) => task !== current && task.__state === TASK_RUNNING && task.execution !== null)
    .map(({ comm }) => comm);
  return others.length === 0 ? '' : `, while ${others.join(', ')} could go on`;
}

function askedText({ clockReads, polls }: Globals): string {
  const asked = [
    polls >= often ? `${polls} polls had a timeout of 0` : '',
    clockReads >= often ? `clocks were read ${clockReads} times` : '',
  ].filter((text) => text !== '');
  if (asked.length === 0) return ', so that no timer fires';
  return ` (since it moved last, ${asked.join(', and ')})`;
}

function ofTimer({ name }: Pick<hrtimer, 'name'>): string {
  const { kernel } = current;
  const asleep = [...kernel.tasks.values()]
    .filter(({ __state, execution }) => execution !== null && __state !== TASK_RUNNING)
    .map(({ comm, execution }) => `${comm} sleeps in ${execution?.call ?? 'the kernel'}`);
  const meanwhile = asleep.length === 0 ? '' : `, while ${asleep.join(', ')}`;
  return `the timer ${name} fires again and again${meanwhile}`;
}

/** A stack without the functions of programs and of the machine. */
const ofKernel = (stack: string): string =>
  stack
    .split('\n')
    .filter(
      (line, i) =>
        i === 0 || /\/(?:kernel|net|syscalls)\//.test(line) || line.includes('<anonymous>'),
    )
    .join('\n');

/** As large as a small integer can be. */
const mostAtOnce = 2 ** 30;

/** From here on the machine may take `kernel.maxSteps` steps. */
export function grantSteps(kernel: Globals): void {
  kernel.stopped = null;
  kernel.stepsLeft = Math.min(kernel.maxSteps, mostAtOnce);
  kernel.stepsInReserve = kernel.maxSteps - kernel.stepsLeft;
}

/** `stepsLeft` is below zero: takes from the reserve; false if there is none. */
export function takeReserve(kernel: Globals): boolean {
  const { stepsInReserve } = kernel;
  if (!(stepsInReserve > 0)) return false;
  kernel.stepsLeft = Math.min(stepsInReserve, mostAtOnce);
  kernel.stepsInReserve = stepsInReserve - kernel.stepsLeft;
  return true;
}

/**
 * As takeReserve(), where the code stands that took one step too many. An interrupt comes to its
 * end first: it is what a task has set off that goes on for ever.
 */
export function reserveOrStop(kernel: Globals): void {
  const inInterrupt = kernel.runqueues[current.cpu]?.irq !== null;
  if (inInterrupt || takeReserve(kernel)) return;
  throw withWholeStack(() => new OutOfSteps());
}

/** So many steps more are left to a task that the timer wakes: it is that, then, which goes round. */
const untilWoken = 100;

/**
 * A timer fires, which is a step, too: where all sleep, and where what it runs starts it anew for the
 * same moment, nobody else takes any.
 */
export function stepOfTimer(timer: hrtimer): void {
  const { kernel } = current;
  if (--kernel.stepsLeft < -untilWoken && !takeReserve(kernel)) throw new OutOfSteps(timer);
}

/** How many steps it counts as that a timer has woken nobody, where each execution is one of many. */
const vainTimer = 20;

/** A timer that somebody may wait for has fired; before that there were `wakeups` wakeups. */
export function endOfTimer({ background }: hrtimer, wakeups: number): void {
  const { kernel } = current;
  if (kernel.exact && !background && kernel.wakeups === wakeups) kernel.stepsLeft -= vainTimer - 1;
  kernel.stepsAtTimer = kernel.stepsLeft;
  kernel.polls = 0;
  kernel.clockReads = 0;
}

/** Takes a step of an exact schedule in a call that goes through; see Stepper. */
export function stepNow(op: Op): void {
  if (current.kernel.stepper?.stepOn(op) !== true) wouldSleep(op);
}

export function wouldSleep(op: Op): never {
  throw new KernelBug('BUG', `${op.verb} ${op.target.name} would sleep in a call that cannot`);
}

/**
 * Ends an execution of a checker that only goes round in a circle: whatever can come of it also comes
 * of one that does not.
 */
export class GoesRound extends Stop {
  override readonly name: string = 'GoesRound';

  constructor(where: string) {
    super(`${where} goes round in a circle`);
  }
}
