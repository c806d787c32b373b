/**
 * Errors of the internet protocol for those who asked to be told (IP_RECVERR).
 * Linux: net/ipv4/ip_sockglue.c (ip_icmp_error, ip_local_error, ip_recv_error).
 */
import type { Kernel } from '../../kernel/op.ts';
import { copy_to_iter } from '../../kernel/uaccess.ts';
import { EAGAIN } from '../../kernel/uapi/errno.ts';
import { SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_LOCAL } from '../../kernel/uapi/errqueue.ts';
import { IP_RECVERR, IPPROTO_IP } from '../../kernel/uapi/in.ts';
import { AF_INET, MSG_ERRQUEUE, MSG_TRUNC } from '../../kernel/uapi/socket.ts';
import { ErrorPacket, sock_dequeue_err_skb, sock_queue_err_skb } from '../err_queue.ts';
import { put_cmsg } from '../scm.ts';
import { consume_skb, headEnd, SKB_TRUESIZE } from '../skbuff.ts';
import type { msghdr } from '../socket.ts';
import type { IcmpMessage } from './icmp.ts';
import type { inet_sock } from './inet_sock.ts';
import { ipHeader } from './ip.ts';
import { ipOption } from './ip_sockglue.ts';

/** struct sock_extended_err, and struct sockaddr_in. */
const sizeofErr = 16;

const nothing: Uint8Array = new Uint8Array(0);

/** A message has come about a packet of `sk` that went to `port`. */
export function* ip_icmp_error(
  sk: inet_sock,
  skb: IcmpMessage,
  err: number,
  port: number,
  info: number,
): Kernel<void> {
  const ee = {
    ee_errno: err,
    ee_origin: SO_EE_ORIGIN_ICMP,
    ee_type: skb.type,
    ee_code: skb.code,
    ee_info: info,
  };
  const to = { family: AF_INET, addr: skb.about.daddr, port };
  const offender = { family: AF_INET, addr: skb.saddr, port: 0 };
  const data = skb.about.data.subarray(0, skb.carried);
  yield* sock_queue_err_skb(sk, new ErrorPacket(data, skb.truesize, ee, to, offender));
}

/** A packet was not sent at all. */
export function* ip_local_error(
  sk: inet_sock,
  err: number,
  daddr: number,
  port: number,
  info: number,
): Kernel<void> {
  if (ipOption(sk, IP_RECVERR) === 0) return;
  const ee = {
    ee_errno: err,
    ee_origin: SO_EE_ORIGIN_LOCAL,
    ee_type: 0,
    ee_code: 0,
    ee_info: info,
  };
  const to = { family: AF_INET, addr: daddr, port };
  const truesize = SKB_TRUESIZE(headEnd(ipHeader));
  yield* sock_queue_err_skb(sk, new ErrorPacket(nothing, truesize, ee, to, null));
}

/** MSG_ERRQUEUE: the bytes of the packet that the oldest error is about; -EAGAIN without one. */
export function* ip_recv_error(sk: inet_sock, msg: msghdr): Kernel<number> {
  const skb = yield* sock_dequeue_err_skb(sk);
  if (skb === null) return -EAGAIN;
  const copied = copy_to_iter(skb.data, msg.msg_iter);
  if (copied < skb.data.length) msg.msg_flags |= MSG_TRUNC;
  msg.msg_name = skb.to;
  const { ee, offender } = skb;
  const data = { ee, offender };
  const cut = (length: number) => (length < sizeofErr ? {} : { ee });
  put_cmsg(msg, { level: IPPROTO_IP, type: IP_RECVERR, data }, 2 * sizeofErr, cut);
  msg.msg_flags |= MSG_ERRQUEUE;
  yield* consume_skb(skb);
  return copied;
}
