/**
 * The lock validator. Linux: kernel/locking/lockdep.c.
 *
 * Locks of one kind form a class. Whoever takes B while holding A states "A before B"; a statement
 * that closes a circle is a deadlock waiting for its moment and is reported at once, although no
 * task hangs yet. A subclass (`mutex_lock_nested`) is a class of its own.
 *
 * Invariants: the first `lockdep_depth` of a task's `held_locks` are what it holds, oldest first;
 * nothing is held in user mode.
 * Differs from Linux: irq safety is checked where a lock is taken (an irq-disabling flavour in an
 * interrupt handler), not by class state, because no handler here takes a lock the other way.
 */
import { KernelBug } from './bug.ts';
import { current } from './current.ts';
import type { Named } from './op.ts';
import type { task_struct } from './sched.ts';

/** Every kind of lock in the model, outermost first where an order exists. */
const classNames = [
  's_vfs_rename_mutex',
  'inode->i_rwsem',
  'group->mark_mutex',
  'conn->lock',
  'group->notification_lock',
  'epmutex',
  'epnested_mutex',
  'ep->mtx',
  'u->iolock',
  'pipe->mutex',
  'sk_lock',
  'slock-AF_INET',
  'unix_state_lock',
  'tasklist_lock',
  'files->file_lock',
  'file->f_lock',
  'udp_hslot.lock',
  'udp_sk->reader_queue.lock',
  'sk->sk_receive_queue.lock',
  'ctx->wqh.lock',
  'cancel_lock',
  'wq_head->lock',
  'ncalls->lock',
  'ep->lock',
  'ep->poll_wait.lock',
  'ep->wq.lock',
  'sighand->siglock',
  'sighand->signalfd_wqh',
  'signal->wait_chldexit',
  'wait_pidfd',
  'sk_callback_lock',
  'inet_bind_hash',
  'inet_ehash_lock',
  'accept_queue_lock',
  'fastopenq.lock',
  'softnet_data.lock',
  'peer_wait.lock',
  'u->bindlock',
  'unix_table_lock',
  'test-a',
  'test-b',
] as const;
export type LockClassName = (typeof classNames)[number];

export class lock_class {
  readonly name: LockClassName;
  // Ours:
  readonly index: number;

  constructor(name: LockClassName, index: number) {
    this.name = name;
    this.index = index;
  }
}

export const lockClasses: Readonly<Record<LockClassName, lock_class>> = Object.fromEntries(
  classNames.map((name, index) => [name, new lock_class(name, index)]),
) as Record<LockClassName, lock_class>;

/** How many nesting levels a lock class has. */
export const MAX_LOCKDEP_SUBCLASSES = 8;

/** Nodes of the graph: a number for each class and level. */
const nodeOf = (instance: lockdep_map, subclass: number): number =>
  instance.class.index * MAX_LOCKDEP_SUBCLASSES + subclass;
const words: number = Math.ceil((classNames.length * MAX_LOCKDEP_SUBCLASSES) / 32);
const wordOf = (node: number): number => node >> 5;
const bitOf = (node: number): number => 1 << (node & 31);

/** A recursion that has no bound ends here, as in Linux, where lockdep looks a level up that is none. */
export function checkSubclass(subclass: number): void {
  if (subclass < MAX_LOCKDEP_SUBCLASSES) return;
  throw new KernelBug('lockdep', `looking up invalid subclass: ${subclass}`);
}

/** What lockdep knows of a lock. Taken by name, so that a report reads like the kernel's. */
export interface lockdep_map extends Named {
  readonly class: lock_class;
}

/** A lock that a task holds. What is held next at the same depth is held in the same object. */
export class held_lock {
  instance: lockdep_map;
  class_idx = 0;
  /** Others may hold it too. */
  read = false;

  constructor(instance: lockdep_map) {
    this.instance = instance;
  }
}

/** The orders seen so far, one graph a machine. */
export class Lockdep {
  // Ours: by node, the nodes that have been taken under it, a bit each, 32 in a number.
  private readonly after: (number[] | undefined)[] = [];
  /** All orders so far go from a lower node to a higher one, so that they cannot make a circle. */
  private ascending = true;

  /** States that `next` is taken under `prev`; throws if the opposite was ever stated. */
  check(prev: held_lock, next: lockdep_map, node: number): void {
    const row = this.after[prev.class_idx];
    if (row === undefined || ((row[wordOf(node)] as number) & bitOf(node)) === 0) {
      this.state(prev, next, node);
    }
  }

  private state(prev: held_lock, next: lockdep_map, to: number): void {
    const from = prev.class_idx;
    if (from === to) {
      throw new KernelBug(
        'lockdep',
        `possible recursive locking: ${current.comm} takes ${lockName(next, to)} ` +
          'while holding it or another of its class',
      );
    }
    this.ascending &&= from < to;
    if (!this.ascending && this.reaches(to, from, new Set())) {
      throw new KernelBug(
        'lockdep',
        `possible circular locking: ${current.comm} takes ${lockName(next, to)} ` +
          `while holding ${lockName(prev.instance, from)}, and the opposite order was seen before`,
      );
    }
    const row = (this.after[from] ??= new Array<number>(words).fill(0));
    row[wordOf(to)] = (row[wordOf(to)] as number) | bitOf(to);
  }

