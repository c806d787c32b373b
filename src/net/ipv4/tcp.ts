/** Setting a socket up, shutting a direction, closing, disconnecting. Linux: net/ipv4/tcp.c. */
import type { Kernel } from '../../kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { ECONNRESET, EINVAL, ENOTTY } from '../../kernel/uapi/errno.ts';
import { SIOCATMARK, SIOCINQ, SIOCOUTQ, SIOCOUTQNSD } from '../../kernel/uapi/sockios.ts';
import {
  SEND_SHUTDOWN,
  SHUTDOWN_MASK,
  sock_orphan,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
} from '../sock.ts';
import {
  __release_sock,
  bh_lock_sock,
  bh_unlock_sock,
  lock_sock,
  release_sock,
} from '../sock_lock.ts';
import { sk_stream_wait_close } from '../stream.ts';
import {
  inState,
  TCPF_CLOSE_WAIT,
  TCPF_CLOSING,
  TCPF_ESTABLISHED,
  TCPF_FIN_WAIT1,
  TCPF_FIN_WAIT2,
  TCPF_LAST_ACK,
  TCPF_LISTEN,
  TCPF_SYN_RECV,
  TCPF_SYN_SENT,
} from '../tcp_states.ts';
import { inet_csk_listen_stop } from './inet_connection_sock.ts';
import { TCP_TIMEWAIT_LEN } from './inet_timewait_sock.ts';
import { sysctl_tcp_rmem, sysctl_tcp_wmem } from './netns.ts';
import { after, before, seqAdd, seqDiff } from './seq.ts';
import { tcp_send_active_reset, tcp_send_fin } from './tcp_ack_output.ts';
import { TCP_INFINITE_SSTHRESH, TCP_INIT_CWND } from './tcp_cong.ts';
import {
  inet_csk_destroy_sock,
  purgeReceived,
  tcp_set_state,
  tcp_write_queue_purge,
} from './tcp_done.ts';
import { reqsk_fastopen_remove, tcp_free_fastopen_req } from './tcp_fastopen.ts';
import { TCP_FASTRETRANS_THRESH } from './tcp_fastretrans.ts';
import { forgetAddress } from './tcp_ipv4.ts';
import { tcp_fin_time, tcp_reset_keepalive_timer } from './tcp_keepalive.ts';
import { freeReceived } from './tcp_mem.ts';
import { tcp_time_wait } from './tcp_minisocks.ts';
import { TCPHDR_FIN, type TcpSegment } from './tcp_skb.ts';
import { icsk_ack, TCP_CA_Open, type tcp_sock } from './tcp_sock.ts';
import { TCP_TIMEOUT_INIT, tcp_clear_xmit_timers } from './tcp_timer.ts';
import { TCP_DEFAULT_SCALING_RATIO, TCP_MIN_MSS, TCP_MSS_DEFAULT } from './tcp_window.ts';

/** Gives a new socket its defaults. */
export function tcp_init_sock(sk: tcp_sock): void {
  sk.icsk_rto = TCP_TIMEOUT_INIT;
  sk.snd_cwnd = TCP_INIT_CWND;
  sk.snd_ssthresh = TCP_INFINITE_SSTHRESH;
  sk.mss_cache = TCP_MSS_DEFAULT;
  sk.sk_sndbuf = sysctl_tcp_wmem[1];
  sk.sk_rcvbuf = sysctl_tcp_rmem[1];
  sk.scaling_ratio = TCP_DEFAULT_SCALING_RATIO;
}

