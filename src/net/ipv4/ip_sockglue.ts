/**
 * Options of the internet protocol. Linux: net/ipv4/ip_sockglue.c.
 *
 * Nothing here changes what the loopback device does with a segment: they are checked, kept and
 * given back.
 *
 * Differs from Linux: IP_FREEBIND and IP_TRANSPARENT let nobody bind to an address that is not the
 * machine's; of IP_OPTIONS only the end and one filler are known;
 * memberships of multicast groups, policies and tables of netfilter do not exist.
 */
import type { Kernel } from '../../kernel/op.ts';
import {
  EADDRNOTAVAIL,
  EINVAL,
  ENOPROTOOPT,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPROTO,
} from '../../kernel/uapi/errno.ts';
import * as ip from '../../kernel/uapi/in.ts';
import { SO_PRIORITY, SOCK_STREAM } from '../../kernel/uapi/socket.ts';
import { CAP_NET_ADMIN, capable } from '../../kernel/user.ts';
import { skb_errqueue_purge } from '../err_queue.ts';
import { lock_sock, release_sock } from '../sock_lock.ts';
import type { inet_sock } from './inet_sock.ts';

/** The TTL of what is sent; also what a segment comes with. */
export const IPDEFTTL = 64;
/** What IP sends in one piece over the loopback device. */
const LOOPBACK_MTU = 65_535;
const INET_ECN_MASK = 3;
/** ip_tos2prio, by the bits of the type of service that count. */
const PRIORITY_OF_TOS = [0, 2, 6, 4];

/** On or off. */
const flags: ReadonlySet<number> = new Set([
  ip.IP_RECVOPTS,
  ip.IP_RETOPTS,
  ip.IP_PKTINFO,
  ip.IP_RECVERR,
  ip.IP_RECVTTL,
  ip.IP_RECVTOS,
  ip.IP_FREEBIND,
  ip.IP_PASSSEC,
  ip.IP_TRANSPARENT,
  ip.IP_RECVORIGDSTADDR,
  ip.IP_CHECKSUM,
  ip.IP_BIND_ADDRESS_NO_PORT,
  ip.IP_MULTICAST_LOOP,
]);

/** A number between two. */
const ranges: ReadonlyMap<number, readonly [number, number]> = new Map([
  [ip.IP_MTU_DISCOVER, [0, 5]],
  [ip.IP_MINTTL, [0, 255]],
  [ip.IP_RECVERR_RFC4884, [0, 1]],
  [ip.IP_MULTICAST_ALL, [0, 1]],
]);

/** What an option is before it is set, where that is not 0. */
const defaults: ReadonlyMap<number, number> = new Map([
  [ip.IP_TTL, -1],
  [ip.IP_MTU_DISCOVER, 1],
  [ip.IP_MULTICAST_TTL, 1],
  [ip.IP_MULTICAST_LOOP, 1],
  [ip.IP_MULTICAST_ALL, 1],
]);

/** Options of other kinds of sockets, or that a number is too short for: why they are refused. */
const refused: ReadonlyMap<number, number> = new Map([
  [ip.IP_ROUTER_ALERT, -EINVAL],
  [ip.IP_IPSEC_POLICY, -EOPNOTSUPP],
  [ip.IP_XFRM_POLICY, -EINVAL],
  [ip.IP_RECVFRAGSIZE, -EINVAL],
]);

/** Options that only can be read. */
const readable: ReadonlySet<number> = new Set([
  ip.IP_TOS,
  ip.IP_TTL,
  ip.IP_HDRINCL,
  ip.IP_OPTIONS,
  ip.IP_ROUTER_ALERT,
  ip.IP_PKTOPTIONS,
  ip.IP_NODEFRAG,
  ip.IP_RECVFRAGSIZE,
  ip.IP_MULTICAST_IF,
  ip.IP_MULTICAST_TTL,
  ip.IP_UNICAST_IF,
  ip.IP_LOCAL_PORT_RANGE,
]);

/** Ours: an option as it was set, or its default. */
export const ipOption = (sk: inet_sock, optname: number): number =>
  sk.ip_options?.get(optname) ?? defaults.get(optname) ?? 0;

function keep(sk: inet_sock, optname: number, value: number): number {
  sk.ip_options ??= new Map();
  sk.ip_options.set(optname, value);
  return 0;
}

