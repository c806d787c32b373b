/**
 * What an acknowledgement does to the sender. Linux: net/ipv4/tcp_input.c (tcp_ack).
 *
 * Differs from Linux: no SACK; time stamps only measure round trips.
 */
import type { Kernel } from '../../kernel/op.ts';
import { jiffies } from '../../kernel/timer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { overLoopback } from './over_loopback.ts';
import { after, before, between, seqDiff } from './seq.ts';
import { tcp_send_ack } from './tcp_ack_output.ts';
import { tcp_cong_avoid, tcp_reno_cong_avoid } from './tcp_cong.ts';
import { tcp_fast_path_check } from './tcp_fast_path.ts';
import {
  FLAG_ACKED,
  FLAG_DATA,
  FLAG_DATA_ACKED,
  FLAG_ORIG_SACK_ACKED,
  FLAG_RETRANS_DATA_ACKED,
  FLAG_SND_UNA_ADVANCED,
  FLAG_SYN_ACKED,
  FLAG_WIN_UPDATE,
  isDuplicate,
  REXMIT_NONE,
  tcp_ack_is_dubious,
  tcp_cwnd_reduction,
  tcp_fastretrans_alert,
  tcp_in_cwnd_reduction,
  tcp_remove_reno_sacks,
  tcp_xmit_recovery,
} from './tcp_fastretrans.ts';
import { tcp_trim_head } from './tcp_fragment.ts';
import { tcp_wmem_free_skb } from './tcp_mem.ts';
import { tcp_sync_mss } from './tcp_mss.ts';
import { tcp_ack_update_rtt, tcp_clock_us, tcp_replace_ts_recent } from './tcp_rtt.ts';
import {
  TCPCB_EVER_RETRANS,
  TCPCB_LOST,
  TCPCB_SACKED_RETRANS,
  TCPHDR_SYN,
  type TcpSegment,
} from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { tcp_ack_probe, tcp_rearm_rto } from './tcp_timer.ts';

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

/** Takes the window of a segment; FLAG_WIN_UPDATE if it is news. */
function tcp_ack_update_window(sk: tcp_sock, skb: TcpSegment, ack: number): number {
  const nwin = windowOf(sk, skb);
  if (!tcp_may_update_window(sk, ack, skb.seq, nwin)) return 0;
  sk.snd_wl1 = skb.seq;
  if (sk.snd_wnd === nwin) return FLAG_WIN_UPDATE;
  sk.snd_wnd = nwin;
  sk.pred_flags = 0;
  tcp_fast_path_check(sk);
  if (nwin > sk.max_window) {
    sk.max_window = nwin;
    tcp_sync_mss(sk);
  }
  return FLAG_WIN_UPDATE;
}

/** Takes off what is acknowledged of a segment that counts for several; for how many. */
function tcp_tso_acked(sk: tcp_sock, skb: TcpSegment): number {
  const packets = skb.tcp_gso_segs;
  tcp_trim_head(sk, skb, seqDiff(sk.snd_una, skb.seq));
  return packets - skb.tcp_gso_segs;
}

/** What an acknowledgement has made of the segments under way. */
interface Cleaned {
  flag: number;
  pkts_acked: number;
  /** When the oldest segment was sent that was sent once; 0 for none. In microseconds. */
  first_ackt: number;
}

/** How many segments of `skb` are acknowledged; what that means is noted in `cleaned`. */
function acknowledge(sk: tcp_sock, skb: TcpSegment, count: number, cleaned: Cleaned): void {
  const { sacked } = skb;
  if ((sacked & (TCPCB_SACKED_RETRANS | TCPCB_EVER_RETRANS)) !== 0) {
    if ((sacked & TCPCB_SACKED_RETRANS) !== 0) sk.retrans_out -= count;
    cleaned.flag |= FLAG_RETRANS_DATA_ACKED;
  } else {
    if (cleaned.first_ackt === 0) cleaned.first_ackt = skb.skb_mstamp;
    if (!after(skb.end_seq, sk.high_seq)) cleaned.flag |= FLAG_ORIG_SACK_ACKED;
  }
  if ((sacked & TCPCB_LOST) !== 0) sk.lost_out -= count;
  sk.packets_out -= count;
  cleaned.pkts_acked += count;
  if ((skb.tcp_flags & TCPHDR_SYN) === 0) {
    cleaned.flag |= FLAG_DATA_ACKED;
  } else {
    cleaned.flag |= FLAG_SYN_ACKED;
    sk.retrans_stamp = 0;
  }
}

