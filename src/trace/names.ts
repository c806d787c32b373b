/**
 * What the objects of a machine are called in traces and views.
 *
 * A file is called after its kind and the descriptor under which it was first seen (`ep3`,
 * `eventfd4`); what belongs to it, after it (`ep3->mtx`, `eventfd4->wqh.lock`); an item, after its
 * instance and the number that it was added under (`ep3[4]`).
 *
 * Invariants: an object keeps its name; no two objects have the same one: a second `ep3` is `ep3#2`.
 */
import { epitem, eppoll_entry, eventpoll } from '../kernel/eventpoll/types.ts';
import type { file } from '../kernel/file.ts';
import type { Globals } from '../kernel/globals.ts';
import { mutex } from '../kernel/mutex.ts';
import { rwlock_t } from '../kernel/rwlock.ts';
import { task_struct } from '../kernel/sched.ts';
import { spinlock_t } from '../kernel/spinlock.ts';
import { wait_queue_entry, wait_queue_head } from '../kernel/wait.ts';
import { sk_buff_head } from '../net/skbuff.ts';
import { sock } from '../net/sock.ts';

const isLock = (value: unknown): boolean =>
  value instanceof spinlock_t || value instanceof mutex || value instanceof rwlock_t;

const hasMembers = (value: unknown): value is object =>
  value instanceof wait_queue_head || value instanceof sk_buff_head || value instanceof sock;

export class Names {
  private readonly names: WeakMap<object, string> = new WeakMap();
  private readonly taken: Map<string, number> = new Map();

  /** The name of an object of the machine that `kernel` belongs to. */
  of(object: object, kernel: Globals): string {
    if (object instanceof task_struct) return object.comm;
    if (object instanceof epitem) return `${this.of(object.ep, kernel)}[${object.ffd.fd}]`;
    if (object instanceof wait_queue_entry) return this.ofEntry(object, kernel);
    const known = this.names.get(object);
    if (known !== undefined) return known;
    this.learn(kernel);
    return this.names.get(object) ?? fallback(object);
  }

  /** A waiter is called after the task that sleeps, or after the item that watches. */
  private ofEntry(entry: wait_queue_entry, kernel: Globals): string {
    if (entry.private !== null) return entry.private.comm;
    if (entry.owner instanceof eppoll_entry) return this.of(entry.owner.base, kernel);
    return 'waiter';
  }

  /** Gives names to whatever has come up since the last time. */
  private learn(kernel: Globals): void {
    this.give(kernel.eventpoll.epnested_mutex, 'epnested_mutex');
    for (const task of kernel.tasks.values()) {
      this.give(task.sighand.siglock, `${task.comm}->siglock`);
      this.give(task.files.file_lock, 'files->file_lock');
      if (this.give(task.exited, `${task.comm}->exited`)) {
        this.learnMembers(task.exited, `${task.comm}->exited.`);
      }
      task.files.fd.forEach((f, fd) => {
        if (f !== null) this.learnFile(f, fd);
      });
    }
  }

  private learnFile(f: file, fd: number): void {
    const isNew = this.give(f, `${kindOf(f)}${fd}`);
    if (!isNew) return;
    const name = this.names.get(f) as string;
    this.give(f.f_lock, `${name}->f_lock`);
    const { private_data } = f;
    if (typeof private_data !== 'object' || private_data === null) return;
    this.names.set(private_data, name); // One thing with its file, and the two ends of a pipe too.
    this.learnMembers(private_data, `${name}->`);
  }

  /** Locks, queues and sockets that an object contains, one level after the other. */
  private learnMembers(object: object, prefix: string): void {
    for (const [key, member] of Object.entries(object)) {
      if (isLock(member)) this.give(member as object, prefix + key);
      else if (hasMembers(member) && this.give(member, prefix + key)) {
        this.learnMembers(member, `${prefix}${key}.`);
      }
    }
  }

  private give(object: object, name: string): boolean {
    if (this.names.has(object)) return false;
    const before = this.taken.get(name) ?? 0;
    this.taken.set(name, before + 1);
    this.names.set(object, before === 0 ? name : `${name}#${before + 1}`);
    return true;
  }
}

/** What a file is, in a word. */
export function kindOf(f: file): string {
  if (f.private_data instanceof eventpoll) return 'ep';
  return /[a-z]+$/.exec(f.f_op.name)?.[0] ?? 'file';
}

function fallback(object: object): string {
  if ('name' in object && typeof object.name === 'string') return object.name;
  return object.constructor.name;
}
