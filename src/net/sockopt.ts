/**
 * Setting the options that all sockets know. Linux: net/core/sock.c (sk_setsockopt).
 *
 * An option that the model acts on is a field of the sock; one that it only gives back stands in
 * `kept`, by its number.
 *
 * Differs from Linux: an option is a number, four bytes; SO_LINGER is in seconds, -1 for off.
 * SO_RCVTIMEO and SO_SNDTIMEO take a timeval, and refuse a number as Linux refuses four bytes.
 * Options that are about packets, devices, credentials, filters and time stamps do not exist.
 */
import { writesTo } from '../kernel/footprint.ts';
import { NSEC_PER_MSEC } from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import {
  EACCES,
  EDOM,
  EINVAL,
  ENODEV,
  ENOPROTOOPT,
  EOPNOTSUPP,
  EPERM,
} from '../kernel/uapi/errno.ts';
import { IPPROTO_TCP, IPPROTO_UDP } from '../kernel/uapi/in.ts';
import * as so from '../kernel/uapi/socket.ts';
import { CAP_NET_ADMIN, capable } from '../kernel/user.ts';
import {
  keptOption,
  MAX_SCHEDULE_TIMEOUT,
  SOCK_MIN_RCVBUF,
  SOCK_MIN_SNDBUF,
  SOCK_RCVBUF_LOCK,
  SOCK_SNDBUF_LOCK,
  type sock,
  sysctl_rmem_max,
  sysctl_wmem_max,
} from './sock.ts';
import { reuseport_update_incoming_cpu } from './sock_reuseport.ts';
import type { socket } from './socket.ts';

const INT_MAX = 0x7fffffff;
export const SOCK_BUF_LOCK_MASK: number = SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK;
/** A tick of the kernel's clock at HZ = 250, in which the bounds of sleeps are kept. */
const TICK_MS = 4;
const USEC_PER_SEC = 1_000_000;
/** "lo". */
const LOOPBACK_NAME = 0x6f_6c;
/** Priorities above need a capability. */
const TC_PRIO_MAX = 6;

const sk_is_inet = ({ sk_family }: sock): boolean =>
  sk_family === so.AF_INET || sk_family === so.AF_INET6;
export const sk_is_unix = (sk: sock): boolean => sk.sk_family === so.AF_UNIX;
export const sk_is_tcp = (sk: sock): boolean =>
  sk_is_inet(sk) && sk.sk_type === so.SOCK_STREAM && sk.sk_protocol === IPPROTO_TCP;
const sk_is_udp = (sk: sock): boolean =>
  sk_is_inet(sk) && sk.sk_type === so.SOCK_DGRAM && sk.sk_protocol === IPPROTO_UDP;

function keep(sk: sock, optname: number, value: number): number {
  sk.kept ??= new Map();
  sk.kept.set(optname, value);
  return 0;
}

const keepFlag = (sk: sock, optname: number, value: number): number =>
  keep(sk, optname, value === 0 ? 0 : 1);

/**
 * A time span, in seconds and microseconds, as SO_RCVTIMEO takes it: see socket(7). 0 and 0: for
 * ever.
 */
export interface timeval {
  /** Seconds. */
  readonly tv_sec: number;
  /** Microseconds besides, below a million. */
  readonly tv_usec: number;
}

/** What an option is set to: four bytes, or a timeval for the options that take one. */
export type OptionValue = number | timeval;

/** The bound of a sleep in ns, in whole ticks; what is negative has passed already. Or -errno. */
function sock_set_timeout(value: OptionValue): number {
  if (typeof value === 'number') return -EINVAL;
  const { tv_sec, tv_usec } = value;
  if (tv_usec < 0 || tv_usec >= USEC_PER_SEC) return -EDOM;
  if (tv_sec < 0) return 0;
  if (tv_sec === 0 && tv_usec === 0) return MAX_SCHEDULE_TIMEOUT;
  const ms = tv_sec * 1000 + Math.ceil(tv_usec / (1000 * TICK_MS)) * TICK_MS;
  return Math.min(ms * NSEC_PER_MSEC, MAX_SCHEDULE_TIMEOUT);
}

/** SO_RCVTIMEO and SO_SNDTIMEO; null for other options. */
function setTimeout(sk: sock, optname: number, value: OptionValue): number | null {
  const snd = optname === so.SO_SNDTIMEO_OLD || optname === so.SO_SNDTIMEO_NEW;
  if (!snd && optname !== so.SO_RCVTIMEO_OLD && optname !== so.SO_RCVTIMEO_NEW) return null;
  const timeo = sock_set_timeout(value);
  if (timeo < 0) return timeo;
  if (snd) sk.sk_sndtimeo = timeo;
  else sk.sk_rcvtimeo = timeo;
  return 0;
}

