/**
 * A SYN for a listener. Linux: net/ipv4/tcp_input.c (tcp_conn_request), net/ipv4/tcp_minisocks.c
 * (tcp_openreq_init_rwin), net/ipv4/tcp_output.c (tcp_make_synack).
 *
 * Without room in the accept queue the SYN is dropped, and the peer sends it again after a while.
 */
import { current } from '../../kernel/current.ts';
import { writesTo } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { jiffies, mod_timer } from '../../kernel/timer.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import type { net_device } from '../netdevice.ts';
import { SOCK_RCVBUF_LOCK, sock_net } from '../sock.ts';
import { bh_unlock_sock } from '../sock_lock.ts';
import { inet_csk_reqsk_queue_add } from './inet_connection_sock.ts';
import { inet_ehash_insert } from './inet_hashtables.ts';
import { ip_queue_xmit } from './ip_output.ts';
import { overLoopback } from './over_loopback.ts';
import { reqsk_queue_added, request_sock } from './request_sock.ts';
import { seqAdd } from './seq.ts';
import { tcp_try_fastopen } from './tcp_fastopen.ts';
import { tcp_mss_clamp } from './tcp_mss.ts';
import { tcp_clock_ms, tcp_clock_us } from './tcp_rtt.ts';
import { TCPHDR_ACK, TCPHDR_SYN, type TcpSegment, tcp_init_nondata_skb } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { TCPOLEN_TSTAMP_ALIGNED } from './tcp_synsent.ts';
import { TCP_TIMEOUT_INIT } from './tcp_timer.ts';
import { tcp_full_space, tcp_select_initial_window } from './tcp_window.ts';

/** Are more connections waiting than the backlog permits? One more than it says may wait. */
export const sk_acceptq_is_full = (sk: tcp_sock): boolean =>
  sk.sk_ack_backlog > sk.sk_max_ack_backlog >>> 0;

const inet_csk_reqsk_queue_is_full = (sk: tcp_sock): boolean =>
  sk.icsk_accept_queue.qlen > sk.sk_max_ack_backlog >>> 0;

/** The window that the answer offers. */
function tcp_openreq_init_rwin(req: request_sock, sk: tcp_sock): void {
  const full_space = tcp_full_space(sk);
  let clamp = sk.window_clamp;
  const limited = (sk.sk_userlocks & SOCK_RCVBUF_LOCK) !== 0;
  if (limited && (clamp > full_space || clamp === 0)) clamp = full_space;
  const mss = tcp_mss_clamp(sk, req.sk_dst_dev) - TCPOLEN_TSTAMP_ALIGNED;
  const window = tcp_select_initial_window(full_space, mss, clamp, req.wscale_ok);
  req.rsk_rcv_wnd = window.rcv_wnd;
  req.rsk_window_clamp = window.window_clamp;
  req.rcv_wscale = window.rcv_wscale;
}

function newRequest(sk: tcp_sock, skb: TcpSegment, syncookie: boolean): request_sock {
  const req = new request_sock(sk, skb.dev as net_device, syncookie);
  req.ir_loc_addr = skb.daddr;
  req.ir_num = skb.dest;
  req.ir_rmt_addr = skb.saddr;
  req.ir_rmt_port = skb.source;
  req.rcv_isn = skb.seq;
  req.ts_recent = skb.tsval;
  req.snt_synack = tcp_clock_us();
  req.rcv_nxt = seqAdd(skb.seq, 1);
  const { user_mss } = sk.rx_opt;
  req.mss = user_mss !== 0 ? Math.min(user_mss, skb.mss) : skb.mss;
  req.wscale_ok = skb.wscale >= 0;
  req.snd_wscale = Math.max(skb.wscale, 0);
  return req;
}

/** Sends the answer to a SYN. */
export function* tcp_v4_send_synack(sk: tcp_sock, req: request_sock): Kernel<void> {
  const skb = tcp_init_nondata_skb(req.snt_isn, TCPHDR_SYN | TCPHDR_ACK);
  skb.saddr = req.ir_loc_addr;
  skb.source = req.ir_num;
  skb.daddr = req.ir_rmt_addr;
  skb.dest = req.ir_rmt_port;
  skb.ack_seq = req.rcv_nxt;
  skb.tsval = tcp_clock_ms();
  skb.tsecr = req.ts_recent;
  skb.window = Math.min(req.rsk_rcv_wnd, 0xffff);
  skb.mss = tcp_mss_clamp(sk, req.sk_dst_dev);
  skb.wscale = req.wscale_ok ? req.rcv_wscale : -1;
  skb.fastopen = req.fastopen;
  yield* ip_queue_xmit(sk, skb);
}

/** Sends it once more. */
export function* tcp_rtx_synack(sk: tcp_sock, req: request_sock): Kernel<void> {
  yield* tcp_v4_send_synack(sk, req);
  writesTo(req.rsk_listener.icsk_accept_queue.requests);
  req.num_retrans++;
}

/** Too many requests: is the answer to be a cookie? Without cookies the SYN is dropped. */
function tcp_syn_flood_action(sk: tcp_sock): boolean {
  traceNote('tcp_conn_request: the SYN queue is full', sk);
  return sock_net(sk).ipv4.sysctl_tcp_syncookies !== 0;
}

/** Takes a SYN. One that met TIME_WAIT brings the number to answer with, and is always let in. */
export function* tcp_v4_conn_request(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  __fentry__('tcp_conn_request');
  const net = sock_net(sk).ipv4;
  const full = net.sysctl_tcp_syncookies === 2 || inet_csk_reqsk_queue_is_full(sk);
  const want_cookie = skb.tcp_tw_isn === 0 && full;
  if (want_cookie && !tcp_syn_flood_action(sk)) return;
  if (sk_acceptq_is_full(sk)) {
    traceNote('tcp_conn_request: the accept queue is full, the SYN is dropped', sk);
    return;
  }
  local_bh_disable();
  const req = newRequest(sk, skb, want_cookie);
  req.snt_isn = skb.tcp_tw_isn || net.newIsn();
  tcp_openreq_init_rwin(req, sk);
  const fastopen_sk = want_cookie ? null : yield* tcp_try_fastopen(sk, skb, req);
  if (fastopen_sk === null) yield* answer(sk, req);
  else yield* answerAtOnce(sk, req, fastopen_sk);
  yield* local_bh_enable();
}

/** Answers a SYN, and waits for the last segment of the handshake. */
function* answer(sk: tcp_sock, req: request_sock): Kernel<void> {
  req.timeout = TCP_TIMEOUT_INIT;
  if (!(yield* inet_ehash_insert(req, null))) return;
  if (!req.syncookie) {
    // Where nothing is lost, and the request is not to wait for data, nobody waits for the timer.
    req.rsk_timer.tick.background =
      current.kernel.exact && overLoopback(req) && sk.icsk_accept_queue.rskq_defer_accept === 0;
    mod_timer(req.rsk_timer, jiffies() + req.timeout);
    reqsk_queue_added(sk.icsk_accept_queue);
  }
  yield* tcp_v4_send_synack(sk, req);
}

/** The connection is there already: answers, and lets it be accepted. */
function* answerAtOnce(sk: tcp_sock, req: request_sock, fastopen_sk: tcp_sock): Kernel<void> {
  yield* tcp_v4_send_synack(sk, req);
  if (yield* inet_csk_reqsk_queue_add(sk, req, fastopen_sk)) yield* sk.sk_data_ready();
  bh_unlock_sock(fastopen_sk);
}
