/**
 * Options of UDP and UDP-Lite sockets. Linux: net/ipv4/udp.c (udp_lib_setsockopt).
 *
 * Differs from Linux: checksums are always right, so how much of a datagram they cover is only kept;
 * nothing unpacks what comes in datagrams (UDP_ENCAP).
 */
import type { Kernel } from '../../kernel/op.ts';
import { EINVAL, ENOPROTOOPT } from '../../kernel/uapi/errno.ts';
import { IPPROTO_UDP, IPPROTO_UDPLITE } from '../../kernel/uapi/in.ts';
import * as udp from '../../kernel/uapi/udp.ts';
import { lock_sock, release_sock } from '../sock_lock.ts';
import { ip_getsockopt, ip_setsockopt } from './ip_sockglue.ts';
import { udp_push_pending_frames } from './udp_sendmsg.ts';
import type { udp_sock } from './udp_sock.ts';

const USHRT_MAX = 0xffff;
/** A checksum covers at least the header. */
const LEAST_COVERAGE = 8;

const isUdp = (level: number): boolean => level === IPPROTO_UDP || level === IPPROTO_UDPLITE;

function* setCork(sk: udp_sock, on: boolean): Kernel<number> {
  sk.corkflag = on;
  if (on) return 0;
  yield* lock_sock(sk);
  yield* udp_push_pending_frames(sk);
  yield* release_sock(sk);
  return 0;
}

function setEncap(sk: udp_sock, val: number): number {
  if (val !== 0 && val !== udp.UDP_ENCAP_ESPINUDP && val !== udp.UDP_ENCAP_L2TPINUDP) {
    return -ENOPROTOOPT;
  }
  sk.encap_type = val;
  return 0;
}

const coverage = (val: number): number =>
  val !== 0 && val < LEAST_COVERAGE ? LEAST_COVERAGE : Math.min(val, USHRT_MAX);

/** How much of a datagram the checksum covers, as sent or at least as received. */
function setCoverage(sk: udp_sock, optname: number, val: number): number {
  if (sk.sk_protocol !== IPPROTO_UDPLITE) return -ENOPROTOOPT;
  if (optname === udp.UDPLITE_SEND_CSCOV) sk.pcslen = coverage(val);
  else sk.pcrlen = coverage(val);
  return 0;
}

function setKept(sk: udp_sock, optname: number, val: number): number {
  switch (optname) {
    case udp.UDP_ENCAP:
      return setEncap(sk, val);
    case udp.UDP_NO_CHECK6_TX:
      sk.no_check6_tx = val === 0 ? 0 : 1;
      return 0;
    case udp.UDP_NO_CHECK6_RX:
      sk.no_check6_rx = val === 0 ? 0 : 1;
      return 0;
    case udp.UDP_SEGMENT:
      if (val < 0 || val > USHRT_MAX) return -EINVAL;
      sk.gso_size = val;
      return 0;
    case udp.UDP_GRO:
      sk.gro_enabled = val !== 0;
      return 0;
    case udp.UDPLITE_SEND_CSCOV:
    case udp.UDPLITE_RECV_CSCOV:
      return setCoverage(sk, optname, val);
    default:
      return -ENOPROTOOPT;
  }
}

export function* udp_setsockopt(
  sk: udp_sock,
  level: number,
  optname: number,
  val: number,
): Kernel<number> {
  if (!isUdp(level)) return yield* ip_setsockopt(sk, level, optname, val);
  if (optname === udp.UDP_CORK) return yield* setCork(sk, val !== 0);
  return setKept(sk, optname, val);
}

function udp_lib_getsockopt(sk: udp_sock, optname: number): number | null {
  switch (optname) {
    case udp.UDP_CORK:
      return sk.corkflag ? 1 : 0;
    case udp.UDP_ENCAP:
      return sk.encap_type;
    case udp.UDP_NO_CHECK6_TX:
      return sk.no_check6_tx;
    case udp.UDP_NO_CHECK6_RX:
      return sk.no_check6_rx;
    case udp.UDP_SEGMENT:
      return sk.gso_size;
    case udp.UDP_GRO:
      return sk.gro_enabled ? 1 : 0;
    case udp.UDPLITE_SEND_CSCOV:
      return sk.pcslen;
    case udp.UDPLITE_RECV_CSCOV:
      return sk.pcrlen;
    default:
      return null;
  }
}

export function* udp_getsockopt(
  sk: udp_sock,
  level: number,
  optname: number,
  out: { value: number },
): Kernel<number> {
  if (!isUdp(level)) return ip_getsockopt(sk, level, optname, out);
  const value = udp_lib_getsockopt(sk, optname);
  if (value === null) return -ENOPROTOOPT;
  out.value = value;
  return 0;
}