/** Of a stream the congestion bits belong to TCP. It also changes SO_PRIORITY. */
function __ip_sock_set_tos(sk: inet_sock, value: number): void {
  const old_tos = ipOption(sk, ip.IP_TOS);
  const own = sk.sk_type === SOCK_STREAM ? INET_ECN_MASK : 0;
  const tos = (value & ~own) | (old_tos & own);
  if (tos === old_tos) return;
  keep(sk, ip.IP_TOS, tos & 0xff);
  sk.kept ??= new Map();
  sk.kept.set(SO_PRIORITY, PRIORITY_OF_TOS[(tos & 0x1e) >> 3] as number);
}

/** The end of the list, or a filler in front of it. */
function setOptions(sk: inet_sock, value: number): number {
  const first = value & 0xff;
  if (first > 1) return -EINVAL;
  return keep(sk, ip.IP_OPTIONS, first === 0 ? 0 : value);
}

function setPortRange(sk: inet_sock, value: number): number {
  const low = value & 0xffff;
  const high = value >>> 16;
  if (low !== 0 && high !== 0 && low > high) return -EINVAL;
  return keep(sk, ip.IP_LOCAL_PORT_RANGE, value);
}

/** Who sends to groups, and how far: nothing that a stream does. */
function setMulticast(sk: inet_sock, optname: number, value: number): number {
  const stream = sk.sk_type === SOCK_STREAM;
  switch (optname) {
    case ip.IP_MULTICAST_TTL: {
      const ttl = value === -1 ? 1 : value;
      return stream || ttl < 0 || ttl > 255 ? -EINVAL : keep(sk, optname, ttl);
    }
    case ip.IP_MULTICAST_IF:
      if (stream) return -EINVAL;
      if (value !== 0 && (value & 0xff) !== 127) return -EADDRNOTAVAIL;
      return keep(sk, optname, value);
    default:
      return stream ? -EPROTO : -EINVAL;
  }
}

/** Options about the sources of a multicast group, whose structs a number is too short for. */
const isMembership = (optname: number): boolean =>
  optname >= ip.IP_UNBLOCK_SOURCE && optname <= ip.MCAST_MSFILTER;

/** Sets an option; 0 or -errno. */
export function* ip_setsockopt(
  sk: inet_sock,
  level: number,
  optname: number,
  value: number,
): Kernel<number> {
  if (level !== ip.IPPROTO_IP) return -ENOPROTOOPT;
  if (flags.has(optname)) {
    if (optname === ip.IP_RECVERR && value === 0) yield* skb_errqueue_purge(sk);
    if (optname === ip.IP_TRANSPARENT && value !== 0 && !capable(CAP_NET_ADMIN)) return -EPERM;
    return keep(sk, optname, value === 0 ? 0 : 1);
  }
  const range = ranges.get(optname);
  if (range !== undefined) {
    return value < range[0] || value > range[1] ? -EINVAL : keep(sk, optname, value);
  }
  switch (optname) {
    case ip.IP_TTL:
      return value !== -1 && (value < 1 || value > 255) ? -EINVAL : keep(sk, optname, value);
    case ip.IP_TOS:
      yield* lock_sock(sk);
      __ip_sock_set_tos(sk, value);
      yield* release_sock(sk);
      return 0;
    case ip.IP_OPTIONS:
      return setOptions(sk, value);
    case ip.IP_LOCAL_PORT_RANGE:
      return setPortRange(sk, value);
    case ip.IP_UNICAST_IF:
      return value === 0 ? 0 : -EADDRNOTAVAIL;
    case ip.IP_MULTICAST_IF:
    case ip.IP_MULTICAST_TTL:
    case ip.IP_ADD_MEMBERSHIP:
    case ip.IP_DROP_MEMBERSHIP:
      return setMulticast(sk, optname, value);
    default:
      if (isMembership(optname)) return -EINVAL;
      return refused.get(optname) ?? -ENOPROTOOPT;
  }
}

/** Fills an option in; 0 or -errno. */
export function ip_getsockopt(
  sk: inet_sock,
  level: number,
  optname: number,
  out: { value: number },
): number {
  if (level !== ip.IPPROTO_IP) return -EOPNOTSUPP;
  if (optname === ip.IP_MTU) {
    if (!sk.hasRoute()) return -ENOTCONN;
    out.value = LOOPBACK_MTU;
    return 0;
  }
  if (optname === ip.IP_MSFILTER || optname === ip.MCAST_MSFILTER) return -EINVAL;
  if (!flags.has(optname) && !ranges.has(optname) && !readable.has(optname)) return -ENOPROTOOPT;
  const value = ipOption(sk, optname);
  out.value = optname === ip.IP_TTL && value < 0 ? IPDEFTTL : value;
  return 0;
}
