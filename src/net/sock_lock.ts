/**
 * The lock of a socket that packets arrive for: it is owned by a task that makes a call, and packets
 * that arrive meanwhile wait in the backlog until that task gives the ownership back.
 * Linux: include/net/sock.h, net/core/sock.c.
 *
 * A softirq holds only the spinlock and never waits for the owner. The owner gives the spinlock back
 * once it owns the socket, so that it can sleep and bottom halves stay enabled.
 *
 * Invariants: `owned` and the backlog change under `slock`; the rest of the socket changes under
 * `slock` while nobody owns it, or by the owner.
 */

import Denque from 'denque';
import { current } from '../kernel/current.ts';
import { newIdentity } from '../kernel/footprint.ts';
import {
  type LockClassName,
  lock_acquire,
  lock_release,
  lockClasses,
  type lockdep_map,
  might_sleep,
} from '../kernel/lockdep.ts';
import type { Kernel, Named, Op } from '../kernel/op.ts';
import { schedule, TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE } from '../kernel/sched.ts';
import { local_bh_disable, local_bh_enable } from '../kernel/softirq.ts';
import { spin_lock, spin_unlock, spinlock_t } from '../kernel/spinlock.ts';
import {
  add_wait_queue,
  finish_wait,
  init_wait,
  prepare_to_wait_exclusive,
  remove_wait_queue,
  type wait_queue_entry,
  wait_queue_head,
  waitqueue_active,
  wake_up,
} from '../kernel/wait.ts';
import { wait_woken, wokenEntry } from '../kernel/wait_woken.ts';
import { type sk_buff, skb_peek_tail } from './skbuff.ts';
import { sk_sleep, type sock } from './sock.ts';

export class socket_lock_t {
  readonly slock: spinlock_t;
  owned = false;
  /** Tasks that wait for the ownership, the oldest first. */
  readonly wq: wait_queue_head = new wait_queue_head('sk_lock.wq');
  /** Owning the socket, as lockdep sees it: a mutex. */
  readonly dep_map: lockdep_map;

  constructor(slock: LockClassName, covers: Named) {
    this.slock = new spinlock_t(slock, covers);
    const identity = newIdentity();
    this.dep_map = { name: 'sk_lock', identity, covers, class: lockClasses['sk_lock'] };
  }
}

/** A sock with a lock and a backlog. In Linux all have them. */
export interface LockedSock extends sock {
  readonly sk_lock: socket_lock_t;
  /** Packets that arrived while the socket was owned. */
  readonly sk_backlog: Backlog;
  /** Counts connect(AF_UNSPEC) and what amounts to it, for those who slept meanwhile. */
  sk_disconnects: number;
  /** Handles a packet as the owner. */
  sk_backlog_rcv(skb: sk_buff): Kernel<void>;
  /** Does what softirqs left to the owner. Called with `slock` held. */
  release_cb(): Kernel<void>;
}

export class Backlog {
  readonly list: Denque<sk_buff> = new Denque();
  /** truesize of what has gone through the backlog since it was last empty. */
  len = 0;
}

export const sock_owned_by_user = (sk: LockedSock): boolean => sk.sk_lock.owned;

/** Keeps other CPUs off. Only where bottom halves are disabled. */
export const bh_lock_sock = (sk: LockedSock): Op => spin_lock(sk.sk_lock.slock);
export const bh_unlock_sock = (sk: LockedSock): void => spin_unlock(sk.sk_lock.slock);

function* __lock_sock(sk: LockedSock): Kernel<void> {
  const { slock, wq } = sk.sk_lock;
  const wait = init_wait();
  for (;;) {
    yield* prepare_to_wait_exclusive(wq, wait, TASK_UNINTERRUPTIBLE);
    spin_unlock(slock);
    yield* local_bh_enable();
    yield schedule(current);
    local_bh_disable();
    yield spin_lock(slock);
    if (!sk.sk_lock.owned) break;
  }
  yield* finish_wait(wq, wait);
}