  private reaches(from: number, to: number, seen: Set<number>): boolean {
    if (from === to) return true;
    seen.add(from);
    const row = this.after[from] ?? [];
    for (let next = 0; next < row.length * 32; next++) {
      if (((row[wordOf(next)] as number) & bitOf(next)) === 0 || seen.has(next)) continue;
      if (this.reaches(next, to, seen)) return true;
    }
    return false;
  }
}

function lockName({ name }: lockdep_map, node: number): string {
  const subclass = node % MAX_LOCKDEP_SUBCLASSES;
  return subclass === 0 ? name : `${name}/${subclass}`;
}

/**
 * Ours: checks the order where a lock is asked for, as Linux does: on the asker's stack, so that a
 * report shows how it got there, and whether or not the lock is free this time.
 */
export function checkOrder(instance: lockdep_map, subclass: number): void {
  const task = current;
  const { held_locks, lockdep_depth } = task;
  // What an interrupt takes says nothing about what the interrupted task holds.
  if (lockdep_depth <= task.irq_context) return;
  const prev = held_locks[lockdep_depth - 1] as held_lock;
  task.kernel.lockdep.check(prev, instance, nodeOf(instance, subclass));
}

/** The lock is taken; its order was checked when it was asked for. */
export function lock_acquire(
  task: task_struct,
  instance: lockdep_map,
  subclass: number,
  read: boolean,
): void {
  const depth = task.lockdep_depth++;
  const held = task.held_locks[depth] ?? deeper(task, instance);
  held.instance = instance;
  held.class_idx = nodeOf(instance, subclass);
  held.read = read;
}

/** It has never held so many before. */
function deeper(task: task_struct, instance: lockdep_map): held_lock {
  const held = new held_lock(instance);
  task.held_locks.push(held);
  return held;
}

export function lock_release(task: task_struct, instance: lockdep_map): void {
  const last = task.lockdep_depth - 1;
  if (last >= 0 && (task.held_locks[last] as held_lock).instance === instance) {
    task.lockdep_depth = last;
  } else {
    releaseOlder(task, instance);
  }
}

function releaseOlder(task: task_struct, instance: lockdep_map): void {
  const { held_locks } = task;
  const place = placeOf(task, instance);
  if (place < 0) lockBug(`${task.comm} releases ${instance.name}, which it does not hold`);
  const last = --task.lockdep_depth;
  const free = held_locks[place] as held_lock;
  for (let i = place; i < last; i++) held_locks[i] = held_locks[i + 1] as held_lock;
  held_locks[last] = free;
}

/** How deep in the stack of what the task holds; -1 if it does not hold it. */
function placeOf({ held_locks, lockdep_depth }: task_struct, instance: lockdep_map): number {
  let place = lockdep_depth - 1;
  while (place >= 0 && (held_locks[place] as held_lock).instance !== instance) place--;
  return place;
}

/** Ours: what the task holds, oldest first. */
export const heldBy = ({ held_locks, lockdep_depth }: task_struct): lockdep_map[] =>
  held_locks.slice(0, lockdep_depth).map(({ instance }) => instance);

export const lock_is_held = (instance: lockdep_map): boolean => placeOf(current, instance) >= 0;

export function lockdep_assert_held(instance: lockdep_map): void {
  if (!lock_is_held(instance)) lockBug(`${instance.name} must be held by ${current.comm}`);
}

export function lockdep_assert_irqs_enabled(): void {
  if (current.irqs_disabled > 0) lockBug('interrupts must be enabled');
}

/** Apart from the checks, so that these stay small enough to be inlined. */
function lockBug(what: string): never {
  throw new KernelBug('lockdep', what);
}

const isAtomic = (task: task_struct): boolean =>
  task.preempt_count !== 0 || task.irqs_disabled !== 0 || task.rcu_read_lock_nesting !== 0;

/** Called where a task goes back to user mode. */
export function lockdep_sys_exit(task: task_struct): void {
  if (task.lockdep_depth > 0) {
    const name = task.held_locks[0]?.instance.name;
    lockBug(`${task.comm} returns to user mode while holding ${name}`);
  }
  if (isAtomic(task)) lockBug(`${task.comm} returns to user mode in an atomic context`);
}

/** Called where a task may sleep. */
export function might_sleep(task: task_struct, why: string): void {
  if (isAtomic(task)) sleepsWhileAtomic(task, why);
}

function sleepsWhileAtomic(task: task_struct, why: string): never {
  const held = heldBy(task)
    .map(({ name }) => name)
    .join(', ');
  throw new KernelBug(
    'sleeping while atomic',
    `${task.comm} would sleep in ${why}${held === '' ? '' : ` while holding ${held}`}`,
  );
}
