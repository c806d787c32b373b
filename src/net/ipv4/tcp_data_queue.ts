/**
 * What becomes of the bytes that arrive. Linux: net/ipv4/tcp_input.c (tcp_data_queue).
 *
 * What is next in the sequence goes to the receive queue and wakes the reader; what comes early,
 * because two CPUs delivered out of turn or a segment was lost, waits in order; what was there already
 * is acknowledged again.
 *
 * Differs from Linux: whatever fits the window is taken, though its overhead may exceed the buffer
 * (no tcp_prune_queue); no SACK.
 */
import { current } from '../../kernel/current.ts';
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__, traceFact, traceNote } from '../../kernel/trace.ts';
import { skb_peek_tail } from '../skbuff.ts';
import {
  RCV_SHUTDOWN,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_SYN_RECV,
  TCP_TIME_WAIT,
} from '../sock.ts';
import { overLoopback } from './over_loopback.ts';
import { after, before, seqAdd } from './seq.ts';
import { tcp_send_ack } from './tcp_ack_output.ts';
import {
  inet_csk_enter_pingpong_mode,
  inet_csk_schedule_ack,
  tcp_enter_quickack_mode,
  tcp_event_data_recv,
  tcp_measure_rcv_mss,
} from './tcp_delack.ts';
import { purgeOutOfOrder, tcp_set_state } from './tcp_done.ts';
import { tcp_fast_path_check } from './tcp_fast_path.ts';
import { chargeReceived, freeReceived, scheduleMemory, sk_mem_charge } from './tcp_mem.ts';
import { tcp_time_wait } from './tcp_minisocks.ts';
import { tcp_epollin_ready } from './tcp_poll.ts';
import { __kfree_skb, skb_try_coalesce, TCPHDR_FIN, type TcpSegment } from './tcp_skb.ts';
import { ICSK_ACK_NOW, type tcp_sock } from './tcp_sock.ts';
import { tcp_grow_window, tcp_rcvbuf_grow, tcp_receive_window } from './tcp_window.ts';

/** Wakes the reader if there is enough to read, or nothing more will come. */
export function* tcp_data_ready(sk: tcp_sock): Kernel<void> {
  if (tcp_epollin_ready(sk, sk.sk_rcvlowat) || sk.SOCK_DONE) yield* sk.sk_data_ready();
  else traceFact('too few bytes', sk);
}

/** Appends `from` to `to`, to spare memory; false if that is not possible. */
function tcp_try_coalesce(sk: tcp_sock, to: TcpSegment, from: TcpSegment): boolean {
  if (from.seq !== to.end_seq) return false;
  const delta = skb_try_coalesce(to, from);
  if (delta < 0) return false;
  sk.sk_rmem_alloc += delta;
  sk_mem_charge(sk, delta);
  to.end_seq = from.end_seq;
  to.ack_seq = from.ack_seq;
  to.tcp_flags |= from.tcp_flags;
  return true;
}

/** Puts a segment at the end of the receive queue. Its memory is charged unless `charged`. */
export function tcp_queue_rcv(sk: tcp_sock, skb: TcpSegment, charged: boolean): void {
  const tail = skb_peek_tail(sk.sk_receive_queue) as TcpSegment | null;
  const eaten = tail !== null && tcp_try_coalesce(sk, tail, skb);
  sk.rcv_nxt = skb.end_seq;
  if (eaten) {
    if (charged) freeReceived(sk, skb);
    else __kfree_skb(skb);
    return;
  }
  sk.sk_receive_queue.list.push(skb);
  if (!charged) chargeReceived(sk, skb);
}

/** The peer has ended its direction: two wakeups follow, this one without a key. */
export function* tcp_fin(sk: tcp_sock): Kernel<void> {
  __fentry__('tcp_fin');
  inet_csk_schedule_ack(sk);
  if (!current.kernel.alone) yield sk.look; // A poller may see the state of before.
  sk.sk_shutdown |= RCV_SHUTDOWN;
  sk.SOCK_DONE = true;
  switch (sk.sk_state) {
    case TCP_SYN_RECV:
    case TCP_ESTABLISHED:
      yield* tcp_set_state(sk, TCP_CLOSE_WAIT);
      inet_csk_enter_pingpong_mode(sk);
      break;
    case TCP_FIN_WAIT1:
      yield* tcp_send_ack(sk);
      yield* tcp_set_state(sk, TCP_CLOSING);
      break;
    case TCP_FIN_WAIT2:
      yield* tcp_send_ack(sk);
      yield* tcp_time_wait(sk, TCP_TIME_WAIT, 0);
      break;
  }
  purgeOutOfOrder(sk);
  if (!sk.SOCK_DEAD) yield* sk.sk_state_change();
}

