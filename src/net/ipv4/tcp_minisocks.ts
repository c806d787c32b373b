/**
 * The beginning and the end of a connection, when there is no socket yet or none any more.
 * Linux: net/ipv4/tcp_minisocks.c.
 */
import { looksAt } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { jiffies, mod_timer, timer_pending } from '../../kernel/timer.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { sk_mark_napi_id } from '../sk_busy_poll.ts';
import { sock_net, TCP_FIN_WAIT2, TCP_SYN_RECV, TCP_TIME_WAIT } from '../sock.ts';
import { __sk_add_backlog, bh_unlock_sock, sock_owned_by_user } from '../sock_lock.ts';
import {
  inet_csk_complete_hashdance,
  inet_csk_reqsk_queue_drop,
  reqsk_timeout,
} from './inet_connection_sock.ts';
import {
  inet_timewait_sock,
  inet_twsk_deschedule_put,
  inet_twsk_hashdance_schedule,
  inet_twsk_reschedule,
  TCP_TIMEWAIT_LEN,
} from './inet_timewait_sock.ts';
import { tcp_v4_syn_recv_sock } from './openreq_child.ts';
import type { request_sock } from './request_sock.ts';
import { after, before, seqAdd } from './seq.ts';
import { __tcp_oow_rate_limited } from './tcp_ack.ts';
import { tcp_rtx_synack } from './tcp_conn_request.ts';
import { tcp_done, tcp_reset } from './tcp_done.ts';
import { reqsk_fastopen_remove } from './tcp_fastopen.ts';
import { tcp_rcv_state_process } from './tcp_input.ts';
import { tcp_v4_send_ack, tcp_v4_send_reset } from './tcp_reply.ts';
import { tcp_synack_rtt_meas } from './tcp_rtt.ts';
import { TCPHDR_ACK, TCPHDR_FIN, TCPHDR_RST, TCPHDR_SYN, type TcpSegment } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';

function tcp_in_window(seq: number, end_seq: number, s_win: number, e_win: number): boolean {
  if (seq === s_win) return true;
  if (after(end_seq, s_win) && before(seq, e_win)) return true;
  return seq === e_win && seq === end_seq;
}

/** What to do with a segment that met what is left of a connection. */
export const TCP_TW_SUCCESS = 0;
export const TCP_TW_RST = 1;
export const TCP_TW_ACK = 2;
export const TCP_TW_SYN = 3;

/** Says where the sequence stands, but not too often. */
function tcp_timewait_check_oow_rate_limit(tw: inet_timewait_sock, skb: TcpSegment): number {
  if (isData(skb)) return TCP_TW_ACK;
  if (__tcp_oow_rate_limited(tw.tw_last_oow_ack_time)) return TCP_TW_SUCCESS;
  tw.tw_last_oow_ack_time = jiffies();
  return TCP_TW_ACK;
}

/** Not one of those that two ends could go on answering each other with. */
const isData = (skb: TcpSegment): boolean =>
  skb.seq !== skb.end_seq && (skb.tcp_flags & TCPHDR_SYN) === 0;

/** The other end had not ended its direction when this end's socket went. */
function* finWait2(tw: inet_timewait_sock, skb: TcpSegment): Kernel<number> {
  const { tcp_flags } = skb;
  const end = seqAdd(tw.tw_rcv_nxt, tw.tw_rcv_wnd);
  if (!tcp_in_window(skb.seq, skb.end_seq, tw.tw_rcv_nxt, end)) {
    return tcp_timewait_check_oow_rate_limit(tw, skb);
  }
  if ((tcp_flags & TCPHDR_RST) !== 0) {
    yield* inet_twsk_deschedule_put(tw);
    return TCP_TW_SUCCESS;
  }
  if ((tcp_flags & TCPHDR_SYN) !== 0 && !before(skb.seq, tw.tw_rcv_nxt)) return TCP_TW_RST;
  const news = after(skb.end_seq, tw.tw_rcv_nxt) && skb.end_seq !== skb.seq;
  if ((tcp_flags & TCPHDR_ACK) === 0 || !news) return TCP_TW_SUCCESS;
  // Data for nobody; or the end.
  const isFin = (tcp_flags & TCPHDR_FIN) !== 0 && skb.end_seq === seqAdd(tw.tw_rcv_nxt, 1);
  if (!isFin) return TCP_TW_RST;
  tw.tw_substate = TCP_TIME_WAIT;
  tw.tw_rcv_nxt = skb.end_seq;
  tw.tw_entry_stamp = jiffies();
  inet_twsk_reschedule(tw, TCP_TIMEWAIT_LEN);
  return TCP_TW_ACK;
}

