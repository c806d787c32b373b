/**
 * What a task has written and others cannot see yet: the store buffer of its CPU, as x86 has it
 * (total store order). A later read goes ahead of such a store, and that is all that is reordered.
 *
 * Only stores go by here that others look for without a lock, and the giving back of locks behind
 * them, so that nobody sees what a lock guards before all of it is there. Each leaves the buffer in
 * a step of its own, the oldest first, whenever the schedule says so.
 *
 * Invariants: whatever a full barrier is (every operation but `access`, see op.ts) waits until the
 * buffer is empty. Whether something goes by the buffer hangs on what its own task did before and
 * not on how much has left it, so that leaving it commutes with what the task does meanwhile.
 * Without `memory: 'tso'` no task has one, and a store takes effect where it stands.
 */
import { current } from './current.ts';
import { Changes, Gives, newIdentity, Takes, writesTo } from './footprint.ts';
import { type Named, Op } from './op.ts';
import type { task_struct } from './sched.ts';

/**
 * Each store has a number of its own, above those of newIdentity(): the same one whoever else writes
 * before it.
 */
const MOST_STORES = 2 ** 20;

interface Store {
  readonly target: Named;
  /** How the target is touched when the store takes effect; see footprint.ts. */
  readonly how: number;
  readonly write: () => void;
  /** What orders its two steps: the one that makes it, and the one in which it takes effect. */
  readonly identity: number;
}

export class StoreBuffer implements Named {
  readonly name = 'its stores';
  readonly identity: number = newIdentity();
  readonly owner: task_struct;
  /** Something was written since the owner's last full barrier. */
  dirty = false;
  readonly barrier: Op = new Op('smp_mb', this);
  private readonly stores: Store[] = [];
  private made = 0;

  constructor(owner: task_struct) {
    this.owner = owner;
  }

  /** What the oldest store writes; null if there is none. */
  get next(): Named | null {
    return this.stores[0]?.target ?? null;
  }

  push(target: Named, how: number, write: () => void): void {
    const identity = this.identity * MOST_STORES + this.made++;
    this.owner.kernel.footprint?.add(identity, Gives);
    this.stores.push({ target, how, write, identity });
    this.dirty = true;
  }

  /** Lets the oldest store take effect. */
  drain(): void {
    const { target, how, write, identity } = this.stores.shift() as Store;
    const { footprint } = this.owner.kernel;
    if (footprint !== null) {
      footprint.add(identity, Takes);
      footprint.add(target.identity, how);
      footprint.add(this.identity, Gives);
    }
    write();
  }

  /** May the owner carry `op` out now? */
  lets({ verb }: Op): boolean {
    return verb === 'access' || this.stores.length === 0;
  }

  /** The owner carries `op` out. */
  carriesOut({ verb }: Op): void {
    if (verb === 'access' || !this.dirty) return;
    this.owner.kernel.footprint?.add(this.identity, Takes);
    this.dirty = false;
  }
}

/** Writes to `target`, which others look at without a lock, by `write(a, b)`. */
export function storeLate<A, B>(target: Named, write: (a: A, b: B) => void, a: A, b: B): void {
  const { stores } = current;
  if (stores !== null) {
    stores.push(target, Changes, () => write(a, b));
    return;
  }
  writesTo(target.identity);
  write(a, b);
}