/** Moves what has come early and is now next to the receive queue. */
function* tcp_ofo_queue(sk: tcp_sock): Kernel<void> {
  const queue = sk.out_of_order_queue;
  for (let skb = queue[0]; skb !== undefined && !after(skb.seq, sk.rcv_nxt); skb = queue[0]) {
    queue.shift();
    if (!after(skb.end_seq, sk.rcv_nxt)) {
      freeReceived(sk, skb);
      continue;
    }
    const fin = (skb.tcp_flags & TCPHDR_FIN) !== 0;
    tcp_queue_rcv(sk, skb, true);
    if (fin) yield* tcp_fin(sk); // Which drops what is behind it.
  }
  if (queue.length === 0) sk.icsk_ack.pending |= ICSK_ACK_NOW;
}

/** Puts a segment in its place, without those that it has all of; false if it brings nothing new. */
function insertEarly(sk: tcp_sock, skb: TcpSegment): boolean {
  const queue = sk.out_of_order_queue;
  let at = queue.length;
  while (at > 0 && before(skb.seq, (queue[at - 1] as TcpSegment).seq)) at--;
  const previous = queue[at - 1];
  if (previous !== undefined && !after(skb.end_seq, previous.end_seq)) return false;
  let covered = at;
  while (covered < queue.length && !after((queue[covered] as TcpSegment).end_seq, skb.end_seq)) {
    freeReceived(sk, queue[covered++] as TcpSegment);
  }
  queue.splice(at, covered - at, skb);
  return true;
}

/** Keeps a segment that comes early. */
function tcp_data_queue_ofo(sk: tcp_sock, skb: TcpSegment): void {
  traceNote('tcp_data_queue_ofo: a segment is early', sk);
  scheduleMemory(sk, skb.truesize);
  tcp_measure_rcv_mss(sk, skb);
  sk.pred_flags = 0;
  inet_csk_schedule_ack(sk);
  if (insertEarly(sk, skb)) {
    if (overLoopback(sk)) tcp_grow_window(sk, skb, false); // As with SACK, without which it is not.
    chargeReceived(sk, skb);
  } else {
    __kfree_skb(skb);
  }
  if (sk.sk_socket !== null) tcp_rcvbuf_grow(sk, sk.rcvq_space.space);
}

/** A segment that is not wanted: tells the peer where the sequence stands. */
function refuse(sk: tcp_sock, skb: TcpSegment): void {
  tcp_enter_quickack_mode(sk);
  inet_csk_schedule_ack(sk);
  __kfree_skb(skb);
}

/** Takes in the bytes of a segment, and its FIN. */
export function* tcp_data_queue(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  if (skb.seq === skb.end_seq) {
    __kfree_skb(skb);
    return;
  }
  __fentry__('tcp_data_queue');
  const bare_fin = skb.len === 0 && (skb.tcp_flags & TCPHDR_FIN) !== 0;
  const window = tcp_receive_window(sk);
  if (!after(skb.end_seq, sk.rcv_nxt)) return refuse(sk, skb);
  if (before(skb.seq, sk.rcv_nxt) || skb.seq === sk.rcv_nxt) {
    if (window === 0 && !(bare_fin && skb.seq === sk.rcv_nxt)) return refuse(sk, skb);
    yield* queueAndOut(sk, skb);
    return;
  }
  if (!before(skb.seq, seqAdd(sk.rcv_nxt, window))) return refuse(sk, skb);
  tcp_data_queue_ofo(sk, skb);
}

function* queueAndOut(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  const { len } = skb;
  const fin = (skb.tcp_flags & TCPHDR_FIN) !== 0;
  if (!current.kernel.alone) yield sk.look; // Pollers see rcv_nxt without the lock.
  scheduleMemory(sk, skb.truesize);
  tcp_queue_rcv(sk, skb, false);
  if (len > 0) tcp_event_data_recv(sk, skb);
  if (fin) yield* tcp_fin(sk);
  if (sk.out_of_order_queue.length > 0) yield* tcp_ofo_queue(sk);
  tcp_fast_path_check(sk);
  if (!sk.SOCK_DEAD) yield* tcp_data_ready(sk);
}
