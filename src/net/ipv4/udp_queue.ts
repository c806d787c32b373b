/**
 * What a UDP socket has received: into the queue, and out of it. Linux: net/ipv4/udp.c.
 *
 * Differs from Linux: a datagram goes straight into the receive queue, where Linux lets the CPUs of a
 * NUMA node gather theirs first.
 */
import { current } from '../../kernel/current.ts';
import { writesTo } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { storeLate } from '../../kernel/store_buffer.ts';
import { traceNote } from '../../kernel/trace.ts';
import { EAGAIN } from '../../kernel/uapi/errno.ts';
import { MSG_DONTWAIT, MSG_PEEK } from '../../kernel/uapi/socket.ts';
import {
  __skb_try_recv_from_queue,
  __skb_wait_for_more_packets,
  type Receiving,
} from '../datagram.ts';
import { sk_busy_loop, sk_can_busy_loop } from '../sk_busy_poll.ts';
import {
  __skb_queue_tail,
  headEnd,
  SKB_TRUESIZE,
  type sk_buff,
  skb_peek,
  skb_queue_empty,
  skb_queue_splice_tail_init,
} from '../skbuff.ts';
import { sock_error, sock_rcvtimeo } from '../sock.ts';
import { ipHeader } from './ip.ts';
import { llAllocExtra } from './ip_output.ts';
import { type UdpDatagram, type udp_sock, udpHeader } from './udp_sock.ts';

const INT_MAX = 0x7fffffff;

/** Moves bytes out of pages into a head that has room for them, which spares memory. */
function skb_condense(skb: UdpDatagram): void {
  const { data, data_len, tailroom } = skb;
  if (data_len > tailroom) return;
  const inHead = ipHeader + udpHeader + data.length - data_len;
  skb.truesize = SKB_TRUESIZE(headEnd(inHead + llAllocExtra));
  skb.data_len = 0;
  skb.tailroom = tailroom - data_len;
}

/** Queues a datagram and wakes a reader; dropped if the receive buffer is full, but for one. */
export function* __udp_enqueue_schedule_skb(sk: udp_sock, skb: UdpDatagram): Kernel<void> {
  const queue = sk.sk_receive_queue;
  const { sk_rcvbuf } = sk;
  if (!current.kernel.alone) yield sk.look;
  const rmem = sk.sk_rmem_alloc;
  if (rmem + skb.truesize > sk_rcvbuf && (sk_rcvbuf > INT_MAX >> 1 || rmem !== 0)) {
    traceNote('udp: the receive buffer is full, dropped', sk, 'dropped');
    sk.sk_drops++;
    return;
  }
  if (rmem > sk_rcvbuf >> 1) skb_condense(skb);
  yield spin_lock(queue.lock);
  writesTo(sk.identity);
  sk.sk_rmem_alloc += skb.truesize;
  storeLate(queue, __skb_queue_tail, queue, skb);
  spin_unlock(queue.lock);
  if (!sk.SOCK_DEAD) yield* sk.sk_data_ready();
}

/** Gives the memory of what was read back, as soon as it is worth it. Both queues are locked. */
function udp_rmem_release(sk: udp_sock, size: number): void {
  sk.forward_deficit += size;
  const few = sk.forward_deficit < sk.sk_rcvbuf >> 2;
  if (few && !skb_queue_empty(sk.reader_queue)) return;
  writesTo(sk.identity);
  sk.sk_rmem_alloc -= sk.forward_deficit;
  sk.forward_deficit = 0;
  skb_queue_splice_tail_init(sk.sk_receive_queue, sk.reader_queue);
}

/** Takes, or with MSG_PEEK only finds, the first datagram. The reader queue is locked. */
function* tryReceive(sk: udp_sock, flags: number, at: Receiving): Kernel<sk_buff | null> {
  const { reader_queue, sk_receive_queue } = sk;
  const peek = (flags & MSG_PEEK) !== 0;
  let skb = __skb_try_recv_from_queue(reader_queue, flags, at);
  if (skb !== null && peek) return skb;
  if (skb === null) {
    if (!current.kernel.alone) yield sk_receive_queue.look;
    if (skb_queue_empty(sk_receive_queue)) return null;
  }
  yield spin_lock(sk_receive_queue.lock);
  if (skb === null) {
    skb_queue_splice_tail_init(sk_receive_queue, reader_queue);
    skb = __skb_try_recv_from_queue(reader_queue, flags, at);
  }
  if (skb !== null && !peek) udp_rmem_release(sk, skb.truesize);
  spin_unlock(sk_receive_queue.lock);
  return skb;
}

/** The first datagram, waited for as `flags` say; or -errno, 0 for no more. */
export function* __skb_recv_udp(
  sk: udp_sock,
  flags: number,
  at: Receiving,
): Kernel<sk_buff | number> {
  const { lock } = sk.reader_queue;
  at.timeo = sock_rcvtimeo(sk, (flags & MSG_DONTWAIT) !== 0);
  for (;;) {
    if (!current.kernel.alone) yield sk.look;
    const pending = sock_error(sk);
    if (pending !== 0) return pending;
    local_bh_disable();
    yield spin_lock(lock);
    const skb = yield* tryReceive(sk, flags, at);
    spin_unlock(lock);
    yield* local_bh_enable();
    if (skb !== null) return skb;
    if (sk_can_busy_loop(sk)) {
      yield* sk_busy_loop(sk, (flags & MSG_DONTWAIT) !== 0);
      if (!skb_queue_empty(sk.sk_receive_queue)) continue;
    }
    if (at.timeo === 0) return -EAGAIN;
    at.last = null; // Anything at all in the receive queue is new.
    const error = yield* __skb_wait_for_more_packets(sk, sk.sk_receive_queue, at);
    if (error !== 0) return error === 1 ? 0 : error;
  }
}

/** The length of the first datagram, -1 if there is none. What has arrived goes to the readers. */
export function* first_packet_length(sk: udp_sock): Kernel<number> {
  const { reader_queue, sk_receive_queue } = sk;
  local_bh_disable();
  yield spin_lock(reader_queue.lock);
  if (skb_queue_empty(reader_queue) && !skb_queue_empty(sk_receive_queue)) {
    yield spin_lock(sk_receive_queue.lock);
    skb_queue_splice_tail_init(sk_receive_queue, reader_queue);
    spin_unlock(sk_receive_queue.lock);
  }
  const skb = skb_peek(reader_queue);
  spin_unlock(reader_queue.lock);
  yield* local_bh_enable();
  return skb === null ? -1 : skb.data.length;
}

/** Frees what nobody will read. Only for a socket that is in no table any more. */
export function udp_destruct_common(sk: udp_sock): void {
  writesTo(sk.identity);
  writesTo(sk.sk_receive_queue.identity);
  sk.sk_receive_queue.list.clear();
  sk.reader_queue.list.clear();
  sk.sk_rmem_alloc = 0;
  sk.forward_deficit = 0;
}
