/**
 * An execution that is over, as the detectors look at it: who sleeps for ever, in which call, on what.
 */
import { eventpoll } from '../../kernel/eventpoll/types.ts';
import { enabled } from '../../kernel/execute.ts';
import type { file } from '../../kernel/file.ts';
import type { Globals } from '../../kernel/globals.ts';
import type { Op } from '../../kernel/op.ts';
import { TASK_DEAD, type task_struct } from '../../kernel/sched.ts';
import type { Machine } from '../../sim/machine.ts';
import { sleeperOf } from '../../sim/report.ts';
import { epollWaits } from '../../trace/calls/kinds.ts';
import { Names } from '../../trace/names.ts';
import { filesOf, type OpenFile } from '../../trace/views/files.ts';
import type { Asked } from './asked.ts';
import { type Observations, observationsOf } from './observations.ts';
import type { DetectOptions } from './problem.ts';
import { type Wakers, wakersOf } from './waits.ts';

/** What explore() gives of an execution, as far as it matters here. */
export interface Ended {
  readonly machine: Machine;
  /** What ended it before its time; null if nothing did. */
  readonly error: unknown;
  readonly extent: 'whole' | 'redundant' | 'long';
}

/** A task that nothing will ever wake. */
export interface Sleeping {
  readonly task: task_struct;
  /** Null in none, as while it ends. */
  readonly call: string | null;
  readonly args: readonly unknown[];
  readonly asked: readonly Asked[];
  /** What it waits to be able to do. */
  readonly op: Op;
}

export class Scene {
  readonly kernel: Globals;
  readonly error: unknown;
  readonly strict: boolean;
  readonly observations: Observations | null;
  /** Everybody who sleeps for ever; nobody while something may still happen. */
  readonly sleepers: readonly Sleeping[];
  /** Tasks whose sleep another detector has explained. */
  readonly explained: Set<task_struct> = new Set();
  private graph: ReadonlyMap<Sleeping, Wakers> | null = null;
  private open: readonly OpenFile[] | null = null;
  private epolls: eventpoll[] | null = null;
  private names: Names | null = null;

  constructor({ machine, error }: Ended, { strict = false }: DetectOptions) {
    this.kernel = machine.kernel;
    this.error = error;
    this.strict = strict;
    this.observations = observationsOf(machine);
    const { observations } = this;
    const atRest = error === null && observations !== null && isAtRest(this.kernel);
    this.sleepers = atRest ? sleepersIn(this.kernel, observations) : [];
  }

  /** Who waits for whom. */
  get wakers(): ReadonlyMap<Sleeping, Wakers> {
    this.graph ??= new Map(this.sleepers.map((one) => [one, wakersOf(this, one)]));
    return this.graph;
  }

  /** What is open, where somebody sleeps. */
  get files(): readonly OpenFile[] {
    this.open ??= this.sleepers.length > 0 ? filesOf(this.kernel) : [];
    return this.open;
  }

  /** What an object is called now, at the end, whatever was called so before. */
  nameOf(object: object): string {
    this.names ??= new Names();
    return this.names.of(object, this.kernel);
  }

  /** Every instance that somebody has open, or that watches an open file. */
  get instances(): readonly eventpoll[] {
    if (this.epolls === null) {
      this.epolls = [];
      for (const { file } of this.files) {
        if (file.private_data instanceof eventpoll) this.epolls.push(file.private_data);
      }
    }
    return this.epolls;
  }

  /** Who sleeps in epoll_wait() on the instance. */
  waitersOf(ep: eventpoll): Sleeping[] {
    return this.sleepers.filter(
      ({ call, asked: [first], op }) =>
        call !== null &&
        epollWaits.has(call) &&
        op.verb === 'schedule' &&
        first?.file.private_data === ep,
    );
  }

  /** Who waits for events of the instance, there or through instances and calls that watch it. */
  listenersOf(ep: eventpoll, seen: Set<eventpoll> = new Set()): Sleeping[] {
    if (seen.has(ep)) return [];
    seen.add(ep);
    const found = this.sleepers.filter(({ asked }) =>
      asked.some(({ file }) => file.private_data === ep),
    );
    for (const epi of ep.refs) found.push(...this.listenersOf(epi.ep, seen));
    return [...new Set(found)];
  }

  /** Whoever has the file open. */
  holdersOf(f: file): task_struct[] {
    return [...this.kernel.tasks.values()].filter(
      ({ files, __state }) => __state !== TASK_DEAD && files.fd.includes(f),
    );
  }
}

/** Can nothing happen any more, unless somebody from outside does it? */
function isAtRest({ hrtimers, runqueues }: Globals): boolean {
  if (hrtimers.awaited > 0) return false;
  return runqueues.every(({ curr, idle, irq, queue }) => {
    if (irq !== null || !queue.isEmpty()) return false;
    const op = curr.execution?.op ?? null;
    return curr === idle || curr.execution === null || (op !== null && !enabled(op, curr));
  });
}

function sleepersIn(kernel: Globals, { calls }: Observations): Sleeping[] {
  const found: Sleeping[] = [];
  for (const task of kernel.tasks.values()) {
    const op = task.execution?.op ?? null;
    if (sleeperOf(task) === null || op === null) continue;
    const { call, args, asked } = calls.get(task) ?? { call: null, args: [], asked: [] };
    found.push({ task, call, args, asked, op });
  }
  return found;
}

/** What the program calls the call. */
export const callText = ({ call, op }: Sleeping): string =>
  call === 'futex' ? 'pthread_join' : (call ?? op.verb);

/** "t1", "t1 and t2", "t1, t2 and t3", "t1, t2 and 5 others". */
export function listed(words: readonly string[]): string {
  const shown = words.length <= 4 ? words : [...words.slice(0, 3), `${words.length - 3} others`];
  const last = shown.at(-1) ?? 'nobody';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} and ${last}`;
}

/** "sleeps" for one, "sleep" for more. */
export const verb = (count: number, base: string): string => (count === 1 ? `${base}s` : base);

/** Each once. */
export const distinct = <T>(values: Iterable<T>): T[] => [...new Set(values)];