/** SO_BINDTODEVICE: a name of four bytes; there is no device but "lo". */
const setDevice = (sk: sock, name: number): number =>
  (name & 0xff) === 0
    ? keep(sk, so.SO_BINDTODEVICE, 0)
    : (name & 0xff_ffff) === LOOPBACK_NAME
      ? keep(sk, so.SO_BINDTODEVICE, LOOPBACK_NAME)
      : -ENODEV;

/** SO_TXREHASH: -1 stands for what the system does, which is 1. */
function setTxrehash(sk: sock, value: number): number {
  if (!sk_is_tcp(sk)) return -EOPNOTSUPP;
  if (value < -1 || value > 1) return -EINVAL;
  return keep(sk, so.SO_TXREHASH, Math.abs(value));
}

/** Options that need no lock; null for the others. */
function setUnlocked(sock: socket, sk: sock, optname: number, value: number): number | null {
  switch (optname) {
    case so.SO_PRIORITY: {
      const allowed = (value >= 0 && value <= TC_PRIO_MAX) || capable(CAP_NET_ADMIN);
      return allowed ? keep(sk, optname, value) : -EPERM;
    }
    case so.SO_TYPE:
    case so.SO_PROTOCOL:
    case so.SO_DOMAIN:
    case so.SO_ERROR:
      return -ENOPROTOOPT;
    case so.SO_BUSY_POLL:
      return value < 0 ? -EINVAL : keep(sk, optname, value);
    case so.SO_PREFER_BUSY_POLL:
      return value !== 0 && !capable(CAP_NET_ADMIN) ? -EPERM : keepFlag(sk, optname, value);
    case so.SO_BUSY_POLL_BUDGET:
      if (value > keptOption(sk, optname) && !capable(CAP_NET_ADMIN)) return -EPERM;
      return value < 0 || value > 0xffff ? -EINVAL : keep(sk, optname, value);
    case so.SO_MAX_PACING_RATE:
      return keep(sk, optname, value);
    case so.SO_TXREHASH:
      return setTxrehash(sk, value);
    case so.SO_PEEK_OFF:
      return sock.ops.set_peek_off === undefined ? -EOPNOTSUPP : sock.ops.set_peek_off(sk, value);
    case so.SO_BINDTODEVICE:
      return setDevice(sk, value);
    default:
      return null;
  }
}

/** The send buffer becomes twice `value`; writers are told. */
function* setSndbuf(sk: sock, value: number): Kernel<number> {
  sk.sk_userlocks |= SOCK_SNDBUF_LOCK;
  writesTo(sk.identity);
  sk.sk_sndbuf = Math.max(Math.min(value, INT_MAX >> 1) * 2, SOCK_MIN_SNDBUF);
  yield* sk.sk_write_space();
  return 0;
}

function __sock_set_rcvbuf(sk: sock, value: number): number {
  sk.sk_userlocks |= SOCK_RCVBUF_LOCK;
  writesTo(sk.identity);
  sk.sk_rcvbuf = Math.max(Math.min(value, INT_MAX >> 1) * 2, SOCK_MIN_RCVBUF);
  return 0;
}

function* setRcvlowat(sock: socket, sk: sock, value: number): Kernel<number> {
  const val = value < 0 ? INT_MAX : value;
  if (sock.ops.set_rcvlowat !== undefined) return yield* sock.ops.set_rcvlowat(sk, val);
  writesTo(sk.identity);
  sk.sk_rcvlowat = val === 0 ? 1 : val;
  return 0;
}

function setZerocopy(sk: sock, value: number): number {
  if (!sk_is_tcp(sk) && !sk_is_udp(sk)) return -EOPNOTSUPP;
  return value < 0 || value > 1 ? -EINVAL : keep(sk, so.SO_ZEROCOPY, value);
}

function setLinger(sk: sock, seconds: number): number {
  sk.sk_linger = seconds >= 0;
  if (seconds >= 0) sk.sk_lingertime = seconds;
  return 0;
}

/** Options that change buffers; null for the others. */
function setBuffers(sock: socket, sk: sock, optname: number, value: number): Kernel<number> | null {
  switch (optname) {
    case so.SO_SNDBUF:
      return setSndbuf(sk, Math.min(value >>> 0, sysctl_wmem_max));
    case so.SO_SNDBUFFORCE:
      return capable(CAP_NET_ADMIN) ? setSndbuf(sk, Math.max(value, 0)) : null;
    case so.SO_RCVLOWAT:
      return setRcvlowat(sock, sk, value);
    default:
      return null;
  }
}

