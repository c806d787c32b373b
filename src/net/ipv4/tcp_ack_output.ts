/**
 * Segments without data: ACK, FIN, RST and SYN, and the piece that a probe sends.
 * Linux: net/ipv4/tcp_output.c.
 */
import type { Kernel } from '../../kernel/op.ts';
import { HZ, jiffies, mod_timer } from '../../kernel/timer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { SOCK_RCVBUF_LOCK, TCP_CLOSE } from '../sock.ts';
import { inState, TCPF_CLOSE } from '../tcp_states.ts';
import { sysctl_tcp_retries2 } from './netns.ts';
import { before, between, seqAdd, seqDiff } from './seq.ts';
import { inet_csk_in_pingpong_mode, tcp_initialize_rcv_mss } from './tcp_delack.ts';
import { tcp_write_queue_purge } from './tcp_done.ts';
import { tcp_send_syn_data } from './tcp_fastopen.ts';
import { tcp_fragment, tcp_set_skb_tso_segs } from './tcp_fragment.ts';
import { chargeSent } from './tcp_mem.ts';
import { tcp_current_mss, tcp_mss_clamp, tcp_sync_mss } from './tcp_mss.ts';
import {
  __tcp_push_pending_frames,
  __tcp_transmit_skb,
  TCP_NAGLE_OFF,
  tcp_acceptable_seq,
  tcp_event_new_data_sent,
  tcp_queue_skb,
  tcp_send_head,
  tcp_transmit_skb,
  tcp_wnd_end,
  tcp_write_queue_tail,
} from './tcp_output.ts';
import {
  TCPHDR_ACK,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_RST,
  TCPHDR_SYN,
  tcp_init_nondata_skb,
} from './tcp_skb.ts';
import {
  ICSK_ACK_PUSHED,
  ICSK_ACK_SCHED,
  ICSK_ACK_TIMER,
  ICSK_TIME_PROBE0,
  ICSK_TIME_RETRANS,
  TCP_CA_Open,
  type tcp_sock,
} from './tcp_sock.ts';
import {
  TCP_DELACK_MAX,
  TCP_DELACK_MIN,
  TCP_TIMEOUT_INIT,
  tcp_clamp_probe0_to_user_timeout,
  tcp_probe0_when,
  tcp_reset_xmit_timer,
} from './tcp_timer.ts';
import { tcp_full_space, tcp_select_initial_window } from './tcp_window.ts';

/** Acknowledges what has arrived, and tells the window. */
export function* tcp_send_ack(sk: tcp_sock): Kernel<void> {
  __fentry__('tcp_send_ack');
  if (inState(sk, TCPF_CLOSE)) return;
  const buff = tcp_init_nondata_skb(tcp_acceptable_seq(sk), TCPHDR_ACK);
  yield* __tcp_transmit_skb(sk, buff, false, sk.rcv_nxt);
}

/** Ends the stream: with the last segment that waits to be sent, or with one of its own. */
export function* tcp_send_fin(sk: tcp_sock): Kernel<void> {
  __fentry__('tcp_send_fin');
  const tail = tcp_write_queue_tail(sk);
  if (tail !== null) {
    tail.tcp_flags |= TCPHDR_FIN;
    tail.end_seq = seqAdd(tail.end_seq, 1);
    sk.write_seq = seqAdd(sk.write_seq, 1);
  } else {
    tcp_queue_skb(sk, tcp_init_nondata_skb(sk.write_seq, TCPHDR_ACK | TCPHDR_FIN));
  }
  yield* __tcp_push_pending_frames(sk, tcp_current_mss(sk), TCP_NAGLE_OFF);
}

/** Tells the peer that the connection is gone. */
export function* tcp_send_active_reset(sk: tcp_sock): Kernel<void> {
  __fentry__('tcp_send_active_reset');
  const skb = tcp_init_nondata_skb(tcp_acceptable_seq(sk), TCPHDR_ACK | TCPHDR_RST);
  skb.end_seq = skb.seq;
  yield* tcp_transmit_skb(sk, skb, false);
}

/** Both ends have sent a SYN: answers the peer's with ours, which now acknowledges. */
export function* tcp_send_synack(sk: tcp_sock): Kernel<void> {
  const skb = sk.tcp_rtx_queue.peekFront();
  if (skb === undefined || (skb.tcp_flags & TCPHDR_SYN) === 0) return;
  skb.tcp_flags |= TCPHDR_ACK;
  yield* tcp_transmit_skb(sk, skb, true);
}

/** Sets up what a SYN says and what is expected in answer. */
function tcp_connect_init(sk: tcp_sock): void {
  const { rx_opt } = sk;
  sk.tcp_header_len = 32;
  if (rx_opt.user_mss !== 0) rx_opt.mss_clamp = rx_opt.user_mss;
  sk.max_window = 0;
  tcp_sync_mss(sk);
  sk.advmss = tcp_mss_clamp(sk);
  tcp_initialize_rcv_mss(sk);
  const full = tcp_full_space(sk);
  const limited = (sk.sk_userlocks & SOCK_RCVBUF_LOCK) !== 0;
  if (limited && (sk.window_clamp > full || sk.window_clamp === 0)) sk.window_clamp = full;
  const window = tcp_select_initial_window(full, sk.advmss, sk.window_clamp, true);
  sk.rcv_wnd = window.rcv_wnd;
  sk.window_clamp = window.window_clamp;
  rx_opt.rcv_wscale = window.rcv_wscale;
  sk.rcv_ssthresh = sk.rcv_wnd;
  sk.sk_err = 0;
  sk.SOCK_DONE = false;
  sk.snd_wnd = 0;
  sk.snd_wl1 = 0;
  tcp_write_queue_purge(sk);
  sk.snd_una = sk.snd_sml = sk.snd_up = sk.snd_nxt = sk.write_seq;
  sk.rcv_nxt = sk.rcv_wup = sk.copied_seq = 0;
  sk.icsk_rto = TCP_TIMEOUT_INIT;
  sk.icsk_retransmits = 0;
  sk.icsk_ca_state = TCP_CA_Open;
  sk.total_rto = 0;
  sk.undo_marker = false;
}

