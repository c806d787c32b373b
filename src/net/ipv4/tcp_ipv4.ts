/**
 * Between IP and TCP: whose segment it is, and calling a peer. Linux: net/ipv4/tcp_ipv4.c.
 *
 * A segment for a socket that is owned by a task waits in the socket's backlog.
 */
import { current } from '../../kernel/current.ts';
import type { Kernel } from '../../kernel/op.ts';
import { jiffies } from '../../kernel/timer.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { EAFNOSUPPORT, ENETUNREACH } from '../../kernel/uapi/errno.ts';
import { INADDR_ANY } from '../../kernel/uapi/in.ts';
import { AF_INET } from '../../kernel/uapi/socket.ts';
import { sk_mark_napi_id } from '../sk_busy_poll.ts';
import {
  sk_incoming_cpu_update,
  sock_net,
  TCP_CLOSE,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT2,
  TCP_LISTEN,
  TCP_NEW_SYN_RECV,
  TCP_SYN_SENT,
  TCP_TIME_WAIT,
} from '../sock.ts';
import {
  __sk_add_backlog,
  bh_lock_sock,
  bh_unlock_sock,
  sock_owned_by_user,
} from '../sock_lock.ts';
import type { sockaddr } from '../socket.ts';
import { inet_csk_reqsk_queue_drop } from './inet_connection_sock.ts';
import {
  __inet_lookup_established,
  __inet_lookup_listener,
  inet_hash_connect,
} from './inet_hashtables.ts';
import { SOCK_BINDADDR_LOCK } from './inet_sock.ts';
import { type inet_timewait_sock, inet_twsk_deschedule_put } from './inet_timewait_sock.ts';
import type { request_sock } from './request_sock.ts';
import { ip_route_output, ipv4_is_loopback, RTN_BROADCAST, RTN_MULTICAST } from './route.ts';
import { before, seqAdd } from './seq.ts';
import { tcp_connect } from './tcp_ack_output.ts';
import { tcp_set_state } from './tcp_done.ts';
import { tcp_fastopen_defer_connect } from './tcp_fastopen.ts';
import { tcp_rcv_state_process } from './tcp_input.ts';
import {
  TCP_TW_ACK,
  TCP_TW_RST,
  TCP_TW_SYN,
  tcp_check_req,
  tcp_child_process,
  tcp_timewait_state_process,
} from './tcp_minisocks.ts';
import { tcp_rcv_established } from './tcp_rcv_established.ts';
import { tcp_v4_send_ack, tcp_v4_send_reset } from './tcp_reply.ts';
import {
  __kfree_skb,
  skb_try_coalesce,
  TCPHDR_ACK,
  TCPHDR_RST,
  TCPHDR_SYN,
  TCPHDR_URG,
  type TcpSegment,
} from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { TCP_MSS_DEFAULT } from './tcp_window.ts';

/** A segment for a socket that nobody owns, or that the caller owns. */
export function* tcp_v4_do_rcv(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  if (sk.sk_state === TCP_ESTABLISHED) {
    sk_mark_napi_id(sk, skb);
    yield* tcp_rcv_established(sk, skb);
  } else if (yield* tcp_rcv_state_process(sk, skb)) yield* tcp_v4_send_reset(skb);
}

/** Makes two segments that wait for the owner one, where memory allows; false if it does not. */
function coalesce(tail: TcpSegment | undefined, skb: TcpSegment): boolean {
  if (tail === undefined || tail.end_seq !== skb.seq) return false;
  const either = tail.tcp_flags | skb.tcp_flags;
  if ((either & (TCPHDR_SYN | TCPHDR_RST | TCPHDR_URG)) !== 0) return false;
  if ((tail.tcp_flags & skb.tcp_flags & TCPHDR_ACK) === 0) return false;
  if (tail.tsval !== skb.tsval || tail.tsecr !== skb.tsecr) return false;
  const gso_size = Math.max(tail.tcp_gso_size || tail.len, skb.tcp_gso_size || skb.len);
  if (skb_try_coalesce(tail, skb) < 0) return false;
  tail.tcp_gso_size = gso_size;
  tail.end_seq = skb.end_seq;
  if (!before(skb.ack_seq, tail.ack_seq)) {
    tail.ack_seq = skb.ack_seq;
    tail.window = skb.window;
  }
  tail.tcp_flags |= skb.tcp_flags;
  __kfree_skb(skb);
  return true;
}

/** Lets a segment wait for the owner; dropped if too much waits already. */
function tcp_add_backlog(sk: tcp_sock, skb: TcpSegment): void {
  if (coalesce(sk.sk_backlog.list.peekBack() as TcpSegment | undefined, skb)) return;
  const limit = 2 * sk.sk_rcvbuf + (sk.sk_sndbuf >> 1) + 64 * 1024;
  if (sk.sk_backlog.len + sk.sk_rmem_alloc > limit) __kfree_skb(skb);
  else __sk_add_backlog(sk, skb);
}

/** A segment for a listener or a connection. */
function* process(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  if (!current.kernel.alone) yield sk.look;
  if (sk.sk_state === TCP_LISTEN) {
    yield* tcp_v4_do_rcv(sk, skb);
    return;
  }
  sk_incoming_cpu_update(sk);
  yield bh_lock_sock(sk);
  if (sock_owned_by_user(sk)) {
    traceNote('tcp_v4_rcv: the socket is owned, to the backlog', sk);
    tcp_add_backlog(sk, skb);
  } else {
    yield* tcp_v4_do_rcv(sk, skb);
  }
  bh_unlock_sock(sk);
}

