/**
 * One visible operation: kernel code announces it by `yield`, the machine carries it out.
 *
 * Operations are data, made once with the object that they concern, so that a scheduler sees what
 * every context is about to do and a step allocates nothing.
 */

/** What an operation does: what a context can wait for, or be seen to do. */
export type Verb =
  | 'spin_lock'
  | 'read_lock'
  | 'write_lock'
  | 'mutex_lock'
  | 'schedule'
  | 'access'
  | 'synchronize_rcu'
  | 'smp_mb'
  | 'join'
  | 'fault';

/** What an operation is about: anything with a name to print. */
export interface Named {
  readonly name: string;
  /** Ours: see footprint.ts. */
  readonly identity: number;
  /** Ours: what a lock guards that is looked at without it too. */
  readonly covers?: Named | null;
}

export class Op {
  readonly verb: Verb;
  readonly target: Named;
  /** How a lock is taken; see spinlock.ts. */
  readonly flavour: number;
  /** lockdep's nesting level. */
  readonly subclass: number;
  /** Another one that takes the same lock, in another way. */
  next: Op | null = null;

  constructor(verb: Verb, target: Named, flavour = 0, subclass = 0) {
    this.verb = verb;
    this.target = target;
    this.flavour = flavour;
    this.subclass = subclass;
  }
}

/**
 * Kernel code: yields each visible operation just before it takes effect; returns a `T`.
 * The value of a `yield` is the operation's int result, 0 where C has none.
 */
export type Kernel<T> = Generator<Op, T, number>;

/** Whoever can say at once who takes the next step of an exact schedule. */
export interface Stepper {
  /** How many steps were taken. */
  readonly steps: number;
  /** Takes the step that `op` begins; false if the next one is somebody else's, or cannot be taken now. */
  stepOn(op: Op): boolean;
  /**
   * Will all steps of the call that the running context enters be its own, with nobody's in between?
   * `cannotSleep`: there is nothing in the call that it might wait for, but locks.
   */
  goesThrough(cannotSleep: boolean): boolean;
  /** They were: of the call that was entered after so many steps. Or not, that is known here. */
  wentThrough(since: number): void;
}

/** Code under way, and the operation that it has announced and not yet carried out. */
export class Execution {
  readonly code: Kernel<unknown>;
  op: Op | null = null;
  /** It has given its CPU away for the sake of `op`. */
  wentAway = false;
  /** Since when `op` has to wait. */
  since_ns = 0;
  /** The system call that it is in, if it may sleep there; null in user mode. */
  call: string | null = null;
  /** What it is called in traces: a system call, a timer function. */
  readonly name: string;

  constructor(name: string, code: Kernel<unknown>) {
    this.name = name;
    this.code = code;
  }
}
