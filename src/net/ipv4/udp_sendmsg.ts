/**
 * Sending datagrams. Linux: net/ipv4/udp.c (udp_sendmsg, udp_send_skb).
 *
 * A datagram leaves without the socket lock, unless it is made in several calls.
 */
import { current } from '../../kernel/current.ts';
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import {
  EACCES,
  EAFNOSUPPORT,
  EDESTADDRREQ,
  EINVAL,
  EIO,
  EMSGSIZE,
  EOPNOTSUPP,
} from '../../kernel/uapi/errno.ts';
import { IPPROTO_UDPLITE } from '../../kernel/uapi/in.ts';
import {
  AF_INET,
  AF_UNSPEC,
  MSG_CONFIRM,
  MSG_MORE,
  MSG_OOB,
  MSG_PROBE,
  SO_NO_CHECK,
} from '../../kernel/uapi/socket.ts';
import { kfree_skb } from '../skbuff.ts';
import { keptOption, sock_net, TCP_ESTABLISHED } from '../sock.ts';
import { lock_sock, release_sock } from '../sock_lock.ts';
import type { msghdr } from '../socket.ts';
import { ipHeader } from './ip.ts';
import {
  ip_append_data,
  ip_finish_skb,
  ip_flush_pending_frames,
  ip_setup_cork,
  longestUncut,
} from './ip_append_data.ts';
import { ip_send_skb } from './ip_output.ts';
import { ip_route_output, RTN_BROADCAST, type rtable } from './route.ts';
import {
  type Flow,
  type inet_cork,
  newCork,
  type UdpDatagram,
  type udp_sock,
  udpHeader,
} from './udp_sock.ts';

/** So many datagrams at most are sent in one piece (UDP_SEGMENT). */
const UDP_MAX_SEGMENTS = 128;
const MAX_LENGTH = 0xffff;

/** Throws what is kept back away. Called by the owner. */
export function* udp_flush_pending_frames(sk: udp_sock): Kernel<void> {
  if (!sk.pending) return;
  sk.pending = false;
  yield* ip_flush_pending_frames(sk.cork);
}

/** What is wrong with a datagram that is several: 0 or -errno. */
function checkSegments(sk: udp_sock, { gso_size, fragsize }: inet_cork, datalen: number): number {
  if (ipHeader + udpHeader + Math.min(datalen, gso_size) > fragsize) return -EMSGSIZE;
  if (datalen > gso_size * UDP_MAX_SEGMENTS) return -EINVAL;
  if (keptOption(sk, SO_NO_CHECK) !== 0) return -EINVAL;
  return sk.sk_protocol === IPPROTO_UDPLITE ? -EIO : 0;
}

function* udp_send_skb(sk: udp_sock, skb: UdpDatagram, cork: inet_cork): Kernel<number> {
  const { gso_size } = cork;
  if (gso_size !== 0) {
    const err = checkSegments(sk, cork, skb.data.length);
    if (err !== 0) {
      yield* kfree_skb(skb);
      return err;
    }
    if (skb.data.length > gso_size) skb.gso_size = gso_size;
  }
  return yield* ip_send_skb(sock_net(sk), skb, longestUncut(sk));
}

/** Sends what was kept back. Called by the owner. */
export function* udp_push_pending_frames(sk: udp_sock): Kernel<number> {
  const skb = ip_finish_skb(sk, sk.cork);
  const err = skb === null ? 0 : yield* udp_send_skb(sk, skb, sk.cork);
  sk.pending = false;
  return err;
}

/** A datagram of one call. */
function* sendAtOnce(sk: udp_sock, rt: rtable, flow: Flow, msg: msghdr): Kernel<number> {
  if ((msg.msg_flags & MSG_PROBE) !== 0) return 0;
  const cork = newCork();
  ip_setup_cork(sk, cork, rt, flow);
  const err = yield* ip_append_data(sk, cork, msg, msg.msg_iter.count + udpHeader);
  if (err !== 0) return err;
  return yield* udp_send_skb(sk, ip_finish_skb(sk, cork) as UdpDatagram, cork);
}

