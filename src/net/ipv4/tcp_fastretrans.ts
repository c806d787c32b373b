/**
 * What acknowledgements tell about losses. Linux: net/ipv4/tcp_input.c (tcp_fastretrans_alert),
 * net/ipv4/tcp_recovery.c (tcp_newreno_mark_lost).
 *
 * Every segment that arrives out of turn is answered with the same acknowledgement. So many of those
 * as `reordering` mean that the first segment is lost: it is sent again at once, and while that goes
 * on the window shrinks to a half (NewReno, RFC 6582; RFC 6937). After a timeout everything is sent
 * again, unless it turns out that the originals arrive (F-RTO, RFC 5682).
 *
 * Differs from Linux: no SACK, as with net.ipv4.tcp_sack=0, and so no RACK and no tail loss probes;
 * what turns out not to have been lost does not give the window back (no undo).
 */
import type { Kernel } from '../../kernel/op.ts';
import { traceNote } from '../../kernel/trace.ts';
import { TCP_SYN_SENT } from '../sock.ts';
import { after, before } from './seq.ts';
import { TCP_INFINITE_SSTHRESH, tcp_packets_in_flight } from './tcp_cong.ts';
import { tcp_fragment } from './tcp_fragment.ts';
import { tcp_current_mss } from './tcp_mss.ts';
import { __tcp_push_pending_frames, TCP_NAGLE_OFF, tcp_wnd_end } from './tcp_output.ts';
import { tcp_xmit_retransmit_queue } from './tcp_retransmit.ts';
import {
  TCPCB_EVER_RETRANS,
  TCPCB_LOST,
  TCPCB_SACKED_RETRANS,
  type TcpSegment,
} from './tcp_skb.ts';
import {
  TCP_CA_Disorder,
  TCP_CA_Loss,
  TCP_CA_Open,
  TCP_CA_Recovery,
  type tcp_sock,
} from './tcp_sock.ts';

const { max, min } = Math;

/** sysctl_tcp_reordering and sysctl_tcp_max_reordering. */
export const TCP_FASTRETRANS_THRESH = 3;
const MAX_REORDERING = 300;

/** What an acknowledgement was: FLAG_* of tcp_ack(). */
export const FLAG_DATA = 0x01;
export const FLAG_WIN_UPDATE = 0x02;
export const FLAG_DATA_ACKED = 0x04;
export const FLAG_RETRANS_DATA_ACKED = 0x08;
export const FLAG_SYN_ACKED = 0x10;
export const FLAG_ORIG_SACK_ACKED = 0x200;
export const FLAG_SND_UNA_ADVANCED = 0x400;
export const FLAG_ACKED: number = FLAG_DATA_ACKED | FLAG_SYN_ACKED;
const FLAG_NOT_DUP: number = FLAG_DATA | FLAG_WIN_UPDATE | FLAG_ACKED;

/** What is to be sent once an acknowledgement was taken in: nothing, what is lost, or new data. */
export const REXMIT_NONE = 0;
export const REXMIT_LOST = 1;
export const REXMIT_NEW = 2;

/** Could the acknowledgement be about a loss? */
export const tcp_ack_is_dubious = (sk: tcp_sock, flag: number): boolean =>
  (flag & FLAG_NOT_DUP) === 0 || sk.icsk_ca_state !== TCP_CA_Open;

/** Is it one that says again what the last one said? */
export const isDuplicate = (flag: number): boolean =>
  (flag & (FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP)) === 0;

export const tcp_in_cwnd_reduction = (sk: tcp_sock): boolean =>
  sk.icsk_ca_state === TCP_CA_Recovery;

/** More duplicates than there can be holes: segments have overtaken each other. */
function tcp_check_reno_reordering(sk: tcp_sock, addend: number): void {
  const holes = min(max(sk.lost_out, 1), sk.packets_out);
  if (sk.sacked_out + holes <= sk.packets_out) return;
  sk.sacked_out = sk.packets_out - holes;
  sk.reordering = min(sk.packets_out + addend, MAX_REORDERING);
}

/** A duplicate: one more segment has arrived, which one is not known. */
function tcp_add_reno_sack(sk: tcp_sock, num_dupack: number): void {
  if (num_dupack === 0) return;
  const prior_sacked = sk.sacked_out;
  sk.sacked_out += num_dupack;
  tcp_check_reno_reordering(sk, 0);
  sk.delivered += max(sk.sacked_out - prior_sacked, 0);
}

/** `acked` segments were acknowledged: one that was missing, and some of the duplicates' ones. */
export function tcp_remove_reno_sacks(sk: tcp_sock, acked: number): void {
  if (acked > 0) {
    sk.delivered += max(acked - sk.sacked_out, 1);
    sk.sacked_out = max(sk.sacked_out - (acked - 1), 0);
  }
  tcp_check_reno_reordering(sk, acked);
}

function tcp_reset_reno_sack(sk: tcp_sock): void {
  sk.sacked_out = 0;
}

