/**
 * When to acknowledge. Linux: net/ipv4/tcp_input.c (__tcp_ack_snd_check, tcp_event_data_recv,
 * tcp_measure_rcv_mss), net/ipv4/tcp_output.c (tcp_send_delayed_ack), net/ipv4/tcp.c
 * (tcp_cleanup_rbuf).
 *
 * The first segments are acknowledged at once, and so is every second full one. Otherwise an ACK
 * waits: for data to go with, for the reader to empty the buffer, or for its timer.
 */
import type { Kernel } from '../../kernel/op.ts';
import { jiffies } from '../../kernel/timer.ts';
import { RCV_SHUTDOWN } from '../sock.ts';
import { sock_owned_by_user } from '../sock_lock.ts';
import { overLoopback } from './over_loopback.ts';
import { seqDiff } from './seq.ts';
import { tcp_send_ack, tcp_send_delayed_ack } from './tcp_ack_output.ts';
import { TCP_ATO_MIN } from './tcp_output.ts';
import { TCPHDR_PSH, type TcpSegment } from './tcp_skb.ts';
import {
  ICSK_ACK_NOW,
  ICSK_ACK_PUSHED,
  ICSK_ACK_PUSHED2,
  ICSK_ACK_SCHED,
  type tcp_sock,
} from './tcp_sock.ts';
import { armDelack, TCPF_ACK_DEFERRED } from './tcp_timer.ts';
import {
  __tcp_select_window,
  TCP_MIN_MSS,
  TCP_MSS_DEFAULT,
  tcp_grow_window,
  tcp_rcv_rtt_measure,
  tcp_receive_window,
  tcp_set_window_clamp,
  tcp_win_from_space,
} from './tcp_window.ts';

const TCP_MAX_QUICKACKS = 16;
/** sysctl_tcp_pingpong_thresh. */
const PINGPONG_THRESH = 1;
const TCP_HEADER = 20;

export const inet_csk_ack_scheduled = (sk: tcp_sock): boolean =>
  (sk.icsk_ack.pending & ICSK_ACK_SCHED) !== 0;
export function inet_csk_schedule_ack(sk: tcp_sock): void {
  sk.icsk_ack.pending |= ICSK_ACK_SCHED;
}
export function inet_csk_enter_pingpong_mode(sk: tcp_sock): void {
  sk.icsk_ack.pingpong = PINGPONG_THRESH;
}
export function inet_csk_exit_pingpong_mode(sk: tcp_sock): void {
  sk.icsk_ack.pingpong = 0;
}
export const inet_csk_in_pingpong_mode = (sk: tcp_sock): boolean =>
  sk.icsk_ack.pingpong >= PINGPONG_THRESH;

function tcp_incr_quickack(sk: tcp_sock): void {
  const quickacks = Math.floor(sk.rcv_wnd / (2 * sk.icsk_ack.rcv_mss)) || 2;
  sk.icsk_ack.quick = Math.max(Math.min(quickacks, TCP_MAX_QUICKACKS), sk.icsk_ack.quick);
}

/** From here on everything is acknowledged at once for a while. */
export function tcp_enter_quickack_mode(sk: tcp_sock): void {
  tcp_incr_quickack(sk);
  inet_csk_exit_pingpong_mode(sk);
  sk.icsk_ack.ato = TCP_ATO_MIN;
}

/** A first guess at the peer's segment size: rather too small than too large. */
export function tcp_initialize_rcv_mss(sk: tcp_sock): void {
  const hint = Math.min(sk.advmss, sk.mss_cache, sk.rcv_wnd >> 1, TCP_MSS_DEFAULT);
  sk.icsk_ack.rcv_mss = Math.max(hint, TCP_MIN_MSS);
}

/** A segment larger than any before: what share of its memory is data, from here on. */
function measureRatio(sk: tcp_sock, skb: TcpSegment): void {
  const old_ratio = sk.scaling_ratio;
  sk.scaling_ratio = Math.floor((skb.len * 256) / skb.truesize) || 1;
  if (old_ratio === sk.scaling_ratio) return;
  tcp_set_window_clamp(sk, tcp_win_from_space(sk, sk.sk_rcvbuf));
  sk.rcvq_space.space = Math.min(sk.rcvq_space.space, sk.window_clamp);
}