/** Options that are set at once, with the socket locked. */
function setLocked(sk: sock, optname: number, value: number): number {
  switch (optname) {
    case so.SO_DEBUG:
      return value !== 0 && !capable(CAP_NET_ADMIN) ? -EACCES : keepFlag(sk, optname, value);
    case so.SO_REUSEADDR:
      sk.sk_reuse = value !== 0;
      return 0;
    case so.SO_REUSEPORT:
      if (value !== 0 && !sk_is_inet(sk)) return -EOPNOTSUPP;
      sk.sk_reuseport = value !== 0;
      return 0;
    case so.SO_BROADCAST:
      sk.SOCK_BROADCAST = value !== 0;
      return 0;
    case so.SO_RCVBUF:
      return __sock_set_rcvbuf(sk, Math.min(value >>> 0, sysctl_rmem_max));
    case so.SO_SNDBUFFORCE:
      return -EPERM; // With the capability it is one of setBuffers().
    case so.SO_RCVBUFFORCE:
      return capable(CAP_NET_ADMIN) ? __sock_set_rcvbuf(sk, Math.max(value, 0)) : -EPERM;
    case so.SO_KEEPALIVE:
      sk.keepalive(value !== 0);
      sk.SOCK_KEEPOPEN = value !== 0;
      return 0;
    case so.SO_OOBINLINE:
      sk.SOCK_URGINLINE = value !== 0;
      return 0;
    case so.SO_LINGER:
      return setLinger(sk, value);
    case so.SO_LOCK_FILTER:
      return keptOption(sk, optname) !== 0 && value === 0 ? -EPERM : keepFlag(sk, optname, value);
    case so.SO_PASSCRED:
      return sk_is_unix(sk) ? keepFlag(sk, optname, value) : -EOPNOTSUPP;
    case so.SO_MARK:
      return capable(CAP_NET_ADMIN) ? keep(sk, optname, value) : -EPERM;
    case so.SO_INCOMING_CPU:
      reuseport_update_incoming_cpu(sk, value);
      return 0;
    case so.SO_ZEROCOPY:
      return setZerocopy(sk, value);
    case so.SO_BUF_LOCK:
      if ((value & ~SOCK_BUF_LOCK_MASK) !== 0) return -EINVAL;
      sk.sk_userlocks = (sk.sk_userlocks & ~SOCK_BUF_LOCK_MASK) | value;
      return 0;
    case so.SO_BSDCOMPAT:
    case so.SO_CNX_ADVICE:
      return 0;
    case so.SO_PASSSEC:
    case so.SO_PASSPIDFD:
    case so.SO_PASSRIGHTS:
      return sk_is_unix(sk) ? keepFlag(sk, optname, value) : -EOPNOTSUPP;
    case so.SO_INQ:
      if (!sk_is_unix(sk) || sk.sk_type !== so.SOCK_STREAM) return -ENOPROTOOPT;
      return value < 0 || value > 1 ? -EINVAL : 0;
    case so.SO_DONTROUTE:
    case so.SO_RCVPRIORITY:
    case so.SO_NO_CHECK:
    case so.SO_RCVMARK:
    case so.SO_RXQ_OVFL:
    case so.SO_WIFI_STATUS:
    case so.SO_NOFCS:
    case so.SO_SELECT_ERR_QUEUE:
      return keepFlag(sk, optname, value);
    default:
      return -ENOPROTOOPT;
  }
}

/** The first four bytes, which is what most options read. */
export const firstNumber = (optval: OptionValue): number =>
  typeof optval === 'number' ? optval : optval.tv_sec | 0;

/** Sets an option of SOL_SOCKET; 0 or -errno. */
export function* sock_setsockopt(
  sock: socket,
  optname: number,
  optval: OptionValue,
): Kernel<number> {
  const sk = sock.sk as sock;
  const value = firstNumber(optval);
  const done = setTimeout(sk, optname, optval) ?? setUnlocked(sock, sk, optname, value);
  if (done !== null) return done;
  yield* sk.sockopt_lock_sock();
  const setting = setBuffers(sock, sk, optname, value);
  const ret = setting === null ? setLocked(sk, optname, value) : yield* setting;
  yield* sk.sockopt_release_sock();
  return ret;
}
