/**
 * Options of TCP sockets: setting them. Linux: net/ipv4/tcp.c (do_tcp_setsockopt).
 *
 * Differs from Linux: an option is one number, and one that takes a struct is refused as one of the
 * wrong size. Nothing of TCP_REPAIR, MD5 signatures, TCP-AO and upper layers works; what only keeps a
 * number keeps it.
 */
import type { Kernel } from '../../kernel/op.ts';
import { HZ } from '../../kernel/timer.ts';
import { EINVAL, ENOENT, ENOPROTOOPT, EOPNOTSUPP, EPERM } from '../../kernel/uapi/errno.ts';
import * as tcp from '../../kernel/uapi/tcp.ts';
import { sock_net } from '../sock.ts';
import { lock_sock, release_sock } from '../sock_lock.ts';
import {
  inState,
  TCPF_CLOSE,
  TCPF_CLOSE_WAIT,
  TCPF_ESTABLISHED,
  TCPF_LISTEN,
} from '../tcp_states.ts';
import { TFO_CLIENT_ENABLE } from './netns.ts';
import {
  __tcp_cleanup_rbuf,
  inet_csk_ack_scheduled,
  inet_csk_enter_pingpong_mode,
  inet_csk_exit_pingpong_mode,
} from './tcp_delack.ts';
import { fastopen_queue_tune } from './tcp_fastopen.ts';
import { tcp_sock_set_keepidle_locked } from './tcp_keepalive.ts';
import {
  TCP_NAGLE_CORK,
  TCP_NAGLE_OFF,
  TCP_NAGLE_PUSH,
  tcp_push_pending_frames,
} from './tcp_output.ts';
import { ICSK_ACK_PUSHED, type tcp_sock } from './tcp_sock.ts';
import { TCP_DELACK_MAX, TCP_RTO_MAX, TCP_RTO_MIN, TCP_TIMEOUT_MIN } from './tcp_timer.ts';
import { MAX_TCP_WINDOW, TCP_MIN_MSS, tcp_set_window_clamp } from './tcp_window.ts';

const MAX_TCP_SYNCNT = 127;
const MAX_TCP_KEEPIDLE = 32_767;
const MAX_TCP_KEEPINTVL = 32_767;
const MAX_TCP_KEEPCNT = 127;
const TCP_FIN_TIMEOUT_MAX: number = 120 * HZ;
const SECONDS_MAX = 120;
/** A tick of the kernel's clock at HZ = 250, which bounds are rounded up to. */
const TICK_MS = 4;
/** The longest TCP_TX_DELAY, and one more. */
const TX_DELAY_END: number = 1 << 28;
/** TCP_REPAIR_OFF_NO_WP, TCP_REPAIR_OFF, TCP_REPAIR_ON. */
const REPAIR_MODES = [-1, 0, 1];

/** How many timeouts make up at least so many seconds. */
export function secs_to_retrans(seconds: number): number {
  if (seconds <= 0) return 0;
  let timeout = 1;
  let res = 1;
  for (let period = timeout; seconds > period && res < 255; period += timeout) {
    res++;
    timeout = Math.min(timeout << 1, SECONDS_MAX);
  }
  return res;
}

/** In ticks of a millisecond, as many as whole ticks of HZ = 250 have. */
const usecs_to_jiffies = (us: number): number => Math.ceil((us >>> 0) / (1000 * TICK_MS)) * TICK_MS;

const within = (val: number, low: number, high: number): boolean => val >= low && val <= high;