/** Learns the peer's segment size from a segment; a small one means that the sender had no more. */
export function tcp_measure_rcv_mss(sk: tcp_sock, skb: TcpSegment): void {
  const { icsk_ack } = sk;
  const lss = icsk_ack.last_seg_size;
  icsk_ack.last_seg_size = 0;
  const len = skb.tcp_gso_size === 0 ? skb.len : skb.tcp_gso_size;
  if (len >= icsk_ack.rcv_mss) {
    if (len !== icsk_ack.rcv_mss) measureRatio(sk, skb);
    icsk_ack.rcv_mss = Math.min(len, sk.advmss);
    if ((skb.tcp_flags & TCPHDR_PSH) !== 0) icsk_ack.pending |= ICSK_ACK_PUSHED;
    return;
  }
  const whole = len + sk.tcp_header_len;
  const pushed = (skb.tcp_flags & TCPHDR_PSH) !== 0;
  if (whole >= TCP_MSS_DEFAULT + TCP_HEADER || (whole >= TCP_MIN_MSS + TCP_HEADER && !pushed)) {
    icsk_ack.last_seg_size = len;
    if (len === lss) {
      icsk_ack.rcv_mss = len;
      return;
    }
  }
  if ((icsk_ack.pending & ICSK_ACK_PUSHED) !== 0) icsk_ack.pending |= ICSK_ACK_PUSHED2;
  icsk_ack.pending |= ICSK_ACK_PUSHED;
}

/** Data has arrived: an ACK is due, at some time. */
export function tcp_event_data_recv(sk: tcp_sock, skb: TcpSegment): void {
  const { icsk_ack } = sk;
  inet_csk_schedule_ack(sk);
  tcp_measure_rcv_mss(sk, skb);
  tcp_rcv_rtt_measure(sk);
  const now = jiffies();
  if (icsk_ack.ato === 0) {
    tcp_incr_quickack(sk);
    icsk_ack.ato = TCP_ATO_MIN;
  } else {
    const m = now - icsk_ack.lrcvtime;
    if (m <= TCP_ATO_MIN / 2) icsk_ack.ato = (icsk_ack.ato >> 1) + TCP_ATO_MIN / 2;
    else if (m < icsk_ack.ato) icsk_ack.ato = Math.min((icsk_ack.ato >> 1) + m, sk.icsk_rto);
    else if (m > sk.icsk_rto) tcp_incr_quickack(sk);
  }
  icsk_ack.lrcvtime = now;
  if (skb.len >= 128) tcp_grow_window(sk, skb, true);
}

/** Must the ACK be sent at once? */
function ackIsDue(sk: tcp_sock): boolean {
  const { icsk_ack } = sk;
  const unacked = seqDiff(sk.rcv_nxt, sk.rcv_wup);
  if (unacked > icsk_ack.rcv_mss) {
    const waiting = seqDiff(sk.rcv_nxt, sk.copied_seq);
    if (waiting < sk.sk_rcvlowat || __tcp_select_window(sk) >= sk.rcv_wnd) return true;
  }
  if (icsk_ack.quick > 0 && !inet_csk_in_pingpong_mode(sk)) return true;
  return (icsk_ack.pending & ICSK_ACK_NOW) !== 0;
}

/** Sends the ACK that is due, now or later. `ofo_possible`: there may be segments behind a gap. */
export function* __tcp_ack_snd_check(sk: tcp_sock, ofo_possible: boolean): Kernel<void> {
  if (ackIsDue(sk)) {
    // The owner handles the backlog: one ACK for all of it.
    if (sock_owned_by_user(sk)) sk.sk_tsq_flags |= TCPF_ACK_DEFERRED;
    else yield* tcp_send_ack(sk);
    return;
  }
  if (ofo_possible && sk.out_of_order_queue.length > 0) yield* tcp_send_ack(sk);
  else if (overLoopback(sk)) armDelack(sk);
  else yield* tcp_send_delayed_ack(sk);
}

export function* tcp_ack_snd_check(sk: tcp_sock): Kernel<void> {
  if (inet_csk_ack_scheduled(sk)) yield* __tcp_ack_snd_check(sk, true); // Else it went with data.
}

/** The user has taken `copied` bytes: acknowledges if that opens the window or empties the buffer. */
export function* __tcp_cleanup_rbuf(sk: tcp_sock, copied: number): Kernel<void> {
  const { icsk_ack } = sk;
  let time_to_ack = false;
  if (inet_csk_ack_scheduled(sk)) {
    const pushed =
      (icsk_ack.pending & ICSK_ACK_PUSHED2) !== 0 ||
      ((icsk_ack.pending & ICSK_ACK_PUSHED) !== 0 && !inet_csk_in_pingpong_mode(sk));
    time_to_ack =
      seqDiff(sk.rcv_nxt, sk.rcv_wup) > icsk_ack.rcv_mss ||
      (copied > 0 && pushed && sk.sk_rmem_alloc === 0);
  }
  if (copied > 0 && !time_to_ack && (sk.sk_shutdown & RCV_SHUTDOWN) === 0) {
    const rcv_window_now = tcp_receive_window(sk);
    if (2 * rcv_window_now <= sk.window_clamp) {
      const new_window = __tcp_select_window(sk);
      if (new_window !== 0 && new_window >= 2 * rcv_window_now) time_to_ack = true;
    }
  }
  if (time_to_ack) yield* tcp_send_ack(sk);
}
