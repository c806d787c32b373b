/**
 * The socket that a request becomes. Linux: net/ipv4/tcp_minisocks.c (tcp_create_openreq_child),
 * net/core/sock.c (sk_clone_lock), net/ipv4/tcp_ipv4.c (tcp_v4_syn_recv_sock).
 *
 * It starts as a copy of its listener: options that were set there hold for all its children.
 */
import { current } from '../../kernel/current.ts';
import { looksAt } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { jiffies } from '../../kernel/timer.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { IP_MULTICAST_TTL } from '../../kernel/uapi/in.ts';
import { SO_PRIORITY } from '../../kernel/uapi/socket.ts';
import { sock_net, TCP_CLOSE, TCP_SYN_RECV } from '../sock.ts';
import { bh_lock_sock, bh_unlock_sock } from '../sock_lock.ts';
import { __inet_inherit_port } from './bind_hash.ts';
import { inet_ehash_insert } from './inet_hashtables.ts';
import { SOCK_BINDPORT_LOCK } from './inet_sock.ts';
import { IPDEFTTL } from './ip_sockglue.ts';
import type { request_sock } from './request_sock.ts';
import { seqAdd } from './seq.ts';
import { tcp_init_sock } from './tcp.ts';
import { sk_acceptq_is_full } from './tcp_conn_request.ts';
import { tcp_initialize_rcv_mss } from './tcp_delack.ts';
import { inet_csk_destroy_sock, tcp_done } from './tcp_done.ts';
import { keepalive_time_when, tcp_reset_keepalive_timer } from './tcp_keepalive.ts';
import { tcp_mss_clamp, tcp_sync_mss } from './tcp_mss.ts';
import type { TcpSegment } from './tcp_skb.ts';
import { tcp_sock } from './tcp_sock.ts';
import { TCPOLEN_TSTAMP_ALIGNED } from './tcp_synsent.ts';
import { TCP_MSS_DEFAULT } from './tcp_window.ts';

/** Copies what a listener's options say. */
function inheritOptions(newsk: tcp_sock, sk: tcp_sock): void {
  looksAt(sk.identity);
  newsk.sk_sndbuf = sk.sk_sndbuf;
  newsk.sk_rcvbuf = sk.sk_rcvbuf;
  newsk.sk_rcvlowat = sk.sk_rcvlowat;
  newsk.sk_shutdown = sk.sk_shutdown; // Of a shutdown() before listen().
  newsk.sk_sndtimeo = sk.sk_sndtimeo;
  newsk.sk_rcvtimeo = sk.sk_rcvtimeo;
  newsk.sk_peek_off = sk.sk_peek_off;
  newsk.sk_reuse = sk.sk_reuse;
  newsk.sk_reuseport = sk.sk_reuseport;
  newsk.sk_linger = sk.sk_linger;
  newsk.sk_lingertime = sk.sk_lingertime;
  newsk.sk_userlocks = sk.sk_userlocks & ~SOCK_BINDPORT_LOCK;
  newsk.SOCK_KEEPOPEN = sk.SOCK_KEEPOPEN;
  newsk.SOCK_URGINLINE = sk.SOCK_URGINLINE;
  newsk.SOCK_BROADCAST = sk.SOCK_BROADCAST;
  newsk.kept = sk.kept === null ? null : new Map(sk.kept);
  newsk.kept?.delete(SO_PRIORITY);
  newsk.ip_options = new Map(sk.ip_options).set(IP_MULTICAST_TTL, IPDEFTTL);
  newsk.icsk_rto_max = sk.icsk_rto_max;
  newsk.icsk_rto_min = sk.icsk_rto_min;
  newsk.icsk_delack_max = sk.icsk_delack_max;
  newsk.icsk_syn_retries = sk.icsk_syn_retries;
  newsk.icsk_user_timeout = sk.icsk_user_timeout;
  newsk.icsk_ack.pingpong = sk.icsk_ack.pingpong;
  newsk.rx_opt.user_mss = sk.rx_opt.user_mss;
  newsk.nonagle = sk.nonagle;
  newsk.notsent_lowat = sk.notsent_lowat;
  newsk.linger2 = sk.linger2;
  newsk.keepalive_time = sk.keepalive_time;
  newsk.keepalive_intvl = sk.keepalive_intvl;
  newsk.keepalive_probes = sk.keepalive_probes;
  newsk.thin_lto = sk.thin_lto;
  newsk.save_syn = sk.save_syn;
  newsk.fastopen_connect = sk.fastopen_connect;
  newsk.fastopen_no_cookie = sk.fastopen_no_cookie;
  newsk.tcp_tx_delay = sk.tcp_tx_delay;
  newsk.recvmsg_inq = sk.recvmsg_inq;
}

