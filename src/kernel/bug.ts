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
    super(`${kind}: ${message}`);
    this.name = 'KernelBug';
    this.kind = kind;
    this.backtrace = kernelFrames(this.stack ?? '');
  }
}

/**
 * Names of the functions on the stack that exist in Linux: generators that are delegated to with
 * `yield*` stand on it all, so this is the backtrace that a kernel would print.
 */
function kernelFrames(stack: string): string[] {
  const frames: string[] = [];
  for (const line of stack.split('\n')) {
    const name =
      /^\s*at (?:[\w$.]*\.)?([a-z_][a-z0-9_]*)(?:\.next)? [(<]|^([a-z_][a-z0-9_]*)@/.exec(line);
    const fn = name?.[1] ?? name?.[2];
    if (fn !== undefined && fn !== 'next' && !/^(node|async|new)$/.test(fn)) frames.push(fn);
  }
  return frames;
}

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
