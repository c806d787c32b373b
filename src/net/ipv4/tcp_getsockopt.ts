/**
 * Options of TCP sockets: asking for them. Linux: net/ipv4/tcp.c (do_tcp_getsockopt).
 *
 * Differs from Linux: an option is one number; of a struct it is the first four bytes.
 */
import { HZ, jiffies } from '../../kernel/timer.ts';
import { EINVAL, ENOPROTOOPT, EPERM } from '../../kernel/uapi/errno.ts';
import * as tcp from '../../kernel/uapi/tcp.ts';
import { sock_net } from '../sock.ts';
import { inState, TCPF_CLOSE, TCPF_LISTEN } from '../tcp_states.ts';
import { sysctl_tcp_syn_retries } from './netns.ts';
import { inet_csk_in_pingpong_mode } from './tcp_delack.ts';
import { keepalive_intvl_when, keepalive_probes, keepalive_time_when } from './tcp_keepalive.ts';
import { TCP_NAGLE_CORK, TCP_NAGLE_OFF } from './tcp_output.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { TCP_DELACK_MAX, TCP_RTO_MAX, TCP_RTO_MIN } from './tcp_timer.ts';

const SECONDS_MAX = 120;
/** The four bytes "bbr". */
const CONGESTION_NAME = 0x72_62_62;

/** How many seconds so many timeouts take. */
function retrans_to_secs(retrans: number): number {
  let timeout = 1;
  let period = retrans > 0 ? timeout : 0;
  for (let left = retrans - 1; left > 0; left--) {
    timeout = Math.min(timeout << 1, SECONDS_MAX);
    period += timeout;
  }
  return period;
}

/** Times and counts. */
function getLimits(sk: tcp_sock, optname: number): number | null {
  switch (optname) {
    case tcp.TCP_KEEPIDLE:
      return keepalive_time_when(sk) / HZ;
    case tcp.TCP_KEEPINTVL:
      return keepalive_intvl_when(sk) / HZ;
    case tcp.TCP_KEEPCNT:
      return keepalive_probes(sk);
    case tcp.TCP_SYNCNT:
      return sk.icsk_syn_retries || sysctl_tcp_syn_retries;
    case tcp.TCP_LINGER2:
      return sk.linger2 < 0
        ? sk.linger2
        : (sk.linger2 || sock_net(sk).ipv4.sysctl_tcp_fin_timeout) / HZ;
    case tcp.TCP_DEFER_ACCEPT:
      return retrans_to_secs(sk.icsk_accept_queue.rskq_defer_accept);
    case tcp.TCP_WINDOW_CLAMP:
      return sk.window_clamp;
    case tcp.TCP_USER_TIMEOUT:
      return sk.icsk_user_timeout;
    case tcp.TCP_NOTSENT_LOWAT:
      return sk.notsent_lowat | 0;
    case tcp.TCP_FASTOPEN:
      return sk.icsk_accept_queue.fastopenq.max_qlen;
    case tcp.TCP_TX_DELAY:
      return sk.tcp_tx_delay;
    case tcp.TCP_RTO_MAX_MS:
      return sk.icsk_rto_max || TCP_RTO_MAX;
    case tcp.TCP_RTO_MIN_US:
      return (sk.icsk_rto_min || TCP_RTO_MIN) * 1000;
    case tcp.TCP_DELACK_MAX_US:
      return (sk.icsk_delack_max || TCP_DELACK_MAX) * 1000;
    default:
      return null;
  }
}

/** What is on or off. */
function getFlags(sk: tcp_sock, optname: number): number | null {
  switch (optname) {
    case tcp.TCP_NODELAY:
      return sk.nonagle & TCP_NAGLE_OFF;
    case tcp.TCP_CORK:
      return (sk.nonagle & TCP_NAGLE_CORK) === 0 ? 0 : 1;
    case tcp.TCP_QUICKACK:
      return inet_csk_in_pingpong_mode(sk) ? 0 : 1;
    case tcp.TCP_THIN_LINEAR_TIMEOUTS:
      return sk.thin_lto;
    case tcp.TCP_SAVE_SYN:
      return sk.save_syn;
    case tcp.TCP_INQ:
      return sk.recvmsg_inq;
    case tcp.TCP_FASTOPEN_CONNECT:
      return sk.fastopen_connect;
    case tcp.TCP_FASTOPEN_NO_COOKIE:
      return sk.fastopen_no_cookie;
    case tcp.TCP_CC_INFO:
    case tcp.TCP_IS_MPTCP:
    case tcp.TCP_THIN_DUPACK:
    case tcp.TCP_REPAIR:
    case tcp.TCP_ULP:
    case tcp.TCP_SAVED_SYN:
    case tcp.TCP_FASTOPEN_KEY:
      return 0;
    default:
      return null;
  }
}

/** tcpi_state, tcpi_ca_state, tcpi_retransmits and tcpi_probes. */
const tcpInfo = (sk: tcp_sock): number =>
  sk.sk_state | (sk.icsk_ca_state << 8) | (sk.icsk_retransmits << 16) | (sk.icsk_probes_out << 24);

function getSpecial(sk: tcp_sock, optname: number): number | null {
  switch (optname) {
    case tcp.TCP_MAXSEG: {
      const { user_mss } = sk.rx_opt;
      const idle = inState(sk, TCPF_CLOSE | TCPF_LISTEN);
      return user_mss !== 0 && idle ? user_mss : sk.mss_cache;
    }
    case tcp.TCP_CONGESTION:
      return CONGESTION_NAME;
    case tcp.TCP_INFO:
      return tcpInfo(sk);
    case tcp.TCP_TIMESTAMP:
      return (jiffies() & ~1) | 0;
    default:
      return null;
  }
}

export function tcp_getsockopt(sk: tcp_sock, optname: number, out: { value: number }): number {
  const value = getLimits(sk, optname) ?? getFlags(sk, optname) ?? getSpecial(sk, optname);
  if (value !== null) {
    out.value = value;
    return 0;
  }
  switch (optname) {
    case tcp.TCP_AO_REPAIR:
      return inState(sk, TCPF_LISTEN) ? -EPERM : -ENOPROTOOPT;
    case tcp.TCP_REPAIR_QUEUE:
    case tcp.TCP_REPAIR_WINDOW:
    case tcp.TCP_QUEUE_SEQ:
    case tcp.TCP_ZEROCOPY_RECEIVE:
      return -EINVAL;
    default:
      return -ENOPROTOOPT;
  }
}