/** Frees what is acknowledged, and measures how long that took. `ackSkb` acknowledges. */
function tcp_clean_rtx_queue(sk: tcp_sock, ackSkb: TcpSegment, prior_snd_una: number): Cleaned {
  const cleaned: Cleaned = { flag: 0, pkts_acked: 0, first_ackt: 0 };
  for (;;) {
    const skb = sk.tcp_rtx_queue.peekFront();
    if (skb === undefined) break;
    if (after(skb.end_seq, sk.snd_una)) {
      if (skb.tcp_gso_segs === 1 || !after(sk.snd_una, skb.seq)) break;
      const acked = tcp_tso_acked(sk, skb);
      if (acked > 0) acknowledge(sk, skb, acked, cleaned);
      break;
    }
    acknowledge(sk, skb, skb.tcp_gso_segs, cleaned);
    sk.tcp_rtx_queue.shift();
    tcp_wmem_free_skb(sk, skb);
  }
  if (between(sk.snd_up, prior_snd_una, sk.snd_una)) sk.snd_up = sk.snd_una;
  const timed = cleaned.first_ackt !== 0 && (cleaned.flag & FLAG_RETRANS_DATA_ACKED) === 0;
  if ((cleaned.flag & FLAG_ACKED) !== 0) {
    tcp_ack_update_rtt(sk, ackSkb, timed ? tcp_clock_us() - cleaned.first_ackt : -1);
    tcp_remove_reno_sacks(sk, cleaned.pkts_acked);
    if ((cleaned.flag & FLAG_RETRANS_DATA_ACKED) !== 0) cleaned.flag &= ~FLAG_ORIG_SACK_ACKED;
  }
  return cleaned;
}

/** An acknowledgement of something older than what is acknowledged already. */
function* oldAck(sk: tcp_sock, ack: number, challenge: boolean): Kernel<number> {
  const max_window = Math.min(sk.max_window, sk.bytes_acked);
  if (!before(ack, (sk.snd_una - max_window) >>> 0)) return ACK_OLD;
  if (challenge) yield* tcp_send_challenge_ack(sk);
  return ACK_UNSENT;
}

/** Lets more or less be under way from here on. */
function tcp_cong_control(sk: tcp_sock, acked: Cleaned, delivered: number, lost: boolean): void {
  const news = (acked.flag & FLAG_DATA_ACKED) !== 0;
  if (tcp_in_cwnd_reduction(sk)) tcp_cwnd_reduction(sk, delivered, lost, acked.flag);
  else if (overLoopback(sk)) tcp_cong_avoid(sk, acked.pkts_acked);
  else if (news) tcp_reno_cong_avoid(sk, delivered);
}

/** Takes the acknowledgement of a segment in: ACK_OK, ACK_OLD, or ACK_UNSENT for nonsense. */
export function* tcp_ack(sk: tcp_sock, skb: TcpSegment, challenge: boolean): Kernel<number> {
  __fentry__('tcp_ack');
  const prior_snd_una = sk.snd_una;
  const ack = skb.ack_seq;
  if (before(ack, prior_snd_una)) return yield* oldAck(sk, ack, challenge);
  if (after(ack, sk.snd_nxt)) return ACK_UNSENT;
  let flag = skb.seq === skb.end_seq ? 0 : FLAG_DATA;
  if (after(ack, prior_snd_una)) {
    flag |= FLAG_SND_UNA_ADVANCED;
    sk.icsk_retransmits = 0;
  }
  tcp_replace_ts_recent(sk, skb);
  const { delivered, lost, packets_out } = sk;
  flag |= tcp_ack_update_window(sk, skb, ack);
  sk.bytes_acked += seqDiff(ack, sk.snd_una);
  sk.snd_una = ack;
  sk.sk_err_soft = 0;
  sk.icsk_probes_out = 0;
  sk.rcv_tstamp = jiffies();
  if (packets_out === 0) {
    tcp_ack_probe(sk);
    return ACK_OK;
  }
  const cleaned = tcp_clean_rtx_queue(sk, skb, prior_snd_una);
  flag |= cleaned.flag;
  cleaned.flag = flag;
  let rexmit = REXMIT_NONE;
  if (tcp_ack_is_dubious(sk, flag)) {
    rexmit = tcp_fastretrans_alert(sk, isDuplicate(flag) ? 1 : 0, flag);
  }
  if ((flag & FLAG_ACKED) !== 0) tcp_rearm_rto(sk);
  tcp_cong_control(sk, cleaned, sk.delivered - delivered, sk.lost > lost);
  yield* tcp_xmit_recovery(sk, rexmit);
  return ACK_OK;
}
