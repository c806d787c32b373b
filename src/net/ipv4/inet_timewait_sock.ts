/**
 * What is left of a connection that was closed here first. Linux: include/net/inet_timewait_sock.h,
 * net/ipv4/inet_timewait_sock.c, include/linux/tcp.h (tcp_timewait_sock).
 *
 * It answers what may still arrive, and keeps the pair of ports from being used again too early.
 *
 * Differs from Linux: no timer; an entry whose time is up is taken away by whoever meets it next.
 */
import { ktime_get, NSEC_PER_SEC } from '../../kernel/hrtimer.ts';
import type { net } from '../net.ts';
import { sock_net, TCP_TIME_WAIT } from '../sock.ts';
import type { inet_bind_bucket } from './bind_hash.ts';
import type { tcp_sock } from './tcp_sock.ts';

export const TCP_TIMEWAIT_LEN: number = 60 * NSEC_PER_SEC;

export class inet_timewait_sock {
  readonly sk_state: number = TCP_TIME_WAIT;
  readonly sk_net: net;
  /** TCP_FIN_WAIT2 until the peer's FIN has come. */
  tw_substate: number = TCP_TIME_WAIT;
  readonly sk_num: number;
  readonly inet_dport: number;
  readonly inet_rcv_saddr: number;
  readonly inet_daddr: number;
  sk_reuse = false;
  sk_reuseport = false;
  tw_rcv_nxt = 0;
  tw_snd_nxt = 0;
  tw_rcv_wnd = 0;
  tw_rcv_wscale = 0;
  tw_last_oow_ack_time = 0;
  tw_entry_stamp = 0;
  tw_tb: inet_bind_bucket | null = null;

  // Ours:
  /** When its time is up. */
  expires = 0;
  hashed = false;

  constructor(sk: tcp_sock) {
    this.sk_net = sock_net(sk);
    this.sk_num = sk.sk_num;
    this.inet_dport = sk.inet_dport;
    this.inet_rcv_saddr = sk.inet_rcv_saddr;
    this.inet_daddr = sk.inet_daddr;
  }
}

/** Starts its time anew; in ns. */
export function inet_twsk_reschedule(tw: inet_timewait_sock, timeo: number): void {
  tw.expires = ktime_get() + timeo;
}

/** Ours: is its time up? */
export const twskExpired = (tw: inet_timewait_sock): boolean => ktime_get() >= tw.expires;