export function* tcp_timewait_state_process(
  tw: inet_timewait_sock,
  skb: TcpSegment,
): Kernel<number> {
  if (tw.tw_substate === TCP_FIN_WAIT2) return yield* finWait2(tw, skb);
  const { tcp_flags } = skb;
  const rst = (tcp_flags & TCPHDR_RST) !== 0;
  if (skb.seq === tw.tw_rcv_nxt && (skb.seq === skb.end_seq || rst)) {
    if (rst) yield* inet_twsk_deschedule_put(tw);
    else inet_twsk_reschedule(tw, TCP_TIMEWAIT_LEN);
    return TCP_TW_SUCCESS;
  }
  // A new connection between the same ends: its timestamp would be newer, whatever its number.
  const opening = TCPHDR_SYN | TCPHDR_RST | TCPHDR_ACK;
  if ((tcp_flags & opening) === TCPHDR_SYN) return TCP_TW_SYN;
  if (rst) return TCP_TW_SUCCESS;
  if ((tcp_flags & TCPHDR_ACK) !== 0) inet_twsk_reschedule(tw, TCP_TIMEWAIT_LEN);
  return tcp_timewait_check_oow_rate_limit(tw, skb);
}

/** Leaves an entry behind that answers for the connection for `timeo` ticks, and ends the socket. */
export function* tcp_time_wait(sk: tcp_sock, state: number, timeo: number): Kernel<void> {
  __fentry__('tcp_time_wait');
  const tw = new inet_timewait_sock(sk, state);
  const rto = (sk.icsk_rto << 2) - (sk.icsk_rto >> 1);
  const len = state === TCP_TIME_WAIT ? TCP_TIMEWAIT_LEN : Math.max(timeo, rto);
  yield* inet_twsk_hashdance_schedule(tw, sk, len);
  yield* tcp_done(sk);
}

/** Is the segment to be answered? Not too often, unless it is data. */
function isAnswered(req: request_sock, skb: TcpSegment): boolean {
  if (isData(skb)) return true;
  if (__tcp_oow_rate_limited(req.last_oow_ack_time)) return false;
  req.last_oow_ack_time = jiffies();
  return true;
}

/** A SYN that was sent again. */
function* repeatedSyn(sk: tcp_sock, req: request_sock, skb: TcpSegment): Kernel<void> {
  if (!isAnswered(req, skb)) return;
  yield* tcp_rtx_synack(sk, req);
  const { rsk_timer } = req;
  if (timer_pending(rsk_timer)) mod_timer(rsk_timer, jiffies() + reqsk_timeout(req));
}

/** What came of a segment for a request. */
export interface Checked {
  /** The new socket, with its spinlock held; or the listener, to answer; or null. */
  readonly sk: tcp_sock | null;
  /** Another CPU was quicker: the segment is to be looked up again. */
  readonly stolen: boolean;
}
const dropped: Checked = { sk: null, stolen: false };

/**
 * A segment for a request: the last of the handshake, most likely. `sk` is the listener; with
 * `fastopen` it is the connection itself, which a SYN with data has made.
 */
