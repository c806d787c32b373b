/**
 * A segment for a socket, by the socket's state. Linux: net/ipv4/tcp_input.c.
 *
 * Called with the socket owned by nobody and its spinlock held (softirq), or by the owner (backlog).
 * A function that returns true asks its caller to answer with a reset.
 *
 * Differs from Linux: no timestamps, so an old segment is known by its sequence number alone.
 */
import type { Kernel } from '../../kernel/op.ts';
import { jiffies } from '../../kernel/timer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import {
  RCV_SHUTDOWN,
  SEND_SHUTDOWN,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  TCP_TIME_WAIT,
} from '../sock.ts';
import { sock_owned_by_user } from '../sock_lock.ts';
import { inState, TCPF_CLOSE_WAIT, TCPF_CLOSING, TCPF_LAST_ACK } from '../tcp_states.ts';
import { TCP_TIMEWAIT_LEN } from './inet_timewait_sock.ts';
import type { request_sock } from './request_sock.ts';
import { after, before, seqAdd } from './seq.ts';
import {
  __tcp_oow_rate_limited,
  ACK_OK,
  ACK_UNSENT,
  tcp_ack,
  tcp_send_challenge_ack,
} from './tcp_ack.ts';
import { tcp_send_ack, tcp_send_fin } from './tcp_ack_output.ts';
import { tcp_v4_conn_request } from './tcp_conn_request.ts';
import { tcp_data_queue } from './tcp_data_queue.ts';
import {
  tcp_ack_snd_check,
  tcp_enter_quickack_mode,
  tcp_initialize_rcv_mss,
} from './tcp_delack.ts';
import { tcp_done, tcp_reset, tcp_set_state } from './tcp_done.ts';
import { tcp_fast_path_on } from './tcp_fast_path.ts';
import { reqsk_fastopen_remove } from './tcp_fastopen.ts';
import { tcp_retrans_stamp_cleanup, tcp_try_undo_recovery } from './tcp_fastretrans.ts';
import { tcp_fin_time, tcp_reset_keepalive_timer } from './tcp_keepalive.ts';
import { tcp_check_req, tcp_time_wait } from './tcp_minisocks.ts';
import { tcp_push_pending_frames } from './tcp_output.ts';
import { tcp_ack_update_rtt } from './tcp_rtt.ts';
import { TCPHDR_ACK, TCPHDR_FIN, TCPHDR_RST, TCPHDR_SYN, type TcpSegment } from './tcp_skb.ts';
import { TCP_CA_Loss, type tcp_sock } from './tcp_sock.ts';
import { tcp_check_space } from './tcp_space.ts';
import {
  tcp_init_transfer,
  tcp_rcv_synsent_state_process,
  tcp_try_undo_spurious_syn,
} from './tcp_synsent.ts';
import { tcp_rearm_rto } from './tcp_timer.ts';
import { tcp_urg } from './tcp_urg.ts';
import { tcp_receive_window } from './tcp_window.ts';

/** Sends what an acknowledgement has made room for, and tells writers of room here. */
export function* tcp_data_snd_check(sk: tcp_sock): Kernel<void> {
  yield* tcp_push_pending_frames(sk);
  yield* tcp_check_space(sk);
}

/** Does the segment lie in the window, at least in part? */
function tcp_sequence(sk: tcp_sock, skb: TcpSegment): boolean {
  const end = seqAdd(sk.rcv_nxt, tcp_receive_window(sk));
  if (before(skb.end_seq, sk.rcv_wup)) return false;
  if (!after(skb.end_seq, end)) return true;
  return !after(skb.seq, end) && sk.sk_receive_queue.list.isEmpty();
}

/** A reset right behind the peer's FIN, with the FIN's number. */
const tcp_reset_check = (sk: tcp_sock, skb: TcpSegment): boolean =>
  skb.seq === seqAdd(sk.rcv_nxt, -1) && inState(sk, TCPF_CLOSE_WAIT | TCPF_LAST_ACK | TCPF_CLOSING);

/** Answers what is out of the window with where the window is. */
function* tcp_send_dupack(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  if (skb.end_seq !== skb.seq && before(skb.seq, sk.rcv_nxt)) tcp_enter_quickack_mode(sk);
  yield* tcp_send_ack(sk);
}

