/**
 * Sending: from the write queue to the network. Linux: net/ipv4/tcp_output.c, include/net/tcp.h.
 *
 * A segment leaves when the peer's window, the congestion window and Nagle's rule let it; then it
 * waits in tcp_rtx_queue for its acknowledgement, and the network gets a clone.
 *
 * Differs from Linux: no pacing and no TSQ (the loopback device never has packets under way), no
 * autocorking and no deferring of large segments for the same reason, no MTU probing, no ECN.
 */
import type { Kernel } from '../../kernel/op.ts';
import { jiffies } from '../../kernel/timer.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { inState, TCPF_CLOSE } from '../tcp_states.ts';
import { ip_queue_xmit } from './ip_output.ts';
import { after, before, seqAdd, seqDiff } from './seq.ts';
import { tcp_cwnd_test, tcp_cwnd_validate, tcp_packets_in_flight } from './tcp_cong.ts';
import { tcp_in_cwnd_reduction } from './tcp_fastretrans.ts';
import { tcp_fragment, tcp_grow_skb, tcp_set_skb_tso_segs } from './tcp_fragment.ts';
import { chargeSent } from './tcp_mem.ts';
import { sk_gso_max_size, tcp_current_mss } from './tcp_mss.ts';
import { tcp_clock_ms, tcp_clock_us } from './tcp_rtt.ts';
import {
  skb_clone,
  TCPHDR_ACK,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_SYN,
  TCPHDR_URG,
  type TcpSegment,
} from './tcp_skb.ts';
import { ICSK_ACK_SCHED, type tcp_sock } from './tcp_sock.ts';
import { tcp_check_space } from './tcp_space.ts';
import { tcp_check_probe_timer, tcp_rearm_rto } from './tcp_timer.ts';
import { tcp_select_window } from './tcp_window.ts';

export const TCP_NAGLE_OFF = 1;
export const TCP_NAGLE_CORK = 2;
export const TCP_NAGLE_PUSH = 4;
/** Ticks that an ACK waits at first, and at least (HZ / 25). */
export const TCP_ATO_MIN = 40;

const MIN_TSO_SEGS = 2;

export const tcp_wnd_end = (tp: tcp_sock): number => seqAdd(tp.snd_una, tp.snd_wnd);
export const tcp_send_head = (sk: tcp_sock): TcpSegment | null =>
  sk.sk_write_queue.peekFront() ?? null;
export const tcp_write_queue_tail = (sk: tcp_sock): TcpSegment | null =>
  sk.sk_write_queue.peekBack() ?? null;
const tcp_urg_mode = (tp: tcp_sock): boolean => tp.snd_una !== tp.snd_up;

/** The sequence number of a segment without data, inside of the peer's window if need be. */
export function tcp_acceptable_seq(tp: tcp_sock): number {
  const end = tcp_wnd_end(tp);
  if (!before(end, tp.snd_nxt)) return tp.snd_nxt;
  const beyond = seqDiff(tp.snd_nxt, end);
  return tp.rx_opt.wscale_ok && beyond < 1 << tp.rx_opt.rcv_wscale ? tp.snd_nxt : end;
}

/** An ACK has left: none is due any more. */
function tcp_event_ack_sent(sk: tcp_sock, rcv_nxt: number): void {
  if (rcv_nxt !== sk.rcv_nxt) return;
  const { icsk_ack } = sk;
  if (icsk_ack.quick > 0) {
    const pkts = (icsk_ack.pending & ICSK_ACK_SCHED) !== 0 ? 1 : 0;
    if (pkts >= icsk_ack.quick) {
      icsk_ack.quick = 0;
      icsk_ack.ato = TCP_ATO_MIN;
    } else {
      icsk_ack.quick -= pkts;
    }
  }
  icsk_ack.pending = 0;
}