export function* tcp_check_req(
  sk: tcp_sock,
  skb: TcpSegment,
  req: request_sock,
  fastopen: boolean,
): Kernel<Checked> {
  __fentry__('tcp_check_req');
  let flg = skb.tcp_flags & (TCPHDR_RST | TCPHDR_SYN | TCPHDR_ACK);
  if (skb.seq === req.rcv_isn && flg === TCPHDR_SYN) {
    yield* repeatedSyn(sk, req, skb);
    return dropped;
  }
  if ((flg & TCPHDR_ACK) !== 0 && !fastopen && skb.ack_seq !== seqAdd(req.snt_isn, 1)) {
    return { sk, stolen: false };
  }
  const end = seqAdd(req.rcv_nxt, Math.min(req.rsk_rcv_wnd, 0xffff));
  if (!tcp_in_window(skb.seq, skb.end_seq, req.rcv_nxt, end)) {
    if ((flg & TCPHDR_RST) === 0 && isAnswered(req, skb)) {
      yield* tcp_v4_send_ack(skb, seqAdd(req.snt_isn, 1), req.rcv_nxt, req.rsk_rcv_wnd);
    }
    return dropped;
  }
  if (skb.seq === req.rcv_isn) flg &= ~TCPHDR_SYN;
  if ((flg & (TCPHDR_RST | TCPHDR_SYN)) !== 0) {
    return yield* embryonic_reset(sk, skb, req, fastopen);
  }
  if ((flg & TCPHDR_ACK) === 0) return dropped;
  if (fastopen) return { sk, stolen: false };
  return yield* establish(sk, skb, req);
}

/** Forgets a request, and resets its peer unless that has done so itself. */
function* embryonic_reset(
  sk: tcp_sock,
  skb: TcpSegment,
  req: request_sock,
  fastopen: boolean,
): Kernel<Checked> {
  if ((skb.tcp_flags & TCPHDR_RST) === 0) {
    yield* tcp_v4_send_reset(skb);
  } else if (fastopen) {
    yield* reqsk_fastopen_remove(sk, req, true);
    yield* tcp_reset(sk);
  }
  if (fastopen) return dropped;
  return { sk: null, stolen: !(yield* inet_csk_reqsk_queue_drop(sk, req)) };
}

/** The handshake is over: makes the socket, unless data is to come first or there is no room. */
function* establish(sk: tcp_sock, skb: TcpSegment, req: request_sock): Kernel<Checked> {
  const isBare = skb.end_seq === seqAdd(req.rcv_isn, 1);
  const { rskq_defer_accept, requests } = sk.icsk_accept_queue;
  looksAt(requests);
  if (!req.syncookie && req.num_timeout < rskq_defer_accept && isBare) {
    traceNote('tcp_check_req: the connection waits for data', sk, 'deferred');
    req.acked = true;
    return dropped;
  }
  const made = yield* tcp_v4_syn_recv_sock(sk, skb, req, req);
  if (made === null) {
    if (sock_net(sk).ipv4.sysctl_tcp_abort_on_overflow !== 0 && !req.syncookie) {
      return yield* embryonic_reset(sk, skb, req, false);
    }
    req.acked = true;
    return dropped;
  }
  tcp_synack_rtt_meas(made.newsk, req, skb);
  const child = yield* inet_csk_complete_hashdance(sk, made.newsk, req, made.own_req);
  return { sk: child, stolen: !made.own_req };
}

/**
 * Gives a new socket its first segment, and wakes whoever waits in accept(). Called with the
 * child's spinlock held, which it gives back; true if the segment is to be answered with a reset.
 */
export function* tcp_child_process(
  parent: tcp_sock,
  child: tcp_sock,
  skb: TcpSegment,
): Kernel<boolean> {
  __fentry__('tcp_child_process');
  sk_mark_napi_id(child, skb);
  const state = child.sk_state;
  let reset = false;
  if (sock_owned_by_user(child)) {
    __sk_add_backlog(child, skb);
  } else {
    reset = yield* tcp_rcv_state_process(child, skb);
    if (state === TCP_SYN_RECV && child.sk_state !== state) yield* parent.sk_data_ready();
  }
  bh_unlock_sock(child);
  return reset;
}
