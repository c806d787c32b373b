/**
 * Programs of tests, in either style: a generator, or an async function. Which it is shows in its
 * constructor, or else in what it gives when it is called.
 */
import type { AsyncSys } from '../async/sys.ts';
import { asProgram, isGenerator } from '../async/thread.ts';
import { FakeTime } from '../async/time.ts';
import { withPausesIfAny } from '../async/turn.ts';
import type { Pausing } from '../sim/pause.ts';
import type { CallName } from '../syscalls/arguments.ts';
import { inWords } from '../syscalls/found.ts';
import type { Code, Program, Sys } from '../syscalls/sys.ts';

/** What a call gives: of a generator's sys code, for `yield*`; of an async function's a promise, for `await`. */
export type Either<T> = Code<T> & Promise<T>;

/** What a thread of a test runs, in either style. */
export type EitherProgram = (sys: TestSys) => Code<unknown> | Promise<unknown>;

/** The arguments of a call, with programs in either style. */
type Taking<A extends readonly unknown[]> = {
  [I in keyof A]: A[I] extends Program ? EitherProgram : A[I];
};

/** One of them: its result is for `yield*` and for `await`. */
export type EitherCall<F> = F extends (
  ...values: infer A extends readonly unknown[]
) => Code<infer T>
  ? (...values: Taking<A>) => Either<T>
  : never;

/** The calls of Sys and of AsyncSys at once. */
export type EitherCalls = { readonly [K in CallName]: EitherCall<Sys[K]> };

/**
 * What the program of a test makes its calls by: a Sys in a generator, an AsyncSys in an async function.
 *
 * Its type is both at once, as TypeScript cannot let the type of a parameter follow from the kind of
 * the function: `yield* sys.read(…)` and `await sys.read(…)` are the same number.
 */
export type TestSys = EitherCalls & Sys & AsyncSys;

/** A program that is given more than its `sys`. */
export type ProgramWith<Args extends readonly unknown[]> = (
  sys: TestSys,
  ...args: Args
) => Code<unknown> | Promise<unknown>;

/** Throws a TypeError for what can be no program. */
export function checkEither(what: string, program: unknown): void {
  if (typeof program === 'function') return;
  throw new TypeError(
    `${what}: expected a generator function (function* (sys) { … }) or an async function ` +
      `(async (sys) => { … }), found ${inWords(program)}`,
  );
}

/** The program of one run of a test. */
export class Style {
  /** Has it given a promise by now? */
  isAsync = false;
  private readonly program: ProgramWith<readonly unknown[]>;
  private readonly time: FakeTime | null;

  /** `fakeTime`: timers and clocks of globalThis are those of the machine, while done() works. */
  constructor(program: ProgramWith<readonly unknown[]>, fakeTime = false) {
    this.program = program;
    this.time = fakeTime ? new FakeTime(null) : null;
  }

  /** It says itself what its threads share, if it was rewritten; an async function does not. */
  get tells(): boolean {
    return isGenerator(this.program);
  }

  /** The program for a machine; `args`: what it is given besides `sys`. */
  codeWith(args: readonly unknown[]): (sys: Sys) => Code<unknown> {
    const code = this.untimed(args);
    const { time } = this;
    if (time === null) return code;
    return (sys) => {
      time.follow(sys.task.kernel);
      return code(sys);
    };
  }

  private untimed(args: readonly unknown[]): (sys: Sys) => Code<unknown> {
    const { program } = this;
    if (isGenerator(program)) {
      const generator = program as (sys: Sys, ...args: readonly unknown[]) => Code<unknown>;
      return (sys) => generator(sys, ...args);
    }
    return asProgram((sys) => {
      const given = program(sys as TestSys, ...args) as Promise<unknown>;
      this.isAsync ||= typeof given?.then === 'function';
      return given;
    });
  }

  /**
   * Does the work of a test: on the spot, unless a program has to wait for its promises. `signal`: where
   * vitest says that the test is over, so that nothing goes on behind its back.
   */
  done<T>(work: Pausing<T>, signal: AbortSignal): T | Promise<T> {
    const undo = this.time?.install() ?? (() => {});
    let came: T | Promise<T>;
    try {
      came = withPausesIfAny(untilAborted(work, signal));
    } catch (error) {
      undo();
      throw error;
    }
    if (came instanceof Promise) {
      signal.addEventListener('abort', undo);
      return came.finally(undo);
    }
    undo();
    return came;
  }
}

function* untilAborted<T>(work: Pausing<T>, signal: AbortSignal): Pausing<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    yield null;
    if (signal.aborted) throw signal.reason;
  }
}
