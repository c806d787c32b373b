/**
 * Sending again what was not acknowledged. Linux: net/ipv4/tcp_timer.c (tcp_retransmit_timer),
 * net/ipv4/tcp_output.c (tcp_retransmit_skb, tcp_xmit_retransmit_queue).
 *
 * The loopback device loses nothing; but a listener without room in its queue drops what comes.
 *
 * Differs from Linux: small segments are not put together when they are sent again, and nobody looks
 * whether the first copy still waits in this host.
 */
import type { Kernel } from '../../kernel/op.ts';
import { jiffies } from '../../kernel/timer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { sock_net } from '../sock.ts';
import { inState, TCPF_ESTABLISHED, TCPF_SYN_RECV, TCPF_SYN_SENT } from '../tcp_states.ts';
import { sysctl_tcp_syn_linear_timeouts } from './netns.ts';
import type { request_sock } from './request_sock.ts';
import { before, seqDiff } from './seq.ts';
import { TCP_INFINITE_SSTHRESH, tcp_current_ssthresh, tcp_packets_in_flight } from './tcp_cong.ts';
import { tcp_rtx_synack } from './tcp_conn_request.ts';
import { tcp_enter_loss, tcp_in_cwnd_reduction } from './tcp_fastretrans.ts';
import { recountSegs, tcp_fragment, tcp_trim_head } from './tcp_fragment.ts';
import { tcp_current_mss } from './tcp_mss.ts';
import { tcp_transmit_skb, tcp_wnd_end } from './tcp_output.ts';
import { __tcp_set_rto } from './tcp_rtt.ts';
import {
  skb_unclone_keeptruesize,
  TCPCB_EVER_RETRANS,
  TCPCB_LOST,
  TCPCB_SACKED_RETRANS,
  type TcpSegment,
} from './tcp_skb.ts';
import { ICSK_TIME_RETRANS, TCP_CA_Loss, type tcp_sock } from './tcp_sock.ts';
import {
  tcp_clamp_rto_to_user_timeout,
  tcp_rearm_rto,
  tcp_reset_xmit_timer,
  tcp_rto_max,
  tcp_rto_min,
  tcp_write_err,
  tcp_write_timeout,
} from './tcp_timer.ts';

/** So often the timeout of a thin stream is not doubled (TCP_THIN_LINEAR_TIMEOUTS). */
const TCP_THIN_LINEAR_RETRIES = 6;

/** So little is under way that duplicates cannot tell of a loss. */
const tcp_stream_is_thin = (sk: tcp_sock): boolean =>
  sk.packets_out < 4 && sk.snd_ssthresh < TCP_INFINITE_SSTHRESH;

/** Sends up to `segs` segments of `skb` again; false if the peer's window does not let it. */
function* tcp_retransmit_skb(sk: tcp_sock, skb: TcpSegment, segs: number): Kernel<boolean> {
  __fentry__('tcp_retransmit_skb');
  if (before(skb.seq, sk.snd_una)) tcp_trim_head(sk, skb, seqDiff(sk.snd_una, skb.seq));
  const cur_mss = tcp_current_mss(sk);
  let avail_wnd = seqDiff(tcp_wnd_end(sk), skb.seq);
  if (avail_wnd <= 0) {
    if (skb.seq !== sk.snd_una) return false;
    avail_wnd = cur_mss;
  }
  let len = cur_mss * segs;
  if (len > avail_wnd) len = avail_wnd - (avail_wnd % cur_mss) || avail_wnd;
  if (skb.len > len) {
    tcp_fragment(sk, sk.tcp_rtx_queue, skb, len, cur_mss);
  } else {
    skb_unclone_keeptruesize(skb);
    if (skb.len > 0) recountSegs(sk, skb, cur_mss);
  }
  sk.total_retrans += skb.tcp_gso_segs;
  skb.sacked |= TCPCB_SACKED_RETRANS | TCPCB_EVER_RETRANS;
  sk.retrans_out += skb.tcp_gso_segs;
  if (sk.retrans_stamp === 0) sk.retrans_stamp = jiffies();
  yield* tcp_transmit_skb(sk, skb, true);
  return true;
}

