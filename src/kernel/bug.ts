/**
 * What a kernel does when it finds itself broken.
 * Linux: include/asm-generic/bug.h, mm/slub.c (poisoning).
 *
 * A `KernelBug` is never the user's mistake (see ScenarioError) and never a refusal (see -errno):
 * the model is wrong, or the modelled kernel has the bug that is being looked for.
 * Differs from Linux: WARN_ON() stops the machine too, as with panic_on_warn.
 *
 * Invariants: a machine that was stopped goes on with nobody, whatever the program catches in which it
 * was; see syscalls/call.ts.
 */
import { current } from './current.ts';
import type { task_struct } from './sched.ts';

/** What ends an execution where it stands, in the middle of a call. */
export abstract class Stop extends Error {
  constructor(message: string) {
    super(message);
    const machine = (current as task_struct | undefined)?.kernel; // None runs while a test looks at a list.
    if (machine !== undefined) machine.stopped ??= this;
  }
}

/**
 * The model, or the kernel that it models, is broken: BUG_ON(), lockdep, a use after free. The
 * message says what was found.
 */
export class KernelBug extends Stop {
  /** Kernel functions, innermost first. */
  readonly backtrace: readonly string[];
  /** The detector that spoke: `BUG`, `lockdep`, `use after free`, `list`, `refcount`, … */
  readonly kind: string;

  constructor(kind: string, message: string) {
    const limit = v8.stackTraceLimit;
    if (limit !== undefined) v8.stackTraceLimit = 100; // Ten, as it is, end half way.
    super(`${kind}: ${message}`);
    if (limit !== undefined) v8.stackTraceLimit = limit;
    this.name = 'KernelBug';
    this.kind = kind;
    this.backtrace = kernelFrames(this.stack ?? '');
  }
}

/** How many functions a stack shows; other engines show all. */
const v8 = Error as { stackTraceLimit?: number };

/** Makes an error whose stack does not end half way. */
export function withWholeStack<T>(make: () => T): T {
  const limit = v8.stackTraceLimit;
  if (limit !== undefined) v8.stackTraceLimit = 100;
  const made = make();
  if (limit !== undefined) v8.stackTraceLimit = limit;
  return made;
}

/**
 * Names of the functions on the stack that exist in Linux: generators that are delegated to with
 * `yield*` stand on it all, so this is the backtrace that a kernel would print.
 *
 * V8 shows a generator as `at fn (file…)` followed by `at fn.next (<anonymous>)`.
 */
export function kernelFrames(stack: string): string[] {
  const frames: string[] = [];
  for (const line of stack.split('\n').slice(1)) {
    if (below.test(line)) break;
    if (passedOver.test(line)) continue;
    const fn = /^\s*at (?:[\w$.]*\.)?([\w$]+)(?: \[as \w+\])? \(|^([\w$]+)@/.exec(line);
    const name = ownName(fn?.[1] ?? fn?.[2] ?? '');
    const ofLinux = /^[a-z_][a-z0-9_]*$|^[A-Z][A-Z0-9_]*$/.test(name) && !ours.has(name);
    if (ofLinux) frames.push(name);
  }
  return frames;
}

/** The second line of a generator, and other packages: this one may be installed among them. */
const passedOver =
  /\.next \(<anonymous>\)$|\(node:|node_modules(?!.*\/src\/(?:kernel|net|syscalls)\/)/;

/** Who runs kernel code: what a program calls (syscalls/call.ts, entry.ts), or else the machine. */
const below =
  /^\s*at (?:runSyscall(?:\$now)?|perform|\w*Call\.\w+|Machine\.\w+)(?: \[as \w+\])? \(/;

/** A function's name in the sources: the build makes twins (`$now`), and tells equal ones apart (`$1`). */
export const ownName = (name: string): string => name.replace(/(?:\$now)?(?:\$\d+)?$/, '');

/** Functions of the model that carry operations out, and are called as ones of Linux might be. */
const ours: ReadonlySet<string> = new Set(['enabled', 'grab', 'now', 'syscall']);

export function BUG_ON(condition: boolean, what: string): void {
  if (condition) throw new KernelBug('BUG', what);
}

export function WARN_ON_ONCE(condition: boolean, what: string): boolean {
  if (condition) throw new KernelBug('WARNING', what);
  return condition;
}

/** Stands where a freed object's pointers were: touching it says who was used after its free. */
export function poison<T extends object>(what: string): T {
  const touched = (): never => {
    throw new KernelBug('use after free', `${what}, by ${current.comm}`);
  };
  return new Proxy({} as T, { get: touched, set: touched, has: touched });
}
