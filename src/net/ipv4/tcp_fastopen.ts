/**
 * Data in the SYN (RFC 7413). Linux: net/ipv4/tcp_fastopen.c, net/ipv4/tcp_output.c
 * (tcp_send_syn_data), net/ipv4/tcp_input.c (tcp_rcv_fastopen_synack), net/ipv4/tcp_metrics.c.
 *
 * A client that has a server's cookie sends its first bytes in the SYN; connect() with
 * TCP_FASTOPEN_CONNECT then waits for the first write. A server that knows the cookie makes the
 * connection at once, so that it can be accepted and read before the handshake is over.
 *
 * Differs from Linux: a cookie is a number that the addresses give; there are no keys. The black holes
 * of the internet are not looked for.
 */
import type { Kernel } from '../../kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { jiffies } from '../../kernel/timer.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { copy_from_iter, iov_iter_count } from '../../kernel/uaccess.ts';
import { EALREADY, EOPNOTSUPP } from '../../kernel/uapi/errno.ts';
import { O_NONBLOCK } from '../../kernel/uapi/fcntl.ts';
import { AF_UNSPEC, MSG_DONTWAIT, SOMAXCONN } from '../../kernel/uapi/socket.ts';
import { sock_net, TCP_LISTEN, TCP_SYN_RECV } from '../sock.ts';
import type { msghdr, socket } from '../socket.ts';
import { __inet_ehashfn } from './ehashfn.ts';
import { __inet_stream_connect } from './inet_stream_connect.ts';
import {
  TFO_CLIENT_ENABLE,
  TFO_CLIENT_NO_COOKIE,
  TFO_SERVER_COOKIE_NOT_REQD,
  TFO_SERVER_ENABLE,
} from './netns.ts';
import { tcp_v4_syn_recv_sock } from './openreq_child.ts';
import type { request_sock } from './request_sock.ts';
import { seqAdd } from './seq.ts';
import { tcp_connect } from './tcp_ack_output.ts';
import { tcp_fin } from './tcp_data_queue.ts';
import { tcp_mark_skb_lost } from './tcp_fastretrans.ts';
import { chargeReceived, chargeSent, scheduleMemory } from './tcp_mem.ts';
import { tcp_sync_mss } from './tcp_mss.ts';
import { tcp_transmit_skb } from './tcp_output.ts';
import { tcp_non_congestion_loss_retransmit } from './tcp_retransmit.ts';
import {
  countFrags,
  skb_clone,
  TCPHDR_ACK,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_SYN,
  TcpSegment,
} from './tcp_skb.ts';
import { ICSK_TIME_RETRANS, type tcp_sock } from './tcp_sock.ts';
import { tcp_init_transfer } from './tcp_synsent.ts';
import { TCP_TIMEOUT_INIT, tcp_reset_xmit_timer } from './tcp_timer.ts';

/** What the options of a SYN take at most. */
const MAX_TCP_OPTION_SPACE = 40;
/** A page that send buffers are cut from. */
const FRAG_PAGE = 32_768;
/** How long a request that was reset still counts, in ticks. */
const RST_PENALTY = 60_000;

/** What a send leaves to the SYN. */
export class tcp_fastopen_request {
  /** -1 for none, 0 to ask for one. */
  cookie: number;
  /** What the SYN takes bytes from; null once there are none left. */
  data: msghdr | null;
  copied = 0;

  constructor(cookie: number, data: msghdr | null) {
    this.cookie = cookie;
    this.data = data;
  }
}

/** tcp_passive_fastopen(): the connection was made by a SYN with data, and is not confirmed yet. */
export const tcp_passive_fastopen = (sk: tcp_sock): boolean =>
  sk.sk_state === TCP_SYN_RECV && sk.fastopen_rsk !== null;

/** TCP_FASTOPEN: how many connections of a listener may be unconfirmed. */
export function fastopen_queue_tune(sk: tcp_sock, backlog: number): void {
  sk.icsk_accept_queue.fastopenq.max_qlen = Math.min(backlog >>> 0, SOMAXCONN);
}

export function tcp_free_fastopen_req(tp: tcp_sock): void {
  tp.fastopen_req = null;
}

const tcp_fastopen_no_cookie = (sk: tcp_sock, flag: number): boolean =>
  (sock_net(sk).ipv4.sysctl_tcp_fastopen & flag) !== 0 || sk.fastopen_no_cookie !== 0;

/** The cookie to send data with, -1 where none is needed; or 0, and no data can be sent yet. */
function tcp_fastopen_cookie_check(sk: tcp_sock): number {
  if (tcp_fastopen_no_cookie(sk, TFO_CLIENT_NO_COOKIE)) return -1;
  return sock_net(sk).ipv4.tcpm_fastopen.get(sk.inet_daddr)?.cookie ?? 0;
}

/** Remembers what an answer has said. */
function tcp_fastopen_cache_set(sk: tcp_sock, mss: number, cookie: number): void {
  const { tcpm_fastopen } = sock_net(sk).ipv4;
  const known = tcpm_fastopen.get(sk.inet_daddr)?.cookie ?? 0;
  tcpm_fastopen.set(sk.inet_daddr, { mss, cookie: cookie > 0 ? cookie : known });
}

