/**
 * A segment for an established connection. Linux: net/ipv4/tcp_input.c (tcp_rcv_established).
 *
 * What is as expected goes a short way, which does not even look whether something could be sent:
 * so data that is held back (MSG_MORE) stays where it is when data comes the other way.
 */
import { current } from '../../kernel/current.ts';
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { after, seqAdd } from './seq.ts';
import { ACK_UNSENT, tcp_ack } from './tcp_ack.ts';
import { tcp_data_queue, tcp_data_ready, tcp_queue_rcv } from './tcp_data_queue.ts';
import {
  __tcp_ack_snd_check,
  inet_csk_ack_scheduled,
  tcp_ack_snd_check,
  tcp_event_data_recv,
} from './tcp_delack.ts';
import { isPredicted } from './tcp_fast_path.ts';
import { tcp_data_snd_check, tcp_validate_incoming } from './tcp_input.ts';
import { tcp_replace_ts_recent } from './tcp_rtt.ts';
import { TCPHDR_ACK, TCPHDR_RST, TCPHDR_SYN, type TcpSegment } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { tcp_urg } from './tcp_urg.ts';
import { tcp_rcv_rtt_measure_ts, tcp_receive_window } from './tcp_window.ts';

/** Data that is next in the sequence, and nothing else. */
function* bulkData(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  tcp_replace_ts_recent(sk, skb);
  tcp_rcv_rtt_measure_ts(sk, skb);
  if (!current.kernel.alone) yield sk.look; // Pollers see rcv_nxt without the lock.
  tcp_queue_rcv(sk, skb, false);
  tcp_event_data_recv(sk, skb);
  let acked = false;
  if (skb.ack_seq !== sk.snd_una) {
    yield* tcp_ack(sk, skb, true);
    yield* tcp_data_snd_check(sk);
    acked = !inet_csk_ack_scheduled(sk);
  } else {
    sk.snd_wl1 = skb.seq;
  }
  if (!acked) yield* __tcp_ack_snd_check(sk, false);
  yield* tcp_data_ready(sk);
}

export function* tcp_rcv_established(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  __fentry__('tcp_rcv_established');
  const { seq } = skb;
  if (isPredicted(sk, skb) && seq === sk.rcv_nxt && !after(skb.ack_seq, sk.snd_nxt)) {
    if (skb.len === 0) {
      yield* tcp_ack(sk, skb, true);
      yield* tcp_data_snd_check(sk);
      return;
    }
    const fits = !after(skb.end_seq, seqAdd(sk.rcv_nxt, tcp_receive_window(sk)));
    if (fits && skb.truesize <= sk.sk_forward_alloc) {
      yield* bulkData(sk, skb);
      return;
    }
  }
  if ((skb.tcp_flags & (TCPHDR_ACK | TCPHDR_RST | TCPHDR_SYN)) === 0) return;
  if (!(yield* tcp_validate_incoming(sk, skb))) return;
  if ((yield* tcp_ack(sk, skb, true)) === ACK_UNSENT) return;
  tcp_rcv_rtt_measure_ts(sk, skb);
  yield* tcp_urg(sk, skb);
  yield* tcp_data_queue(sk, skb);
  yield* tcp_data_snd_check(sk);
  yield* tcp_ack_snd_check(sk);
}