/** Takes a segment for lost. */
export function tcp_mark_skb_lost(sk: tcp_sock, skb: TcpSegment): void {
  const { tcp_gso_segs } = skb;
  if ((skb.sacked & TCPCB_LOST) === 0) {
    skb.sacked |= TCPCB_LOST;
    sk.lost_out += tcp_gso_segs;
    sk.lost += tcp_gso_segs;
  } else if ((skb.sacked & TCPCB_SACKED_RETRANS) !== 0) {
    skb.sacked &= ~TCPCB_SACKED_RETRANS;
    sk.retrans_out -= tcp_gso_segs;
    sk.lost += tcp_gso_segs;
  }
}

/** A timeout: takes everything in flight for lost. */
export function tcp_enter_loss(sk: tcp_sock): void {
  const fresh = sk.icsk_ca_state < TCP_CA_Recovery;
  tcp_reset_reno_sack(sk);
  for (let i = 0; i < sk.tcp_rtx_queue.length; i++) {
    tcp_mark_skb_lost(sk, sk.tcp_rtx_queue.peekAt(i) as TcpSegment);
  }
  const again = sk.icsk_ca_state === TCP_CA_Loss && sk.icsk_retransmits === 0;
  if (sk.icsk_ca_state <= TCP_CA_Disorder || !after(sk.high_seq, sk.snd_una) || again) {
    sk.snd_ssthresh = max(sk.snd_cwnd >> 1, 2);
    sk.undo_marker = true;
  }
  sk.snd_cwnd = tcp_packets_in_flight(sk) + 1;
  sk.snd_cwnd_cnt = 0;
  sk.icsk_ca_state = TCP_CA_Loss;
  sk.high_seq = sk.snd_nxt;
  sk.frto = fresh || sk.icsk_retransmits !== 0;
}

/** Enough duplicates, or a gap behind what was sent again: the first segment is lost. */
function tcp_newreno_mark_lost(sk: tcp_sock, snd_una_advanced: boolean): void {
  const { icsk_ca_state } = sk;
  const duplicates = icsk_ca_state < TCP_CA_Recovery && sk.sacked_out >= sk.reordering;
  if (!duplicates && !(icsk_ca_state === TCP_CA_Recovery && snd_una_advanced)) return;
  const skb = sk.tcp_rtx_queue.peekFront();
  if (skb === undefined || (skb.sacked & TCPCB_LOST) !== 0) return;
  const mss = skb.tcp_gso_size || tcp_current_mss(sk);
  if (skb.tcp_gso_segs > 1 && skb.len > mss) tcp_fragment(sk, sk.tcp_rtx_queue, skb, mss, mss);
  tcp_mark_skb_lost(sk, skb);
}

function anyRetransmitted(sk: tcp_sock): boolean {
  const head = sk.tcp_rtx_queue.peekFront();
  return sk.retrans_out > 0 || (head !== undefined && (head.sacked & TCPCB_EVER_RETRANS) !== 0);
}

/** What is in flight was sent once: no retransmission is being timed. */
export function tcp_retrans_stamp_cleanup(sk: tcp_sock): void {
  if (!anyRetransmitted(sk)) sk.retrans_stamp = 0;
}

/** Nothing is known to be lost. */
function tcp_try_to_open(sk: tcp_sock): void {
  tcp_retrans_stamp_cleanup(sk);
  const disorder = sk.sacked_out + sk.lost_out > 0 || anyRetransmitted(sk);
  const state = disorder ? TCP_CA_Disorder : TCP_CA_Open;
  if (sk.icsk_ca_state === state) return;
  sk.icsk_ca_state = state;
  sk.high_seq = sk.snd_nxt;
}

function tcp_enter_recovery(sk: tcp_sock): void {
  traceNote('tcp_enter_recovery: duplicates tell of a loss', sk);
  sk.high_seq = sk.snd_nxt;
  sk.snd_cwnd_cnt = 0;
  sk.prior_cwnd = sk.snd_cwnd;
  sk.prr_delivered = 0;
  sk.prr_out = 0;
  sk.snd_ssthresh = max(sk.snd_cwnd >> 1, 2);
  sk.icsk_ca_state = TCP_CA_Recovery;
}

/** How much may be under way while the window shrinks to snd_ssthresh. */
export function tcp_cwnd_reduction(
  sk: tcp_sock,
  newly_acked_sacked: number,
  newly_lost: boolean,
  flag: number,
): void {
  if (newly_acked_sacked <= 0) return;
  const in_flight = tcp_packets_in_flight(sk);
  const delta = sk.snd_ssthresh - in_flight;
  sk.prr_delivered += newly_acked_sacked;
  let sndcnt: number;
  if (delta < 0) {
    sndcnt = Math.ceil((sk.snd_ssthresh * sk.prr_delivered) / sk.prior_cwnd) - sk.prr_out;
  } else {
    sndcnt = max(sk.prr_delivered - sk.prr_out, newly_acked_sacked);
    if ((flag & FLAG_SND_UNA_ADVANCED) !== 0 && !newly_lost) sndcnt++;
    sndcnt = min(delta, sndcnt);
  }
  sk.snd_cwnd = in_flight + max(sndcnt, sk.prr_out > 0 ? 0 : 1);
}