/** Is the SYN to wait for the first write? If not, it may ask for a cookie. */
export function tcp_fastopen_defer_connect(sk: tcp_sock): boolean {
  if (sk.fastopen_connect === 0 || sk.fastopen_req !== null) return false;
  const cookie = tcp_fastopen_cookie_check(sk);
  if (cookie === 0) sk.fastopen_req = new tcp_fastopen_request(cookie, null);
  else sk.DEFER_CONNECT = true;
  return sk.DEFER_CONNECT;
}

/** How a send began: what the SYN has taken, and 0 or -errno. */
interface Sent {
  readonly err: number;
  readonly copied: number;
}

/** Calls the peer, with the beginning of the message in the SYN. Called by the owner. */
export function* tcp_sendmsg_fastopen(sk: tcp_sock, msg: msghdr): Kernel<Sent> {
  const enabled = (sock_net(sk).ipv4.sysctl_tcp_fastopen & TFO_CLIENT_ENABLE) !== 0;
  if (!enabled || msg.msg_name?.family === AF_UNSPEC) return { err: -EOPNOTSUPP, copied: 0 };
  if (sk.fastopen_req !== null) return { err: -EALREADY, copied: 0 };
  sk.fastopen_req = new tcp_fastopen_request(0, msg);
  if (sk.DEFER_CONNECT) yield* tcp_connect(sk);
  const flags = (msg.msg_flags & MSG_DONTWAIT) !== 0 ? O_NONBLOCK : 0;
  const sock = sk.sk_socket as socket;
  const err = yield* __inet_stream_connect(sock, sk, msg.msg_name, flags, true);
  const fo = sk.fastopen_req as tcp_fastopen_request | null; // A reset has freed it.
  if (fo === null) return { err, copied: 0 };
  tcp_free_fastopen_req(sk);
  sk.DEFER_CONNECT = false;
  return { err, copied: fo.copied };
}

/** The bytes that go with a SYN; null for none. */
function synData(sk: tcp_sock, fo: tcp_fastopen_request, syn: TcpSegment): TcpSegment | null {
  if (fo.data === null || iov_iter_count(fo.data.msg_iter) === 0) return null;
  const known = sock_net(sk).ipv4.tcpm_fastopen.get(sk.inet_daddr)?.mss ?? sk.advmss;
  sk.rx_opt.mss_clamp = Math.min(known, sk.rx_opt.user_mss || known);
  tcp_sync_mss(sk);
  const page = FRAG_PAGE - (sk.frag_offset % FRAG_PAGE);
  const space = Math.min(sk.rx_opt.mss_clamp - MAX_TCP_OPTION_SPACE, page);
  const bytes = copy_from_iter(space, fo.data.msg_iter);
  const skb = new TcpSegment();
  skb.start = sk.frag_offset;
  skb.append(bytes);
  skb.truesize += bytes.length;
  sk.frag_offset += bytes.length;
  skb.tcp_gso_segs = 1;
  skb.seq = syn.seq;
  skb.end_seq = seqAdd(syn.end_seq, bytes.length);
  skb.tcp_flags = TCPHDR_SYN;
  countFrags(skb);
  fo.copied = bytes.length;
  if (iov_iter_count(fo.data.msg_iter) === 0) fo.data = null;
  return skb;
}

/**
 * Sends a SYN with data. What is kept of it is the SYN, which may be sent again, and the data, which
 * are sent again if the answer does not acknowledge them.
 */
export function* tcp_send_syn_data(
  sk: tcp_sock,
  syn: TcpSegment,
  fo: tcp_fastopen_request,
): Kernel<void> {
  const cookie = tcp_fastopen_cookie_check(sk);
  const data = cookie === 0 ? null : synData(sk, fo, syn);
  fo.cookie = cookie;
  if (data === null) {
    yield* tcp_transmit_skb(sk, syn, true);
  } else {
    traceNote('tcp_send_syn_data: data goes with the SYN', sk);
    chargeSent(sk, data.truesize);
    sk.packets_out++;
    sk.write_seq = sk.snd_nxt = sk.pushed_seq = data.end_seq;
    sk.tcp_rtx_queue.push(data);
    sk.syn_data = true;
    const sent = skb_clone(data);
    data.seq = seqAdd(data.seq, 1);
    data.tcp_flags = TCPHDR_ACK | TCPHDR_PSH;
    yield* tcp_transmit_skb(sk, sent, false);
  }
  fo.cookie = -1; // A SYN that is sent again is like any other.
}

