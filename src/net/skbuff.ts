/**
 * Packets and queues of packets. Linux: include/linux/skbuff.h, net/core/skbuff.c.
 *
 * Invariants: a queue changes under its `lock` (TCP: under the socket lock instead); `offset` is
 * how much of `data` a reader has taken.
 * Differs from Linux: one run of bytes instead of head, frags and frag list; `truesize` is computed
 * as if they were there, since buffer limits count it.
 */

import Denque from 'denque';
import type { file } from '../kernel/file.ts';
import { newIdentity } from '../kernel/footprint.ts';
import type { LockClassName } from '../kernel/lockdep.ts';
import { type Kernel, type Named, Op } from '../kernel/op.ts';
import { spin_lock_irqsave, spin_unlock_irqrestore, spinlock_t } from '../kernel/spinlock.ts';
import { storeLate } from '../kernel/store_buffer.ts';
import { EMSGSIZE, ENOBUFS } from '../kernel/uapi/errno.ts';
import type { sock } from './sock.ts';

export class sk_buff {
  /** Replaced by bytes of the same number when the sender has copied them in. */
  data: Uint8Array;
  /** Bytes of `data` already consumed. */
  offset = 0;
  /** Memory that the packet counts for in buffer limits. */
  truesize: number;
  /** The socket whose send or receive memory it is charged to. */
  sk: sock | null = null;
  /** Uncharges it when it is freed; may wake a writer. */
  destructor: ((skb: sk_buff) => Kernel<void>) | null = null;
  /** An empty datagram that MSG_PEEK has seen. */
  peeked = false;
  /** UNIXCB(skb).pid: the process that sent it, where either end wants to know (SO_PASSCRED). */
  pid = 0;
  /** UNIXCB(skb).fp: the open files that it carries. */
  fp: file[] | null = null;

  constructor(data: Uint8Array, truesize: number) {
    this.data = data;
    this.truesize = truesize;
  }

  /** Bytes not yet consumed. */
  get len(): number {
    return this.data.length - this.offset;
  }
}

export class sk_buff_head implements Named {
  readonly lock: spinlock_t;
  readonly list: Denque<sk_buff> = new Denque();

  // Ours:
  readonly name = 'sk_receive_queue';
  readonly identity: number = newIdentity();
  readonly look: Op = new Op('access', this);

  constructor(lockName: LockClassName = 'sk->sk_receive_queue.lock') {
    this.lock = new spinlock_t(lockName, this);
  }
}

export const skb_queue_empty = (queue: sk_buff_head): boolean => queue.list.isEmpty();
export const skb_queue_len = (queue: sk_buff_head): number => queue.list.length;
export const skb_peek = (queue: sk_buff_head): sk_buff | null => queue.list.peekFront() ?? null;
export const skb_peek_tail = (queue: sk_buff_head): sk_buff | null => queue.list.peekBack() ?? null;

/** Where in the queue a packet stands: almost always at the front. */
function indexOf(skb: sk_buff, { list }: sk_buff_head): number {
  let index = 0;
  while (index < list.length && list.peekAt(index) !== skb) index++;
  return index;
}

export const skb_peek_next = (skb: sk_buff, queue: sk_buff_head): sk_buff | null =>
  queue.list.peekAt(indexOf(skb, queue) + 1) ?? null;

/** Ours: the packet before `skb`, or null. */
export function skbPeekPrev(skb: sk_buff, queue: sk_buff_head): sk_buff | null {
  const index = indexOf(skb, queue);
  return index === 0 ? null : (queue.list.peekAt(index - 1) ?? null);
}

/** Called with the queue's lock held. */
export function __skb_queue_tail(queue: sk_buff_head, skb: sk_buff): void {
  queue.list.push(skb);
}

/** Moves all packets of `list` to the end of `head`. Called with both locks held. */
export function skb_queue_splice_tail_init(list: sk_buff_head, head: sk_buff_head): void {
  for (let skb = list.list.shift(); skb !== undefined; skb = list.list.shift()) {
    head.list.push(skb);
  }
}

/** Called with the queue's lock held. */
export function __skb_unlink(skb: sk_buff, queue: sk_buff_head): void {
  const { list } = queue;
  if (list.peekFront() === skb) list.shift();
  else list.removeOne(indexOf(skb, queue));
}

export function* skb_queue_tail(queue: sk_buff_head, skb: sk_buff): Kernel<void> {
  yield spin_lock_irqsave(queue.lock);
  storeLate(queue, __skb_queue_tail, queue, skb);
  spin_unlock_irqrestore(queue.lock);
}