/** A segment for a request; false if it is to be looked up again. */
function* forRequest(req: request_sock, skb: TcpSegment): Kernel<boolean> {
  const listener = req.rsk_listener;
  if (!current.kernel.alone) yield listener.look;
  if (listener.sk_state !== TCP_LISTEN) {
    yield* inet_csk_reqsk_queue_drop(listener, req);
    return false;
  }
  const { sk, stolen } = yield* tcp_check_req(listener, skb, req, false);
  if (sk === null) return !stolen;
  if (sk === listener) yield* process(listener, skb);
  else if (yield* tcp_child_process(listener, sk, skb)) yield* tcp_v4_send_reset(skb);
  return true;
}

/** A segment for what is left of a connection. */
function* forTimewait(tw: inet_timewait_sock, skb: TcpSegment): Kernel<void> {
  let status = yield* tcp_timewait_state_process(tw, skb);
  if (status === TCP_TW_SYN) {
    const listener = yield* __inet_lookup_listener(skb);
    if (listener !== null) {
      yield* inet_twsk_deschedule_put(tw);
      skb.tcp_tw_isn = seqAdd(tw.tw_snd_nxt, 65_537) || 1;
      yield* process(listener, skb);
      return;
    }
    status = TCP_TW_ACK;
  }
  if (status === TCP_TW_ACK) {
    const window = tw.tw_rcv_wnd >> tw.tw_rcv_wscale;
    yield* tcp_v4_send_ack(skb, tw.tw_snd_nxt, tw.tw_rcv_nxt, window);
  }
  if (status === TCP_TW_RST) {
    yield* tcp_v4_send_reset(skb);
    yield* inet_twsk_deschedule_put(tw);
  }
}

/** A segment has arrived: finds who it is for. Runs as a softirq. */
export function* tcp_v4_rcv(skb: TcpSegment): Kernel<void> {
  __fentry__('tcp_v4_rcv');
  for (;;) {
    const sk = yield* __inet_lookup_established(skb);
    if (sk === null) break;
    if (sk.sk_state === TCP_TIME_WAIT) {
      yield* forTimewait(sk as inet_timewait_sock, skb);
      return;
    }
    if (sk.sk_state !== TCP_NEW_SYN_RECV) {
      yield* process(sk as tcp_sock, skb);
      return;
    }
    if (yield* forRequest(sk as request_sock, skb)) return;
  }
  const listener = yield* __inet_lookup_listener(skb);
  if (listener !== null) {
    yield* process(listener, skb);
    return;
  }
  traceNote('tcp_v4_rcv: nobody is there', skb);
  yield* tcp_v4_send_reset(skb);
}

/** Calls the peer at `uaddr`; 0 once the SYN is out, or -errno. */
export function* tcp_v4_connect(sk: tcp_sock, uaddr: sockaddr): Kernel<number> {
  __fentry__('tcp_v4_connect');
  if (uaddr.family !== AF_INET) return -EAFNOSUPPORT;
  const rt = ip_route_output(sock_net(sk), uaddr.addr ?? INADDR_ANY, sk.inet_saddr);
  if (typeof rt === 'number') return rt;
  if (rt.rt_type === RTN_BROADCAST || rt.rt_type === RTN_MULTICAST) return -ENETUNREACH;
  sk.sk_dst_dev = rt.dev;
  if (sk.inet_saddr === INADDR_ANY) sk.inet_saddr = rt.saddr;
  sk.inet_rcv_saddr = sk.inet_saddr;
  sk.inet_dport = uaddr.port ?? 0;
  sk.inet_daddr = rt.daddr;
  sk.rx_opt.mss_clamp = TCP_MSS_DEFAULT;
  yield* tcp_set_state(sk, TCP_SYN_SENT);
  const err = yield* inet_hash_connect(sk);
  if (err !== 0) {
    yield* tcp_set_state(sk, TCP_CLOSE);
    forgetAddress(sk);
    sk.inet_dport = 0;
    return err;
  }
  if (sk.write_seq === 0) sk.write_seq = sock_net(sk).ipv4.newIsn();
  if (!tcp_fastopen_defer_connect(sk)) yield* tcp_connect(sk);
  return 0;
}

/** tcp_tw_reuse: 0 never, 1 always, 2 between addresses of the loopback device. */
const mayReuse = (tw: inet_timewait_sock): boolean => {
  const { sysctl_tcp_tw_reuse } = sock_net(tw).ipv4;
  if (sysctl_tcp_tw_reuse !== 2) return sysctl_tcp_tw_reuse === 1;
  return ipv4_is_loopback(tw.inet_daddr) || ipv4_is_loopback(tw.inet_rcv_saddr);
};

/**
 * May a connection between the same ends take the place of `tw`? Where connect() chooses the port
 * (`chosen`), not before a second has gone by. Its numbers start beyond the old ones.
 */
export function tcp_twsk_unique(sk: tcp_sock, tw: inet_timewait_sock, chosen: boolean): boolean {
  if (chosen) {
    const late = jiffies() > tw.tw_entry_stamp + sock_net(tw).ipv4.sysctl_tcp_tw_reuse_delay;
    if (tw.tw_substate === TCP_FIN_WAIT2 || !mayReuse(tw) || !late) return false;
  }
  sk.write_seq = seqAdd(tw.tw_snd_nxt, 65_537) || 1;
  return true;
}

/** inet_bhash2_reset_saddr(): the socket is bound to no address, unless by bind(). */
export function forgetAddress(sk: tcp_sock): void {
  if ((sk.sk_userlocks & SOCK_BINDADDR_LOCK) !== 0) return;
  sk.inet_saddr = sk.inet_rcv_saddr = INADDR_ANY;
}