/** Options that need no lock; null for the others. */
function setUnlocked(sk: tcp_sock, optname: number, val: number): number | null {
  switch (optname) {
    case tcp.TCP_CONGESTION:
    case tcp.TCP_ULP:
      return -ENOENT; // No name is that short.
    case tcp.TCP_FASTOPEN_KEY:
      return -EINVAL;
    case tcp.TCP_SYNCNT:
      if (!within(val, 1, MAX_TCP_SYNCNT)) return -EINVAL;
      sk.icsk_syn_retries = val;
      return 0;
    case tcp.TCP_USER_TIMEOUT:
      if (val < 0) return -EINVAL;
      sk.icsk_user_timeout = val;
      return 0;
    case tcp.TCP_KEEPINTVL:
      if (!within(val, 1, MAX_TCP_KEEPINTVL)) return -EINVAL;
      sk.keepalive_intvl = val * HZ;
      return 0;
    case tcp.TCP_KEEPCNT:
      if (!within(val, 1, MAX_TCP_KEEPCNT)) return -EINVAL;
      sk.keepalive_probes = val;
      return 0;
    case tcp.TCP_LINGER2:
      sk.linger2 = val < 0 ? -1 : Math.min(val * HZ, TCP_FIN_TIMEOUT_MAX);
      return 0;
    case tcp.TCP_DEFER_ACCEPT:
      sk.icsk_accept_queue.rskq_defer_accept = secs_to_retrans(val);
      return 0;
    case tcp.TCP_RTO_MAX_MS:
      if (!within(val, HZ, TCP_RTO_MAX)) return -EINVAL;
      sk.icsk_rto_max = Math.ceil(val / TICK_MS) * TICK_MS;
      return 0;
    case tcp.TCP_RTO_MIN_US: {
      const rto_min = usecs_to_jiffies(val);
      if (!within(rto_min, TCP_TIMEOUT_MIN, TCP_RTO_MIN)) return -EINVAL;
      sk.icsk_rto_min = rto_min;
      return 0;
    }
    case tcp.TCP_DELACK_MAX_US: {
      const delack_max = usecs_to_jiffies(val);
      if (!within(delack_max, TCP_TIMEOUT_MIN, TCP_DELACK_MAX)) return -EINVAL;
      sk.icsk_delack_max = delack_max;
      return 0;
    }
    case tcp.TCP_MAXSEG:
      if (val !== 0 && !within(val, TCP_MIN_MSS, MAX_TCP_WINDOW)) return -EINVAL;
      sk.rx_opt.user_mss = val;
      return 0;
    default:
      return null;
  }
}

/** Options that are a number to keep, between 0 and `high`; null for the others. */
function setKept(sk: tcp_sock, optname: number, val: number): number | null {
  const fits = (high: number): boolean => within(val, 0, high);
  const idle = inState(sk, TCPF_CLOSE | TCPF_LISTEN);
  switch (optname) {
    case tcp.TCP_THIN_LINEAR_TIMEOUTS:
      if (!fits(1)) return -EINVAL;
      sk.thin_lto = val;
      return 0;
    case tcp.TCP_THIN_DUPACK:
      return fits(1) ? 0 : -EINVAL;
    case tcp.TCP_KEEPIDLE:
      if (!within(val, 1, MAX_TCP_KEEPIDLE)) return -EINVAL;
      tcp_sock_set_keepidle_locked(sk, val * HZ);
      return 0;
    case tcp.TCP_SAVE_SYN:
      if (!fits(2)) return -EINVAL;
      sk.save_syn = val;
      return 0;
    case tcp.TCP_INQ:
      if (!fits(1)) return -EINVAL;
      sk.recvmsg_inq = val;
      return 0;
    case tcp.TCP_FASTOPEN:
      if (val < 0 || !idle) return -EINVAL;
      fastopen_queue_tune(sk, val);
      return 0;
    case tcp.TCP_FASTOPEN_CONNECT:
      if (!fits(1)) return -EINVAL;
      if ((sock_net(sk).ipv4.sysctl_tcp_fastopen & TFO_CLIENT_ENABLE) === 0) return -EOPNOTSUPP;
      if (!inState(sk, TCPF_CLOSE)) return -EINVAL;
      sk.fastopen_connect = val;
      return 0;
    case tcp.TCP_FASTOPEN_NO_COOKIE:
      if (!fits(1) || !idle) return -EINVAL;
      sk.fastopen_no_cookie = val;
      return 0;
    case tcp.TCP_TX_DELAY:
      if (!within(val, 0, TX_DELAY_END - 1)) return -EINVAL;
      sk.tcp_tx_delay = val;
      return 0;
    default:
      return null;
  }
}

