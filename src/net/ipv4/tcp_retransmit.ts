/**
 * Sending again what was not acknowledged. Linux: net/ipv4/tcp_timer.c (tcp_retransmit_timer),
 * net/ipv4/tcp_output.c (tcp_retransmit_skb, tcp_xmit_retransmit_queue).
 *
 * The loopback device loses nothing; but a listener without room in its queue drops what comes.
 *
 * Differs from Linux: only a timeout tells of a loss: no SACK, no fast retransmit, no undo.
 */
import type { Kernel } from '../../kernel/op.ts';
import { jiffies } from '../../kernel/timer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { inState, TCPF_SYN_SENT } from '../tcp_states.ts';
import { sysctl_tcp_syn_linear_timeouts } from './netns.ts';
import { tcp_enter_loss, tcp_packets_in_flight } from './tcp_cong.ts';
import { tcp_transmit_skb } from './tcp_output.ts';
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
  tcp_reset_xmit_timer,
  tcp_rto_max,
  tcp_write_timeout,
} from './tcp_timer.ts';

function* tcp_retransmit_skb(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  __fentry__('tcp_retransmit_skb');
  skb_unclone_keeptruesize(skb);
  if ((skb.sacked & TCPCB_SACKED_RETRANS) === 0) {
    skb.sacked |= TCPCB_SACKED_RETRANS;
    sk.retrans_out += skb.tcp_gso_segs;
  }
  skb.sacked |= TCPCB_EVER_RETRANS;
  yield* tcp_transmit_skb(sk, skb, true);
}

/** Takes everything in flight for lost. */
function markLost(sk: tcp_sock): void {
  sk.lost_out = 0;
  sk.retrans_out = 0;
  for (let i = 0; i < sk.tcp_rtx_queue.length; i++) {
    const skb = sk.tcp_rtx_queue.peekAt(i) as TcpSegment;
    skb.sacked = (skb.sacked & ~TCPCB_SACKED_RETRANS) | TCPCB_LOST;
    sk.lost_out += skb.tcp_gso_segs;
  }
}

/** Sends again what counts for lost, as far as the congestion window goes. */
export function* tcp_xmit_retransmit_queue(sk: tcp_sock): Kernel<void> {
  for (let i = 0; i < sk.tcp_rtx_queue.length; i++) {
    if (tcp_packets_in_flight(sk) >= sk.snd_cwnd) return;
    const skb = sk.tcp_rtx_queue.peekAt(i) as TcpSegment;
    if ((skb.sacked & TCPCB_LOST) === 0 || (skb.sacked & TCPCB_SACKED_RETRANS) !== 0) continue;
    yield* tcp_retransmit_skb(sk, skb);
  }
}

/** The time for the acknowledgement is up. */
export function* tcp_retransmit_timer(sk: tcp_sock): Kernel<void> {
  __fentry__('tcp_retransmit_timer');
  const head = sk.tcp_rtx_queue.peekFront();
  if (sk.packets_out === 0 || head === undefined) return;
  if (sk.icsk_retransmits === 0) sk.retrans_stamp = jiffies() - sk.icsk_rto;
  if (yield* tcp_write_timeout(sk)) return;
  tcp_enter_loss(sk, TCP_CA_Loss);
  markLost(sk);
  sk.icsk_retransmits++;
  sk.total_rto++;
  yield* tcp_retransmit_skb(sk, head);
  if (!inState(sk, TCPF_SYN_SENT) || sk.total_rto > sysctl_tcp_syn_linear_timeouts) {
    sk.icsk_backoff++;
    sk.icsk_rto = Math.min(sk.icsk_rto << 1, tcp_rto_max(sk));
  }
  // The answer may have come at once, and ended it all.
  if (sk.packets_out > 0) {
    tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS, tcp_clamp_rto_to_user_timeout(sk));
  }
}
