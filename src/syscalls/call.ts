/** One system call, from entry to exit, with a listener told of both. */

import { current } from '../kernel/current.ts';
import { hasExitWork, leaveKernel, runSyscall } from '../kernel/entry.ts';
import { mayGoStraight } from '../kernel/execute.ts';
import { lockdep_sys_exit } from '../kernel/lockdep.ts';
import type { Execution, Kernel, Op, Stepper } from '../kernel/op.ts';
import { signal_pending, type task_struct } from '../kernel/sched.ts';
import { reserveOrStop, stepNow } from '../kernel/steps.ts';
import { EventBuffer, type epoll_event } from '../kernel/uaccess.ts';
import { O_NONBLOCK } from '../kernel/uapi/fcntl.ts';
import { MSG_DONTWAIT } from '../kernel/uapi/socket.ts';
import { returnsByStep, toUserMode } from '../kernel/user_mode.ts';

/**
 * Runs `body` as the running task's system call; its result, or `-errno`.
 * `args` are what a trace shows, in the order of the man page. `calledAs` is what the program calls
 * it. `straight` is the body's twin, which the build makes (see scripts/straight.ts); it serves
 * where the call can neither sleep nor be interfered with.
 */
export function syscall(
  name: string,
  args: readonly unknown[],
  body: () => Kernel<number>,
  calledAs: string = name,
  straight?: () => number,
): Kernel<number> {
  if (current.kernel.stopped !== null) return neverDone;
  const made = makeCall(calledAs);
  if (straight !== undefined) return new ClosedCall(name, made, args, body, straight);
  return stepByStep(name, made, args, body);
}

/** What runs a call, with its straight twin where the build has made one. */
interface Entry<A, B, C, D> {
  (a: A, b: B, c: C, d: D): Kernel<number>;
  readonly now?: (a: A, b: B, c: C, d: D) => number;
}

/** As syscall(), of a function that takes the arguments as a trace shows them; `d` may be absent. */
export function directCall<A, B, C, D = undefined>(
  name: string,
  entry: Entry<A, B, C, D>,
  a: A,
  b: B,
  c: C,
  d: D,
): Kernel<number> {
  if (current.kernel.stopped !== null) return neverDone;
  return new DirectCall(name, makeCall(name), entry, a, b, c, d);
}

/** As directCall(), of a call that fills a buffer of events in. */
export function eventsCall(
  name: string,
  entry: Entry<number, EventBuffer, number, number>,
  epfd: number,
  maxevents: number,
  timeout: number,
): Kernel<Filled<epoll_event[]>> {
  if (current.kernel.stopped !== null) return neverDone;
  const made = makeCall(name);
  return new EventsCall(name, made, entry, epfd, new EventBuffer(), maxevents, timeout);
}

/** The running task's program makes a call; its number. */
function makeCall(calledAs: string): number {
  const { kernel } = current;
  if (--kernel.stepsLeft < 0) reserveOrStop(kernel); // A program may ask for ever.
  kernel.touchProgramMemory?.();
  return kernel.calls.make(calledAs);
}

/**
 * What a program calls that has caught what ended the execution: it comes to the machine, which does
 * not go on with it, and so cannot try for ever.
 */
const neverDone: Kernel<never> = {
  [Symbol.iterator]: () => neverDone,
  next: () => ({ done: false, value: toUserMode }),
  return: (value) => ({ done: true, value }),
  throw: (error) => {
    throw error;
  },
};

const stepByStep = (
  name: string,
  made: number,
  args: readonly unknown[],
  body: () => Kernel<number>,
): Kernel<number> =>
  current.kernel.tracer === null
    ? runSyscall(body, name, made, args)
    : tracedSyscall(name, args, body, made);

function* tracedSyscall(
  name: string,
  args: readonly unknown[],
  body: () => Kernel<number>,
  made: number,
): Kernel<number> {
  current.kernel.tracer?.sysEnter(current, name, args);
  const ret = yield* runSyscall(body, name, made, args);
  current.kernel.tracer?.sysExit(current, name, ret);
  return ret;
}

/** A call of a program that is not just one system call; `body` runs when it is entered. */
export function libraryCall<T>(name: string, body: () => Kernel<T>): Kernel<T> {
  const { kernel } = current;
  if (kernel.stopped !== null) return neverDone;
  kernel.touchProgramMemory?.();
  return entering(kernel.calls.make(name), body);
}

function* entering<T>(made: number, body: () => Kernel<T>): Kernel<T> {
  current.kernel.calls.enter(made);
  return yield* body();
}

