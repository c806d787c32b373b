/**
 * Which calls and functions a context is inside of.
 *
 * The kernel says when a function is entered and not when it is left. But whatever happens next in
 * the same context happens with the JavaScript stack that it has by then: a function whose place on
 * it is gone, or taken by another, has been left. A second run of the same function announces
 * itself first, so a match of place and name means the same run.
 *
 * Invariants: `open` is ordered by place, outermost first; what was carried out inside counts for
 * every function around it.
 */

export class OpenFunction {
  readonly fn: string;
  /** Its distance from the machine's frame, and the name that stands there. */
  readonly place: number;
  readonly frame: string;
  /** Operations carried out so far, in it and in what it called. */
  ops = 0;

  constructor(fn: string, place: number, frame: string) {
    this.fn = fn;
    this.place = place;
    this.frame = frame;
  }
}

/** A system call that is under way. */
export class OpenCall extends OpenFunction {
  /** The caller's own arguments, which the call may fill in, and what they were at its start. */
  readonly live: readonly unknown[];
  readonly args: readonly unknown[];
  readonly called_ns: number;
  /** What it came back with, once signals are being looked at, and whether it will be made anew. */
  ret: number | null = null;
  restarts = false;

  constructor(name: string, live: readonly unknown[], args: readonly unknown[], called_ns: number) {
    super(name, -1, '');
    this.live = live;
    this.args = args;
    this.called_ns = called_ns;
  }
}

/** An interrupt handler, on top of what it interrupted where it has no stack of its own. */
export class OpenIrq extends OpenFunction {
  constructor(name: string) {
    super(name, -1, '');
  }
}

/** The part of the JavaScript stack that belongs to the modelled kernel, outermost first. */
export interface KernelStack {
  readonly frames: readonly string[];
  /** Where it begins in `frames`. */
  readonly base: number;
}

/** One task's functions, or those of an interrupt handler. */
export class ShadowStack {
  readonly open: OpenFunction[] = [];

  /**
   * Takes the innermost function out if it has been left: it does not stand on `stack`, or what
   * stands at its place is a function that is just being entered at `before`.
   */
  takeLeft(stack: KernelStack, before: number): OpenFunction | null {
    const last = this.open.at(-1);
    if (last === undefined || isMarker(last)) return null;
    const stands = stack.frames[stack.base + last.place] === last.frame;
    return stands && last.place < before ? null : this.take();
  }

  /** Takes the innermost function out, up to a call or an interrupt. */
  takeFunction(): OpenFunction | null {
    const last = this.open.at(-1);
    return last === undefined || isMarker(last) ? null : this.take();
  }

  /** Takes the innermost call out; null if a function is inside of it. */
  takeCall(): OpenCall | null {
    const last = this.open.at(-1);
    if (!(last instanceof OpenCall)) return null;
    this.take();
    return last;
  }

  /** Takes the innermost interrupt out, if no function is inside of it. */
  takeIrq(): void {
    if (this.open.at(-1) instanceof OpenIrq) this.take();
  }

  private take(): OpenFunction | null {
    const left = this.open.pop() ?? null;
    const outer = this.open.at(-1);
    if (left !== null && outer !== undefined) outer.ops += left.ops;
    return left;
  }

  /** The innermost call that is under way, or null. */
  call(): OpenCall | null {
    return this.innermost(OpenCall);
  }

  /** The name of the innermost interrupt handler, or null. */
  irq(): string | null {
    return this.innermost(OpenIrq)?.fn ?? null;
  }

  private innermost<T extends OpenFunction>(kind: new (...args: never[]) => T): T | null {
    for (let i = this.open.length - 1; i >= 0; i--) {
      const open = this.open[i];
      if (open instanceof kind) return open;
    }
    return null;
  }

  /** Counts an operation for the innermost function. */
  count(): void {
    const last = this.open.at(-1);
    if (last !== undefined) last.ops++;
  }
}

/** Its end is announced. */
const isMarker = (open: OpenFunction): boolean =>
  open instanceof OpenCall || open instanceof OpenIrq;