/**
 * Everything from before the loss is acknowledged. True if that is all: duplicates may still come,
 * and are not to be taken for a new loss.
 */
export function tcp_try_undo_recovery(sk: tcp_sock): boolean {
  if (sk.snd_una === sk.high_seq) {
    tcp_retrans_stamp_cleanup(sk);
    return true;
  }
  sk.icsk_ca_state = TCP_CA_Open;
  return false;
}

/** After a timeout. What is to be sent. */
function tcp_process_loss(sk: tcp_sock, flag: number, num_dupack: number): number {
  const recovered = !before(sk.snd_una, sk.high_seq);
  const advanced = (flag & FLAG_SND_UNA_ADVANCED) !== 0;
  if (sk.frto && (flag & FLAG_ORIG_SACK_ACKED) !== 0) {
    traceNote('tcp_process_loss: the timeout came too early', sk);
    forgetLosses(sk);
    if (sk.snd_una !== sk.high_seq) sk.icsk_ca_state = TCP_CA_Open;
    return REXMIT_NONE;
  }
  if (sk.frto && after(sk.snd_nxt, sk.high_seq)) {
    if (num_dupack > 0) sk.frto = false;
  } else if (sk.frto && advanced && !recovered) {
    // Something new will tell whether the originals arrive.
    sk.high_seq = sk.snd_nxt;
    if (!sk.sk_write_queue.isEmpty() && after(tcp_wnd_end(sk), sk.snd_nxt)) return REXMIT_NEW;
    sk.frto = false;
  }
  if (recovered) {
    tcp_try_undo_recovery(sk);
    return REXMIT_NONE;
  }
  if (after(sk.snd_nxt, sk.high_seq) && num_dupack > 0) tcp_add_reno_sack(sk, num_dupack);
  else if (advanced) tcp_reset_reno_sack(sk);
  return REXMIT_LOST;
}

/** Nothing was lost after all. */
function forgetLosses(sk: tcp_sock): void {
  for (let i = 0; i < sk.tcp_rtx_queue.length; i++) {
    (sk.tcp_rtx_queue.peekAt(i) as TcpSegment).sacked &= ~TCPCB_LOST;
  }
  sk.lost_out = 0;
  sk.icsk_retransmits = 0;
}

/** Moves between the states of loss; what is to be sent. */
export function tcp_fastretrans_alert(sk: tcp_sock, num_dupack: number, flag: number): number {
  const advanced = (flag & FLAG_SND_UNA_ADVANCED) !== 0;
  if (sk.packets_out === 0) sk.sacked_out = 0;
  if (sk.icsk_ca_state === TCP_CA_Open) {
    sk.retrans_stamp = 0;
  } else if (sk.icsk_ca_state === TCP_CA_Recovery && !before(sk.snd_una, sk.high_seq)) {
    tcp_reset_reno_sack(sk);
    if (tcp_try_undo_recovery(sk)) return REXMIT_NONE;
    if (sk.snd_ssthresh < TCP_INFINITE_SSTHRESH) sk.snd_cwnd = sk.snd_ssthresh;
  }
  if (sk.icsk_ca_state === TCP_CA_Recovery) {
    if (!advanced) tcp_add_reno_sack(sk, num_dupack);
    tcp_newreno_mark_lost(sk, advanced);
    return REXMIT_LOST;
  }
  if (sk.icsk_ca_state === TCP_CA_Loss) {
    const rexmit = tcp_process_loss(sk, flag, num_dupack);
    tcp_newreno_mark_lost(sk, advanced);
    if ((sk.icsk_ca_state as number) !== TCP_CA_Open) return rexmit;
  }
  if (advanced) tcp_reset_reno_sack(sk);
  tcp_add_reno_sack(sk, num_dupack);
  tcp_newreno_mark_lost(sk, advanced);
  if (sk.lost_out === 0) {
    tcp_try_to_open(sk);
    return REXMIT_NONE;
  }
  tcp_enter_recovery(sk);
  return REXMIT_LOST;
}

/** Sends what the acknowledgement has called for. */
export function* tcp_xmit_recovery(sk: tcp_sock, rexmit: number): Kernel<void> {
  if (rexmit === REXMIT_NONE || sk.sk_state === TCP_SYN_SENT) return;
  if (rexmit === REXMIT_NEW) {
    yield* __tcp_push_pending_frames(sk, tcp_current_mss(sk), TCP_NAGLE_OFF);
    if (after(sk.snd_nxt, sk.high_seq)) return;
    sk.frto = false;
  }
  yield* tcp_xmit_retransmit_queue(sk);
}
