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
  /** Its number, which of a thread is its tid. */
  readonly pid: number;
  /** The number of its process. */
  readonly tgid: number;
  /** Its name. */
  readonly comm: string;
}

/** When, where, and on whose behalf. */
export interface Occasion {
  /** Which event of its machine it is, from 0. */
  readonly seq: number;
  /** The virtual clock; it stands still while anything can run. */
  readonly time_ns: number;
  /** The CPU that it happens on, from 0. */
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
  /** The call, by the name of its man page. */
  readonly name: string;
  /** In the order of the man page; see values.ts for their form. */
  readonly args: readonly unknown[];
}

/** A system call is over. */
export interface ReturnEvent extends Occasion {
  readonly kind: 'return';
  /** The call, by the name of its man page. */
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
  /** The name of the function. */
  readonly fn: string;
}

/** A kernel function has been left, at the latest before the event that follows in its context. */
export interface LeaveEvent extends Occasion {
  readonly kind: 'leave';
  /** The name of the function. */
  readonly fn: string;
  /** How many operations it carried out. */
  readonly ops: number;
}

/** An operation was carried out, or has to wait. */
export interface OpEvent extends Occasion {
  readonly kind: 'op';
  /** What it does. */
  readonly verb: Verb;
  /** The lock or other object, by name. */
  readonly target: string;
  /** How a lock is taken, with interrupts off for instance: see kernel/spinlock.ts. */
  readonly flavour: number;
  /** The nesting level of lockdep. */
  readonly subclass: number;
  /** True if it was carried out, false if it has to wait. */
  readonly done: boolean;
}

/** A lock was given back. */
export interface ReleaseEvent extends Occasion {
  readonly kind: 'release';
  /** How it had been taken. */
  readonly verb: Verb;
  /** How the lock had been taken. */
  readonly flavour: number;
  /** The lock, by name. */
  readonly target: string;
}

/** A branch that decides something: `ep_poll_callback: onto ovflist`. */
export interface NoteEvent extends Occasion {
  readonly kind: 'note';
  /** The branch, by its function and in words. */
  readonly what: string;
  /** The object it decides about. */
  readonly about: string;
  /** The same as a number, which no other object of the machine has. */
  readonly object: number;
  /** What it comes to for the object, and a number to it; null if nothing. See kernel/trace.ts. */
  readonly fact: Fact | null;
  /** The number that belongs to `fact`; 0 if none does. */
  readonly detail: number;
}

/** Something has happened to an object, and no branch says so in words. */
export interface FactEvent extends Occasion {
  readonly kind: 'fact';
  /** What has happened, in a word. */
  readonly fact: Fact;
  /** The object, by name. */
  readonly about: string;
  /** The object, as a number that no other object of the machine has. */
  readonly object: number;
  /** The number that belongs to `fact`; see kernel/trace.ts. */
  readonly detail: number;
}

/** The context made a task runnable. */
export interface WakeupEvent extends Occasion {
  readonly kind: 'wakeup';
  /** The task that can run now. */
  readonly woken: TaskRef;
}

/** A CPU goes from one task to another; null is its idle task. */
export interface SwitchEvent extends Occasion {
  readonly kind: 'switch';
  /** Who ran until now. */
  readonly from: TaskRef | null;
  /** Who runs from now on. */
  readonly to: TaskRef | null;
}

/** An interrupt handler starts or ends. */
export interface IrqEvent extends Occasion {
  readonly kind: 'irq';
  /** The handler: `hrtimer_interrupt`, `net_rx_action`, … */
  readonly name: string;
  /** True when it starts, false when it ends. */
  readonly entered: boolean;
}

/** What is known of a signal. */
export interface SignalInfo {
  /** The signal. */
  readonly si_signo: number;
  /** SI_USER, SI_TKILL, SI_QUEUE, CLD_*. */
  readonly si_code: number;
  /** The process that sent it, or the child that it is about. */
  readonly si_pid: number;
  /** The user id of that process. */
  readonly si_uid: number;
  /** What sigqueue() sent along, 64 bits. */
  readonly si_value: bigint;
  /** Of a child: its exit status, or the signal that killed it. */
  readonly si_status: number;
}

/** A signal was sent. */
export interface SentEvent extends Occasion {
  readonly kind: 'sent';
  /** What is known of the signal. */
  readonly info: SignalInfo;
  /** Who would have taken it, or takes it. */
  readonly to: TaskRef;
  /** What becomes of it. */
  readonly fate: SignalFate;
}

/** A signal handler starts. */
export interface SignalEvent extends Occasion {
  readonly kind: 'signal';
  /** The signal. */
  readonly signo: number;
  /** What is known of it. */
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
  /** The signals that are blocked from here on, bit 0 for signal 1. */
  readonly mask: bigint;
  /** What the interrupted call returns; null if there was none. */
  readonly ret: number | null;
  /** Whether that call is made anew instead. */
  readonly restarts: boolean;
}

/** A task has ended. */
export interface ExitEvent extends Occasion {
  readonly kind: 'exit';
  /** The exit status. */
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
  /** The step, from 0. */
  readonly index: number;
  /** True once everything that follows from it has happened. */
  readonly settled: boolean;
}

/** Anything that can happen in a trace; `kind` tells which. */
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

/** Whoever hears of events, one after the other. */
export type TraceListener = (event: TraceEvent) => void;