/** What FIONREAD counts: up to the urgent byte, and not the FIN. */
function tcp_inq(sk: tcp_sock): number {
  if (inState(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) return 0;
  if (
    sk.SOCK_URGINLINE ||
    sk.urg_data === 0 ||
    before(sk.urg_seq, sk.copied_seq) ||
    !before(sk.urg_seq, sk.rcv_nxt)
  ) {
    const answ = seqDiff(sk.rcv_nxt, sk.copied_seq);
    return answ !== 0 && sk.SOCK_DONE ? answ - 1 : answ;
  }
  return seqDiff(sk.urg_seq, sk.copied_seq);
}

export function* tcp_ioctl(sk: tcp_sock, cmd: number, arg: { value: number }): Kernel<number> {
  if (cmd === SIOCATMARK) {
    arg.value = sk.urg_data !== 0 && sk.urg_seq === sk.copied_seq ? 1 : 0;
    return 0;
  }
  if (cmd !== SIOCINQ && cmd !== SIOCOUTQ && cmd !== SIOCOUTQNSD) return -ENOTTY;
  if (inState(sk, TCPF_LISTEN)) return -EINVAL;
  if (cmd !== SIOCINQ) {
    const calling = inState(sk, TCPF_SYN_SENT | TCPF_SYN_RECV);
    const from = cmd === SIOCOUTQ ? sk.snd_una : sk.snd_nxt;
    arg.value = calling ? 0 : seqDiff(sk.write_seq, from);
    return 0;
  }
  yield* lock_sock(sk);
  arg.value = tcp_inq(sk);
  yield* release_sock(sk);
  return 0;
}

/** The state after this end has ended its direction. */
function nextState(state: number): number {
  switch (state) {
    case TCP_ESTABLISHED:
    case TCP_SYN_RECV:
      return TCP_FIN_WAIT1;
    case TCP_CLOSE_WAIT:
      return TCP_LAST_ACK;
    case TCP_SYN_SENT:
    case TCP_LISTEN:
      return TCP_CLOSE;
    default:
      return state;
  }
}

/** Moves to the state after the end; whether a FIN is to be sent. */
function* tcp_close_state(sk: tcp_sock): Kernel<boolean> {
  const fin = inState(sk, TCPF_ESTABLISHED | TCPF_SYN_RECV | TCPF_CLOSE_WAIT);
  yield* tcp_set_state(sk, nextState(sk.sk_state));
  return fin;
}

/** Ends the direction to the peer. */
export function* tcp_shutdown(sk: tcp_sock, how: number): Kernel<void> {
  __fentry__('tcp_shutdown');
  if ((how & SEND_SHUTDOWN) === 0) return;
  if (!inState(sk, TCPF_ESTABLISHED | TCPF_SYN_SENT | TCPF_CLOSE_WAIT)) return;
  if (yield* tcp_close_state(sk)) yield* tcp_send_fin(sk);
}

/** Drops what was received; whether the user had not read all of it. */
function dropUnread(sk: tcp_sock): boolean {
  const { list } = sk.sk_receive_queue;
  let data_was_unread = false;
  for (let next = list.shift(); next !== undefined; next = list.shift()) {
    const skb = next as TcpSegment;
    const fin = (skb.tcp_flags & TCPHDR_FIN) === 0 ? 0 : -1;
    if (after(seqAdd(skb.end_seq, fin), sk.copied_seq)) data_was_unread = true;
    freeReceived(sk, skb);
  }
  return data_was_unread;
}

/**
 * Says goodbye in the way that the state and the user's wishes call for, and waits up to `timeout` ns
 * until the peer has heard all of it.
 */
function* sayGoodbye(sk: tcp_sock, timeout: number): Kernel<void> {
  const data_was_unread = dropUnread(sk);
  if (sk.sk_state === TCP_CLOSE) return;
  if (data_was_unread) {
    traceNote('tcp_close: data was not read, the peer is reset', sk);
    yield* tcp_set_state(sk, TCP_CLOSE);
    yield* tcp_send_active_reset(sk);
  } else if (sk.sk_linger && sk.sk_lingertime === 0) {
    traceNote('tcp_close: SO_LINGER 0, the peer is reset', sk);
    yield* tcp_disconnect(sk);
  } else if (yield* tcp_close_state(sk)) {
    yield* tcp_send_fin(sk);
  }
  yield* sk_stream_wait_close(sk, timeout);
}

/** An orphan whose peer has not ended its direction; false if something else answers for it now. */
function* orphanInFinWait2(sk: tcp_sock): Kernel<boolean> {
  const tmo = tcp_fin_time(sk);
  if (sk.linger2 < 0) {
    yield* tcp_set_state(sk, TCP_CLOSE);
    yield* tcp_send_active_reset(sk);
  } else if (tmo > TCP_TIMEWAIT_LEN) {
    tcp_reset_keepalive_timer(sk, tmo - TCP_TIMEWAIT_LEN);
  } else {
    yield* tcp_time_wait(sk, TCP_FIN_WAIT2, tmo);
    return false;
  }
  return true;
}

/** The file is gone: the socket goes on alone, until the peer has ended too. */
function* adjudgeToDeath(sk: tcp_sock): Kernel<void> {
  const state = sk.sk_state;
  sock_orphan(sk);
  local_bh_disable();
  yield bh_lock_sock(sk);
  yield* __release_sock(sk);
  // Softirqs or the backlog may have ended it meanwhile.
  if (state === TCP_CLOSE || sk.sk_state !== TCP_CLOSE) {
    const goesOn = sk.sk_state !== TCP_FIN_WAIT2 || (yield* orphanInFinWait2(sk));
    if (goesOn && sk.sk_state === TCP_CLOSE) {
      if (sk.fastopen_rsk !== null) yield* reqsk_fastopen_remove(sk, sk.fastopen_rsk, false);
      yield* inet_csk_destroy_sock(sk);
    }
  }
  bh_unlock_sock(sk);
  yield* local_bh_enable();
}

/** Closes; sleeps for up to `timeout` ns until the peer has acknowledged everything. */
export function* tcp_close(sk: tcp_sock, timeout: number): Kernel<void> {
  __fentry__('tcp_close');
  yield* lock_sock(sk);
  sk.sk_shutdown = SHUTDOWN_MASK;
  if (sk.sk_state === TCP_LISTEN) {
    yield* tcp_set_state(sk, TCP_CLOSE);
    yield* inet_csk_listen_stop(sk);
  } else {
    yield* sayGoodbye(sk, timeout);
  }
  yield* adjudgeToDeath(sk);
  yield* release_sock(sk);
}

/** Does the peer have to be told that the connection is gone? */
const tcp_need_reset = (state: number): boolean =>
  ((1 << state) &
    (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_SYN_RECV)) !==
  0;

/** Ends whatever the socket is doing, at once, and makes it as good as new; 0. */
export function* tcp_disconnect(sk: tcp_sock): Kernel<number> {
  __fentry__('tcp_disconnect');
  const old_state = sk.sk_state;
  if (old_state !== TCP_CLOSE) yield* tcp_set_state(sk, TCP_CLOSE);
  const unsent =
    sk.snd_nxt !== sk.write_seq && ((1 << old_state) & (TCPF_CLOSING | TCPF_LAST_ACK)) !== 0;
  if (old_state === TCP_LISTEN) {
    yield* inet_csk_listen_stop(sk);
  } else if (tcp_need_reset(old_state) || unsent) {
    yield* tcp_send_active_reset(sk);
    sk.sk_err = ECONNRESET;
  } else if (old_state === TCP_SYN_SENT) {
    sk.sk_err = ECONNRESET;
  }
  tcp_clear_xmit_timers(sk);
  sk.copied_seq = sk.rcv_nxt;
  sk.urg_data = 0;
  sk.sk_peek_off = -1;
  tcp_write_queue_purge(sk);
  purgeReceived(sk);
  sk.inet_dport = 0;
  forgetAddress(sk);
  sk.sk_shutdown = 0;
  sk.SOCK_DONE = false;
  startOver(sk);
  if (sk.fastopen_rsk !== null) yield* reqsk_fastopen_remove(sk, sk.fastopen_rsk, false);
  tcp_free_fastopen_req(sk);
  sk.DEFER_CONNECT = false;
  yield* sk.sk_error_report();
  return 0;
}

/** Forgets what belonged to the connection. */
function startOver(sk: tcp_sock): void {
  sk.write_seq = seqAdd(sk.write_seq, sk.max_window + 2) || 1;
  sk.icsk_backoff = 0;
  sk.icsk_probes_out = 0;
  sk.icsk_rto = TCP_TIMEOUT_INIT;
  sk.icsk_rto_min = 0;
  sk.icsk_delack_max = 0;
  sk.snd_ssthresh = TCP_INFINITE_SSTHRESH;
  sk.snd_cwnd = TCP_INIT_CWND;
  sk.snd_cwnd_cnt = 0;
  sk.window_clamp = 0;
  sk.icsk_ca_state = TCP_CA_Open;
  sk.total_rto = 0;
  sk.total_retrans = 0;
  sk.undo_marker = false;
  sk.icsk_ack = new icsk_ack();
  sk.icsk_ack.rcv_mss = TCP_MIN_MSS;
  sk.rx_opt.mss_clamp = 0;
  sk.rx_opt.user_mss = 0;
  sk.rx_opt.wscale_ok = false;
  sk.rx_opt.snd_wscale = sk.rx_opt.rcv_wscale = 0;
  sk.bytes_acked = 0;
  sk.srtt_us = 0;
  sk.mdev_us = 0;
  sk.rttvar_us = 0;
  sk.delivered = 0;
  sk.reordering = TCP_FASTRETRANS_THRESH;
  sk.is_cwnd_limited = false;
  sk.max_packets_out = 0;
  sk.icsk_probes_tstamp = 0;
  sk.rx_opt.ts_recent = 0;
  sk.last_oow_ack_time = 0;
  sk.syn_fastopen = false;
  sk.syn_data = false;
}
