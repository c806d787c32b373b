/** One system call, from entry to exit, with a listener told of both. */

import { current } from '../kernel/current.ts';
import { hasExitWork, leaveKernel, runSyscall } from '../kernel/entry.ts';
import { mayGoStraight } from '../kernel/execute.ts';
import { lockdep_sys_exit } from '../kernel/lockdep.ts';
import type { Execution, Kernel, Op } from '../kernel/op.ts';
import { signal_pending } from '../kernel/sched.ts';
import { reserveOrStop, stepNow } from '../kernel/steps.ts';
import { O_NONBLOCK } from '../kernel/uapi/fcntl.ts';
import { MSG_DONTWAIT } from '../kernel/uapi/socket.ts';

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
  const { kernel } = current;
  if (--kernel.stepsLeft < 0) reserveOrStop(kernel); // A program may ask for ever.
  kernel.touchProgramMemory?.();
  const made = kernel.calls.make(calledAs);
  if (kernel.tracer !== null) return tracedSyscall(name, args, body, made);
  if (straight !== undefined) {
    const { alone, exact, interruptDue, observer, stepper } = kernel;
    // In an exact schedule each operation is a step, and has to be the same one whoever looks on.
    if (exact) {
      if (stepper?.goesThrough(cannotSleep(name, args)) === true && mayGoStraight(current)) {
        return new ExactCall(body, straight, name, args, made, stepper.steps);
      }
    } else if (alone && !interruptDue && observer === null && cannotSleep(name, args)) {
      return new StraightCall(body, straight, made);
    }
  }
  return runSyscall(body, name, made, args);
}

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
export const libraryCall = <T>(name: string, body: () => Kernel<T>): Kernel<T> =>
  entering(current.kernel.calls.make(name), body);

function* entering<T>(made: number, body: () => Kernel<T>): Kernel<T> {
  current.kernel.calls.enter(made);
  return yield* body();
}

/** Is it certain that the call comes back without waiting for anything? */
function cannotSleep(name: string, args: readonly unknown[]): boolean {
  switch (name) {
    case 'epoll_ctl':
      return true;
    case 'epoll_wait':
    case 'epoll_pwait':
      return args[3] === 0;
    case 'sendto':
    case 'recvfrom':
      return isNonblocking(args[0] as number) || ((args[3] as number) & MSG_DONTWAIT) !== 0;
    case 'read':
    case 'write':
      return isNonblocking(args[0] as number);
    default:
      return false;
  }
}

/** A call that fills memory in: hands back what `shape` makes of its result. */
export class Filling<T> implements Kernel<T> {
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

const isNonblocking = (fd: number): boolean =>
  ((current.files.fd[fd]?.f_flags ?? 0) & O_NONBLOCK) !== 0;

/**
 * A call that is made in one go, in an exact schedule that lets it go through. One that is not
 * entered where it was made is made step by step.
 */
class ExactCall implements Kernel<number> {
  private readonly body: () => Kernel<number>;
  private readonly straight: () => number;
  private readonly name: string;
  private readonly args: readonly unknown[];
  private readonly made: number;
  /** How many steps the machine had taken when it was made. */
  private readonly since: number;
  private rest: Kernel<number> | null = null;

  constructor(
    body: () => Kernel<number>,
    straight: () => number,
    name: string,
    args: readonly unknown[],
    made: number,
    since: number,
  ) {
    this.body = body;
    this.straight = straight;
    this.name = name;
    this.args = args;
    this.made = made;
    this.since = since;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(value: number): IteratorResult<Op, number> {
    if (this.rest !== null) return this.rest.next(value);
    const { args, body, made, name, since, straight } = this;
    const task = current;
    const { calls, observer, stepper } = task.kernel;
    if (stepper?.steps !== since || task.sigpending) {
      this.rest = runSyscall(body, name, made, args);
      return this.rest.next(value);
    }
    calls.enter(made);
    const execution = task.execution as Execution;
    execution.call = name;
    if (!task.kernel.alone) stepNow(task.files.lookup);
    signal_pending(task); // The look that runSyscall() takes.
    if (observer !== null) observer.entered(task, name, args);
    const ret = straight();
    if (hasExitWork(task)) {
      this.rest = this.leave(ret);
      return this.rest.next(value);
    }
    lockdep_sys_exit(task);
    execution.call = null;
    if (observer !== null) observer.returned(task, name, args, ret);
    stepper.wentThrough(since);
    return { done: true, value: ret };
  }

  private *leave(ret: number): Kernel<number> {
    const { args, body, name } = this;
    const task = current;
    const result = yield* leaveKernel(ret);
    (task.execution as Execution).call = null;
    if (result === null) return yield* runSyscall(body, name, 0, args);
    task.kernel.observer?.returned(task, name, args, result);
    return result;
  }

  return(value: number): IteratorResult<Op, number> {
    return { done: true, value };
  }

  throw(error: unknown): never {
    throw error;
  }
}

/** A call that is made in one go when it is first asked for its result. */
class StraightCall implements Kernel<number> {
  private readonly body: () => Kernel<number>;
  private readonly straight: () => number;
  private readonly made: number;
  /** What is left to do on the way back to user mode, where that is not plain. */
  private rest: Kernel<number> | null = null;

  constructor(body: () => Kernel<number>, straight: () => number, made: number) {
    this.body = body;
    this.straight = straight;
    this.made = made;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(value: number): IteratorResult<Op, number> {
    if (this.rest !== null) return this.rest.next(value);
    const task = current;
    task.kernel.calls.enter(this.made);
    const ret = this.straight();
    if (hasExitWork(task)) {
      this.rest = this.leave(ret);
      return this.rest.next(value);
    }
    lockdep_sys_exit(task);
    return { done: true, value: ret };
  }

  private *leave(ret: number): Kernel<number> {
    const result = yield* leaveKernel(ret);
    return result ?? (yield* runSyscall(this.body));
  }

  return(value: number): IteratorResult<Op, number> {
    return { done: true, value };
  }

  throw(error: unknown): never {
    throw error;
  }
}