/** The answer to a SYN with data; true if the data were not taken, and are sent again. */
export function* tcp_rcv_fastopen_synack(sk: tcp_sock, synack: TcpSegment): Kernel<boolean> {
  tcp_fastopen_cache_set(sk, synack.mss, sk.syn_fastopen ? synack.fastopen : -1);
  if (!sk.syn_data || sk.tcp_rtx_queue.isEmpty()) {
    if (sk.syn_data && sk.delivered > 1) sk.delivered--; // SYN and data were one segment.
    return false;
  }
  for (let i = 0; i < sk.tcp_rtx_queue.length; i++) {
    tcp_mark_skb_lost(sk, sk.tcp_rtx_queue.peekAt(i) as TcpSegment);
  }
  yield* tcp_non_congestion_loss_retransmit(sk);
  return true;
}

/** May another connection be unconfirmed? Those that were reset count for a minute. */
function* tcp_fastopen_queue_check({ icsk_accept_queue }: tcp_sock): Kernel<boolean> {
  const { fastopenq } = icsk_accept_queue;
  if (fastopenq.max_qlen === 0) return false;
  if (fastopenq.qlen < fastopenq.max_qlen) return true;
  yield spin_lock(fastopenq.lock);
  const [oldest] = fastopenq.rst_until;
  const over = oldest !== undefined && oldest <= jiffies();
  if (over) {
    fastopenq.rst_until.shift();
    fastopenq.qlen--;
  }
  spin_unlock(fastopenq.lock);
  return over;
}

/** Takes the data of a SYN in. */
function* tcp_fastopen_add_skb(sk: tcp_sock, syn: TcpSegment): Kernel<void> {
  if (syn.end_seq === sk.rcv_nxt) return;
  const skb = skb_clone(syn);
  skb.seq = seqAdd(skb.seq, 1);
  skb.tcp_flags &= ~TCPHDR_SYN;
  scheduleMemory(sk, skb.truesize);
  chargeReceived(sk, skb);
  sk.rcv_nxt = skb.end_seq;
  sk.sk_receive_queue.list.push(skb);
  if ((skb.tcp_flags & TCPHDR_FIN) !== 0) yield* tcp_fin(sk);
}

/** Makes the connection of a SYN, with its spinlock held; null if there is no room. */
function* tcp_fastopen_create_child(
  sk: tcp_sock,
  skb: TcpSegment,
  req: request_sock,
): Kernel<tcp_sock | null> {
  __fentry__('tcp_fastopen_create_child');
  const made = yield* tcp_v4_syn_recv_sock(sk, skb, req, null);
  if (made === null) return null;
  const child = made.newsk;
  const { fastopenq } = sk.icsk_accept_queue;
  yield spin_lock(fastopenq.lock);
  fastopenq.qlen++;
  spin_unlock(fastopenq.lock);
  child.fastopen_rsk = req;
  req.tfo_listener = true;
  child.snd_wnd = child.max_window = skb.window;
  req.timeout = TCP_TIMEOUT_INIT;
  tcp_reset_xmit_timer(child, ICSK_TIME_RETRANS, req.timeout);
  tcp_init_transfer(child);
  child.rcv_nxt = seqAdd(skb.seq, 1);
  yield* tcp_fastopen_add_skb(child, skb);
  req.rcv_nxt = child.rcv_nxt;
  child.rcv_wup = child.rcv_nxt;
  return child;
}

/** The server's cookie for a client. */
const cookieFor = ({ saddr, daddr }: TcpSegment): number => __inet_ehashfn(daddr, 0, saddr, 0) || 1;

/** Makes a connection of a SYN if that is allowed; null, and maybe a cookie for the answer, if not. */
export function* tcp_try_fastopen(
  sk: tcp_sock,
  skb: TcpSegment,
  req: request_sock,
): Kernel<tcp_sock | null> {
  const syn_data = skb.end_seq !== seqAdd(skb.seq, 1);
  const enabled = (sock_net(sk).ipv4.sysctl_tcp_fastopen & TFO_SERVER_ENABLE) !== 0;
  if (!enabled || (!syn_data && skb.fastopen < 0)) return null;
  if (!(yield* tcp_fastopen_queue_check(sk))) return null;
  const cookie = cookieFor(skb);
  const trusted = tcp_fastopen_no_cookie(sk, TFO_SERVER_COOKIE_NOT_REQD);
  if (trusted || skb.fastopen === cookie) {
    const child = yield* tcp_fastopen_create_child(sk, skb, req);
    if (child !== null || trusted) return child;
  }
  if (skb.fastopen >= 0) req.fastopen = cookie;
  return null;
}

/**
 * The connection is confirmed, or over: its request does not count any more; after a reset only in a
 * minute, so that nobody can have connections made by forged SYNs.
 */
export function* reqsk_fastopen_remove(
  sk: tcp_sock,
  req: request_sock,
  reset: boolean,
): Kernel<void> {
  const lsk = req.rsk_listener;
  const { fastopenq } = lsk.icsk_accept_queue;
  sk.fastopen_rsk = null;
  local_bh_disable();
  yield spin_lock(fastopenq.lock);
  req.tfo_listener = false;
  const penalty = req.sk === null && reset && lsk.sk_state === TCP_LISTEN;
  if (penalty) fastopenq.rst_until.push(jiffies() + RST_PENALTY);
  else fastopenq.qlen--;
  spin_unlock(fastopenq.lock);
  yield* local_bh_enable();
}
