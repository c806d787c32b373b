/**
 * The error queue: what became of packets that were sent, each with its first bytes.
 * Linux: net/core/skbuff.c (sock_queue_err_skb), include/linux/errqueue.h.
 *
 * An error is in two places: in the queue until MSG_ERRQUEUE has read it, and as the pending error
 * of the socket until anybody was told. Reading one from the queue makes the next the pending one.
 */

import { current } from '../kernel/current.ts';
import { writesTo } from '../kernel/footprint.ts';
import type { Kernel } from '../kernel/op.ts';
import { spin_lock_irqsave, spin_unlock_irqrestore } from '../kernel/spinlock.ts';
import { ENOMEM } from '../kernel/uapi/errno.ts';
import { SO_EE_ORIGIN_ICMP } from '../kernel/uapi/errqueue.ts';
import { sk_buff, skb_peek, skb_queue_empty, skb_queue_purge, skb_queue_tail } from './skbuff.ts';
import type { sock } from './sock.ts';
import type { sockaddr } from './socket.ts';

/** What is told of an error. */
export interface sock_extended_err {
  readonly ee_errno: number;
  readonly ee_origin: number;
  readonly ee_type: number;
  readonly ee_code: number;
  readonly ee_info: number;
}

/** An error in the queue; its data are bytes of the packet that it is about. */
export class ErrorPacket extends sk_buff {
  readonly ee: sock_extended_err;
  /** Where the packet was sent to. */
  readonly to: sockaddr;
  /** Who says so; null for this machine. */
  readonly offender: sockaddr | null;

  constructor(
    data: Uint8Array,
    truesize: number,
    ee: sock_extended_err,
    to: sockaddr,
    offender: sockaddr | null,
  ) {
    super(data, truesize);
    this.ee = ee;
    this.to = to;
    this.offender = offender;
  }
}

function* sock_rmem_free(skb: sk_buff): Kernel<void> {
  (skb.sk as sock).sk_rmem_alloc -= skb.truesize;
}

/** Queues an error and tells of it; -ENOMEM if the receive buffer has no room. */
export function* sock_queue_err_skb(sk: sock, skb: ErrorPacket): Kernel<number> {
  if (sk.sk_rmem_alloc + skb.truesize >= sk.sk_rcvbuf) return -ENOMEM;
  skb.sk = sk;
  skb.destructor = sock_rmem_free;
  sk.sk_rmem_alloc += skb.truesize;
  yield* skb_queue_tail(sk.sk_error_queue, skb);
  if (!sk.SOCK_DEAD) yield* sk.sk_error_report();
  return 0;
}

const isIcmp = (skb: sk_buff | null): boolean =>
  skb !== null && (skb as ErrorPacket).ee.ee_origin === SO_EE_ORIGIN_ICMP;

/** Takes the oldest error, and tells of the next one; null if there is none. */
export function* sock_dequeue_err_skb(sk: sock): Kernel<ErrorPacket | null> {
  const queue = sk.sk_error_queue;
  if (!current.kernel.alone) yield queue.look;
  if (skb_queue_empty(queue)) return null;
  yield spin_lock_irqsave(queue.lock);
  const skb = (queue.list.shift() ?? null) as ErrorPacket | null;
  const next = skb === null ? null : (skb_peek(queue) as ErrorPacket | null);
  writesTo(sk.identity);
  if (next !== null && isIcmp(next)) sk.sk_err = next.ee.ee_errno;
  spin_unlock_irqrestore(queue.lock);
  writesTo(sk.identity);
  if (isIcmp(skb) && !isIcmp(next)) sk.sk_err = 0;
  if (next !== null) yield* sk.sk_error_report();
  return skb;
}

/** Forgets all errors. */
export const skb_errqueue_purge = (sk: sock): Kernel<void> => skb_queue_purge(sk.sk_error_queue);
