/**
 * UDP: datagrams that arrive, errors about those that did not, and peers that are chosen.
 * Linux: net/ipv4/udp.c, net/ipv4/datagram.c.
 */
import { writesTo } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { EACCES, EAFNOSUPPORT, EHOSTUNREACH, EMSGSIZE, ENOTTY } from '../../kernel/uapi/errno.ts';
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_PORT_UNREACH } from '../../kernel/uapi/icmp.ts';
import { INADDR_ANY, IP_MTU_DISCOVER, IP_RECVERR, IPPROTO_UDPLITE } from '../../kernel/uapi/in.ts';
import { AF_INET } from '../../kernel/uapi/socket.ts';
import { SIOCINQ, SIOCOUTQ } from '../../kernel/uapi/sockios.ts';
import { skb_errqueue_purge } from '../err_queue.ts';
import type { net } from '../net.ts';
import { dev_net } from '../netdevice.ts';
import { sk_mark_napi_id } from '../sk_busy_poll.ts';
import { headEnd, SKB_TRUESIZE } from '../skbuff.ts';
import { sock_net, sock_orphan, TCP_CLOSE, TCP_ESTABLISHED } from '../sock.ts';
import { lock_sock, release_sock } from '../sock_lock.ts';
import { reuseport_has_conns_set } from '../sock_reuseport.ts';
import type { sockaddr } from '../socket.ts';
import { sk_wmem_alloc_get } from '../wmem.ts';
import { type IcmpMessage, icmp_err_convert, icmp_send } from './icmp.ts';
import { SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK } from './inet_sock.ts';
import { ipHeader } from './ip.ts';
import { ip_icmp_error } from './ip_error.ts';
import { llAllocExtra } from './ip_output.ts';
import { ipOption } from './ip_sockglue.ts';
import {
  inet_addr_type,
  ip_route_output,
  RTN_BROADCAST,
  RTN_MULTICAST,
  RTN_UNICAST,
} from './route.ts';
import {
  __udp_enqueue_schedule_skb,
  first_packet_length,
  udp_destruct_common,
} from './udp_queue.ts';
import { udp_flush_pending_frames } from './udp_sendmsg.ts';
import { UdpDatagram, type udp_sock, udpHeader } from './udp_sock.ts';
import {
  __udp4_lib_lookup,
  udp_lib_unhash,
  type udp_table,
  udp_v4_rehash,
  udp4_hash4,
  udpListeners,
} from './udp_table.ts';

const IP_PMTUDISC_DONT = 0;
/** What the length fields of the headers can tell. */
const LONGEST: number = 0xffff - ipHeader - udpHeader;

const tableFor = ({ ipv4 }: net, protocol: number): udp_table =>
  protocol === IPPROTO_UDPLITE ? ipv4.udplite_table : ipv4.udp_table;

/** A part of a datagram that is several. */
function segment(skb: UdpDatagram, from: number): UdpDatagram {
  const data = skb.data.subarray(from, from + skb.gso_size);
  const head = SKB_TRUESIZE(headEnd(ipHeader + udpHeader + llAllocExtra));
  const seg = new UdpDatagram(skb.protocol, data, head + data.length);
  seg.data_len = data.length;
  seg.saddr = skb.saddr;
  seg.daddr = skb.daddr;
  seg.source = skb.source;
  seg.dest = skb.dest;
  return seg;
}

/** A datagram for `sk`; one that is several comes in parts, unless those are welcome (UDP_GRO). */
function* udp_queue_rcv_skb(sk: udp_sock, skb: UdpDatagram): Kernel<void> {
  // One that is not connected keeps to the first device.
  if (sk.inet_daddr !== 0 || sk.sk_napi_id === 0) sk_mark_napi_id(sk, skb);
  if (skb.gso_size === 0 || sk.gro_enabled) {
    yield* __udp_enqueue_schedule_skb(sk, skb);
    return;
  }
  for (let from = 0; from < skb.data.length; from += skb.gso_size) {
    yield* __udp_enqueue_schedule_skb(sk, segment(skb, from));
  }
}

/** The same datagram once more, for another socket. */
function cloneOf(skb: UdpDatagram): UdpDatagram {
  const clone = new UdpDatagram(skb.protocol, skb.data, skb.truesize);
  clone.saddr = skb.saddr;
  clone.daddr = skb.daddr;
  clone.source = skb.source;
  clone.dest = skb.dest;
  clone.gso_size = skb.gso_size;
  clone.data_len = skb.data_len;
  return clone;
}

/** A datagram for all: the newest socket has it last. */
function* __udp4_lib_mcast_deliver(skb: UdpDatagram, table: udp_table): Kernel<void> {
  const [first, ...others] = udpListeners(table, skb.saddr, skb.source, skb.daddr, skb.dest);
  for (const sk of others) yield* udp_queue_rcv_skb(sk, cloneOf(skb));
  if (first !== undefined) yield* udp_queue_rcv_skb(first, skb);
}

/** A datagram has arrived: finds who it is for. Runs as a softirq. */
export function* udp_rcv(skb: UdpDatagram): Kernel<void> {
  __fentry__('udp_rcv');
  const net = dev_net(skb.dev);
  const table = tableFor(net, skb.protocol);
  const type = inet_addr_type(net, skb.daddr);
  if (type === RTN_MULTICAST || type === RTN_UNICAST) return; // A group without members; a stray.
  if (skb.data.length > LONGEST) return; // Its header tells another length.
  if (type === RTN_BROADCAST) {
    yield* __udp4_lib_mcast_deliver(skb, table);
    return;
  }
  const sk = yield* __udp4_lib_lookup(skb.saddr, skb.source, skb.daddr, skb.dest, table);
  if (sk !== null) {
    yield* udp_queue_rcv_skb(sk, skb);
    return;
  }
  traceNote('udp_rcv: nobody is there', skb);
  yield* icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
}

