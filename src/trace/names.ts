/**
 * What the objects of a machine are called in traces and views.
 *
 * A file is called after its kind and the descriptor under which it was first seen (`ep3`,
 * `eventfd4`); what belongs to it, after it (`ep3->mtx`, `eventfd4->wqh.lock`); an item, after its
 * instance and the number that it was added under (`ep3[4]`).
 *
 * Invariants: an object keeps its name; no two files have the same one: a second `ep3` is `ep3#2`.
 */
import { current } from '../kernel/current.ts';
import { epitem, eppoll_entry } from '../kernel/eventpoll/types.ts';
import type { file } from '../kernel/file.ts';
import type { Globals } from '../kernel/globals.ts';
import { task_struct } from '../kernel/sched.ts';
import { wait_queue_entry } from '../kernel/wait.ts';
import { eachPart, kindOf, partsOf } from './parts.ts';

/** Processes and threads are numbered from here. */
const firstPid = 1001;

export class Names {
  private readonly names: WeakMap<object, string> = new WeakMap();
  private readonly taken: Map<string, number> = new Map();
  /** Files and tasks whose parts nobody has asked for yet. A trace has to know them as they come up. */
  private whole: (file | task_struct)[] = [];
  /** From so many on those that are gone are forgotten. */
  private wholeAtMost = 1024;
  /** Tasks that have run since their descriptors were looked at; null if nobody tells. */
  private running: Set<task_struct> | null = null;
  /** Tasks up to here have been looked at. */
  private newest = firstPid - 1;

  /** `task` runs, so that its descriptors may change; once told, this has to be told always. */
  runs(task: task_struct): void {
    (this.running ??= new Set()).add(task);
  }

  /** The name of an object of the machine that `kernel` belongs to. */
  of(object: object, kernel: Globals): string {
    if (object instanceof task_struct) return object.comm;
    if (object instanceof epitem) return `${this.of(object.ep, kernel)}[${object.ffd.fd}]`;
    if (object instanceof wait_queue_entry) return this.ofEntry(object, kernel);
    const known = this.names.get(object);
    if (known !== undefined) return known;
    this.learn(kernel);
    if (kernel.tracer !== null || !this.names.has(object)) this.learnParts();
    return this.names.get(object) ?? fallback(object);
  }

  /** A waiter is called after the task that sleeps, or after the item that watches. */
  private ofEntry(entry: wait_queue_entry, kernel: Globals): string {
    if (entry.private !== null) return entry.private.comm;
    if (entry instanceof eppoll_entry) return this.of(entry.base, kernel);
    return 'waiter';
  }

  /** Gives names to whatever has come up since the last time. */
  private learn(kernel: Globals): void {
    this.give(kernel.eventpoll.epnested_mutex, 'epnested_mutex');
    this.give(kernel.eventpoll.epmutex, 'epmutex');
    const { running } = this;
    if (running === null || kernel.tracer === null) {
      for (const task of kernel.tasks.values()) this.learnTask(task);
      return;
    }
    // Looking at all tasks for each object would take too long where there are a thousand.
    for (const task of this.changed(kernel, running)) this.learnTask(task);
    running.clear();
    running.add(current);
  }

  /** The tasks that are new or have run, in the order of their numbers. */
  private changed(kernel: Globals, running: ReadonlySet<task_struct>): task_struct[] {
    const { tasks } = kernel;
    const found = [...running].filter((task) => tasks.get(task.pid) === task);
    // Numbers follow each other; one that is missing has run, and ended.
    const last = Math.max(this.newest, ...[...running].map(({ pid }) => pid));
    for (let pid = this.newest + 1; pid <= last || tasks.has(pid); pid++) {
      const task = tasks.get(pid);
      if (task !== undefined && !running.has(task)) found.push(task);
      this.newest = pid;
    }
    return found.sort((a, b) => a.pid - b.pid);
  }

  private learnParts(): void {
    const { whole } = this;
    if (whole.length === 0) return;
    this.whole = [];
    for (const one of whole) {
      if (one instanceof task_struct) this.givePartsOfTask(one);
      else this.givePartsOfFile(one);
    }
  }

  private learnTask(task: task_struct): void {
    this.give(task.sighand.siglock, 'sighand->siglock');
    this.give(task.files.file_lock, 'files->file_lock');
    if (this.give(task.exited, `${task.comm}->exited`)) this.whole.push(task);
    task.files.fd.forEach((f, fd) => {
      if (f !== null) this.learnFile(f, fd);
    });
  }

  private givePartsOfTask({ exited }: task_struct): void {
    const name = this.names.get(exited);
    eachPart(exited, (part, path) => this.give(part, `${name}.${path}`));
  }

  /** A file is open under a number. Who tells of each spares a look at all descriptors. */
  learnFile(f: file, fd: number): void {
    if (this.names.has(f)) return;
    const wanted = `${kindOf(f)}${fd}`;
    const before = this.taken.get(wanted) ?? 0;
    this.taken.set(wanted, before + 1);
    const name = before === 0 ? wanted : `${wanted}#${before + 1}`;
    this.give(f, name);
    if (typeof f.private_data === 'object' && f.private_data !== null) {
      this.give(f.private_data, name);
    }
    this.whole.push(f);
    if (this.whole.length < this.wholeAtMost) return;
    this.whole = this.whole.filter((one) => one instanceof task_struct || !one.freed);
    this.wholeAtMost = Math.max(this.whole.length * 2, 1024);
  }

  private givePartsOfFile(f: file): void {
    const name = this.names.get(f);
    this.give(f.f_lock, `${name}->f_lock`);
    for (const { part, path } of partsOf(f)) this.give(part, `${name}->${path}`);
  }

  private give(object: object, name: string): boolean {
    if (this.names.has(object)) return false;
    this.names.set(object, name);
    return true;
  }
}

function fallback(object: object): string {
  if ('name' in object && typeof object.name === 'string') return object.name;
  return object.constructor.name;
}