function takeAddress(newsk: tcp_sock, req: request_sock): void {
  newsk.sk_num = req.ir_num;
  newsk.inet_sport = req.ir_num;
  newsk.inet_dport = req.ir_rmt_port;
  newsk.inet_daddr = req.ir_rmt_addr;
  newsk.inet_rcv_saddr = req.ir_loc_addr;
  newsk.inet_saddr = req.ir_loc_addr;
}

/** Makes the socket, with its spinlock held. `skb` is the acknowledgement of our SYN. */
function* tcp_create_openreq_child(
  sk: tcp_sock,
  req: request_sock,
  skb: TcpSegment,
): Kernel<tcp_sock> {
  const newsk = new tcp_sock(sock_net(sk));
  tcp_init_sock(newsk);
  inheritOptions(newsk, sk);
  takeAddress(newsk, req);
  yield bh_lock_sock(newsk);
  newsk.sk_incoming_cpu = current.cpu;
  newsk.sk_state = TCP_SYN_RECV;
  newsk.rcv_wup = newsk.copied_seq = newsk.rcv_nxt = seqAdd(req.rcv_isn, 1);
  const seq = seqAdd(req.snt_isn, 1);
  newsk.snd_sml = newsk.snd_una = newsk.snd_nxt = newsk.snd_up = seq;
  newsk.write_seq = newsk.pushed_seq = seq;
  newsk.snd_wl1 = req.rcv_isn;
  newsk.icsk_ack.lrcvtime = jiffies();
  if (newsk.SOCK_KEEPOPEN) tcp_reset_keepalive_timer(newsk, keepalive_time_when(newsk));
  newsk.window_clamp = req.rsk_window_clamp;
  newsk.rcv_ssthresh = req.rsk_rcv_wnd;
  newsk.rcv_wnd = req.rsk_rcv_wnd;
  newsk.rx_opt.wscale_ok = req.wscale_ok;
  newsk.rx_opt.snd_wscale = req.snd_wscale;
  newsk.rx_opt.rcv_wscale = req.rcv_wscale;
  newsk.snd_wnd = skb.window << req.snd_wscale;
  newsk.max_window = newsk.snd_wnd;
  newsk.tcp_header_len = 20 + TCPOLEN_TSTAMP_ALIGNED;
  if (skb.len >= TCP_MSS_DEFAULT) newsk.icsk_ack.last_seg_size = skb.len;
  newsk.rx_opt.mss_clamp = req.mss;
  newsk.rx_opt.ts_recent = req.ts_recent;
  looksAt(sk.icsk_accept_queue.requests);
  newsk.total_retrans = req.num_retrans;
  if (req.num_timeout > 0) {
    newsk.total_rto = req.num_timeout;
    newsk.undo_marker = true;
    newsk.retrans_stamp = Math.floor(req.snt_synack / 1000);
  }
  return newsk;
}

/** Puts a connection into the table; false if it comes too late, and then it is over. */
function* inet_ehash_nolisten(sk: tcp_sock, osk: request_sock | null): Kernel<boolean> {
  const ok = yield* inet_ehash_insert(sk, osk);
  if (!ok) {
    sk.sk_state = TCP_CLOSE;
    sk.SOCK_DEAD = true;
    yield* inet_csk_destroy_sock(sk);
  }
  return ok;
}

/**
 * A new socket, which has taken the place of `req_unhash` in the table; null if there is no room, or
 * if a request that was not in the table has lost a race.
 */
export function* tcp_v4_syn_recv_sock(
  sk: tcp_sock,
  skb: TcpSegment,
  req: request_sock,
  req_unhash: request_sock | null,
): Kernel<{ newsk: tcp_sock; own_req: boolean } | null> {
  __fentry__('tcp_v4_syn_recv_sock');
  if (sk_acceptq_is_full(sk)) {
    traceNote('tcp_v4_syn_recv_sock: the accept queue is full', sk);
    return null;
  }
  const newsk = yield* tcp_create_openreq_child(sk, req, skb);
  newsk.sk_dst_dev = req.sk_dst_dev;
  tcp_sync_mss(newsk);
  newsk.advmss = tcp_mss_clamp(sk, req.sk_dst_dev);
  tcp_initialize_rcv_mss(newsk);
  if ((yield* __inet_inherit_port(sk, newsk)) < 0) {
    bh_unlock_sock(newsk);
    newsk.SOCK_DEAD = true;
    newsk.sk_num = 0;
    yield* tcp_done(newsk);
    return null;
  }
  const own_req = yield* inet_ehash_nolisten(newsk, req_unhash);
  if (own_req || req_unhash !== null) return { newsk, own_req };
  bh_unlock_sock(newsk);
  return null;
}