/** Options of a socket under repair, which none is; null for the others. */
function setRepair(sk: tcp_sock, optname: number, val: number): number | null {
  switch (optname) {
    case tcp.TCP_REPAIR:
      return inState(sk, TCPF_LISTEN) ? -EPERM : REPAIR_MODES.includes(val) ? 0 : -EINVAL;
    case tcp.TCP_AO_REPAIR:
      return inState(sk, TCPF_LISTEN) ? -EPERM : -ENOPROTOOPT;
    case tcp.TCP_REPAIR_QUEUE:
    case tcp.TCP_TIMESTAMP:
    case tcp.TCP_REPAIR_WINDOW:
      return -EPERM;
    case tcp.TCP_QUEUE_SEQ:
      return inState(sk, TCPF_CLOSE) ? -EINVAL : -EPERM;
    case tcp.TCP_REPAIR_OPTIONS:
    case tcp.TCP_MD5SIG:
    case tcp.TCP_MD5SIG_EXT:
      return -EINVAL;
    default:
      return null;
  }
}

/** Turns Nagle's rule off; what waits leaves at once, even through a cork. */
function* __tcp_sock_set_nodelay(sk: tcp_sock, on: boolean): Kernel<void> {
  if (on) {
    sk.nonagle |= TCP_NAGLE_OFF | TCP_NAGLE_PUSH;
    yield* tcp_push_pending_frames(sk);
  } else {
    sk.nonagle &= ~TCP_NAGLE_OFF;
  }
}

/** Holds small segments back, until the cork is pulled. */
function* __tcp_sock_set_cork(sk: tcp_sock, on: boolean): Kernel<void> {
  if (on) {
    sk.nonagle |= TCP_NAGLE_CORK;
    return;
  }
  sk.nonagle &= ~TCP_NAGLE_CORK;
  if ((sk.nonagle & TCP_NAGLE_OFF) !== 0) sk.nonagle |= TCP_NAGLE_PUSH;
  yield* tcp_push_pending_frames(sk);
}

/** Sends ACKs at once, or lets them wait for company. */
function* __tcp_sock_set_quickack(sk: tcp_sock, val: number): Kernel<void> {
  if (val === 0) {
    inet_csk_enter_pingpong_mode(sk);
    return;
  }
  inet_csk_exit_pingpong_mode(sk);
  if (!inState(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) || !inet_csk_ack_scheduled(sk)) return;
  sk.icsk_ack.pending |= ICSK_ACK_PUSHED;
  yield* __tcp_cleanup_rbuf(sk, 1);
  if ((val & 1) === 0) inet_csk_enter_pingpong_mode(sk);
}

/** Options that act at once. Called by the owner. */
function* setActing(sk: tcp_sock, optname: number, val: number): Kernel<number> {
  switch (optname) {
    case tcp.TCP_NODELAY:
      yield* __tcp_sock_set_nodelay(sk, val !== 0);
      return 0;
    case tcp.TCP_CORK:
      yield* __tcp_sock_set_cork(sk, val !== 0);
      return 0;
    case tcp.TCP_QUICKACK:
      yield* __tcp_sock_set_quickack(sk, val);
      return 0;
    case tcp.TCP_WINDOW_CLAMP:
      return tcp_set_window_clamp(sk, val);
    case tcp.TCP_NOTSENT_LOWAT:
      sk.notsent_lowat = val >>> 0;
      yield* sk.sk_write_space();
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

export function* tcp_setsockopt(sk: tcp_sock, optname: number, val: number): Kernel<number> {
  const unlocked = setUnlocked(sk, optname, val);
  if (unlocked !== null) return unlocked;
  yield* lock_sock(sk);
  const err =
    setKept(sk, optname, val) ??
    setRepair(sk, optname, val) ??
    (yield* setActing(sk, optname, val));
  yield* release_sock(sk);
  return err;
}
