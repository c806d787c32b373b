/** What each file had ready, and since which call: how it changed. */
import { eventpoll } from '../../kernel/eventpoll/types.ts';
import type { file } from '../../kernel/file.ts';
import { TASK_DEAD, type task_struct } from '../../kernel/sched.ts';
import { socket } from '../../net/socket.ts';
import { epollWaits } from '../../trace/calls/kinds.ts';
import type { Occasion, TraceEvent } from '../../trace/events.ts';
import { readyBits } from '../../trace/readiness.ts';
import { filesOf } from '../../trace/views/files.ts';
import type { Graph } from './graph.ts';
import type { Placed, Scope } from './happening.ts';
import { isSignalfd, type Objects } from './objects.ts';

/** A file has other things ready than before. */
export interface Change extends Placed {
  readonly from: number;
  readonly to: number;
  /** The call or the interrupt that made it so; null if nobody can be named. */
  readonly by: Scope | null;
}

/** In which step: a call may have begun before. */
export const stepOf = ({ by, step }: Change): number =>
  by === null || (by.kind === 'call' && step > by.step) ? step : by.step;

export class Changes {
  private readonly objects: Objects;
  private readonly graph: Graph;
  private readonly changes: Map<number, Change[]> = new Map();
  /** Who made each file. */
  private readonly makers: Map<number, Scope | null> = new Map();
  private readonly sources: Map<number, readonly number[]> = new Map();
  /** What each file had ready when it was last looked at. */
  private readonly ready: Map<number, number> = new Map();

  /** `graph`: of the same execution, which says who acted. */
  constructor(objects: Objects, graph: Graph) {
    this.objects = objects;
    this.graph = graph;
  }

  /** How what a file has ready changed. */
  of(file: number): readonly Change[] {
    return this.changes.get(file) ?? [];
  }

  /** The call that made a file. */
  makerOf(file: number): Scope | null {
    return this.makers.get(file) ?? null;
  }

  /** What a file stands for in the kernel: a pipe, a sock. */
  sourcesOf(file: number): readonly number[] {
    return this.sources.get(file) ?? [];
  }

  /** Looks at all files where a task is about to come back to its program, or to sleep. */
  look(event: TraceEvent, placed: Placed): void {
    const { kind } = event;
    if (kind !== 'return' && kind !== 'switch' && kind !== 'step' && kind !== 'exit') return;
    const task = this.lookerFor(event);
    if (task === null) return;
    const by = this.graph.takeActor(event.task.pid);
    const isOwn = task.pid === event.task.pid;
    const other = this.writerBeside(by);
    for (const { file } of filesOf(this.objects.kernel)) {
      const actor = file.private_data instanceof eventpoll ? by : (other ?? by);
      if (isOwn || !isSignalfd(file)) this.lookAt(file, task, placed, actor);
    }
  }

  /** A wait changes no file but an instance: another call is in the middle of it, where threads run freely. */
  private writerBeside(by: Scope | null): Scope | null {
    if (this.objects.scene?.kind === 'scenario' || by === null || !waits(by)) return null;
    let last: Scope | null = null;
    for (const call of this.graph.underWay()) {
      if (!waits(call) && (last === null || call.seq > last.seq)) last = call;
    }
    return last;
  }

  /** Who asks the files: the task of the event, or anybody where that has ended. */
  private lookerFor({ task }: Occasion): task_struct | null {
    const own = this.objects.kernel.tasks.get(task.pid);
    if (own !== undefined && isAlive(own)) return own.lockdep_depth > 0 ? null : own;
    return (
      [...this.objects.kernel.tasks.values()].find(
        (one) => isAlive(one) && one.lockdep_depth === 0,
      ) ?? null
    );
  }

  private lookAt(f: file, task: task_struct, placed: Placed, by: Scope | null): void {
    const id = this.objects.idOf(f);
    if (!this.sources.has(id)) {
      this.sources.set(id, this.partsOf(f));
      this.makers.set(id, by);
    }
    const from = this.ready.get(id) ?? 0;
    const to = readyBits(f, task);
    if (to === null || to === from) return;
    this.ready.set(id, to);
    const change = { ...placed, from, to, by };
    const changes = this.changes.get(id);
    if (changes === undefined) this.changes.set(id, [change]);
    else changes.push(change);
  }

  private partsOf({ private_data }: file): number[] {
    if (typeof private_data !== 'object' || private_data === null) return [];
    const sk = private_data instanceof socket ? private_data.sk : null;
    return [private_data, ...(sk === null ? [] : [sk])].map((one) => this.objects.idOf(one));
  }
}

/** Calls that only wait, or look. */
const waits = ({ name }: Scope): boolean => epollWaits.has(name) || lookers.has(name);
const lookers: ReadonlySet<string> = new Set([
  'poll',
  'ppoll',
  'select',
  'pselect6',
  'futex',
  'nanosleep',
]);

const isAlive = ({ __state }: task_struct): boolean => __state !== TASK_DEAD;