/** Sends again what counts for lost, as far as the congestion window goes. */
export function* tcp_xmit_retransmit_queue(sk: tcp_sock): Kernel<void> {
  if (sk.packets_out === 0) return;
  let rearm_timer = false;
  for (let i = 0; i < sk.tcp_rtx_queue.length; i++) {
    const segs = sk.snd_cwnd - tcp_packets_in_flight(sk);
    if (segs <= 0 || sk.retrans_out >= sk.lost_out) break;
    const skb = sk.tcp_rtx_queue.peekAt(i) as TcpSegment;
    if ((skb.sacked & TCPCB_LOST) === 0 || (skb.sacked & TCPCB_SACKED_RETRANS) !== 0) continue;
    if (!(yield* tcp_retransmit_skb(sk, skb, segs))) break;
    if (tcp_in_cwnd_reduction(sk)) sk.prr_out += skb.tcp_gso_segs;
    if (i === 0) rearm_timer = true;
  }
  // The answer may have come at once, and ended it all.
  if (rearm_timer && sk.packets_out > 0) tcp_rearm_rto(sk);
}

/** What is marked as lost is lost for another reason than too much traffic: sends it again. */
export function* tcp_non_congestion_loss_retransmit(sk: tcp_sock): Kernel<void> {
  if (sk.icsk_ca_state !== TCP_CA_Loss) {
    sk.high_seq = sk.snd_nxt;
    sk.snd_ssthresh = tcp_current_ssthresh(sk);
    sk.undo_marker = false;
    sk.icsk_ca_state = TCP_CA_Loss;
  }
  yield* tcp_xmit_retransmit_queue(sk);
}

/** The peer has closed its window after something was sent: has it been away for too long? */
function tcp_rtx_probe0_timed_out(sk: tcp_sock): boolean {
  const timeout = sk.icsk_user_timeout || 2 * tcp_rto_max(sk);
  if (jiffies() - sk.rcv_tstamp <= timeout) return false;
  return sk.retrans_stamp !== 0 && jiffies() - sk.retrans_stamp > timeout;
}

/** The answer to a SYN with data was not acknowledged: sends that again, and nothing else. */
function* tcp_fastopen_synack_timer(sk: tcp_sock, req: request_sock): Kernel<void> {
  const retries = sk.icsk_syn_retries || sock_net(sk).ipv4.sysctl_tcp_synack_retries + 1;
  if (req.num_timeout >= retries) {
    yield* tcp_write_err(sk);
    return;
  }
  if (sk.icsk_retransmits === 1) tcp_enter_loss(sk);
  yield* tcp_rtx_synack(sk, req);
  req.num_timeout++;
  sk.icsk_retransmits++;
  sk.total_rto++;
  if (sk.retrans_stamp === 0) sk.retrans_stamp = jiffies();
  tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS, req.timeout * 2 ** req.num_timeout);
}

/** The time for the acknowledgement is up. */
export function* tcp_retransmit_timer(sk: tcp_sock): Kernel<void> {
  __fentry__('tcp_retransmit_timer');
  if (sk.fastopen_rsk !== null) {
    yield* tcp_fastopen_synack_timer(sk, sk.fastopen_rsk);
    return;
  }
  if (sk.packets_out === 0 || sk.tcp_rtx_queue.isEmpty()) return;
  const probes = sk.snd_wnd === 0 && !sk.SOCK_DEAD && !inState(sk, TCPF_SYN_SENT | TCPF_SYN_RECV);
  if (probes && tcp_rtx_probe0_timed_out(sk)) {
    yield* tcp_write_err(sk);
    return;
  }
  if (!probes && (yield* tcp_write_timeout(sk))) return;
  tcp_enter_loss(sk);
  if (!probes) {
    sk.icsk_retransmits++;
    sk.total_rto++;
  }
  yield* tcp_retransmit_skb(sk, sk.tcp_rtx_queue.peekFront() as TcpSegment, 1);
  if (
    inState(sk, TCPF_ESTABLISHED) &&
    sk.thin_lto !== 0 &&
    tcp_stream_is_thin(sk) &&
    sk.icsk_retransmits <= TCP_THIN_LINEAR_RETRIES
  ) {
    sk.icsk_backoff = 0;
    sk.icsk_rto = Math.min(Math.max(__tcp_set_rto(sk), tcp_rto_min(sk)), tcp_rto_max(sk));
  } else if (!inState(sk, TCPF_SYN_SENT) || sk.total_rto > sysctl_tcp_syn_linear_timeouts) {
    sk.icsk_backoff++;
    sk.icsk_rto = Math.min(sk.icsk_rto << 1, tcp_rto_max(sk));
  }
  // The answer may have come at once, and ended it all.
  if (sk.packets_out > 0) {
    tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS, tcp_clamp_rto_to_user_timeout(sk));
  }
}
