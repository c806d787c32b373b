/**
 * The answer to our SYN. Linux: net/ipv4/tcp_input.c (tcp_rcv_synsent_state_process).
 */
import type { Kernel } from '../../kernel/op.ts';
import { jiffies } from '../../kernel/timer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { sk_mark_napi_id } from '../sk_busy_poll.ts';
import { SOCK_SNDBUF_LOCK, TCP_ESTABLISHED, TCP_SYN_RECV } from '../sock.ts';
import { after, seqAdd } from './seq.ts';
import { tcp_ack } from './tcp_ack.ts';
import { tcp_send_ack, tcp_send_synack } from './tcp_ack_output.ts';
import { TCP_INIT_CWND, tcp_sndbuf_expand } from './tcp_cong.ts';
import {
  inet_csk_in_pingpong_mode,
  inet_csk_schedule_ack,
  tcp_enter_quickack_mode,
  tcp_initialize_rcv_mss,
} from './tcp_delack.ts';
import { tcp_reset, tcp_set_state } from './tcp_done.ts';
import { tcp_fast_path_on } from './tcp_fast_path.ts';
import { tcp_rcv_fastopen_synack } from './tcp_fastopen.ts';
import { tcp_data_snd_check } from './tcp_input.ts';
import { keepalive_time_when, tcp_reset_keepalive_timer } from './tcp_keepalive.ts';
import { tcp_sync_mss } from './tcp_mss.ts';
import { TCPHDR_ACK, TCPHDR_RST, TCPHDR_SYN, type TcpSegment } from './tcp_skb.ts';
import { ICSK_TIME_RETRANS, type tcp_sock } from './tcp_sock.ts';
import { armLongDelack, TCP_TIMEOUT_MIN, tcp_reset_xmit_timer } from './tcp_timer.ts';
import { tcp_urg } from './tcp_urg.ts';
import { tcp_init_buffer_space } from './tcp_window.ts';

/** What timestamps take of each segment. */
export const TCPOLEN_TSTAMP_ALIGNED = 12;

/** The options of the peer's SYN. */
function takeOptions(sk: tcp_sock, skb: TcpSegment): void {
  const { rx_opt } = sk;
  rx_opt.ts_recent = skb.tsval;
  rx_opt.mss_clamp = rx_opt.user_mss !== 0 ? Math.min(rx_opt.user_mss, skb.mss) : skb.mss;
  rx_opt.wscale_ok = skb.wscale >= 0;
  rx_opt.snd_wscale = rx_opt.wscale_ok ? skb.wscale : 0;
}

/** The peer answers the first SYN, or the first answer to its own: sending it again was in vain. */
export function tcp_try_undo_spurious_syn(sk: tcp_sock, skb: TcpSegment): void {
  if (sk.retrans_stamp !== 0 && skb.tsecr === sk.retrans_stamp) sk.undo_marker = false;
}

/** The connection is about to be established: sets windows and buffers up. */
export function tcp_init_transfer(sk: tcp_sock): void {
  // RFC 5681: one segment if the SYN, or its answer, was sent again more than once.
  sk.snd_cwnd = sk.total_retrans > 1 && sk.undo_marker ? 1 : TCP_INIT_CWND;
  tcp_init_buffer_space(sk, () => {
    if ((sk.sk_userlocks & SOCK_SNDBUF_LOCK) === 0) tcp_sndbuf_expand(sk);
  });
}

function* tcp_finish_connect(sk: tcp_sock): Kernel<void> {
  __fentry__('tcp_finish_connect');
  yield* tcp_set_state(sk, TCP_ESTABLISHED);
  sk.icsk_ack.lrcvtime = jiffies();
  tcp_init_transfer(sk);
  if (sk.SOCK_KEEPOPEN) tcp_reset_keepalive_timer(sk, keepalive_time_when(sk));
  sk.pred_flags = 0;
  if (sk.rx_opt.snd_wscale === 0) tcp_fast_path_on(sk);
}

/** The peer has answered our SYN with its own. */
function* synAck(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  takeOptions(sk, skb);
  sk.snd_wl1 = skb.seq;
  tcp_try_undo_spurious_syn(sk, skb);
  yield* tcp_ack(sk, skb, false);
  sk.rcv_nxt = skb.end_seq;
  sk.rcv_wup = skb.end_seq;
  sk.snd_wnd = skb.window;
  if (!sk.rx_opt.wscale_ok) {
    sk.rx_opt.rcv_wscale = 0;
    sk.window_clamp = Math.min(sk.window_clamp, 0xffff);
  }
  sk.advmss -= TCPOLEN_TSTAMP_ALIGNED;
  tcp_sync_mss(sk);
  tcp_initialize_rcv_mss(sk);
  sk.copied_seq = sk.rcv_nxt;
  sk_mark_napi_id(sk, skb);
  yield* tcp_finish_connect(sk);
  const sentAgain = (sk.syn_fastopen || sk.syn_data) && (yield* tcp_rcv_fastopen_synack(sk, skb));
  if (!sk.SOCK_DEAD) yield* sk.sk_state_change();
  if (sentAgain) {
    yield* afterSyn(sk, skb);
    return;
  }
  const dataWillFollow = sk.sk_write_pending > 0 || sk.icsk_accept_queue.rskq_defer_accept > 0;
  if (dataWillFollow || inet_csk_in_pingpong_mode(sk)) {
    inet_csk_schedule_ack(sk);
    tcp_enter_quickack_mode(sk);
    armLongDelack(sk);
    return;
  }
  yield* tcp_send_ack(sk);
  yield* afterSyn(sk, skb);
}

/** The rest of the segment, and what can be sent now. */
function* afterSyn(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  yield* tcp_urg(sk, skb);
  yield* tcp_data_snd_check(sk);
}

/** Both ends have called each other at the same time; or the socket has called itself. */
function* crossedSyns(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  takeOptions(sk, skb);
  yield* tcp_set_state(sk, TCP_SYN_RECV);
  sk.rcv_nxt = seqAdd(skb.seq, 1);
  sk.copied_seq = sk.rcv_nxt;
  sk.rcv_wup = sk.rcv_nxt;
  sk.snd_wnd = skb.window;
  sk.snd_wl1 = skb.seq;
  sk.max_window = sk.snd_wnd;
  tcp_sync_mss(sk);
  tcp_initialize_rcv_mss(sk);
  yield* tcp_send_synack(sk);
}

/** True if the segment is to be answered with a reset. */
export function* tcp_rcv_synsent_state_process(sk: tcp_sock, skb: TcpSegment): Kernel<boolean> {
  if ((skb.tcp_flags & TCPHDR_ACK) !== 0) {
    if (!after(skb.ack_seq, sk.snd_una) || after(skb.ack_seq, sk.snd_nxt)) {
      // An end of an earlier connection, which the reset will put an end to: call again soon.
      if (sk.icsk_retransmits === 0) tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS, TCP_TIMEOUT_MIN);
      return true;
    }
    if ((skb.tcp_flags & TCPHDR_RST) !== 0) yield* tcp_reset(sk);
    else if ((skb.tcp_flags & TCPHDR_SYN) !== 0) yield* synAck(sk, skb);
    return false;
  }
  if ((skb.tcp_flags & (TCPHDR_RST | TCPHDR_SYN)) === TCPHDR_SYN) yield* crossedSyns(sk, skb);
  return false;
}