/** Takes the first packet; null if there is none. */
export function* skb_dequeue(queue: sk_buff_head): Kernel<sk_buff | null> {
  yield spin_lock_irqsave(queue.lock);
  const skb = queue.list.shift() ?? null;
  spin_unlock_irqrestore(queue.lock);
  return skb;
}

/** Frees all packets of a queue. */
export function* skb_queue_purge(queue: sk_buff_head): Kernel<void> {
  for (;;) {
    const skb = yield* skb_dequeue(queue);
    if (skb === null) return;
    yield* kfree_skb(skb);
  }
}

function* nothing(): Kernel<void> {}

/** Frees a packet: gives its memory back to the socket that it was charged to. */
export function kfree_skb(skb: sk_buff): Kernel<void> {
  const { destructor } = skb;
  skb.destructor = null;
  return destructor === null ? nothing() : destructor(skb);
}
/** As kfree_skb(), for a packet that reached its end. */
export const consume_skb: (skb: sk_buff) => Kernel<void> = kfree_skb;

/** Cuts a packet off from the socket that it is charged to. */
export const skb_orphan: (skb: sk_buff) => Kernel<void> = kfree_skb;

export const PAGE_SIZE = 4096;
export const PAGE_ALIGN = (size: number): number => Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
export const MAX_SKB_FRAGS = 17;
/** The largest order of pages that is taken without straining the allocator. */
export const PAGE_ALLOC_COSTLY_ORDER = 3;

/** sizeof(struct skb_shared_info) and sizeof(struct sk_buff), in whole cache lines. */
const SHARED_INFO = 320;
const SK_BUFF = 256;
const SMP_CACHE_BYTES = 64;
const KMALLOC_MAX_CACHE_SIZE = 8192;
const KMALLOC_MAX_SIZE = 4 << 20;

/** The most bytes that fit into the head of a packet on one page, and on four. */
export const SKB_MAX_HEAD: number = PAGE_SIZE - SHARED_INFO;
export const SKB_MAX_ALLOC: number = 4 * PAGE_SIZE - SHARED_INFO;

/** How much memory kmalloc() takes for `size` bytes; only sizes that a packet's head can have. */
export function kmalloc_size_roundup(size: number): number {
  let bucket = size <= KMALLOC_MAX_CACHE_SIZE ? 512 : 2 * KMALLOC_MAX_CACHE_SIZE;
  while (bucket < size) bucket *= 2;
  return bucket;
}

/** A head that belongs to a socket of the internet: small ones have a cache of their own. */
const SKB_SMALL_HEAD_CACHE_SIZE = 576;

/** Ours: how many bytes such a head has room for that was asked for `size`, and what it counts for. */
export function headEnd(size: number): number {
  const aligned = Math.ceil(size / SMP_CACHE_BYTES) * SMP_CACHE_BYTES;
  const osize = aligned + SHARED_INFO;
  const small = osize <= SKB_SMALL_HEAD_CACHE_SIZE;
  return (small ? SKB_SMALL_HEAD_CACHE_SIZE : kmalloc_size_roundup(osize)) - SHARED_INFO;
}
export const SKB_TRUESIZE = (end_offset: number): number => end_offset + SHARED_INFO + SK_BUFF;

/** The packet's memory with room for `size` bytes in its head, or -ENOBUFS. */
function headTruesize(size: number): number {
  const aligned = Math.ceil(size / SMP_CACHE_BYTES) * SMP_CACHE_BYTES;
  const osize = kmalloc_size_roundup(aligned + SHARED_INFO);
  return osize > KMALLOC_MAX_SIZE ? -ENOBUFS : osize + SK_BUFF;
}

/** The pages of `data_len` bytes: the largest blocks that fill up, of at most 2^order pages. */
function fragsTruesize(data_len: number, order: number): number {
  let truesize = 0;
  let nr_frags = 0;
  let largest = order;
  for (let left = data_len; left > 0; nr_frags++) {
    if (nr_frags === MAX_SKB_FRAGS) return -ENOBUFS;
    while (largest > 0 && PAGE_ALIGN(left) < PAGE_SIZE << largest) largest--;
    truesize += PAGE_SIZE << largest;
    left -= PAGE_SIZE << largest;
  }
  return truesize;
}

/** What a packet with so many bytes in its head and in pages counts for, or -errno. */
export function truesizeOf(header_len: number, data_len: number, order: number): number {
  if (data_len > MAX_SKB_FRAGS * (PAGE_SIZE << order)) return -EMSGSIZE;
  const head = headTruesize(header_len);
  if (head < 0 || data_len === 0) return head;
  const frags = fragsTruesize(data_len, order);
  return frags < 0 ? frags : head + frags;
}