/** What a message says of a datagram: an errno, and whether who is connected has to know. */
function errorOf(sk: udp_sock, { code }: IcmpMessage): { err: number; harderr: boolean } | null {
  if (code === ICMP_FRAG_NEEDED) {
    const heeded = ipOption(sk, IP_MTU_DISCOVER) !== IP_PMTUDISC_DONT;
    return heeded ? { err: EMSGSIZE, harderr: true } : null;
  }
  const known = icmp_err_convert[code];
  if (known === undefined) return { err: EHOSTUNREACH, harderr: false };
  return { err: known.errno, harderr: known.fatal };
}

/** A datagram did not arrive: its sender is told, if connected or interested. A softirq. */
export function* udp_err(skb: IcmpMessage, info: number): Kernel<void> {
  __fentry__('udp_err');
  const sent = skb.about as UdpDatagram;
  const table = tableFor(dev_net(skb.dev), sent.protocol);
  const sk = yield* __udp4_lib_lookup(sent.daddr, sent.dest, sent.saddr, sent.source, table);
  if (sk === null) return;
  const found = errorOf(sk, skb);
  if (found === null) return;
  const { err, harderr } = found;
  if (ipOption(sk, IP_RECVERR) !== 0) {
    yield* ip_icmp_error(sk, skb, err, sent.dest, info);
  } else if (!harderr || sk.sk_state !== TCP_ESTABLISHED) {
    return;
  }
  writesTo(sk.identity);
  sk.sk_err = err;
  yield* sk.sk_error_report();
}

/** Chooses the peer. Called by the owner; 0 or -errno. */
function* __ip4_datagram_connect(sk: udp_sock, uaddr: sockaddr): Kernel<number> {
  if (uaddr.family !== AF_INET) return -EAFNOSUPPORT;
  sk.sk_dst_cache = false;
  const daddr = uaddr.addr ?? INADDR_ANY;
  const rt = ip_route_output(sock_net(sk), daddr, sk.inet_saddr);
  // What is kept back goes there too.
  sk.cork.dport = uaddr.port ?? 0;
  sk.cork.daddr = typeof rt === 'number' ? daddr : rt.daddr;
  sk.cork.saddr = typeof rt === 'number' ? sk.inet_saddr : rt.saddr;
  if (typeof rt === 'number') return rt;
  if (rt.rt_type === RTN_BROADCAST && !sk.SOCK_BROADCAST) return -EACCES;
  sk.inet_daddr = rt.daddr;
  sk.inet_dport = uaddr.port ?? 0;
  if (sk.inet_saddr === INADDR_ANY) sk.inet_saddr = rt.saddr;
  if (sk.inet_rcv_saddr === INADDR_ANY) {
    sk.inet_rcv_saddr = rt.saddr;
    yield* udp_v4_rehash(sk);
  }
  reuseport_has_conns_set(sk);
  sk.sk_state = TCP_ESTABLISHED;
  sk.sk_dst_cache = true;
  return 0;
}

export function* udp_connect(sk: udp_sock, uaddr: sockaddr): Kernel<number> {
  __fentry__('udp_connect');
  yield* lock_sock(sk);
  const err = yield* __ip4_datagram_connect(sk, uaddr);
  if (err === 0) yield* udp4_hash4(sk);
  yield* release_sock(sk);
  return err;
}

/** Gives the peer up, and an address and a port that bind() did not ask for; 0. */
export function* udp_disconnect(sk: udp_sock): Kernel<number> {
  yield* lock_sock(sk);
  sk.sk_state = TCP_CLOSE;
  sk.inet_daddr = 0;
  sk.inet_dport = 0;
  const chosen = (sk.sk_userlocks & SOCK_BINDPORT_LOCK) !== 0;
  if ((sk.sk_userlocks & SOCK_BINDADDR_LOCK) === 0) {
    sk.inet_rcv_saddr = sk.inet_saddr = INADDR_ANY;
    if (chosen) yield* udp_v4_rehash(sk);
  }
  if (!chosen) {
    yield* udp_lib_unhash(sk);
    sk.inet_sport = 0;
  }
  sk.sk_dst_cache = false;
  yield* release_sock(sk);
  return 0;
}

/** The file is gone. */
export function* udp_lib_close(sk: udp_sock): Kernel<void> {
  __fentry__('udp_lib_close');
  yield* lock_sock(sk);
  sk.SOCK_DEAD = true;
  yield* udp_flush_pending_frames(sk);
  yield* release_sock(sk);
  yield* udp_lib_unhash(sk);
  sock_orphan(sk);
  udp_destruct_common(sk);
  yield* skb_errqueue_purge(sk);
}

export function* udp_ioctl(sk: udp_sock, cmd: number, arg: { value: number }): Kernel<number> {
  if (cmd === SIOCOUTQ) {
    arg.value = sk_wmem_alloc_get(sk);
    return 0;
  }
  if (cmd !== SIOCINQ) return -ENOTTY;
  arg.value = Math.max(yield* first_packet_length(sk), 0);
  return 0;
}