function* outOfWindow(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  if ((skb.tcp_flags & TCPHDR_RST) !== 0) {
    if (tcp_reset_check(sk, skb)) yield* tcp_reset(sk);
  } else if ((skb.tcp_flags & TCPHDR_SYN) !== 0) {
    yield* tcp_send_challenge_ack(sk);
  } else {
    if (skb.seq === skb.end_seq) {
      if (__tcp_oow_rate_limited(sk.last_oow_ack_time)) return;
      sk.last_oow_ack_time = jiffies();
    }
    yield* tcp_send_dupack(sk, skb);
  }
}

/** The SYN of a peer whose SYN we have answered already: both ends called each other. */
const crossedSyn = (sk: tcp_sock, skb: TcpSegment): boolean =>
  sk.sk_state === TCP_SYN_RECV &&
  sk.sk_socket !== null &&
  (skb.tcp_flags & TCPHDR_ACK) !== 0 &&
  seqAdd(skb.seq, 1) === skb.end_seq &&
  seqAdd(skb.seq, 1) === sk.rcv_nxt &&
  skb.ack_seq === sk.snd_nxt;

/** Is the segment to be looked at any further? Resets, or asks whether to, where it says so. */
export function* tcp_validate_incoming(sk: tcp_sock, skb: TcpSegment): Kernel<boolean> {
  if (!tcp_sequence(sk, skb)) {
    yield* outOfWindow(sk, skb);
    return false;
  }
  if ((skb.tcp_flags & TCPHDR_RST) !== 0) {
    if (skb.seq === sk.rcv_nxt || tcp_reset_check(sk, skb)) yield* tcp_reset(sk);
    else yield* tcp_send_challenge_ack(sk);
    return false;
  }
  if ((skb.tcp_flags & TCPHDR_SYN) !== 0 && !crossedSyn(sk, skb)) {
    yield* tcp_send_challenge_ack(sk);
    return false;
  }
  return true;
}

/** The connection that a SYN with data has made is confirmed. */
function* tcp_rcv_synrecv_state_fastopen(sk: tcp_sock, req: request_sock): Kernel<void> {
  if (sk.icsk_ca_state === TCP_CA_Loss && sk.packets_out === 0) tcp_try_undo_recovery(sk);
  sk.icsk_retransmits = 0;
  tcp_retrans_stamp_cleanup(sk);
  yield* reqsk_fastopen_remove(sk, req, false);
  tcp_rearm_rto(sk);
}

/** The handshake is over at the end that was called. */
function* synRecvEstablished(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  sk.advmss -= 12; // Room for timestamps.
  if (sk.srtt_us === 0) tcp_ack_update_rtt(sk, skb, -1);
  if (sk.fastopen_rsk !== null) {
    yield* tcp_rcv_synrecv_state_fastopen(sk, sk.fastopen_rsk);
  } else {
    tcp_try_undo_spurious_syn(sk, skb);
    sk.retrans_stamp = 0;
    tcp_init_transfer(sk);
    sk.copied_seq = sk.rcv_nxt;
  }
  yield* tcp_set_state(sk, TCP_ESTABLISHED);
  yield* sk.sk_state_change();
  sk.snd_una = skb.ack_seq;
  sk.snd_wnd = skb.window << sk.rx_opt.snd_wscale;
  sk.snd_wl1 = skb.seq;
  tcp_initialize_rcv_mss(sk);
  tcp_fast_path_on(sk);
  if ((sk.sk_shutdown & SEND_SHUTDOWN) !== 0) {
    yield* tcp_set_state(sk, TCP_FIN_WAIT1);
    yield* tcp_send_fin(sk);
  }
}

/** Does the segment bring data behind what has arrived, after the end was read? */
const bringsData = (sk: tcp_sock, skb: TcpSegment): boolean => {
  const fin = (skb.tcp_flags & TCPHDR_FIN) === 0 ? 0 : -1;
  return skb.end_seq !== skb.seq && after(seqAdd(skb.end_seq, fin), sk.rcv_nxt);
};

