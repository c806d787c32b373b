/**
 * What happens, and where: a happening stands in a function inside of a function inside of a call or an
 * interrupt, and knows which wakeup called it.
 */
import type { Fact, SignalFate } from '../../kernel/trace.ts';
import type { CallEvent, ReturnEvent, TaskRef } from '../../trace/events.ts';
import type { Asked } from '../asks.ts';

/** When and by whom. */
export interface Placed {
  /** Of the trace, for the order of time. */
  readonly seq: number;
  /** As the table numbers them. */
  readonly step: number;
  readonly task: TaskRef;
}

/** A function of the kernel that is under way, or an interrupt. */
export interface Scope extends Placed {
  readonly kind: 'call' | 'function' | 'irq';
  readonly name: string;
  readonly parent: Scope | null;
  /** The wakeup that called it. */
  readonly caller: Happening | null;
  /** The last wakeup that began in it. */
  wake: Happening | null;
}

/** A system call. */
export interface Call extends Scope {
  readonly kind: 'call';
  readonly event: CallEvent;
  /** Null while it is under way. */
  ended: ReturnEvent | null;
  /** In which step it returned. */
  endedIn: number | null;
  /** In which step its task ended while it was under way. */
  diedIn: number | null;
  /** The file that its first argument stands for. */
  readonly file: number | null;
  readonly fileName: string | null;
  /** Of epoll_ctl(): the file that is to be watched. */
  readonly target: number | null;
  /** Of poll() and select(): the files that they ask. */
  readonly asks: readonly (Asked & { readonly file: number; readonly name: string })[];
  /** What the file is, if that is an epoll instance. */
  readonly ep: number | null;
  /** Of a wait in the step that is asked for: the files behind the numbers of the items, by number. */
  readonly behind: ReadonlyMap<number, FileRef>;
}

export interface FileRef {
  readonly id: number;
  readonly name: string;
}

export interface Happening extends Placed {
  readonly fact: Fact | 'wakeup' | 'note' | 'waits';
  /** What it is about, by name and by number; a task that is woken is known by its name. */
  readonly about: string;
  readonly object: number;
  readonly detail: number;
  readonly scope: Scope | null;
  readonly caller: Happening | null;
}

/** A signal was sent. */
export interface Sent extends Placed {
  readonly signo: number;
  readonly to: TaskRef;
  readonly fate: SignalFate;
  readonly scope: Scope | null;
}

/** The functions that lead from a call or an interrupt to where something happened, outermost first. */
export function pathTo(scope: Scope | null): Scope[] {
  const path: Scope[] = [];
  for (let at = scope; at !== null; at = at.parent) path.unshift(at);
  return path;
}

/** The call or the interrupt in which something happened. */
export function rootOf(scope: Scope | null): Scope | null {
  let root = scope;
  while (root !== null && root.parent !== null) root = root.parent;
  return root;
}

/** Did it happen in that function, or in one that this called? */
export const isWithin = (scope: Scope | null, outer: Scope | null): boolean =>
  outer !== null && pathTo(scope).includes(outer);

/** The last one that fits. */
export const lastOf = <T>(list: readonly T[], fits: (one: T) => boolean): T | undefined =>
  list.filter(fits).at(-1);