/** Appends to what is kept back, and sends it unless more is to come. Called by the owner. */
function* appendPending(sk: udp_sock, msg: msghdr, ulen: number, more: boolean): Kernel<number> {
  const probe = (msg.msg_flags & MSG_PROBE) !== 0;
  const err = probe ? 0 : yield* ip_append_data(sk, sk.cork, msg, ulen);
  if (err !== 0) {
    yield* udp_flush_pending_frames(sk);
    return err;
  }
  if (!more) return yield* udp_push_pending_frames(sk);
  if (sk.cork.skb === null) sk.pending = false;
  return 0;
}

/** Where a message goes: to its address, or to the peer; or -errno. */
function destination(sk: udp_sock, msg: msghdr): { addr: number; port: number } | number {
  const usin = msg.msg_name;
  if (usin === null) {
    if (sk.sk_state !== TCP_ESTABLISHED) return -EDESTADDRREQ;
    return { addr: sk.inet_daddr, port: sk.inet_dport };
  }
  if (usin.family !== AF_INET && usin.family !== AF_UNSPEC) return -EAFNOSUPPORT;
  const port = usin.port ?? 0;
  return port === 0 ? -EINVAL : { addr: usin.addr ?? 0, port };
}

/** A datagram in its own call, or the first part of one; 0 or -errno. */
function* begin(sk: udp_sock, msg: msghdr, more: boolean): Kernel<number> {
  if (!current.kernel.alone) yield sk.look;
  const to = destination(sk, msg);
  if (typeof to === 'number') return to;
  const connected = msg.msg_name === null;
  const known = connected && sk.sk_dst_cache;
  const rt = ip_route_output(sock_net(sk), to.addr, sk.inet_saddr);
  if (typeof rt === 'number') return rt;
  if (rt.rt_type === RTN_BROADCAST && !sk.SOCK_BROADCAST) return -EACCES;
  if (connected) sk.sk_dst_cache = true;
  const probe = MSG_CONFIRM | MSG_PROBE;
  if ((msg.msg_flags & probe) === probe && msg.msg_iter.count === 0) return 0;
  if (!more) {
    // With the way known, Linux sends to where it last kept something back for.
    const flow = known ? sk.cork : { saddr: rt.saddr, daddr: rt.daddr, dport: to.port };
    return yield* sendAtOnce(sk, rt, flow, msg);
  }
  yield* lock_sock(sk);
  let err = -EINVAL;
  if (!sk.pending) {
    traceNote('udp_sendmsg: kept back until it is complete', sk);
    sk.pending = true;
    ip_setup_cork(sk, sk.cork, rt, { saddr: rt.saddr, daddr: rt.daddr, dport: to.port });
    err = yield* appendPending(sk, msg, msg.msg_iter.count + udpHeader, true);
  }
  yield* release_sock(sk);
  return err;
}

/** Sends a datagram, or a part of one; its length or -errno. */
export function* udp_sendmsg(sk: udp_sock, msg: msghdr): Kernel<number> {
  __fentry__('udp_sendmsg');
  const len = msg.msg_iter.count;
  const more = sk.corkflag || (msg.msg_flags & MSG_MORE) !== 0;
  if (len > MAX_LENGTH) return -EMSGSIZE;
  if ((msg.msg_flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  if (!current.kernel.alone) yield sk.look;
  if (sk.pending) {
    yield* lock_sock(sk);
    const pending = sk.pending;
    const err = pending ? yield* appendPending(sk, msg, len, more) : 0;
    yield* release_sock(sk);
    if (pending) return err === 0 ? len : err;
  }
  const err = yield* begin(sk, msg, more);
  return err === 0 ? len : err;
}
