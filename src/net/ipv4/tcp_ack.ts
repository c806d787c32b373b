/**
 * What an acknowledgement does to the sender. Linux: net/ipv4/tcp_input.c (tcp_ack).
 *
 * Differs from Linux: no SACK, no timestamps to measure round trips by: the retransmission timeout
 * is the least one as soon as anything has been acknowledged.
 */
import type { Kernel } from '../../kernel/op.ts';
import { jiffies } from '../../kernel/timer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { after, before, between, seqDiff } from './seq.ts';
import { tcp_send_ack } from './tcp_ack_output.ts';
import { tcp_cong_avoid } from './tcp_cong.ts';
import { tcp_fast_path_check } from './tcp_fast_path.ts';
import { tcp_wmem_free_skb } from './tcp_mem.ts';
import { tcp_sync_mss } from './tcp_mss.ts';
import { tcp_xmit_retransmit_queue } from './tcp_retransmit.ts';
import { TCPCB_LOST, TCPCB_SACKED_RETRANS, TCPHDR_SYN, type TcpSegment } from './tcp_skb.ts';
import { TCP_CA_Loss, TCP_CA_Open, type tcp_sock } from './tcp_sock.ts';
import { tcp_ack_probe, tcp_rearm_rto, tcp_rto_min } from './tcp_timer.ts';

/** sysctl_tcp_invalid_ratelimit, in ticks. */
const INVALID_RATELIMIT = 500;

/** Results of tcp_ack(). */
export const ACK_UNSENT: number = -1;
export const ACK_OLD = 0;
export const ACK_OK = 1;

/** Was the last answer to what is out of window too recent for another? They may answer each other. */
export const __tcp_oow_rate_limited = (last_oow_ack_time: number): boolean =>
  last_oow_ack_time !== 0 && jiffies() - last_oow_ack_time < INVALID_RATELIMIT;

/** Asks the peer whether it means what it said: it will answer with a reset if it does. */
export function* tcp_send_challenge_ack(sk: tcp_sock): Kernel<void> {
  if (__tcp_oow_rate_limited(sk.last_oow_ack_time)) return;
  sk.last_oow_ack_time = jiffies();
  yield* tcp_send_ack(sk);
}

/** The window in a header, scaled. */
const windowOf = (sk: tcp_sock, skb: TcpSegment): number =>
  (skb.tcp_flags & TCPHDR_SYN) !== 0 ? skb.window : skb.window << sk.rx_opt.snd_wscale;

/** Does the segment say something newer about the window than what is known? */
const tcp_may_update_window = (tp: tcp_sock, ack: number, ack_seq: number, nwin: number): boolean =>
  after(ack, tp.snd_una) ||
  after(ack_seq, tp.snd_wl1) ||
  (ack_seq === tp.snd_wl1 && (nwin > tp.snd_wnd || nwin === 0));

function tcp_ack_update_window(sk: tcp_sock, skb: TcpSegment, ack: number): void {
  const nwin = windowOf(sk, skb);
  if (!tcp_may_update_window(sk, ack, skb.seq, nwin)) return;
  sk.snd_wl1 = skb.seq;
  if (sk.snd_wnd === nwin) return;
  sk.snd_wnd = nwin;
  sk.pred_flags = 0;
  tcp_fast_path_check(sk);
  if (nwin <= sk.max_window) return;
  sk.max_window = nwin;
  tcp_sync_mss(sk);
}

/** Frees what is acknowledged; how many segments that were. */
function tcp_clean_rtx_queue(sk: tcp_sock, prior_snd_una: number): number {
  let pkts_acked = 0;
  for (let skb = sk.tcp_rtx_queue.peekFront(); skb !== undefined; ) {
    if (after(skb.end_seq, sk.snd_una)) break; // Of a large segment all or nothing is acknowledged.
    const count = skb.tcp_gso_segs;
    pkts_acked += count;
    sk.packets_out -= count;
    if ((skb.sacked & TCPCB_LOST) !== 0) sk.lost_out -= count;
    if ((skb.sacked & TCPCB_SACKED_RETRANS) !== 0) sk.retrans_out -= count;
    if ((skb.tcp_flags & TCPHDR_SYN) !== 0) sk.retrans_stamp = 0;
    sk.tcp_rtx_queue.shift();
    tcp_wmem_free_skb(sk, skb);
    skb = sk.tcp_rtx_queue.peekFront();
  }
  if (between(sk.snd_up, prior_snd_una, sk.snd_una)) sk.snd_up = sk.snd_una;
  return pkts_acked;
}

/** Takes the acknowledgement of a segment in: ACK_OK, ACK_OLD, or ACK_UNSENT for nonsense. */
export function* tcp_ack(sk: tcp_sock, skb: TcpSegment, challenge: boolean): Kernel<number> {
  __fentry__('tcp_ack');
  const prior_snd_una = sk.snd_una;
  const ack = skb.ack_seq;
  if (before(ack, prior_snd_una)) {
    const max_window = Math.min(sk.max_window, sk.bytes_acked);
    if (!before(ack, (prior_snd_una - max_window) >>> 0)) return ACK_OLD;
    if (challenge) yield* tcp_send_challenge_ack(sk);
    return ACK_UNSENT;
  }
  if (after(ack, sk.snd_nxt)) return ACK_UNSENT;
  const advanced = after(ack, prior_snd_una);
  const prior_packets = sk.packets_out;
  tcp_ack_update_window(sk, skb, ack);
  sk.bytes_acked += seqDiff(ack, sk.snd_una);
  sk.snd_una = ack;
  sk.sk_err_soft = 0;
  sk.icsk_probes_out = 0;
  sk.rcv_tstamp = jiffies();
  if (prior_packets === 0) {
    tcp_ack_probe(sk);
    return ACK_OK;
  }
  const pkts_acked = tcp_clean_rtx_queue(sk, prior_snd_una);
  if (advanced) {
    sk.icsk_retransmits = 0;
    sk.icsk_backoff = 0;
    sk.icsk_rto = tcp_rto_min(sk);
  }
  if (pkts_acked > 0) {
    tcp_rearm_rto(sk);
    tcp_cong_avoid(sk, pkts_acked);
  }
  if (sk.icsk_ca_state === TCP_CA_Loss) yield* recover(sk);
  return ACK_OK;
}

/** Goes on with what counts for lost; all is well once everything from before is acknowledged. */
function* recover(sk: tcp_sock): Kernel<void> {
  if (!before(sk.snd_una, sk.high_seq)) {
    sk.icsk_ca_state = TCP_CA_Open;
    return;
  }
  sk.snd_cwnd = Math.max(sk.snd_cwnd, 2);
  yield* tcp_xmit_retransmit_queue(sk);
}
