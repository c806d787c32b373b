/**
 * The whole machine at one moment, as plain data: what `state`, `table` and the lab show.
 *
 * A view is a copy that the machine does not change, fit for JSON. Objects appear by name (see
 * names.ts); 64-bit values that a number cannot hold are decimal strings.
 */

import type { Globals } from '../kernel/globals.ts';
import { dueAt } from '../kernel/hrtimer.ts';
import { heldBy } from '../kernel/lockdep.ts';
import { mutex } from '../kernel/mutex.ts';
import { rbNodes } from '../kernel/rbtree.ts';
import { TASK_DEAD, type task_struct } from '../kernel/sched.ts';
import { Names } from './names.ts';
import { type EpollView, epollViews } from './views/epolls.ts';
import { type FileView, filesOf, fileViews, queuesOf } from './views/files.ts';

export type { EpollView, ItemView, TreeNode } from './views/epolls.ts';
export type { Descriptor, FileView, QueueView, Waiter } from './views/files.ts';

/** A task: a thread of a process. */
export interface TaskView {
  /** Its name. */
  readonly name: string;
  /** Its number, which of a thread is its tid. */
  readonly pid: number;
  /** The process that it belongs to. */
  readonly tgid: number;
  /** The CPU that it runs on, or ran on last. */
  readonly cpu: number;
  /** `idle`: it has no code to run. */
  readonly state: 'running' | 'runnable' | 'asleep' | 'idle' | 'dead';
  /** The system call that it is inside of. */
  readonly call: string | null;
  /** The wait queues it stands on, and the lock or page that it waits for. */
  readonly waitsOn: readonly string[];
  /** The locks that it holds, oldest first. */
  readonly holds: readonly string[];
}

/** A timer that has been started. */
export interface TimerView {
  /** What it is called in traces. */
  readonly name: string;
  /** On the virtual clock. */
  readonly expires_ns: number;
}

/** A machine at one moment. */
export interface MachineView {
  /** The virtual clock. */
  readonly time_ns: number;
  /** Its tasks, in the order of their numbers. */
  readonly tasks: readonly TaskView[];
  /** Its epoll instances. */
  readonly epolls: readonly EpollView[];
  /** All other files but /dev/null. */
  readonly files: readonly FileView[];
  /** The next one first. */
  readonly timers: readonly TimerView[];
}

/** Which call a task is inside of; Recorder.callOf() also knows of calls that a handler interrupts. */
export type CallOf = (task: task_struct) => string | null;

/** A view of the machine that `kernel` belongs to. */
export function viewOf(
  kernel: Globals,
  names: Names = new Names(),
  callOf: CallOf = (task) => task.execution?.call ?? null,
): MachineView {
  const name = (object: object): string => names.of(object, kernel);
  const files = filesOf(kernel);
  const queues = queuesOf(kernel, files, name);
  const tasks: TaskView[] = [];
  for (const task of kernel.tasks.values()) {
    const waitsOn = queues
      .filter(({ tasks: waiting }) => waiting.has(task))
      .map((queue) => queue.name);
    const lock = lockAwaited(task);
    if (lock !== null) waitsOn.push(name(lock));
    tasks.push({
      name: task.comm,
      pid: task.pid,
      tgid: task.tgid,
      cpu: task.cpu,
      state: stateOf(task),
      call: callOf(task),
      waitsOn,
      holds: heldBy(task).map(name),
    });
  }
  return {
    time_ns: kernel.hrtimers.now_ns,
    tasks,
    epolls: epollViews(files, name),
    files: fileViews(files, name),
    timers: [kernel.hrtimers.monotonic, kernel.hrtimers.realtime]
      .flatMap(({ active }) => rbNodes(active))
      .map((timer) => ({ name: timer.name, expires_ns: dueAt(timer) }))
      .sort((a, b) => a.expires_ns - b.expires_ns),
  };
}

function stateOf(task: task_struct): TaskView['state'] {
  if (task.__state === TASK_DEAD) return 'dead';
  if (task.execution === null) return 'idle';
  if (task.on_cpu) return 'running';
  return task.on_rq ? 'runnable' : 'asleep';
}

/** What a task waits for other than on a wait queue. */
function lockAwaited(task: task_struct): object | null {
  const op = task.execution?.op ?? null;
  if (op === null || task.on_cpu || task.on_rq) return null;
  if (op.verb === 'schedule' || op.verb === 'access') return null;
  return op.target;
}

/** Who holds a mutex. */
export const ownerOf = (lock: object): string | null =>
  lock instanceof mutex ? (lock.owner?.comm ?? null) : null;
