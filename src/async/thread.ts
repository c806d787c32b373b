/**
 * A thread whose program is an async function: makes its calls, and lets JavaScript come to rest
 * after each.
 *
 * Invariants: whatever JavaScript runs between two steps of the machine was set going by one context:
 * by the thread whose call has returned, or the timer that has fired. It has come to rest before
 * anybody takes a step. A thread makes its calls one after the other, in the order asked for.
 */
import { current } from '../kernel/current.ts';
import { runSyscall } from '../kernel/entry.ts';
import { ERESTARTSYS } from '../kernel/errno.ts';
import type { Kernel } from '../kernel/op.ts';
import {
  schedule,
  set_current_state,
  signal_pending,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  wake_up_process,
} from '../kernel/sched.ts';
import type { SignalHandler, sigaction } from '../kernel/signal.ts';
import { type CallName, callNames, checkGiven } from '../syscalls/arguments.ts';
import { inPlaceOfProgram, inWords } from '../syscalls/found.ts';
import type { Code, Sys } from '../syscalls/sys.ts';
import { answerUnknownCalls } from '../syscalls/unknown_call.ts';
import { CallPromise } from './call_promise.ts';
import type { AsyncProgram, AsyncSignalHandler, AsyncSys } from './sys.ts';
import { type World, worldOf } from './world.ts';

/**
 * An async function as a program for whatever takes a generator: `machine.spawn(asProgram(f))`,
 * `sys.pthread_create(asProgram(f))`. Its machine is run by runAsync(). A generator function stays
 * what it is, and so does a function that calls one.
 *
 * @throws {TypeError} if `program` is no function; when it runs, if it gives neither a promise nor code.
 */
export function asProgram<T>(program: AsyncProgram<T>): (sys: Sys) => Code<T> {
  checkAsyncProgram('asProgram', program);
  return asCode(program, (given, { task }) => {
    return new TypeError(
      `${task.comm}: expected an async function (async (sys) => { … }) or a generator function ` +
        `(function* (sys) { … }), found a function that gives ${inWords(given)}`,
    );
  });
}

/** Throws a TypeError that says of `what` it was asked, unless it is a function. */
export function checkAsyncProgram(what: string, program: unknown): void {
  if (typeof program === 'function') return;
  throw new TypeError(
    `${what}: expected an async function (async (sys) => { … }), found ${inPlaceOfProgram(program)}`,
  );
}

/** As asProgram(), with the error for a function that gives neither a promise nor code. */
export function asCode<T>(
  program: AsyncProgram<T>,
  refuse: (given: unknown, sys: Sys) => Error,
): (sys: Sys) => Code<T> {
  const generator = program as unknown as (sys: Sys) => Code<T>;
  if (isGenerator(program)) return generator;
  let givesCode = false;
  return function* (sys) {
    if (givesCode) return yield* generator(sys);
    const thread = new AsyncThread(sys);
    const given: unknown = program(thread.sys);
    if (isPromise(given)) return (yield* thread.run(() => given)) as T;
    thread.leave();
    if (!isCode(given)) throw refuse(given, sys);
    givesCode = true; // Nothing of it has run by now: it is called again, with a sys for generators.
    return yield* generator(sys);
  };
}

/** Does it say `function*`? Any other function may give a promise, or code of its own making. */
export const isGenerator = (found: unknown): boolean =>
  Object.prototype.toString.call(found) === '[object GeneratorFunction]';

const isPromise = (given: unknown): boolean =>
  typeof (given as Partial<Promise<unknown>> | null | undefined)?.then === 'function';

const isCode = (given: unknown): boolean => {
  const code = given as Partial<Code<unknown>> | null | undefined;
  return typeof code?.next === 'function' && typeof code[Symbol.iterator] === 'function';
};

/** Code of the thread: what it runs, or the handler of a signal on top of that. */
class Frame {
  ended: { readonly how: 'returned' | 'threw'; readonly value: unknown } | null = null;
}

