/**
 * What a kernel does when it finds itself broken.
 * Linux: include/asm-generic/bug.h, mm/slub.c (poisoning).
 *
 * A `KernelBug` is never the user's mistake (see ScenarioError) and never a refusal (see -errno):
 * the model is wrong, or the modelled kernel has the bug that is being looked for.
 * Differs from Linux: WARN_ON() stops the machine too, as with panic_on_warn.
 */
import { current } from './current.ts';

export class KernelBug extends Error {
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
 * V8 shows a generator as `at fn (file…)` followed by `at fn.next (<anonymous>)`; below the
 * outermost one is the machine.
 */
export function kernelFrames(stack: string): string[] {
  const lines = stack.split('\n').slice(1);
  const generators = lines.map((line) => line.endsWith('.next (<anonymous>)'));
  const outermost = generators.lastIndexOf(true);
  const frames: string[] = [];
  for (const [i, line] of lines.entries()) {
    if ((i > outermost && outermost >= 0) || line.includes(' perform (')) break;
    const fn = /^\s*at (?:[\w$.]*\.)?([\w$]+)(?: \[as \w+\])? \(|^([\w$]+)@/.exec(line);
    const name = ownName(fn?.[1] ?? fn?.[2] ?? '');
    const ofLinux = /^[a-z_][a-z0-9_]*$|^[A-Z][A-Z0-9_]*$/.test(name) && !ours.has(name);
    if (ofLinux && !generators[i] && !/\(node:|node_modules/.test(line)) frames.push(name);
  }
  return frames;
}

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