/** Is it certain that the call comes back without waiting for anything but locks? */
function cannotSleep(name: string, first: unknown, second: unknown, fourth: unknown): boolean {
  switch (name) {
    case 'read':
    case 'write':
      return goesAtOnce(first as number, name === 'write', second as Uint8Array, 0);
    case 'epoll_wait':
    case 'epoll_pwait':
      return fourth === 0;
    case 'sendto':
    case 'recvfrom':
      return goesAtOnce(first as number, name === 'sendto', second as Uint8Array, fourth as number);
    default:
      return name === 'epoll_ctl';
  }
}

function goesAtOnce(
  fd: number,
  writes: boolean,
  { length }: Uint8Array,
  msg_flags: number,
): boolean {
  const f = current.files.fd[fd] ?? null;
  if (f === null || (f.f_flags & O_NONBLOCK) !== 0 || (msg_flags & MSG_DONTWAIT) !== 0) return true;
  return msg_flags === 0 && f.f_op.goesAtOnce?.(f, writes, length) === true;
}

/**
 * A call that fills memory in: hands back what `shape` makes of its result.
 *
 * A function for the sake of the types that are built: a class there that says it is a generator is
 * none any more where a later library asks more of one (Symbol.dispose).
 */
export const fillingCall = <T>(call: Kernel<number>, shape: (ret: number) => T): Kernel<T> =>
  new Filling(call, shape);

class Filling<T> implements Kernel<T> {
  private readonly call: Kernel<number>;
  private readonly shape: (ret: number) => T;

  constructor(call: Kernel<number>, shape: (ret: number) => T) {
    this.call = call;
    this.shape = shape;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(value: number): IteratorResult<Op, T> {
    const step = this.call.next(value);
    return step.done === true ? { done: true, value: this.shape(step.value) } : step;
  }

  return(value: T): IteratorResult<Op, T> {
    this.call.return(0);
    return { done: true, value };
  }

  throw(error: unknown): never {
    this.call.throw(error);
    throw error;
  }
}

/** A call that is made in one go when it is first asked for its result, if that may be. */
abstract class Call<R> implements Kernel<R> {
  protected readonly name: string;
  private readonly made: number;
  /** What is left to do where it does not go through. */
  private rest: Kernel<number> | null = null;

  constructor(name: string, made: number) {
    this.name = name;
    this.made = made;
  }

  protected abstract get args(): readonly unknown[];
  protected abstract bySteps(): Kernel<number>;
  protected abstract get hasTwin(): boolean;
  /** As bySteps(), by the twin. */
  protected abstract straight(): number;
  protected abstract get cannotSleep(): boolean;
  protected abstract shape(ret: number): R;

  /** Where the call may have to wait: has the twin done nothing until then? */
  protected get mayTry(): boolean {
    return false;
  }

  /** Has the twin found that the call has to wait? */
  protected hasToWait(_ret: number): boolean {
    return false;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(value: number): IteratorResult<Op, R> {
    if (this.rest === null) {
      const ret = this.enter();
      if (this.rest === null) return { done: true, value: this.shape(ret) };
    }
    const step = (this.rest as Kernel<number>).next(value);
    return step.done === true ? { done: true, value: this.shape(step.value) } : step;
  }

  /**
   * Makes the call in one go, where that may be. In an exact schedule each operation is a step, and
   * has to be the same one whoever looks on. What is left of the call is in `rest`.
   */
  private enter(): number {
    const task = current;
    const { alone, exact, interruptDue, observer, stepper, tracer } = task.kernel;
    if (this.hasTwin && tracer === null && !task.sigpending) {
      if (!exact) {
        const free = alone && !interruptDue && observer === null;
        if (free && (this.mayTry || this.cannotSleep)) return this.undisturbed(task);
      } else if (stepper?.goesThrough(this.cannotSleep) === true && mayGoStraight(task)) {
        return this.exactly(task, stepper);
      }
    }
    this.rest = stepByStep(this.name, this.made, this.args, () => this.bySteps());
    return 0;
  }

  private undisturbed(task: task_struct): number {
    task.kernel.calls.enter(this.made);
    const ret = this.straight();
    if (this.hasToWait(ret)) {
      this.rest = runSyscall(() => this.bySteps(), this.name, 0, this.args);
    } else if (hasExitWork(task)) this.rest = this.leave(ret);
    else lockdep_sys_exit(task);
    return ret;
  }

  /** As runSyscall(), where no step has to be announced. */
  private exactly(task: task_struct, stepper: Stepper): number {
    const { kernel } = task;
    const { observer } = kernel;
    const since = stepper.steps;
    const execution = task.execution as Execution;
    kernel.calls.enter(this.made);
    execution.call = this.name;
    if (!kernel.alone) stepNow(task.files.lookup);
    signal_pending(task); // Which looks, and finds none, as enter() has seen.
    if (observer !== null) observer.entered(task, this.name, this.args);
    const ret = this.straight();
    if (hasExitWork(task)) {
      this.rest = this.leave(ret);
      return ret;
    }
    lockdep_sys_exit(task);
    execution.call = null;
    if (observer !== null) observer.returned(task, this.name, this.args, ret);
    if (returnsByStep(task)) stepNow(toUserMode);
    stepper.wentThrough(since);
    return ret;
  }

  /** The way back to user mode, where that is not plain. */
  private *leave(ret: number): Kernel<number> {
    const task = current;
    const result = yield* leaveKernel(ret);
    (task.execution as Execution).call = null;
    if (result === null) return yield* runSyscall(() => this.bySteps(), this.name, 0, this.args);
    task.kernel.observer?.returned(task, this.name, this.args, result);
    if (returnsByStep(task)) yield toUserMode;
    return result;
  }

  return(value: R): IteratorResult<Op, R> {
    this.rest?.return(0);
    return { done: true, value };
  }

  throw(error: unknown): never {
    this.rest?.throw(error);
    throw error;
  }
}

/** One that has its arguments in a closure. */
class ClosedCall extends Call<number> {
  protected readonly args: readonly unknown[];
  private readonly body: () => Kernel<number>;
  private readonly twin: () => number;