/** What a thread is asked to do: a call of its program, or what stands behind a stream of it. */
interface Asked {
  /** For errors. */
  readonly call: string;
  run(steps: Sys): Code<void>;
}

/** What a thread does while its program has nothing to call: it waits for files of its program. */
export interface IdleLoop {
  /** Is there a file to wait for? */
  readonly isActive: boolean;
  /** Is it to wait for something else than it waits for? */
  readonly hasNews: boolean;
  /** Waits, and tells the program's code what has come. */
  wait(steps: Sys): Code<void>;
  /** Ends the wait of a thread that others have found something to do for. */
  wake(): Code<void>;
}

export class AsyncThread {
  readonly sys: AsyncSys;
  /** Where streams are, that which waits for their files. */
  loop: IdleLoop | null = null;
  /** It waits for JavaScript to go on with it. */
  private isAsleep = false;
  private readonly steps: Sys;
  private readonly world: World;
  /** The oldest first. */
  private readonly asked: Asked[] = [];
  /** Calls of which nobody has asked what came of them. */
  private readonly unheard: Set<CallPromise<unknown>> = new Set();
  private readonly frames: Frame[] = [];
  private under: string | null = null;
  private isOver = false;

  constructor(steps: Sys) {
    this.steps = steps;
    this.sys = new PromisedCalls(this, steps) as unknown as AsyncSys;
    this.world = worldOf(steps.task.kernel);
    this.world.add(steps.task, this);
  }

  /** Its program turns out to be no async function. */
  leave(): void {
    this.world.remove(this.steps.task);
  }

  /** Is there something that the thread can go on with? */
  get hasNews(): boolean {
    const { asked, frames, loop } = this;
    return asked.length > 0 || frames.at(-1)?.ended !== null || loop?.hasNews === true;
  }

  /** Runs an async function to its end; what it returns. Throws what it throws. */
  *run(program: () => unknown): Code<unknown> {
    const { how, value } = yield* this.follow(program);
    this.isOver = true;
    if (how === 'threw') throw value;
    return value;
  }

  /** Runs the handler of a signal on top of what it has interrupted. */
  *handle(handler: () => unknown): Code<void> {
    const { how, value } = yield* this.follow(handler);
    if (how === 'threw') throw value;
  }

  private *follow(program: () => unknown): Code<NonNullable<Frame['ended']>> {
    const { asked, frames, world } = this;
    const frame = new Frame();
    frames.push(frame);
    this.begin(frame, program);
    yield* world.rest();
    while (frame.ended === null) {
      const next = asked.shift();
      if (next !== undefined) yield* this.do(next);
      else if (this.loop?.isActive === true) yield* this.loop.wait(this.steps);
      else {
        this.steps.task.kernel.touchProgramMemory?.(); // As a call does when it is made.
        yield* runSyscall(() => this.sleep(), 'await');
        continue; // Nothing has been set going.
      }
      yield* world.rest();
    }
    frames.pop();
    return frame.ended;
  }

  private begin(frame: Frame, program: () => unknown): void {
    const end = (how: 'returned' | 'threw') => (value: unknown) => {
      frame.ended = { how, value };
    };
    try {
      Promise.resolve(program()).then(end('returned'), end('threw'));
    } catch (error) {
      end('threw')(error); // Of a function that is not async.
    }
  }

  private *do(asked: Asked): Code<void> {
    const { under } = this; // A handler's call stands in another one.
    this.under = asked.call;
    yield* asked.run(this.steps);
    this.under = under;
  }

  /** Waits until JavaScript has gone on. It can do so only where the machine pauses. */
  private *sleep(): Kernel<number> {
    set_current_state(TASK_INTERRUPTIBLE);
    this.isAsleep = true;
    if (!this.hasNews && !signal_pending(current)) yield schedule(current);
    this.isAsleep = false;
    set_current_state(TASK_RUNNING);
    return this.hasNews ? 0 : -ERESTARTSYS;
  }

