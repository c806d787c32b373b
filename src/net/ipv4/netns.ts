/** What IPv4 keeps in global variables. Linux: include/net/netns/ipv4.h, net/ipv4/tcp_ipv4.c. */
import { HZ } from '../../kernel/timer.ts';
import type { inet_peer } from './icmp_limit.ts';
import { inet_hashinfo } from './inet_hashtables.ts';
import { udp_table } from './udp_table.ts';

/** /proc/sys/net/ipv4: least, first and largest size of buffers. */
export const sysctl_tcp_wmem: readonly [number, number, number] = [4096, 16_384, 4_194_304];
export const sysctl_tcp_rmem: readonly [number, number, number] = [4096, 131_072, 33_554_432];
export const ip_local_port_range: readonly [number, number] = [32_768, 60_999];
export const sysctl_tcp_syn_retries = 6;
export const sysctl_tcp_syn_linear_timeouts = 4;
export const sysctl_tcp_retries2 = 15;

/** Bits of tcp_fastopen; the last two do without cookies. */
export const TFO_CLIENT_ENABLE = 1;
export const TFO_SERVER_ENABLE = 2;
export const TFO_CLIENT_NO_COOKIE = 4;
export const TFO_SERVER_COOKIE_NOT_REQD = 0x200;
/** Listeners need no TCP_FASTOPEN. */
export const TFO_SERVER_WO_SOCKOPT1 = 0x400;

/** What a server's answers have said: the size of its segments, and a cookie or 0. */
export interface tcp_fastopen_metrics {
  mss: number;
  cookie: number;
}

export class netns_ipv4 {
  // Under /proc/sys/net/ipv4; in ticks where it is a time.
  sysctl_tcp_abort_on_overflow = 0;
  sysctl_tcp_fastopen: number = TFO_CLIENT_ENABLE;
  sysctl_tcp_synack_retries = 5;
  sysctl_tcp_syncookies = 1;
  sysctl_tcp_fin_timeout: number = 60 * HZ;
  sysctl_tcp_keepalive_time: number = 7200 * HZ;
  sysctl_tcp_keepalive_intvl: number = 75 * HZ;
  sysctl_tcp_keepalive_probes = 9;
  sysctl_tcp_tw_reuse = 2;
  sysctl_tcp_tw_reuse_delay: number = HZ;

  readonly tcp_hashinfo: inet_hashinfo = new inet_hashinfo();
  readonly udp_table: udp_table = new udp_table();
  readonly udplite_table: udp_table = new udp_table();

  /** What is known of servers, by address. */
  readonly tcpm_fastopen: Map<number, tcp_fastopen_metrics> = new Map();
  /** How many messages of ICMP may be sent, and when some were added, see icmp_limit.ts. */
  icmp_global_credit = 0;
  icmp_global_stamp = 0;
  /** Hosts that were sent such messages, by address. */
  readonly peers: Map<number, inet_peer> = new Map();

  // Ours:
  /** The next initial sequence number: no two connections start with the same. */
  private isn = 0x2545_f491;
  /** How far the search for a free port has come: odd ones for bind, even ones for connect. */
  bindOffset = 0;
  connectOffset = 0;

  /** secure_tcp_seq(). */
  newIsn(): number {
    this.isn = (this.isn + 0x0101_0101) >>> 0;
    return this.isn;
  }
}