/** Writes the header; `skb` is what the network gets. */
function fillHeader(sk: tcp_sock, skb: TcpSegment, rcv_nxt: number): void {
  skb.saddr = sk.inet_saddr;
  skb.daddr = sk.inet_daddr;
  skb.source = sk.inet_sport;
  skb.dest = sk.inet_dport;
  skb.ack_seq = rcv_nxt;
  skb.tsval = tcp_clock_ms();
  skb.tsecr = sk.rx_opt.ts_recent;
  if (tcp_urg_mode(sk) && before(skb.seq, sk.snd_up)) {
    const distance = seqDiff(sk.snd_up, skb.seq);
    if (distance < 0x10000 || after(seqAdd(skb.seq, 0xffff), sk.snd_nxt)) {
      skb.urg_ptr = Math.min(distance, 0xffff);
      skb.tcp_flags |= TCPHDR_URG;
    }
  }
  if ((skb.tcp_flags & TCPHDR_SYN) === 0) {
    skb.window = tcp_select_window(sk);
  } else {
    skb.window = Math.min(sk.rcv_wnd, 0xffff);
    skb.mss = sk.advmss;
    skb.wscale = sk.rx_opt.rcv_wscale;
    skb.fastopen = sk.fastopen_req?.cookie ?? -1;
    if (skb.fastopen >= 0) sk.syn_fastopen = true;
  }
}

/** Sends a segment: a clone of it if it stays here to be acknowledged. */
export function* __tcp_transmit_skb(
  sk: tcp_sock,
  skb: TcpSegment,
  clone_it: boolean,
  rcv_nxt: number,
): Kernel<void> {
  __fentry__('__tcp_transmit_skb');
  if (skb.tcp_gso_segs > 1) skb.tcp_flags |= TCPHDR_PSH;
  if (clone_it) skb.skb_mstamp = tcp_clock_us();
  const sent = clone_it ? skb_clone(skb) : skb;
  fillHeader(sk, sent, rcv_nxt);
  if ((sent.tcp_flags & TCPHDR_ACK) !== 0) tcp_event_ack_sent(sk, rcv_nxt);
  if (sent.len > 0) {
    // An answer to what has just been received: the connection is interactive.
    const { icsk_ack } = sk;
    if (jiffies() - icsk_ack.lrcvtime < icsk_ack.ato) icsk_ack.pingpong++;
  }
  yield* ip_queue_xmit(sk, sent);
}

export const tcp_transmit_skb = (sk: tcp_sock, skb: TcpSegment, clone_it: boolean): Kernel<void> =>
  __tcp_transmit_skb(sk, skb, clone_it, sk.rcv_nxt);

/** Puts a segment that is complete at the end of the write queue. */
export function tcp_queue_skb(sk: tcp_sock, skb: TcpSegment): void {
  sk.write_seq = skb.end_seq;
  sk.sk_write_queue.push(skb);
  chargeSent(sk, skb.truesize);
}

/** Nagle's rule with Minshall's change: at most one small segment under way. */
const tcp_nagle_check = (partial: boolean, tp: tcp_sock, nonagle: number): boolean =>
  partial &&
  ((nonagle & TCP_NAGLE_CORK) !== 0 ||
    (nonagle === 0 &&
      tp.packets_out > 0 &&
      after(tp.snd_sml, tp.snd_una) &&
      !after(tp.snd_sml, tp.snd_nxt)));

/** May the segment leave as far as Nagle's rule goes? */
const tcp_nagle_test = (tp: tcp_sock, skb: TcpSegment, cur_mss: number, nonagle: number): boolean =>
  (nonagle & TCP_NAGLE_PUSH) !== 0 ||
  tcp_urg_mode(tp) ||
  (skb.tcp_flags & TCPHDR_FIN) !== 0 ||
  !tcp_nagle_check(skb.len < cur_mss, tp, nonagle);

/** Does the first segment of `skb` fit into the peer's window? */
function tcp_snd_wnd_test(tp: tcp_sock, skb: TcpSegment, cur_mss: number): boolean {
  const end_seq = skb.len > cur_mss ? seqAdd(skb.seq, cur_mss) : skb.end_seq;
  return !after(end_seq, tcp_wnd_end(tp));
}

/** How much of a large segment may leave now. */
function tcp_mss_split_point(
  sk: tcp_sock,
  skb: TcpSegment,
  mss_now: number,
  max_segs: number,
  nonagle: number,
): number {
  const window = seqDiff(tcp_wnd_end(sk), skb.seq);
  const max_len = mss_now * max_segs;
  if (max_len <= window && skb !== tcp_write_queue_tail(sk)) return max_len;
  const needed = Math.min(skb.len, window);
  if (max_len <= needed) return max_len;
  const partial = needed % mss_now;
  return tcp_nagle_check(partial !== 0, sk, nonagle) ? needed - partial : needed;
}

