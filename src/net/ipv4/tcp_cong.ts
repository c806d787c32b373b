/**
 * How much may be under way. Linux: net/ipv4/tcp_cong.c, tcp_input.c, tcp_output.c, include/net/tcp.h.
 *
 * The congestion window counts segments. It grows with every acknowledgement; what a loss does to it
 * stands in tcp_fastretrans.ts.
 *
 * Differs from Linux: over the loopback device this is the startup of BBR, the default of many
 * kernels, as far as it goes without a clock; cubic, the default of the others, does not grow a window
 * that is not used up, and makes send buffers two thirds as large. Over links it is reno. A window
 * that was not used for a while is not taken back.
 */
import { SOCK_SNDBUF_LOCK } from '../sock.ts';
import { sysctl_tcp_wmem } from './netns.ts';
import { overLoopback } from './over_loopback.ts';
import { before } from './seq.ts';
import { TCP_CA_Recovery, type tcp_sock } from './tcp_sock.ts';

export const TCP_INIT_CWND = 10;
export const TCP_INFINITE_SSTHRESH = 0x7fff_ffff;
/** What a send buffer holds of the congestion window: for bbr, and for reno and cubic. */
const BBR_SNDBUF_FACTOR = 3;
const SNDBUF_FACTOR = 2;
/** sysctl_tcp_reordering. */
const REORDERING = 3;
/** sizeof(struct sk_buff), and what its head takes besides the data. */
const SKB_SIZE = 256;
const HEAD_SIZE = 576;

export const tcp_packets_in_flight = (tp: tcp_sock): number =>
  tp.packets_out - (tp.sacked_out + tp.lost_out) + tp.retrans_out;

/** How many segments the congestion window lets go now: half of it at most, so that two are cut. */
export function tcp_cwnd_test(tp: tcp_sock): number {
  const in_flight = tcp_packets_in_flight(tp);
  if (in_flight >= tp.snd_cwnd) return 0;
  return Math.min(Math.max(tp.snd_cwnd >> 1, 1), tp.snd_cwnd - in_flight);
}

/** `acked` segments were acknowledged: so much more may be under way. */
export function tcp_cong_avoid(tp: tcp_sock, acked: number): void {
  if (tp.snd_cwnd < tp.snd_ssthresh) tp.snd_cwnd = Math.min(tp.snd_cwnd + acked, tp.snd_ssthresh);
  else if (acked >= tp.snd_cwnd) tp.snd_cwnd++;
}

/** From where on the window grows slowly, if nothing new is known of losses. */
export const tcp_current_ssthresh = (tp: tcp_sock): number =>
  tp.icsk_ca_state === TCP_CA_Recovery
    ? tp.snd_ssthresh
    : Math.max(tp.snd_ssthresh, (tp.snd_cwnd >> 1) + (tp.snd_cwnd >> 2));

/** Is the window still to double every round trip? */
const tcp_in_slow_start = (tp: tcp_sock): boolean => tp.snd_cwnd < tp.snd_ssthresh;

/** Does the window hold sending back, or would it soon? */
function tcp_is_cwnd_limited(tp: tcp_sock): boolean {
  return tp.is_cwnd_limited || (tcp_in_slow_start(tp) && tp.snd_cwnd < 2 * tp.max_packets_out);
}

/** Something was sent, or could not be: remembers for a round trip whether the window is used up. */
export function tcp_cwnd_validate(tp: tcp_sock, is_cwnd_limited: boolean): void {
  const more = !tp.is_cwnd_limited && tp.packets_out > tp.max_packets_out;
  if (before(tp.snd_una, tp.cwnd_usage_seq) && !is_cwnd_limited && !more) return;
  tp.is_cwnd_limited = is_cwnd_limited;
  tp.max_packets_out = tp.packets_out;
  tp.cwnd_usage_seq = tp.snd_nxt;
}

/** As tcp_cong_avoid(), where the way is not the loopback device: reno. */
export function tcp_reno_cong_avoid(tp: tcp_sock, acked: number): void {
  if (!tcp_is_cwnd_limited(tp)) return;
  let left = acked;
  if (tcp_in_slow_start(tp)) {
    const cwnd = Math.min(tp.snd_cwnd + left, tp.snd_ssthresh);
    left -= cwnd - tp.snd_cwnd;
    tp.snd_cwnd = cwnd;
    if (left === 0) return;
  }
  const w = tp.snd_cwnd;
  if (tp.snd_cwnd_cnt >= w) {
    tp.snd_cwnd_cnt = 0;
    tp.snd_cwnd++;
  }
  tp.snd_cwnd_cnt += left;
  if (tp.snd_cwnd_cnt < w) return;
  const delta = Math.floor(tp.snd_cwnd_cnt / w);
  tp.snd_cwnd_cnt -= delta * w;
  tp.snd_cwnd += delta;
}

const roundup_pow_of_two = (n: number): number => 2 ** Math.ceil(Math.log2(n));

/** Lets the send buffer hold several congestion windows. */
export function tcp_sndbuf_expand(sk: tcp_sock): void {
  const mss = Math.max(sk.rx_opt.mss_clamp, sk.mss_cache);
  const per_mss = roundup_pow_of_two(mss + HEAD_SIZE) + SKB_SIZE;
  const nr_segs = Math.max(TCP_INIT_CWND, sk.snd_cwnd, REORDERING + 1);
  const factor = overLoopback(sk) ? BBR_SNDBUF_FACTOR : SNDBUF_FACTOR;
  const sndmem = factor * nr_segs * per_mss;
  if (sk.sk_sndbuf < sndmem) sk.sk_sndbuf = Math.min(sndmem, sysctl_tcp_wmem[2]);
}

/** May the buffer grow, and would that help? */
export const tcp_should_expand_sndbuf = (sk: tcp_sock): boolean =>
  (sk.sk_userlocks & SOCK_SNDBUF_LOCK) === 0 && tcp_packets_in_flight(sk) < sk.snd_cwnd;