  constructor(
    name: string,
    made: number,
    args: readonly unknown[],
    body: () => Kernel<number>,
    twin: () => number,
  ) {
    super(name, made);
    this.args = args;
    this.body = body;
    this.twin = twin;
  }

  protected bySteps(): Kernel<number> {
    const { body } = this;
    return body();
  }

  protected get hasTwin(): boolean {
    return true;
  }

  protected straight(): number {
    return this.twin();
  }

  protected get cannotSleep(): boolean {
    const { args } = this;
    return cannotSleep(this.name, args[0], args[1], args[3]);
  }

  protected shape(ret: number): number {
    return ret;
  }
}

/** One that has no closure, for calls that are made often. */
abstract class Direct<A, B, C, D, R> extends Call<R> {
  private readonly entry: Entry<A, B, C, D>;
  private readonly a: A;
  protected readonly b: B;
  private readonly c: C;
  protected readonly d: D;

  constructor(name: string, made: number, entry: Entry<A, B, C, D>, a: A, b: B, c: C, d: D) {
    super(name, made);
    this.entry = entry;
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }

  protected get args(): readonly unknown[] {
    const { a, b, c, d } = this;
    return d === undefined ? [a, b, c] : [a, b, c, d];
  }

  protected bySteps(): Kernel<number> {
    const { entry, a, b, c, d } = this; // A backtrace names `entry` as no method of this.
    return entry(a, b, c, d);
  }

  protected get hasTwin(): boolean {
    return this.entry.now !== undefined;
  }

  protected straight(): number {
    return this.now(this.d);
  }

  protected now(d: D): number {
    return (this.entry.now as (a: A, b: B, c: C, d: D) => number)(this.a, this.b, this.c, d);
  }

  protected get cannotSleep(): boolean {
    return cannotSleep(this.name, this.a, this.b, this.d);
  }
}

class DirectCall<A, B, C, D> extends Direct<A, B, C, D, number> {
  protected shape(ret: number): number {
    return ret;
  }
}

/**
 * epoll_wait(), whose first look is the same whether or not it would wait afterwards: it is made
 * straight, as if there were no time left, and where it finds nothing the call begins anew.
 */
class EventsCall extends Direct<number, EventBuffer, number, number, Filled<epoll_event[]>> {
  protected override get mayTry(): boolean {
    return true;
  }

  protected override straight(): number {
    return current.kernel.exact ? super.straight() : this.now(0);
  }

  protected override hasToWait(ret: number): boolean {
    return ret === 0 && this.d !== 0;
  }

  protected shape(ret: number): Filled<epoll_event[]> {
    return filledEvents(ret, this.b);
  }
}

/** What a call filled in, with the raw result of the call: a count, or `-errno`. */
export type Filled<T> = T & {
  /** The raw result of the call: 0 or a count, or -errno. */
  ret: number;
};

export function filledEvents(ret: number, { entries }: EventBuffer): Filled<epoll_event[]> {
  const filled = entries as Filled<epoll_event[]>;
  filled.ret = ret;
  return filled;
}
