/**
 * How long a round trip takes, and the retransmission timeout that follows.
 * Linux: net/ipv4/tcp_input.c (tcp_rtt_estimator, tcp_ack_update_rtt), include/net/tcp.h.
 *
 * What was sent once is timed by when it was sent (Karn's rule); where that is not possible, by the
 * time stamp that the peer sends back. Times are in microseconds.
 */
import { ktime_get } from '../../kernel/hrtimer.ts';
import type { request_sock } from './request_sock.ts';
import { after } from './seq.ts';
import type { TcpSegment } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { tcp_rto_max, tcp_rto_min } from './tcp_timer.ts';

const { max, min } = Math;
const USEC_PER_MSEC = 1000;
const NSEC_PER_USEC = 1000;

export const tcp_clock_us = (): number => Math.floor(ktime_get() / NSEC_PER_USEC);
/** What stands in a time stamp: milliseconds. */
export const tcp_clock_ms = (): number => Math.floor(tcp_clock_us() / USEC_PER_MSEC);

/** Keeps the time stamp of a segment that is next in the sequence, to send it back. */
export function tcp_replace_ts_recent(sk: tcp_sock, skb: TcpSegment): void {
  const { rcv_wup, rx_opt } = sk;
  if (skb.tsval >= rx_opt.ts_recent && !after(skb.seq, rcv_wup)) rx_opt.ts_recent = skb.tsval;
}

/** The round trip by the time stamp that came back; at least `min_delta`. -1 without one. */
export function tcp_rtt_tsopt_us(skb: TcpSegment, min_delta: number): number {
  if (skb.tsecr === 0) return -1;
  return (tcp_clock_ms() - skb.tsecr) * USEC_PER_MSEC || min_delta;
}

/** Takes a measurement in: the mean, and how much it varies. */
function tcp_rtt_estimator(sk: tcp_sock, mrtt_us: number): void {
  const rto_min_us = tcp_rto_min(sk) * USEC_PER_MSEC;
  let m = mrtt_us;
  let srtt = sk.srtt_us;
  if (srtt === 0) {
    sk.srtt_us = max(1, m << 3);
    sk.mdev_us = m << 1;
    sk.rttvar_us = max(sk.mdev_us, rto_min_us);
    sk.mdev_max_us = sk.rttvar_us;
    sk.rtt_seq = sk.snd_nxt;
    return;
  }
  m -= srtt >> 3;
  srtt += m;
  const below = m < 0;
  m = Math.abs(m) - (sk.mdev_us >> 2);
  // A round trip that is shorter than usual says little about how long one can be.
  if (below && m > 0) m >>= 3;
  sk.mdev_us += m;
  if (sk.mdev_us > sk.mdev_max_us) {
    sk.mdev_max_us = sk.mdev_us;
    if (sk.mdev_max_us > sk.rttvar_us) sk.rttvar_us = sk.mdev_max_us;
  }
  if (after(sk.snd_una, sk.rtt_seq)) {
    if (sk.mdev_max_us < sk.rttvar_us) sk.rttvar_us -= (sk.rttvar_us - sk.mdev_max_us) >> 2;
    sk.rtt_seq = sk.snd_nxt;
    sk.mdev_max_us = rto_min_us;
  }
  sk.srtt_us = max(1, srtt);
}

/** The timeout for a round trip as measured, in ticks. */
export const __tcp_set_rto = (sk: tcp_sock): number =>
  Math.ceil(((sk.srtt_us >> 3) + sk.rttvar_us) / USEC_PER_MSEC);

/**
 * Something was acknowledged: `seq_rtt_us` after it was sent, or negative if that cannot be told.
 * `skb` is the acknowledgement, null for none with a time stamp.
 */
export function tcp_ack_update_rtt(sk: tcp_sock, skb: TcpSegment | null, seq_rtt_us: number): void {
  const rtt = seq_rtt_us < 0 && skb !== null ? tcp_rtt_tsopt_us(skb, 1) : seq_rtt_us;
  if (rtt < 0) return;
  tcp_rtt_estimator(sk, rtt);
  sk.icsk_rto = min(__tcp_set_rto(sk), tcp_rto_max(sk));
  sk.icsk_backoff = 0;
}

/** The handshake has been a round trip, unless the answer was sent more than once. */
export function tcp_synack_rtt_meas(sk: tcp_sock, req: request_sock, skb: TcpSegment): void {
  const once = req.num_retrans === 0 && req.snt_synack !== 0;
  tcp_ack_update_rtt(sk, skb, once ? tcp_clock_us() - req.snt_synack : -1);
}