/** A segment has left. */
export function* tcp_event_new_data_sent(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  const prior_packets = sk.packets_out;
  sk.snd_nxt = skb.end_seq;
  sk.sk_write_queue.shift();
  sk.tcp_rtx_queue.push(skb);
  sk.packets_out += skb.tcp_gso_segs;
  if (prior_packets === 0) tcp_rearm_rto(sk);
  yield* tcp_check_space(sk);
}

/** Does nothing hold the segment at the head back? How much of it may leave; 0 for nothing. */
function sendable(sk: tcp_sock, skb: TcpSegment, mss_now: number, nonagle: number): number {
  const max_segs = Math.max(Math.floor(sk_gso_max_size / mss_now), MIN_TSO_SEGS);
  const cwnd_quota = Math.min(tcp_cwnd_test(sk), max_segs);
  if (cwnd_quota === 0) return 0;
  const missing_bytes = cwnd_quota * mss_now - skb.len;
  if (missing_bytes > 0) tcp_grow_skb(sk, skb, missing_bytes);
  const tso_segs = tcp_set_skb_tso_segs(skb, mss_now);
  if (!tcp_snd_wnd_test(sk, skb, mss_now)) return 0;
  if (tso_segs === 1) {
    const last = skb === tcp_write_queue_tail(sk);
    if (!tcp_nagle_test(sk, skb, mss_now, last ? nonagle : TCP_NAGLE_PUSH)) {
      traceNote('tcp_write_xmit: a small segment waits for the last one', sk);
      return 0;
    }
  }
  if (skb.end_seq === skb.seq) return 0;
  if (tso_segs === 1 || tcp_urg_mode(sk)) return Math.max(mss_now, 1);
  return tcp_mss_split_point(sk, skb, mss_now, cwnd_quota, nonagle);
}

/** Sends what may leave, at most one segment if `push_one`; true if only a probe can go on. */
export function* tcp_write_xmit(
  sk: tcp_sock,
  mss_now: number,
  nonagle: number,
  push_one: boolean,
): Kernel<boolean> {
  __fentry__('tcp_write_xmit');
  let sent_pkts = 0;
  for (;;) {
    const skb = tcp_send_head(sk);
    if (skb === null) break;
    const limit = sendable(sk, skb, mss_now, nonagle);
    if (limit === 0) break;
    if (skb.len > limit) tcp_fragment(sk, sk.sk_write_queue, skb, limit, mss_now);
    yield* tcp_transmit_skb(sk, skb, true);
    yield* tcp_event_new_data_sent(sk, skb);
    if (skb.len < skb.tcp_gso_segs * mss_now) sk.snd_sml = skb.end_seq;
    sent_pkts += skb.tcp_gso_segs;
    if (push_one) break;
  }
  const is_cwnd_limited = tcp_packets_in_flight(sk) >= sk.snd_cwnd;
  if (sent_pkts > 0 || is_cwnd_limited) tcp_cwnd_validate(sk, is_cwnd_limited);
  if (sent_pkts > 0 && tcp_in_cwnd_reduction(sk)) sk.prr_out += sent_pkts;
  return sent_pkts === 0 && sk.packets_out === 0 && !sk.sk_write_queue.isEmpty();
}

/** Sends what may leave. */
export function* __tcp_push_pending_frames(
  sk: tcp_sock,
  cur_mss: number,
  nonagle: number,
): Kernel<void> {
  if (inState(sk, TCPF_CLOSE)) return;
  if (yield* tcp_write_xmit(sk, cur_mss, nonagle, false)) tcp_check_probe_timer(sk);
}

export function* tcp_push_pending_frames(sk: tcp_sock): Kernel<void> {
  if (!sk.sk_write_queue.isEmpty()) {
    yield* __tcp_push_pending_frames(sk, tcp_current_mss(sk), sk.nonagle);
  }
}

/** Sends the head of the queue, which is a full segment. */
export const tcp_push_one = (sk: tcp_sock, mss_now: number): Kernel<boolean> =>
  tcp_write_xmit(sk, mss_now, TCP_NAGLE_PUSH, true);
