/**
 * Sys for async functions: the same calls, each of which gives a promise.
 *
 * A thread makes one call at a time. Where its code asks for several at once, each is made when the
 * one before has returned, in the order in which they were asked for.
 */
import type { kernel_siginfo, SIG_DFL, SIG_IGN, sigaction } from '../kernel/signal.ts';
import type { CallName } from '../syscalls/arguments.ts';
import type { Code, Program, Sys } from '../syscalls/sys.ts';

/** A program, or what one of its threads runs, as an async function. */
export type AsyncProgram<T = unknown> = (sys: AsyncSys) => Promise<T>;

/**
 * What a program does with a signal, as an async function. `sys` is that of the thread which the
 * signal has interrupted; until the function's promise is settled that thread does nothing else.
 */
export type AsyncSignalHandler = (
  signo: number,
  info: kernel_siginfo,
  sys: AsyncSys,
) => Promise<void>;

/** What `sigaction` takes here. */
export type AsyncSigaction = Partial<Omit<sigaction, 'handler'>> & {
  /** What runs when the signal comes, or SIG_DFL, or SIG_IGN. */
  readonly handler: AsyncSignalHandler | typeof SIG_DFL | typeof SIG_IGN;
};

/** The arguments of a call, with async functions for programs. */
type Promising<A extends readonly unknown[]> = {
  [I in keyof A]: A[I] extends Program ? AsyncProgram : A[I];
};

type Call<F> = F extends (...values: infer A extends readonly unknown[]) => Code<infer T>
  ? (...values: Promising<A>) => Promise<T>
  : never;

type Calls = { readonly [K in Exclude<CallName, 'sigaction'>]: Call<Sys[K]> };

/**
 * What an async program calls: `const n = await sys.read(fd, buf)`. Names, arguments and results are
 * those of Sys.
 *
 * A call whose arguments are of the wrong type throws a TypeError when it is made. One whose promise
 * nobody awaits is an error when its thread ends, or sleeps for ever.
 */
export interface AsyncSys extends Calls {
  /** The task that makes the calls. */
  readonly task: Sys['task'];
  /** sigaction(2): 0, or -errno; what happens with a signal, for all threads of the process. */
  sigaction(signum: number, act: AsyncSigaction): Promise<number>;
  /**
   * Fails the run unless `condition` holds: what the program promises; `message` says what that is.
   *
   * @throws {AssertionFailed} where it does not.
   */
  assert(condition: unknown, message: string): void;
}
