/**
 * Packets and queues of packets. Linux: include/linux/skbuff.h, net/core/skbuff.c.
 *
 * Invariants: a queue changes under its `lock` (TCP: under the socket lock instead); `offset` is
 * how much of `data` a reader has taken.
 * Differs from Linux: one run of bytes instead of head, frags and frag list; `truesize` is computed
 * as if they were there, since buffer limits count it.
 */
import Denque from 'denque';
import { type Kernel, type Named, Op } from '../kernel/op.ts';
import { spinlock_t } from '../kernel/spinlock.ts';
import type { sock } from './sock.ts';

export class sk_buff {
  readonly data: Uint8Array;
  /** Bytes of `data` already consumed. */
  offset = 0;
  /** Memory that the packet counts for in buffer limits. */
  truesize: number;
  /** The socket whose send or receive memory it is charged to. */
  sk: sock | null = null;
  /** Uncharges it when it is freed; may wake a writer. */
  destructor: ((skb: sk_buff) => Kernel<void>) | null = null;

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
  readonly lock: spinlock_t = new spinlock_t('sk->sk_receive_queue.lock');
  readonly list: Denque<sk_buff> = new Denque();

  // Ours:
  readonly name = 'sk_receive_queue';
  readonly look: Op = new Op('access', this);
}

export const skb_queue_empty = (queue: sk_buff_head): boolean => queue.list.isEmpty();
export const skb_queue_len = (queue: sk_buff_head): number => queue.list.length;
export const skb_peek = (queue: sk_buff_head): sk_buff | null => queue.list.peekFront() ?? null;

/** Frees a packet: gives its memory back to the socket that it was charged to. */
export function* kfree_skb(skb: sk_buff): Kernel<void> {
  const { destructor } = skb;
  skb.destructor = null;
  if (destructor !== null) yield* destructor(skb);
}
