/**
 * One execution as a stream of events: what every format, the tests and the lab are made from.
 *
 * An event is plain data: it names what it is about and holds nothing of the machine, so it can be
 * kept, compared and written as JSON (but for the bigints that 64-bit values are).
 *
 * Invariants: `seq` counts up by one; `time_ns` never goes back; of each `enter` and its `leave`,
 * and of each `call` and its `return`, everything of the same context between them is inside.
 */
import type { Verb } from '../kernel/op.ts';
import type { Fact, SignalFate } from '../kernel/trace.ts';

/** A task, as a trace names it. */
export interface TaskRef {
  readonly pid: number;
  readonly tgid: number;
  readonly comm: string;
}

/** When, where, and on whose behalf. */
export interface Occasion {
  /** Which event of its machine it is, from 0. */
  readonly seq: number;
  /** The virtual clock; it stands still while anything can run. */
  readonly time_ns: number;
  readonly cpu: number;
  /** The task that runs, or that an interrupt runs on top of. */
  readonly task: TaskRef;
  /** The interrupt handler that runs, if one does. */
  readonly irq: string | null;
  /** How many calls and functions the context is inside of. */
  readonly depth: number;
}

/** A system call begins. */
export interface CallEvent extends Occasion {
  readonly kind: 'call';
  readonly name: string;
  /** In the order of the man page; see values.ts for their form. */
  readonly args: readonly unknown[];
}

/** A system call is over. */
export interface ReturnEvent extends Occasion {
  readonly kind: 'return';
  readonly name: string;
  /** As they were at the call. */
  readonly args: readonly unknown[];
  /** The same after the call has filled in what it fills in. */
  readonly filled: readonly unknown[];
  /** A result, or -errno. */
  readonly ret: number;
  /** When the call began. */
  readonly called_ns: number;
  /** How many operations it carried out. */
  readonly ops: number;
}

/** A kernel function has been entered. */
export interface EnterEvent extends Occasion {
  readonly kind: 'enter';
  readonly fn: string;
}

/** A kernel function has been left, at the latest before the event that follows in its context. */
export interface LeaveEvent extends Occasion {
  readonly kind: 'leave';
  readonly fn: string;
  /** How many operations it carried out. */
  readonly ops: number;
}

/** An operation was carried out, or has to wait. */
export interface OpEvent extends Occasion {
  readonly kind: 'op';
  readonly verb: Verb;
  readonly target: string;
  readonly flavour: number;
  readonly subclass: number;
  readonly done: boolean;
}

/** A lock was given back. */
export interface ReleaseEvent extends Occasion {
  readonly kind: 'release';
  /** How it had been taken. */
  readonly verb: Verb;
  readonly flavour: number;
  readonly target: string;
}

/** A branch that decides something: `ep_poll_callback: onto ovflist`. */
export interface NoteEvent extends Occasion {
  readonly kind: 'note';
  readonly what: string;
  /** The object it decides about. */
  readonly about: string;
  /** The same as a number, which no other object of the machine has. */
  readonly object: number;
  /** What it comes to for the object, and a number to it; null if nothing. See kernel/trace.ts. */
  readonly fact: Fact | null;
  readonly detail: number;
}

/** Something has happened to an object, and no branch says so in words. */
export interface FactEvent extends Occasion {
  readonly kind: 'fact';
  readonly fact: Fact;
  readonly about: string;
  readonly object: number;
  readonly detail: number;
}

/** The context made a task runnable. */
export interface WakeupEvent extends Occasion {
  readonly kind: 'wakeup';
  readonly woken: TaskRef;
}

/** A CPU goes from one task to another; null is its idle task. */
export interface SwitchEvent extends Occasion {
  readonly kind: 'switch';
  readonly from: TaskRef | null;
  readonly to: TaskRef | null;
}

/** An interrupt handler starts or ends. */
export interface IrqEvent extends Occasion {
  readonly kind: 'irq';
  readonly name: string;
  readonly entered: boolean;
}

/** What is known of a signal. */
export interface SignalInfo {
  readonly si_signo: number;
  /** SI_USER, SI_TKILL, SI_QUEUE, CLD_*. */
  readonly si_code: number;
  readonly si_pid: number;
  readonly si_uid: number;
  readonly si_value: bigint;
  readonly si_status: number;
}

/** A signal was sent. */
export interface SentEvent extends Occasion {
  readonly kind: 'sent';
  readonly info: SignalInfo;
  /** Who would have taken it, or takes it. */
  readonly to: TaskRef;
  readonly fate: SignalFate;
}

/** A signal handler starts. */
export interface SignalEvent extends Occasion {
  readonly kind: 'signal';
  readonly signo: number;
  readonly info: SignalInfo;
  /** What the call that it interrupts came back with; null in user mode. */
  readonly ret: number | null;
  /** SA_RESTART: such a call is made anew. */
  readonly restarts: boolean;
  /** What the call has filled in. */
  readonly filled: readonly unknown[];
}

/** The handler is done. */
export interface SigreturnEvent extends Occasion {
  readonly kind: 'sigreturn';
  readonly mask: bigint;
  readonly ret: number | null;
  readonly restarts: boolean;
}

/** A task has ended. */
export interface ExitEvent extends Occasion {
  readonly kind: 'exit';
  readonly code: number;
  /** The signal that ended it, or 0. */
  readonly signo: number;
  /** What the call that it was in came back with; null if it did not. */
  readonly ret: number | null;
  /** How many other threads of its process live on. */
  readonly others: number;
}

/** A step of a scenario is issued, or everything that follows from it has happened. */
export interface StepEvent extends Occasion {
  readonly kind: 'step';
  readonly index: number;
  readonly settled: boolean;
}

export type TraceEvent =
  | CallEvent
  | ReturnEvent
  | EnterEvent
  | LeaveEvent
  | OpEvent
  | ReleaseEvent
  | NoteEvent
  | FactEvent
  | WakeupEvent
  | SwitchEvent
  | IrqEvent
  | SentEvent
  | SignalEvent
  | SigreturnEvent
  | ExitEvent
  | StepEvent;

export type TraceListener = (event: TraceEvent) => void;
