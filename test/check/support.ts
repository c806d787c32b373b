/** Small concurrent programs for the checker itself, and plain enumeration to hold it against. */

import { type ExploreOptions, explore, type Subject } from '../../src/check/explore.ts';
import { type ContextId, Order, type Taken } from '../../src/check/order.ts';
import type { Choosing, Strategy } from '../../src/check/strategy.ts';
import { smp_mb } from '../../src/kernel/barrier.ts';
import type { Touch } from '../../src/kernel/footprint.ts';
import { looksAt, newIdentity, writesTo } from '../../src/kernel/footprint.ts';
import { mutex, mutex_unlock } from '../../src/kernel/mutex.ts';
import { type Kernel, type Named, Op } from '../../src/kernel/op.ts';
import type { task_struct } from '../../src/kernel/sched.ts';
import { storeLate } from '../../src/kernel/store_buffer.ts';
import { Machine } from '../../src/sim/machine.ts';

/** What a thread of a small program does, one step each. */
export interface Action {
  readonly do: 'read' | 'write' | 'lock' | 'unlock' | 'fence';
  /** Which cell, or which lock; 0 for a fence. */
  readonly at: number;
}

export const read = (at: number): Action => ({ do: 'read', at });
export const write = (at: number): Action => ({ do: 'write', at });
export const lock = (at: number): Action => ({ do: 'lock', at });
export const unlock = (at: number): Action => ({ do: 'unlock', at });
export const fence: Action = { do: 'fence', at: 0 };

/** A cell of memory that is read and written without a lock. */
class Cell implements Named {
  readonly name = 'cell';
  readonly identity: number = newIdentity();
  readonly touch: Op = new Op('access', this, 1);
  value = '-';
  /** What a thread wrote and others cannot see yet, the newest last. */
  readonly late: Map<number, string[]> = new Map();

  write(thread: number, text: string): void {
    const mine = this.late.get(thread) ?? [];
    this.late.set(thread, [...mine, text]);
    storeLate<number, string>(this, (by, value) => this.assign(by, value), thread, text);
  }

  private assign(thread: number, text: string): void {
    this.late.get(thread)?.shift();
    writesTo(this.identity);
    this.value = text;
  }

  read(thread: number): string {
    looksAt(this.identity);
    return this.late.get(thread)?.at(-1) ?? this.value;
  }
}

/** Threads that do these actions; what each of them read, what is left, and who hangs. */
export const threads =
  (lists: readonly (readonly Action[])[]): Subject<string> =>
  (schedule) => {
    const machine = new Machine({ schedule, cpus: 1 });
    const cells: Cell[] = [];
    const locks: mutex[] = [];
    const takes: Op[] = []; // Without a word to lockdep, which would speak before there is a deadlock.
    for (const action of lists.flat()) {
      if (action.do === 'read' || action.do === 'write') cells[action.at] ??= new Cell();
      else if (action.do !== 'fence')
        takes[action.at] ??= new Op('mutex_lock', (locks[action.at] ??= new mutex('test-a')));
    }
    const seen: string[] = lists.map(() => '');
    let first: task_struct | null = null;
    for (const [i, list] of lists.entries()) {
      const task: task_struct =
        first === null ? machine.newProcess('t0') : machine.newThread(first, `t${i}`);
      first ??= task;
      const code = function* (): Kernel<void> {
        for (const [place, action] of list.entries()) {
          if (action.do === 'lock') yield takes[action.at] as Op;
          else if (action.do === 'unlock') mutex_unlock(locks[action.at] as mutex);
          else if (action.do === 'fence') yield* smp_mb();
          else {
            const cell = cells[action.at] as Cell;
            yield cell.touch;
            if (action.do === 'read') seen[i] += cell.read(i);
            else cell.write(i, `${i}${place}`);
          }
        }
        seen[i] += '.';
      };
      machine.start(task, `t${i}`, code());
    }
    const run = (): string => {
      machine.run();
      return [...seen, ...cells.map((cell) => cell?.value)].join(' ');
    };
    return { machine, run };
  };

/** Every interleaving, whatever depends on what. */
export class Enumeration implements Strategy {
  private readonly path: { readonly possible: readonly ContextId[]; at: number }[] = [];
  private depth = 0;
  private order: Order = new Order();

  begin(): boolean {
    this.depth = 0;
    this.order = new Order();
    if (this.path.length === 0) return true;
    for (let node = this.path.at(-1); node !== undefined; node = this.path.at(-1)) {
      if (++node.at < node.possible.length) return true;
      this.path.pop();
    }
    return false;
  }

  choose({ possible }: Choosing): ContextId {
    const node = (this.path[this.depth++] ??= { possible: [...possible], at: 0 });
    return node.possible[node.at] as ContextId;
  }

  taken(context: ContextId, touches: readonly Touch[], enabler: number | null): void {
    this.order.append(context, touches, enabler, null);
  }

  /** Equal for two executions that differ only in the order of independent steps. */
  trace(): string {
    const { taken } = this.order;
    const lanes = new Map(taken.map((step): [number, ContextId] => [step.lane, step.context]));
    const text = ({ context, count, clock }: Taken): string =>
      `${context}.${count}:${clock
        .map((before, lane) => `${lanes.get(lane)}.${before}`)
        .filter((entry) => !entry.endsWith('.0'))
        .sort()}`;
    return taken.map(text).sort().join(' ');
  }
}

export interface Enumerated {
  readonly outcomes: readonly string[];
  readonly executions: number;
  /** How many of the executions can be told apart. */
  readonly traces: number;
}

/** Plain enumeration; null if there are more than `most` executions. */
export function enumerate(
  subject: Subject<string>,
  most: number,
  options: ExploreOptions = {},
): Enumerated | null {
  const strategy = new Enumeration();
  const outcomes = new Set<string>();
  const traces = new Set<string>();
  let executions = 0;
  for (const { result, error } of explore(subject, strategy, options)) {
    if (++executions > most) return null;
    outcomes.add(result ?? String(error));
    traces.add(strategy.trace());
  }
  return { outcomes: [...outcomes].sort(), executions, traces: traces.size };
}

/** What a strategy finds: whole executions, those that were left as redundant, and the outcomes. */
export function found(
  subject: Subject<string>,
  strategy: Strategy,
  most: number = Number.POSITIVE_INFINITY,
  options: ExploreOptions = {},
): { outcomes: string[]; executions: number; redundant: number } {
  const outcomes = new Set<string>();
  let executions = 0;
  let redundant = 0;
  for (const { result, error, extent } of explore(subject, strategy, options)) {
    if (extent === 'redundant') redundant++;
    else {
      executions++;
      outcomes.add(result ?? String(error));
    }
    if (executions > most) break;
  }
  return { outcomes: [...outcomes].sort(), executions, redundant };
}
