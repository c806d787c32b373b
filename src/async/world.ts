/** The threads of a machine that are async functions: who waits for what JavaScript comes to. */
import type { Globals } from '../kernel/globals.ts';
import { TASK_DEAD, type task_struct } from '../kernel/sched.ts';
import { pause } from '../sim/pause.ts';
import { shareAll } from '../sim/told.ts';
import type { Code } from '../syscalls/sys.ts';
import type { AsyncThread } from './thread.ts';

export class World {
  /** Is there anything on the machine that goes on by promises? */
  isAsync = false;
  private readonly kernel: Globals;
  /** What threads share is told of again; null where there is nothing to be undone. */
  private untold: (() => void) | null = null;
  private readonly threads: Map<task_struct, AsyncThread> = new Map();
  /** What was thrown where no thread could hear of it. */
  private readonly failures: unknown[] = [];

  constructor(kernel: Globals) {
    this.kernel = kernel;
    kernel.calls.promised = (task) => this.threads.get(task)?.forgotten() ?? null;
  }

  add(task: task_struct, thread: AsyncThread): void {
    this.isAsync = true;
    this.threads.set(task, thread);
    this.untold ??= shareAll(this.kernel);
  }

  /** Takes back what was added last. */
  remove(task: task_struct): void {
    this.threads.delete(task);
    if (this.threads.size > 0) return;
    this.isAsync = false;
    this.untold?.();
    this.untold = null;
  }

  threadOf(task: task_struct): AsyncThread | null {
    return this.threads.get(task) ?? null;
  }

  /** Lets JavaScript come to rest; who has been waiting for what it did goes on from here. */
  *rest(): Code<void> {
    yield* pause(this.kernel);
    if (this.failures.length > 0) throw this.failures.shift();
    for (const [task, thread] of this.threads) {
      if (task.__state === TASK_DEAD) this.threads.delete(task);
      else if (thread.hasNews) yield* thread.wake();
    }
  }

  /** Code outside of all threads gave a promise: what it is rejected with comes out of the run. */
  watch(promise: unknown): void {
    if (!(promise instanceof Promise)) return;
    promise.then(undefined, (error: unknown) => void this.failures.push(error));
  }
}

const worlds: WeakMap<Globals, World> = new WeakMap();

export function worldOf(kernel: Globals): World {
  let world = worlds.get(kernel);
  if (world === undefined) {
    world = new World(kernel);
    worlds.set(kernel, world);
  }
  return world;
}
