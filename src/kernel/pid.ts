/**
 * Process numbers: of threads, processes, process groups and sessions. Linux: kernel/pid.c,
 * include/linux/pid.h.
 *
 * A number is a `struct pid` for as long as anything bears it, and longer for who holds the object:
 * a pidfd goes on meaning the process that it was opened for. Who bears it stands in `tasks`, a
 * list for each of its four meanings.
 *
 * Invariants: changes only under tasklist_lock. A pid with no task at all is not in `kernel.pids`.
 * Differs from Linux: one namespace, and no number is given out twice.
 */
import { current } from './current.ts';
import { looksAt, newIdentity, writesTo } from './footprint.ts';
import type { Globals } from './globals.ts';
import type { Named } from './op.ts';
import type { task_struct } from './sched.ts';
import { wait_queue_head } from './wait.ts';

/** What a number stands for: a thread, a process, a process group, a session. */
export type pid_type = 'PIDTYPE_PID' | 'PIDTYPE_TGID' | 'PIDTYPE_PGID' | 'PIDTYPE_SID';

const allTypes: readonly pid_type[] = [
  'PIDTYPE_PID',
  'PIDTYPE_TGID',
  'PIDTYPE_PGID',
  'PIDTYPE_SID',
];

export class pid implements Named {
  readonly name: string = 'pid';
  readonly identity: number = newIdentity();
  readonly nr: number;
  /** Of the file that a pidfd is; see pidfs.ts. */
  readonly ino: number;
  /** Who bears the number, the one that came last first; processes by their first thread. */
  readonly tasks: Readonly<Record<pid_type, task_struct[]>> = {
    PIDTYPE_PID: [],
    PIDTYPE_TGID: [],
    PIDTYPE_PGID: [],
    PIDTYPE_SID: [],
  };
  readonly wait_pidfd: wait_queue_head = new wait_queue_head('pid->wait_pidfd', 'wait_pidfd');

  constructor(nr: number, ino: number) {
    this.nr = nr;
    this.ino = ino;
  }
}

/** Ours: the pid that a task bears as `type`. */
export const pidOf = (task: task_struct, type: pid_type): pid =>
  type === 'PIDTYPE_PID' ? task.thread_pid : task.signal.pids[type];

export const task_pgrp = (task: task_struct): pid => task.signal.pids.PIDTYPE_PGID;
export const task_session = (task: task_struct): pid => task.signal.pids.PIDTYPE_SID;

/** Ours: what stands for who bears a number, see footprint.ts. */
const bearersOf = (kernel: Globals, nr: number): number => kernel.numbering + nr * 2 ** 24;

/** A number that nobody has had. */
export function alloc_pid(kernel: Globals): pid {
  writesTo(kernel.numbering);
  const made = new pid(++kernel.last_pid, ++kernel.pidfs_ino);
  writesTo(bearersOf(kernel, made.nr));
  kernel.pids.set(made.nr, made);
  return made;
}

/** The pid of a number that somebody bears, else null. */
export function find_vpid(nr: number): pid | null {
  const { kernel } = current;
  looksAt(bearersOf(kernel, nr));
  return kernel.pids.get(nr) ?? null;
}

export function pid_task(pid: pid | null, type: pid_type): task_struct | null {
  if (pid === null) return null;
  looksAt(bearersOf(current.kernel, pid.nr));
  return pid.tasks[type][0] ?? null;
}

export function pid_has_task(pid: pid, type: pid_type): boolean {
  looksAt(bearersOf(current.kernel, pid.nr));
  return pid.tasks[type].length > 0;
}

export const find_task_by_vpid = (nr: number): task_struct | null =>
  pid_task(find_vpid(nr), 'PIDTYPE_PID');

export function attach_pid(task: task_struct, type: pid_type): void {
  const pid = pidOf(task, type);
  writesTo(bearersOf(task.kernel, pid.nr));
  const tasks = pid.tasks[type];
  if (tasks.length === 0) tasks.push(task);
  else tasks.unshift(task);
}

/** The task bears the number no more; nobody finds it when it was the last. */
export function detach_pid(task: task_struct, type: pid_type): void {
  const old = pidOf(task, type);
  writesTo(bearersOf(task.kernel, old.nr));
  const tasks = old.tasks[type];
  if (tasks.length === 1) tasks.pop();
  else tasks.splice(tasks.indexOf(task), 1);
  for (const other of allTypes) if (pid_has_task(old, other)) return;
  task.kernel.pids.delete(old.nr);
}

/** Moves a process to another process group or session. */
export function change_pid(task: task_struct, type: 'PIDTYPE_PGID' | 'PIDTYPE_SID', to: pid): void {
  detach_pid(task, type);
  task.signal.pids[type] = to;
  attach_pid(task, type);
}

/** Two threads take each other's number. */
export function exchange_tids(left: task_struct, right: task_struct): void {
  const { kernel, pid: number, thread_pid } = left;
  thread_pid.tasks.PIDTYPE_PID[0] = right;
  right.thread_pid.tasks.PIDTYPE_PID[0] = left;
  left.thread_pid = right.thread_pid;
  left.pid = right.pid;
  right.thread_pid = thread_pid;
  right.pid = number;
  kernel.tasks.set(left.pid, left);
  kernel.tasks.set(right.pid, right);
}

/** `to` stands for the process from here on, where `from` did. */
export function transfer_pid(from: task_struct, to: task_struct, type: pid_type): void {
  const { tasks } = pidOf(from, type);
  tasks[type][tasks[type].indexOf(from)] = to;
}