  /** JavaScript has gone on with this thread, in a pause of another context: it goes on, too. */
  *wake(): Code<void> {
    if (this.isAsleep) wake_up_process(this.steps.task);
    else if (this.loop !== null) yield* this.loop.wake();
  }

  /** @internal Does something else than a call of the program, in its turn; false if it has ended. */
  post(call: string, run: (steps: Sys) => Code<void>): boolean {
    if (!this.isOver) this.asked.push({ call, run });
    return !this.isOver;
  }

  /** @internal The program makes a call. */
  ask(call: CallName, values: readonly unknown[]): Promise<unknown> {
    if (this.isOver) {
      const { comm } = this.steps.task;
      throw new TypeError(`${call}: expected a call by ${comm} while it runs, and it has ended`);
    }
    const given = call === 'sigaction' ? withHandler(values) : values.map(programOf);
    checkGiven(call, given);
    const promise: CallPromise<unknown> = new CallPromise(call, given, () =>
      this.unheard.delete(promise),
    );
    this.unheard.add(promise);
    this.asked.push(promise);
    return promise;
  }

  /** What the thread has forgotten, or waits for in vain, in words; null if it has done all. */
  forgotten(): string | null {
    const [unheard] = this.unheard;
    if (unheard !== undefined) return `sys.${unheard.call}(…) was called without "await"`;
    const [next] = this.asked;
    if (this.isOver) {
      const call = this.asked.find((one) => one instanceof CallPromise);
      return call === undefined // What a stream still had to do ends with its process.
        ? null
        : `its program has returned before sys.${call.call}(…): code that calls it is not awaited`;
    }
    if (next !== undefined && this.under !== null) {
      return (
        `sys.${next.call}(…) waits until sys.${this.under}(…) has returned (a thread makes one ` +
        'call at a time, and each thread has a sys of its own)'
      );
    }
    return this.isAsleep
      ? 'it awaits a promise that nothing on its machine settles (timers: see fakeTime)'
      : null;
  }
}

/** Programs among the arguments of a call, as the call takes them. */
const programOf = (value: unknown): unknown =>
  typeof value === 'function' ? asProgram(value as AsyncProgram) : value;

/** The arguments of sigaction, with its handler as a generator. */
function withHandler([signum, act]: readonly unknown[]): readonly unknown[] {
  const handler = (act as Partial<sigaction> | null | undefined)?.handler;
  if (typeof handler !== 'function' || isGenerator(handler)) return [signum, act];
  return [
    signum,
    { ...(act as object), handler: handling(handler as unknown as AsyncSignalHandler) },
  ];
}

function handling(handler: AsyncSignalHandler): SignalHandler {
  return function* (signo, info) {
    const thread = worldOf(current.kernel).threadOf(current);
    if (thread === null) {
      throw new TypeError(
        `${current.comm}: expected a generator function as the handler of its signal, as its ` +
          'program is one, found an async function',
      );
    }
    yield* thread.handle(() => handler(signo, info, thread.sys));
  };
}

/** What a program sees of its thread. */
class PromisedCalls {
  readonly task: Sys['task'];
  readonly #thread: AsyncThread;
  readonly #steps: Sys;

  constructor(thread: AsyncThread, steps: Sys) {
    this.#thread = thread;
    this.#steps = steps;
    this.task = steps.task;
  }

  assert(condition: unknown, message: string): void {
    this.#steps.assert(condition, message);
  }

  static threadOf(sys: PromisedCalls): AsyncThread {
    return sys.#thread;
  }

  static {
    for (const call of callNames) {
      Object.defineProperty(PromisedCalls.prototype, call, {
        value(this: PromisedCalls, ...values: unknown[]): Promise<unknown> {
          return this.#thread.ask(call, values);
        },
      });
    }
  }
}

answerUnknownCalls(PromisedCalls.prototype);

/** The thread whose sys it is. */
export const threadOf = (sys: AsyncSys): AsyncThread => PromisedCalls.threadOf(sys as never);

export const isAsyncSys = (found: unknown): found is AsyncSys => found instanceof PromisedCalls;
