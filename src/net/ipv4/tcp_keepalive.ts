/**
 * The third timer of a connection: asks a silent peer whether it is still there (SO_KEEPALIVE), and
 * ends an orphan whose peer does not end. Linux: net/ipv4/tcp_timer.c (tcp_keepalive_timer),
 * net/ipv4/tcp.c (tcp_sock_set_keepidle_locked), include/net/tcp.h.
 */
import type { Kernel } from '../../kernel/op.ts';
import { HZ, jiffies, mod_timer, timer_delete } from '../../kernel/timer.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { sock_net, TCP_FIN_WAIT2 } from '../sock.ts';
import { bh_lock_sock, bh_unlock_sock, sock_owned_by_user } from '../sock_lock.ts';
import { inState, TCPF_CLOSE, TCPF_LISTEN, TCPF_SYN_SENT } from '../tcp_states.ts';
import { TCP_TIMEWAIT_LEN } from './inet_timewait_sock.ts';
import { tcp_send_active_reset, tcp_write_wakeup } from './tcp_ack_output.ts';
import { tcp_done } from './tcp_done.ts';
import { tcp_time_wait } from './tcp_minisocks.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { tcp_write_err } from './tcp_timer.ts';

/** How long a timer waits that found the socket owned. */
const OWNED_RETRY: number = HZ / 20;

/** For how long a connection may be silent, in ticks, before the peer is asked. */
export const keepalive_time_when = (tp: tcp_sock): number =>
  tp.keepalive_time || sock_net(tp).ipv4.sysctl_tcp_keepalive_time;
/** How long an answer may take before the peer is asked again. */
export const keepalive_intvl_when = (tp: tcp_sock): number =>
  tp.keepalive_intvl || sock_net(tp).ipv4.sysctl_tcp_keepalive_intvl;
/** How often it is asked. */
export const keepalive_probes = (tp: tcp_sock): number =>
  tp.keepalive_probes || sock_net(tp).ipv4.sysctl_tcp_keepalive_probes;
/** How long nothing has come from the peer. */
export const keepalive_time_elapsed = (tp: tcp_sock): number =>
  jiffies() - Math.max(tp.icsk_ack.lrcvtime, tp.rcv_tstamp);

/** How long an orphan waits for its peer's FIN, in ticks: TCP_LINGER2. */
export function tcp_fin_time(sk: tcp_sock): number {
  const fin_timeout = sk.linger2 || sock_net(sk).ipv4.sysctl_tcp_fin_timeout;
  return Math.max(fin_timeout, (sk.icsk_rto << 2) - (sk.icsk_rto >> 1));
}

export function tcp_reset_keepalive_timer(sk: tcp_sock, len: number): void {
  mod_timer(sk.sk_timer, jiffies() + len);
}

/** SO_KEEPALIVE is about to be set to `on`. */
export function tcp_set_keepalive(sk: tcp_sock, on: boolean): void {
  if (inState(sk, TCPF_CLOSE | TCPF_LISTEN)) return;
  if (!on) timer_delete(sk.sk_timer);
  else if (!sk.SOCK_KEEPOPEN) tcp_reset_keepalive_timer(sk, keepalive_time_when(sk));
}

/** TCP_KEEPIDLE: `ticks` from the last that came. */
export function tcp_sock_set_keepidle_locked(sk: tcp_sock, ticks: number): void {
  sk.keepalive_time = ticks;
  if (!sk.SOCK_KEEPOPEN || inState(sk, TCPF_CLOSE | TCPF_LISTEN)) return;
  tcp_reset_keepalive_timer(sk, Math.max(ticks - keepalive_time_elapsed(sk), 0));
}

/** The peer of an orphan has not ended its direction in time. */
function* endOrphan(sk: tcp_sock): Kernel<void> {
  const tmo = sk.linger2 < 0 ? 0 : tcp_fin_time(sk) - TCP_TIMEWAIT_LEN;
  if (tmo > 0) {
    yield* tcp_time_wait(sk, TCP_FIN_WAIT2, tmo);
    return;
  }
  yield* tcp_send_active_reset(sk);
  yield* tcp_done(sk);
}

/** Has the peer been asked often enough? With TCP_USER_TIMEOUT: has that time gone by? */
function isGone(sk: tcp_sock, elapsed: number): boolean {
  const user_timeout = sk.icsk_user_timeout;
  if (user_timeout === 0) return sk.icsk_probes_out >= keepalive_probes(sk);
  return elapsed >= user_timeout && sk.icsk_probes_out > 0;
}

/** Asks the peer if it is time to; when to look again, in ticks, or null if the connection is over. */
function* probe(sk: tcp_sock): Kernel<number | null> {
  const when = keepalive_time_when(sk);
  if (sk.packets_out > 0 || !sk.sk_write_queue.isEmpty()) return when; // Alive without being asked.
  const elapsed = keepalive_time_elapsed(sk);
  if (elapsed < when) return when - elapsed;
  if (isGone(sk, elapsed)) {
    traceNote('tcp_keepalive_timer: the peer does not answer', sk);
    yield* tcp_send_active_reset(sk);
    yield* tcp_write_err(sk);
    return null;
  }
  yield* tcp_write_wakeup(sk);
  sk.icsk_probes_out++;
  return keepalive_intvl_when(sk);
}

/** Called with the lock held. */
function* tcp_keepalive_timer_handler(sk: tcp_sock): Kernel<void> {
  if (sk.sk_state === TCP_FIN_WAIT2 && sk.SOCK_DEAD) {
    yield* endOrphan(sk);
    return;
  }
  if (!sk.SOCK_KEEPOPEN || inState(sk, TCPF_CLOSE | TCPF_SYN_SENT)) return;
  const again = yield* probe(sk);
  if (again !== null) tcp_reset_keepalive_timer(sk, again);
}

export function* tcp_keepalive_timer(sk: tcp_sock): Kernel<void> {
  __fentry__('tcp_keepalive_timer');
  yield bh_lock_sock(sk);
  if (sock_owned_by_user(sk)) tcp_reset_keepalive_timer(sk, OWNED_RETRY);
  else yield* tcp_keepalive_timer_handler(sk);
  bh_unlock_sock(sk);
}