/** Sends a SYN. */
export function* tcp_connect(sk: tcp_sock): Kernel<void> {
  __fentry__('tcp_connect');
  tcp_connect_init(sk);
  const buff = tcp_init_nondata_skb(sk.write_seq, TCPHDR_SYN);
  sk.retrans_stamp = jiffies();
  sk.write_seq = buff.end_seq;
  chargeSent(sk, buff.truesize);
  sk.packets_out += 1;
  sk.tcp_rtx_queue.push(buff);
  // The answer comes before this returns, and waits in the backlog.
  sk.snd_nxt = sk.write_seq;
  sk.pushed_seq = sk.write_seq;
  const fo = sk.fastopen_req;
  if (fo === null) yield* tcp_transmit_skb(sk, buff, true);
  else yield* tcp_send_syn_data(sk, buff, fo);
  tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS, sk.icsk_rto);
}

/** Asks the peer where it stands, with a number that it does not expect. */
function* tcp_xmit_probe_skb(sk: tcp_sock, urgent: boolean): Kernel<void> {
  const seq = seqAdd(sk.snd_una, urgent ? 0 : -1);
  yield* tcp_transmit_skb(sk, tcp_init_nondata_skb(seq, TCPHDR_ACK), false);
}

/** Sends what fits the peer's window, although it is less than a segment; else asks for the window. */
export function* tcp_write_wakeup(sk: tcp_sock): Kernel<void> {
  if (sk.sk_state === TCP_CLOSE) return;
  const skb = tcp_send_head(sk);
  if (skb === null || !before(skb.seq, tcp_wnd_end(sk))) {
    const urgent = between(sk.snd_up, seqAdd(sk.snd_una, 1), seqAdd(sk.snd_una, 0xffff));
    if (urgent) yield* tcp_xmit_probe_skb(sk, true);
    yield* tcp_xmit_probe_skb(sk, false);
    return;
  }
  const mss = tcp_current_mss(sk);
  const room = seqDiff(tcp_wnd_end(sk), skb.seq);
  if (before(sk.pushed_seq, skb.end_seq)) sk.pushed_seq = skb.end_seq;
  skb.tcp_flags |= TCPHDR_PSH;
  if (room < seqDiff(skb.end_seq, skb.seq) || skb.len > mss) {
    tcp_fragment(sk, sk.sk_write_queue, skb, Math.min(room, mss), mss);
    skb.tcp_flags |= TCPHDR_PSH;
  } else {
    tcp_set_skb_tso_segs(skb, mss);
  }
  yield* tcp_transmit_skb(sk, skb, true);
  yield* tcp_event_new_data_sent(sk, skb);
}

/** Asks the peer for its window, and will ask again. */
export function* tcp_send_probe0(sk: tcp_sock): Kernel<void> {
  yield* tcp_write_wakeup(sk);
  if (sk.packets_out > 0 || sk.sk_write_queue.isEmpty()) {
    sk.icsk_probes_out = 0;
    sk.icsk_backoff = 0;
    sk.icsk_probes_tstamp = 0;
    return;
  }
  sk.icsk_probes_out++;
  if (sk.icsk_backoff < sysctl_tcp_retries2) sk.icsk_backoff++;
  const when = tcp_clamp_probe0_to_user_timeout(sk, tcp_probe0_when(sk));
  tcp_reset_xmit_timer(sk, ICSK_TIME_PROBE0, when);
}

/** Lets an ACK wait for company, but not for longer than a round trip. */
export function* tcp_send_delayed_ack(sk: tcp_sock): Kernel<void> {
  const { icsk_ack, icsk_delack_timer } = sk;
  let { ato } = icsk_ack;
  if (ato > TCP_DELACK_MIN) {
    const patient = inet_csk_in_pingpong_mode(sk) || (icsk_ack.pending & ICSK_ACK_PUSHED) !== 0;
    let max_ato = patient ? TCP_DELACK_MAX : HZ / 2;
    if (sk.srtt_us !== 0) {
      const rtt = Math.max(Math.ceil((sk.srtt_us >> 3) / 1000), TCP_DELACK_MIN);
      max_ato = Math.min(max_ato, rtt);
    }
    ato = Math.min(ato, max_ato);
  }
  ato = Math.min(ato, TCP_DELACK_MAX);
  let timeout = jiffies() + ato;
  if ((icsk_ack.pending & ICSK_ACK_TIMER) !== 0) {
    const { expires } = icsk_delack_timer;
    if (expires <= jiffies() + (ato >> 2)) {
      yield* tcp_send_ack(sk);
      return;
    }
    timeout = Math.min(timeout, expires);
  }
  icsk_ack.pending |= ICSK_ACK_SCHED | ICSK_ACK_TIMER;
  mod_timer(icsk_delack_timer, timeout);
}
