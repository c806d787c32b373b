/** What one execution costs those who wait: counted while it happens. */
import { current } from '../../kernel/current.ts';
import { type epitem, eventpoll } from '../../kernel/eventpoll/types.ts';
import type { file } from '../../kernel/file.ts';
import type { Globals } from '../../kernel/globals.ts';
import type { task_struct } from '../../kernel/sched.ts';
import type { wait_queue_head } from '../../kernel/wait.ts';
import { Observations } from '../detectors/observations.ts';

/** A wakeup of a file that somebody watches, or what was ready of it when it was added. */
interface FileEvent {
  /** Steps of the machine until then. */
  readonly at: number;
  told: boolean;
}

/** A wakeup that goes over a queue. */
interface Walk {
  readonly at: number;
  /** Null until it has come to an item that asks for it. */
  event: FileEvent | null;
}

/** What became of a task that waits. */
export interface WaiterCount {
  /** How many times it was woken in epoll_wait(). */
  wakeups: number;
  /** How many events it was told. */
  told: number;
}

/** What an execution came to. */
export interface Counts {
  /** Wakeups of watched files, and what was ready of one when it was added. */
  readonly events: number;
  /** Events that nobody was ever told of. */
  readonly untold: number;
  /** By task, the first that waited first. */
  readonly waiters: ReadonlyMap<string, WaiterCount>;
  /** Who was woken and found nothing; a task for each time. */
  readonly wasted: readonly string[];
  /** From each event to the first time that somebody was told of it, in steps of the machine. */
  readonly delays: readonly number[];
}

export class Measure extends Observations {
  /** Of the epoll instances whose waiters are counted; all of them unless told otherwise. */
  counts: (ep: eventpoll) => boolean = () => true;
  /** Items that each task was told of, the last ones until somebody takes them. */
  readonly toldTo: Map<task_struct, epitem[]> = new Map();
  private readonly globals: Globals;
  private readonly waiters: Map<string, WaiterCount> = new Map();
  private readonly labels: Map<task_struct, string> = new Map();
  private readonly events: FileEvent[] = [];
  private readonly delays: number[] = [];
  /** Those that an item has heard of since it was told of. */
  private readonly pending: Map<epitem, FileEvent[]> = new Map();
  /** The last wakeup of each queue. */
  private readonly walks: Map<wait_queue_head, Walk> = new Map();
  /** What was ready of a file, without a wakeup, when it was added. */
  private readonly found: Map<file, FileEvent> = new Map();
  /** When an item was told of, in steps. */
  private readonly toldAt: Map<epitem, number> = new Map();

  constructor(kernel: Globals) {
    super(kernel);
    this.globals = kernel;
  }

  /** `task` waits in an epoll instance. `label`: what it is called, where its name is not enough. */
  waits(task: task_struct, label: string = task.comm): WaiterCount {
    const name = this.labels.get(task) ?? label;
    let waiter = this.waiters.get(name);
    if (waiter === undefined) {
      this.labels.set(task, name);
      this.waiters.set(name, (waiter = { wakeups: 0, told: 0 }));
    }
    return waiter;
  }

  wakes(wq_head: wait_queue_head): void {
    this.walks.set(wq_head, { at: this.steps, event: null });
  }

  notified(epi: epitem, wq_head: wait_queue_head | null): void {
    if (!this.counts(epi.ep)) return;
    const inner = epi.ffd.file.private_data;
    if (inner instanceof eventpoll && this.counts(inner)) return; // It was counted there.
    const walk = wq_head === null ? this.lastWalk(epi) : (this.walks.get(wq_head) ?? null);
    const event = walk !== null ? (walk.event ??= this.newEvent(walk.at)) : this.foundOf(epi);
    if (event === null) return;
    const pending = this.pending.get(epi);
    if (pending === undefined) this.pending.set(epi, [event]);
    else pending.push(event);
  }

  /** The last wakeup of the item's file since it was told of, or was added; null for none. */
  private lastWalk(epi: epitem): Walk | null {
    let last: Walk | null = null;
    for (let pwq = epi.pwqlist; pwq !== null; pwq = pwq.next) {
      const walk = pwq.whead === null ? undefined : this.walks.get(pwq.whead);
      if (walk !== undefined && walk.at > (last?.at ?? this.toldAt.get(epi) ?? -1)) last = walk;
    }
    return last;
  }

  /** What epoll_ctl() finds is an event the first time: it is what is left of one afterwards. */
  private foundOf(epi: epitem): FileEvent | null {
    if (this.toldAt.has(epi)) return null;
    const { file } = epi.ffd;
    let event = this.found.get(file);
    if (event === undefined) this.found.set(file, (event = this.newEvent(this.steps)));
    return event;
  }

  private newEvent(at: number): FileEvent {
    const event = { at, told: false };
    this.events.push(event);
    return event;
  }

  override woken(ep: eventpoll): void {
    super.woken(ep);
    if (this.counts(ep) && !current.sigpending) this.waits(current).wakeups++;
  }

  override delivered(epi: epitem, revents: number): void {
    super.delivered(epi, revents);
    const task = current;
    const items = this.toldTo.get(task);
    if (items === undefined) this.toldTo.set(task, [epi]);
    else items.push(epi);
    this.toldAt.set(epi, this.steps);
    if (!this.counts(epi.ep)) return;
    this.waits(task).told++;
    for (const event of this.pending.get(epi) ?? []) {
      if (event.told) continue;
      event.told = true;
      this.delays.push(this.steps - event.at);
    }
    this.pending.delete(epi);
  }

  private get steps(): number {
    return this.globals.maxSteps - this.globals.stepsLeft;
  }

  result(): Counts {
    const { delays, events, vain, waiters } = this;
    return {
      events: events.length,
      untold: events.filter(({ told }) => !told).length,
      waiters,
      wasted: vain.flatMap(({ task, woken }) => {
        const label = this.labels.get(task);
        return woken && label !== undefined ? [label] : [];
      }),
      delays,
    };
  }
}
