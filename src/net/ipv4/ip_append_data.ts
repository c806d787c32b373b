/**
 * Datagrams in the making. Linux: net/ipv4/ip_output.c (ip_append_data, ip_make_skb).
 *
 * The first bytes go into the head of a packet, if that does not get too large; what is appended
 * later, and large datagrams, go into pages.
 *
 * Differs from Linux: the loopback device takes what is allowed at all in one piece, so there are no
 * fragments.
 */

import { current } from '../../kernel/current.ts';
import { writesTo } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { copy_from_iter } from '../../kernel/uaccess.ts';
import { EMSGSIZE } from '../../kernel/uapi/errno.ts';
import { IP_MTU_DISCOVER } from '../../kernel/uapi/in.ts';
import { MSG_DONTWAIT } from '../../kernel/uapi/socket.ts';
import { headEnd, kfree_skb, SKB_MAX_ALLOC, SKB_TRUESIZE } from '../skbuff.ts';
import type { msghdr } from '../socket.ts';
import { peekAtWmem, skb_set_owner_w, waitForRoom } from '../wmem.ts';
import { ipHeader } from './ip.ts';
import { ip_local_error } from './ip_error.ts';
import { llAllocExtra, llHeader } from './ip_output.ts';
import { ipOption } from './ip_sockglue.ts';
import type { rtable } from './route.ts';
import { type Flow, type inet_cork, UdpDatagram, type udp_sock, udpHeader } from './udp_sock.ts';

export const IP_MAX_MTU = 0xffff;
/** IP_MTU_DISCOVER: who heeds what about the sizes of packets. */
const IP_PMTUDISC_DO = 2;
const IP_PMTUDISC_PROBE = 3;
const IP_PMTUDISC_OMIT = 5;

/** The largest packet that leaves as it is: more than there can be, unless who sends it asks for that. */
export const longestUncut = (sk: udp_sock): number =>
  ipOption(sk, IP_MTU_DISCOVER) === IP_PMTUDISC_PROBE ? IP_MAX_MTU : Number.POSITIVE_INFINITY;

const noBytes: Uint8Array = new Uint8Array(0);

/** May what is too large for the way be cut in pieces? */
function ip_sk_ignore_df(sk: udp_sock): boolean {
  const pmtudisc = ipOption(sk, IP_MTU_DISCOVER);
  return pmtudisc < IP_PMTUDISC_DO || pmtudisc === IP_PMTUDISC_OMIT;
}

/** Begins a datagram on its way. */
export function ip_setup_cork(sk: udp_sock, cork: inet_cork, rt: rtable, to: Flow): void {
  cork.saddr = to.saddr;
  cork.daddr = to.daddr;
  cork.dport = to.dport;
  const use_pmtu = ipOption(sk, IP_MTU_DISCOVER) < IP_PMTUDISC_PROBE;
  cork.fragsize = use_pmtu ? Math.min(rt.dev.mtu, IP_MAX_MTU) : rt.dev.mtu;
  cork.gso_size = sk.gso_size;
  cork.length = 0;
  cork.skb = null;
}

/** The first packet, with the bytes that its head takes. Charged to `sk`, which has room. */
function beginPacket(sk: udp_sock, cork: inet_cork, msg: msghdr, length: number): UdpDatagram {
  const fraglen = ipHeader + length;
  const linear = cork.gso_size === 0 && fraglen + llAllocExtra < SKB_MAX_ALLOC;
  const inHead = linear ? fraglen : ipHeader + udpHeader;
  const end_offset = headEnd(inHead + llAllocExtra);
  const data = linear ? copy_from_iter(length - udpHeader, msg.msg_iter) : noBytes;
  const skb = new UdpDatagram(sk.sk_protocol, data, SKB_TRUESIZE(end_offset));
  skb.tailroom = end_offset - llHeader - inHead;
  skb_set_owner_w(skb, sk);
  return skb;
}

/** Puts the rest of the message into pages. */
function appendPages(sk: udp_sock, skb: UdpDatagram, msg: msghdr): void {
  const more = copy_from_iter(msg.msg_iter.count, msg.msg_iter);
  if (more.length === 0) return;
  const data = new Uint8Array(skb.data.length + more.length);
  data.set(skb.data);
  data.set(more, skb.data.length);
  skb.data = data;
  skb.data_len += more.length;
  skb.truesize += more.length;
  writesTo(sk.wmemIdentity);
  sk.sk_wmem_alloc += more.length;
}

/** Appends a message to a datagram, `length` with the header if it is the first; 0 or -errno. */
export function* ip_append_data(
  sk: udp_sock,
  cork: inet_cork,
  msg: msghdr,
  length: number,
): Kernel<number> {
  const maxnonfragsize = ip_sk_ignore_df(sk) ? IP_MAX_MTU : cork.fragsize;
  if (cork.length + length > maxnonfragsize - ipHeader) {
    yield* ip_local_error(sk, EMSGSIZE, cork.daddr, sk.inet_dport, cork.fragsize);
    return -EMSGSIZE;
  }
  cork.length += length;
  if (cork.skb === null) {
    const err = yield* waitForRoom(sk, (msg.msg_flags & MSG_DONTWAIT) !== 0);
    if (err !== 0) return err;
    if (!current.kernel.alone) yield peekAtWmem(sk); // Others may have found the same room.
    cork.skb = beginPacket(sk, cork, msg, length);
  }
  if (!current.kernel.alone) yield peekAtWmem(sk);
  appendPages(sk, cork.skb, msg);
  return 0;
}

/** The datagram, complete; null if there is none. */
export function ip_finish_skb(sk: udp_sock, cork: inet_cork): UdpDatagram | null {
  const { skb } = cork;
  cork.skb = null;
  if (skb === null) return null;
  skb.saddr = cork.saddr;
  skb.daddr = cork.daddr;
  skb.source = sk.inet_sport;
  skb.dest = cork.dport;
  return skb;
}

/** Throws a datagram away that will not be complete. */
export function* ip_flush_pending_frames(cork: inet_cork): Kernel<void> {
  const { skb } = cork;
  cork.skb = null;
  if (skb !== null) yield* kfree_skb(skb);
}
