/**
 * What is left of a connection that was closed here first. Linux: include/net/inet_timewait_sock.h,
 * net/ipv4/inet_timewait_sock.c, include/linux/tcp.h (tcp_timewait_sock).
 *
 * It answers what may still arrive, and keeps the pair of ports from being used again too early,
 * until its timer takes it away.
 */
import type { Kernel } from '../../kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import {
  HZ,
  jiffies,
  mod_timer,
  timer_delete,
  timer_list,
  timer_pending,
} from '../../kernel/timer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import type { net } from '../net.ts';
import { sock_net, TCP_TIME_WAIT } from '../sock.ts';
import { type inet_bind_bucket, unbind } from './bind_hash.ts';
import { SOCK_CONNECT_BIND } from './inet_sock.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { tcp_receive_window } from './tcp_window.ts';

/** In ticks. */
export const TCP_TIMEWAIT_LEN: number = 60 * HZ;

export class inet_timewait_sock {
  readonly sk_state: number = TCP_TIME_WAIT;
  readonly sk_net: net;
  /** TCP_FIN_WAIT2 until the peer's FIN has come. */
  tw_substate: number;
  readonly sk_num: number;
  readonly inet_dport: number;
  readonly inet_rcv_saddr: number;
  readonly inet_daddr: number;
  readonly sk_reuse: boolean;
  readonly sk_reuseport: boolean;
  /** Its port was chosen by connect(). */
  readonly tw_connect_bind: boolean;
  tw_rcv_nxt: number;
  readonly tw_snd_nxt: number;
  readonly tw_rcv_wnd: number;
  readonly tw_rcv_wscale: number;
  tw_last_oow_ack_time = 0;
  /** When it came to TIME_WAIT or what stands for it, in ticks. */
  tw_entry_stamp: number = jiffies();
  tw_tb: inet_bind_bucket | null = null;
  readonly tw_timer: timer_list = new timer_list(
    'tw_timer_handler',
    () => tw_timer_handler(this),
    true,
  );

  // Ours: it is in the table of connections.
  hashed = false;

  /** inet_twsk_alloc(): what is to be known of `sk`. */
  constructor(sk: tcp_sock, state: number) {
    this.sk_net = sock_net(sk);
    this.tw_substate = state;
    this.sk_num = sk.sk_num;
    this.inet_dport = sk.inet_dport;
    this.inet_rcv_saddr = sk.inet_rcv_saddr;
    this.inet_daddr = sk.inet_daddr;
    this.sk_reuse = sk.sk_reuse;
    this.sk_reuseport = sk.sk_reuseport;
    this.tw_connect_bind = (sk.sk_userlocks & SOCK_CONNECT_BIND) !== 0;
    this.tw_rcv_nxt = sk.rcv_nxt;
    this.tw_snd_nxt = sk.snd_nxt;
    this.tw_rcv_wnd = tcp_receive_window(sk);
    this.tw_rcv_wscale = sk.rx_opt.rcv_wscale;
  }
}

/** Takes it out of its port's owners. Called with bhash_lock held. */
export function inet_twsk_bind_unhash(tw: inet_timewait_sock): void {
  const tb = tw.tw_tb;
  tw.tw_tb = null;
  if (tb !== null) unbind(sock_net(tw).ipv4.tcp_hashinfo, tb, tw);
}

/** Forgets it. With bottom halves disabled. */
function* inet_twsk_kill(tw: inet_timewait_sock): Kernel<void> {
  const hashinfo = sock_net(tw).ipv4.tcp_hashinfo;
  yield spin_lock(hashinfo.ehash_lock);
  hashinfo.remove(tw);
  spin_unlock(hashinfo.ehash_lock);
  yield spin_lock(hashinfo.bhash_lock);
  inet_twsk_bind_unhash(tw);
  spin_unlock(hashinfo.bhash_lock);
}

/** Its time is up. */
function* tw_timer_handler(tw: inet_timewait_sock): Kernel<void> {
  __fentry__('tw_timer_handler');
  yield* inet_twsk_kill(tw);
}

/** Takes the place of `sk` in the tables, for `timeo` ticks. */
export function* inet_twsk_hashdance_schedule(
  tw: inet_timewait_sock,
  sk: tcp_sock,
  timeo: number,
): Kernel<void> {
  const hashinfo = sock_net(tw).ipv4.tcp_hashinfo;
  local_bh_disable();
  yield spin_lock(hashinfo.bhash_lock);
  tw.tw_tb = sk.icsk_bind_hash;
  sk.icsk_bind_hash?.owners.push(tw);
  spin_unlock(hashinfo.bhash_lock);
  yield spin_lock(hashinfo.ehash_lock);
  hashinfo.insert(tw);
  hashinfo.remove(sk);
  mod_timer(tw.tw_timer, jiffies() + timeo);
  spin_unlock(hashinfo.ehash_lock);
  yield* local_bh_enable();
}

/** Ends it before its time. With bottom halves disabled. */
export function* inet_twsk_deschedule_put(tw: inet_timewait_sock): Kernel<void> {
  if (timer_delete(tw.tw_timer)) yield* inet_twsk_kill(tw);
}

/** Starts its time anew, in ticks, unless that is up already. */
export function inet_twsk_reschedule(tw: inet_timewait_sock, timeo: number): void {
  if (timer_pending(tw.tw_timer)) mod_timer(tw.tw_timer, jiffies() + timeo);
}