/** Our FIN may be acknowledged now. 'consumed' if the socket is through with the segment. */
function* finAcknowledged(sk: tcp_sock, skb: TcpSegment): Kernel<'consumed' | 'reset' | null> {
  if (sk.fastopen_rsk !== null) yield* tcp_rcv_synrecv_state_fastopen(sk, sk.fastopen_rsk);
  if (sk.snd_una !== sk.write_seq) return null;
  yield* tcp_set_state(sk, TCP_FIN_WAIT2);
  sk.sk_shutdown |= SEND_SHUTDOWN;
  if (!sk.SOCK_DEAD) {
    yield* sk.sk_state_change(); // Also wakes a close() that lingers.
    return null;
  }
  if (sk.linger2 < 0 || bringsData(sk, skb)) {
    yield* tcp_done(sk);
    return 'reset';
  }
  const tmo = tcp_fin_time(sk);
  if (tmo > TCP_TIMEWAIT_LEN) {
    tcp_reset_keepalive_timer(sk, tmo - TCP_TIMEWAIT_LEN);
  } else if ((skb.tcp_flags & TCPHDR_FIN) !== 0 || sock_owned_by_user(sk)) {
    tcp_reset_keepalive_timer(sk, tmo); // A FIN that is here already is for the socket.
  } else {
    yield* tcp_time_wait(sk, TCP_FIN_WAIT2, tmo);
    return 'consumed';
  }
  return null;
}

/** Step 5 of RFC 793: what the acknowledgement means for the state. */
function* ackedInState(sk: tcp_sock, skb: TcpSegment): Kernel<'consumed' | 'reset' | null> {
  switch (sk.sk_state) {
    case TCP_SYN_RECV:
      yield* synRecvEstablished(sk, skb);
      return null;
    case TCP_FIN_WAIT1:
      return yield* finAcknowledged(sk, skb);
    case TCP_CLOSING:
      if (sk.snd_una !== sk.write_seq) return null;
      yield* tcp_time_wait(sk, TCP_TIME_WAIT, 0);
      return 'consumed';
    case TCP_LAST_ACK:
      if (sk.snd_una !== sk.write_seq) return null;
      yield* tcp_done(sk);
      return 'consumed';
    default:
      return null;
  }
}

/** Step 7: the bytes. 'reset' if nobody is there to take them. */
function* textInState(sk: tcp_sock, skb: TcpSegment): Kernel<'reset' | null> {
  switch (sk.sk_state) {
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
      if (!before(skb.seq, sk.rcv_nxt)) return null;
      break;
    case TCP_FIN_WAIT1:
    case TCP_FIN_WAIT2:
    case TCP_ESTABLISHED:
      break;
    default:
      return null;
  }
  const closed = sk.sk_state !== TCP_ESTABLISHED && (sk.sk_shutdown & RCV_SHUTDOWN) !== 0;
  if (closed && bringsData(sk, skb)) {
    yield* tcp_reset(sk);
    return 'reset';
  }
  yield* tcp_data_queue(sk, skb);
  return null;
}

/** A listener: takes SYNs. */
function* rcvListen(sk: tcp_sock, skb: TcpSegment): Kernel<boolean> {
  if ((skb.tcp_flags & TCPHDR_ACK) !== 0) return true;
  const interesting = skb.tcp_flags & (TCPHDR_RST | TCPHDR_SYN | TCPHDR_FIN);
  if (interesting === TCPHDR_SYN) yield* tcp_v4_conn_request(sk, skb);
  return false;
}

export function* tcp_rcv_state_process(sk: tcp_sock, skb: TcpSegment): Kernel<boolean> {
  __fentry__('tcp_rcv_state_process');
  if (sk.sk_state === TCP_CLOSE) return false;
  if (sk.sk_state === TCP_LISTEN) return yield* rcvListen(sk, skb);
  if (sk.sk_state === TCP_SYN_SENT) return yield* tcp_rcv_synsent_state_process(sk, skb);
  const req = sk.fastopen_rsk;
  if (req !== null && (yield* tcp_check_req(sk, skb, req, true)).sk === null) return false;
  if ((skb.tcp_flags & (TCPHDR_ACK | TCPHDR_RST | TCPHDR_SYN)) === 0) return false;
  if (!(yield* tcp_validate_incoming(sk, skb))) return false;
  const acked = yield* tcp_ack(sk, skb, false);
  if (acked !== ACK_OK) {
    if (sk.sk_state === TCP_SYN_RECV) return true;
    if (acked === ACK_UNSENT) {
      yield* tcp_send_challenge_ack(sk);
      return false;
    }
  }
  const done = yield* ackedInState(sk, skb);
  if (done !== null) return done === 'reset';
  yield* tcp_urg(sk, skb);
  if ((yield* textInState(sk, skb)) === 'reset') return true;
  if (sk.sk_state !== TCP_CLOSE) {
    yield* tcp_data_snd_check(sk);
    yield* tcp_ack_snd_check(sk);
  }
  return false;
}
