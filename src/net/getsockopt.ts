/**
 * Reading the options that all sockets know; see sockopt.ts. Linux: net/core/sock.c (sk_getsockopt).
 */
import { current } from '../kernel/current.ts';
import type { Kernel } from '../kernel/op.ts';
import { ENOPROTOOPT, EOPNOTSUPP } from '../kernel/uapi/errno.ts';
import * as so from '../kernel/uapi/socket.ts';
import { keptOption, MAX_SCHEDULE_TIMEOUT, type sock, sock_error, TCP_LISTEN } from './sock.ts';
import type { socket } from './socket.ts';
import { SOCK_BUF_LOCK_MASK, sk_is_tcp, sk_is_unix, type timeval } from './sockopt.ts';

const NSEC_PER_USEC = 1000;
const USEC_PER_SEC = 1_000_000;
/** What filters may ask of a packet. */
const SKF_AD_MAX = 64;

/** Where an option is put: its first four bytes, and the whole of one that is a timeval. */
export interface OptionPointer {
  /** Its first four bytes, as a number. */
  value: number;
  /** The whole of it, of SO_RCVTIMEO and SO_SNDTIMEO. */
  timeval?: timeval;
}

function sock_get_timeout(timeo: number, out: OptionPointer): number {
  const us = timeo === MAX_SCHEDULE_TIMEOUT ? 0 : timeo / NSEC_PER_USEC;
  const tv_sec = Math.floor(us / USEC_PER_SEC);
  out.timeval = { tv_sec, tv_usec: us % USEC_PER_SEC };
  out.value = tv_sec | 0;
  return 0;
}

const flag = (value: boolean): number => (value ? 1 : 0);

/** The pending error, which is taken by being looked at. */
function takeError(sk: sock): number {
  const err = -sock_error(sk);
  if (err !== 0) return err;
  const soft = sk.sk_err_soft;
  sk.sk_err_soft = 0;
  return soft;
}

/** Options that are fields of the sock; null for the others. */
function getField(sk: sock, optname: number): number | null {
  switch (optname) {
    case so.SO_TYPE:
      return sk.sk_type;
    case so.SO_PROTOCOL:
      return sk.sk_protocol;
    case so.SO_DOMAIN:
      return sk.sk_family;
    case so.SO_ERROR:
      return takeError(sk);
    case so.SO_ACCEPTCONN:
      return flag(sk.sk_state === TCP_LISTEN);
    case so.SO_SNDBUF:
      return sk.sk_sndbuf;
    case so.SO_RCVBUF:
      return sk.sk_rcvbuf;
    case so.SO_REUSEADDR:
      return flag(sk.sk_reuse);
    case so.SO_REUSEPORT:
      return flag(sk.sk_reuseport);
    case so.SO_BROADCAST:
      return flag(sk.SOCK_BROADCAST);
    case so.SO_KEEPALIVE:
      return flag(sk.SOCK_KEEPOPEN);
    case so.SO_OOBINLINE:
      return flag(sk.SOCK_URGINLINE);
    case so.SO_LINGER:
      return sk.sk_linger ? sk.sk_lingertime : -1;
    case so.SO_RCVLOWAT:
      return sk.sk_rcvlowat;
    case so.SO_BUF_LOCK:
      return sk.sk_userlocks & SOCK_BUF_LOCK_MASK;
    default:
      return null;
  }
}

/** The other options, which are given back as they were set; or -ENOPROTOOPT, -EOPNOTSUPP. */
function getKept(sock: socket, sk: sock, optname: number, out: OptionPointer): number {
  let value = keptOption(sk, optname);
  switch (optname) {
    case so.SO_RCVTIMEO_OLD:
    case so.SO_RCVTIMEO_NEW:
      return sock_get_timeout(sk.sk_rcvtimeo, out);
    case so.SO_SNDTIMEO_OLD:
    case so.SO_SNDTIMEO_NEW:
      return sock_get_timeout(sk.sk_sndtimeo, out);
    case so.SO_PEEK_OFF:
      if (sock.ops.set_peek_off === undefined) return -EOPNOTSUPP;
      value = sk.sk_peek_off;
      break;
    case so.SO_PASSCRED:
    case so.SO_PASSSEC:
    case so.SO_PASSPIDFD:
      if (!sk_is_unix(sk)) return -EOPNOTSUPP;
      break;
    case so.SO_PASSRIGHTS:
      if (!sk_is_unix(sk)) return -EOPNOTSUPP;
      value = sk.kept?.get(optname) ?? 1;
      break;
    case so.SO_TXREHASH:
      if (!sk_is_tcp(sk)) return -EOPNOTSUPP;
      value = sk.kept?.get(optname) ?? 1;
      break;
    case so.SO_INCOMING_CPU:
      value = sk.sk_incoming_cpu;
      break;
    case so.SO_INCOMING_NAPI_ID:
      value = sk.sk_napi_id;
      break;
    case so.SO_MAX_PACING_RATE:
      value = sk.kept?.get(optname) ?? -1;
      break;
    case so.SO_SNDLOWAT:
      value = 1;
      break;
    case so.SO_BPF_EXTENSIONS:
      value = SKF_AD_MAX;
      break;
    default:
      if (!readable.has(optname)) return -ENOPROTOOPT;
  }
  out.value = value;
  return 0;
}

/** Options of getKept() that are 0 until they are set. */
const readable: ReadonlySet<number> = new Set([
  so.SO_DEBUG,
  so.SO_DONTROUTE,
  so.SO_NO_CHECK,
  so.SO_PRIORITY,
  so.SO_BSDCOMPAT,
  so.SO_MARK,
  so.SO_RCVMARK,
  so.SO_RCVPRIORITY,
  so.SO_BINDTODEVICE,
  so.SO_RXQ_OVFL,
  so.SO_WIFI_STATUS,
  so.SO_NOFCS,
  so.SO_LOCK_FILTER,
  so.SO_SELECT_ERR_QUEUE,
  so.SO_BUSY_POLL,
  so.SO_PREFER_BUSY_POLL,
  so.SO_ZEROCOPY,
]);

/** Fills an option of SOL_SOCKET in; 0 or -errno. */
export function* sock_getsockopt(
  sock: socket,
  optname: number,
  out: OptionPointer,
): Kernel<number> {
  const sk = sock.sk as sock;
  if (!current.kernel.alone) yield sk.look;
  const value = getField(sk, optname);
  if (value === null) return getKept(sock, sk, optname, out);
  out.value = value;
  return 0;
}