/** Takes the ownership; sleeps while another task has it. */
export function* lock_sock(sk: LockedSock): Kernel<void> {
  const { sk_lock } = sk;
  might_sleep(current, 'lock_sock');
  lock_acquire(current, sk_lock.dep_map, 0, false);
  local_bh_disable();
  yield spin_lock(sk_lock.slock);
  if (sk_lock.owned) yield* __lock_sock(sk);
  sk_lock.owned = true;
  spin_unlock(sk_lock.slock);
  yield* local_bh_enable();
}

/** Handles the backlog. Called and left with `slock` held, by the owner. */
export function* __release_sock(sk: LockedSock): Kernel<void> {
  const { sk_backlog, sk_lock } = sk;
  while (!sk_backlog.list.isEmpty()) {
    const batch = sk_backlog.list.toArray();
    sk_backlog.list.clear();
    spin_unlock(sk_lock.slock);
    yield* local_bh_enable();
    for (const skb of batch) yield* sk.sk_backlog_rcv(skb);
    local_bh_disable();
    yield spin_lock(sk_lock.slock);
  }
  sk_backlog.len = 0;
}

/** Handles the backlog and keeps the ownership. */
export function* __sk_flush_backlog(sk: LockedSock): Kernel<void> {
  local_bh_disable();
  yield spin_lock(sk.sk_lock.slock);
  yield* __release_sock(sk);
  yield* sk.release_cb();
  spin_unlock(sk.sk_lock.slock);
  yield* local_bh_enable();
}

/** As __sk_flush_backlog(), if there is a backlog; whether there was. */
export function* sk_flush_backlog(sk: LockedSock): Kernel<boolean> {
  if (!current.kernel.alone) yield sk.look;
  if (sk.sk_backlog.list.isEmpty()) return false;
  yield* __sk_flush_backlog(sk);
  return true;
}

/** Handles the backlog, gives the ownership back and wakes the next task that wants it. */
export function* release_sock(sk: LockedSock): Kernel<void> {
  const { sk_lock } = sk;
  local_bh_disable();
  yield spin_lock(sk_lock.slock);
  if (!sk.sk_backlog.list.isEmpty()) yield* __release_sock(sk);
  yield* sk.release_cb();
  lock_release(current, sk_lock.dep_map);
  sk_lock.owned = false;
  if (waitqueue_active(sk_lock.wq)) yield* wake_up(sk_lock.wq);
  spin_unlock(sk_lock.slock);
  yield* local_bh_enable();
}

/** Lets a packet wait for the owner. Called with `slock` held. */
export function __sk_add_backlog(sk: LockedSock, skb: sk_buff): void {
  sk.sk_backlog.list.push(skb);
  sk.sk_backlog.len += skb.truesize;
}

/**
 * Sleeps without the ownership until woken, or for `timeo` ns; what is left of it. Does not sleep
 * if `condition` holds once the backlog is handled. The macro's own result is the caller's to find.
 */
export function* sk_wait_event(
  sk: LockedSock,
  timeo: number,
  condition: () => boolean,
  wait: wait_queue_entry,
): Kernel<number> {
  let left = timeo;
  yield* release_sock(sk);
  if (!current.kernel.alone) yield sk.look;
  if (!condition()) left = yield* wait_woken(wait, TASK_INTERRUPTIBLE, timeo);
  yield* lock_sock(sk);
  return left;
}

/**
 * Sleeps until the last packet of the receive queue is another than `skb`, or somebody wakes the
 * task; what is left of `timeo`, or -EPIPE if the socket was disconnected meanwhile.
 */
export function* sk_wait_data(sk: LockedSock, timeo: number, skb: sk_buff | null): Kernel<number> {
  const wait = wokenEntry();
  yield* add_wait_queue(sk_sleep(sk), wait);
  const left = yield* sk_wait_event(
    sk,
    timeo,
    () => skb_peek_tail(sk.sk_receive_queue) !== skb,
    wait,
  );
  yield* remove_wait_queue(sk_sleep(sk), wait);
  return left;
}
