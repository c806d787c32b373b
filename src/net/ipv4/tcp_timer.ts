/**
 * What TCP does when nothing comes. Linux: net/ipv4/tcp_timer.c, include/net/tcp.h,
 * include/net/inet_connection_sock.h.
 *
 * One timer retransmits what is not acknowledged, or sends a piece of what does not fit the peer's
 * window. Another sends an acknowledgement that has waited for company.
 *
 * Differs from Linux: over the loopback device a delayed ACK is due as soon as nothing else can run,
 * whatever the clock says (`settleNetwork`), and nobody probes a closed window: no window update is
 * lost. No tail loss probes.
 */
import { current } from '../../kernel/current.ts';
import { list_add_tail, list_del_init, list_empty, list_entry } from '../../kernel/list.ts';
import type { Kernel } from '../../kernel/op.ts';
import { irqExit } from '../../kernel/softirq.ts';
import { HZ, jiffies, leaveToSoftirq, mod_timer, timer_delete } from '../../kernel/timer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { ETIMEDOUT } from '../../kernel/uapi/errno.ts';
import { type NetGlobals, netGlobals } from '../net.ts';
import { bh_lock_sock, bh_unlock_sock, sock_owned_by_user } from '../sock_lock.ts';
import { inState, TCPF_CLOSE, TCPF_LISTEN, TCPF_SYN_RECV, TCPF_SYN_SENT } from '../tcp_states.ts';
import {
  sysctl_tcp_retries2,
  sysctl_tcp_syn_linear_timeouts,
  sysctl_tcp_syn_retries,
} from './netns.ts';
import { overLoopback } from './over_loopback.ts';
import { after, before } from './seq.ts';
import { tcp_send_ack, tcp_send_probe0 } from './tcp_ack_output.ts';
import { inet_csk_exit_pingpong_mode, inet_csk_in_pingpong_mode } from './tcp_delack.ts';
import { tcp_done_with_error } from './tcp_done.ts';
import { TCP_ATO_MIN, tcp_send_head, tcp_wnd_end } from './tcp_output.ts';
import { tcp_retransmit_timer } from './tcp_retransmit.ts';
import {
  ICSK_ACK_SCHED,
  ICSK_ACK_TIMER,
  ICSK_TIME_PROBE0,
  ICSK_TIME_RETRANS,
  type tcp_sock,
} from './tcp_sock.ts';

/** Initial, least and largest retransmission timeout. */
export const TCP_TIMEOUT_INIT: number = HZ;
export const TCP_RTO_MIN: number = HZ / 5;
export const TCP_RTO_MAX: number = 120 * HZ;
/** The shortest time until any timer fires: two ticks at HZ = 250. */
export const TCP_TIMEOUT_MIN = 8;
/** How long an ACK waits at least, and at most. */
export const TCP_DELACK_MIN: number = HZ / 25;
export const TCP_DELACK_MAX: number = HZ / 5;

/** sk_tsq_flags: a timer found the socket owned, or an ACK is due when the owner is done. */
export const TCPF_WRITE_TIMER_DEFERRED = 1;
export const TCPF_DELACK_TIMER_DEFERRED = 2;
export const TCPF_ACK_DEFERRED = 4;

export function inet_csk_clear_xmit_timer(sk: tcp_sock): void {
  sk.icsk_pending = 0;
  timer_delete(sk.icsk_retransmit_timer);
}

/** Starts the timer for `what`, in `when` ticks. */
export function tcp_reset_xmit_timer(sk: tcp_sock, what: number, when: number): void {
  const { tick } = sk.icsk_retransmit_timer;
  // A peer may keep its window closed for ever; and of what nobody loses nobody need send more.
  const background =
    what === ICSK_TIME_PROBE0 ? !windowIsOpen(sk) : current.kernel.exact && overLoopback(sk);
  sk.icsk_pending = what;
  if (tick.background !== background) {
    timer_delete(sk.icsk_retransmit_timer);
    tick.background = background;
  }
  mod_timer(sk.icsk_retransmit_timer, jiffies() + Math.min(when, tcp_rto_max(sk)));
}

/**
 * Starts the retransmission timer anew, or stops it if everything is acknowledged. While the answer
 * to a SYN with data is not, the timer is for that.
 */
export function tcp_rearm_rto(sk: tcp_sock): void {
  if (sk.fastopen_rsk !== null) return;
  if (sk.packets_out === 0) inet_csk_clear_xmit_timer(sk);
  else tcp_reset_xmit_timer(sk, ICSK_TIME_RETRANS, sk.icsk_rto);
}

/** How long the peer has before it is asked for its window, in ticks. */
export const tcp_probe0_base = (sk: tcp_sock): number => Math.max(sk.icsk_rto, TCP_RTO_MIN);

/** The same for the next question: twice as long each time. */
export function tcp_probe0_when(sk: tcp_sock): number {
  const base = tcp_probe0_base(sk);
  const most = Math.floor(Math.log2(tcp_rto_max(sk) / base)) + 1;
  return Math.min(base * 2 ** Math.min(most, sk.icsk_backoff), tcp_rto_max(sk));
}

/** As it is, but not beyond TCP_USER_TIMEOUT. */
export function tcp_clamp_probe0_to_user_timeout(sk: tcp_sock, when: number): number {
  const { icsk_probes_tstamp, icsk_user_timeout } = sk;
  if (icsk_user_timeout === 0 || icsk_probes_tstamp === 0) return when;
  const elapsed = jiffies() - icsk_probes_tstamp;
  return Math.min(when, Math.max(icsk_user_timeout - elapsed, TCP_TIMEOUT_MIN));
}

/**
 * Something waits and nothing is under way that an acknowledgement will come for: what still fits
 * the peer's window will be sent although it is less than a segment, and a peer whose window is
 * closed will be asked. Over the loopback device no opening of a window is ever lost.
 */
export function tcp_check_probe_timer(sk: tcp_sock): void {
  if (sk.packets_out > 0 || sk.icsk_pending !== 0) return;
  if (windowIsOpen(sk) || !overLoopback(sk)) {
    tcp_reset_xmit_timer(sk, ICSK_TIME_PROBE0, tcp_probe0_base(sk));
  }
}

/** Does the peer's window let any of what waits go? */
function windowIsOpen(sk: tcp_sock): boolean {
  const skb = tcp_send_head(sk);
  return skb !== null && before(skb.seq, tcp_wnd_end(sk));
}

/** An ACK came while nothing was under way: it may have opened the window. */
export function tcp_ack_probe(sk: tcp_sock): void {
  const head = tcp_send_head(sk);
  if (head === null) return;
  if (after(head.end_seq, tcp_wnd_end(sk)) && !overLoopback(sk)) {
    const when = tcp_clamp_probe0_to_user_timeout(sk, tcp_probe0_when(sk));
    tcp_reset_xmit_timer(sk, ICSK_TIME_PROBE0, when);
    return;
  }
  sk.icsk_backoff = 0;
  sk.icsk_probes_tstamp = 0;
  if (sk.icsk_pending === ICSK_TIME_PROBE0) inet_csk_clear_xmit_timer(sk);
}

/** Retransmission has gone on for too long. */
export const tcp_write_err = (sk: tcp_sock): Kernel<void> =>
  tcp_done_with_error(sk, sk.sk_err_soft || ETIMEDOUT);

/** The longest timeout, and the least; TCP_RTO_MAX_MS and TCP_RTO_MIN_US. */
export const tcp_rto_max = (sk: tcp_sock): number => sk.icsk_rto_max || TCP_RTO_MAX;
export const tcp_rto_min = (sk: tcp_sock): number => sk.icsk_rto_min || TCP_RTO_MIN;

/** How long `boundary` retransmissions take if every timeout is twice the last one. */
function tcp_model_timeout(sk: tcp_sock, boundary: number, rto_base: number): number {
  const rto_max = tcp_rto_max(sk);
  const linear_backoff_thresh = 31 - Math.clz32(rto_max / rto_base);
  const doublings = Math.min(boundary, linear_backoff_thresh);
  return (2 ** (doublings + 1) - 1) * rto_base + (boundary - doublings) * rto_max;
}

/** Have `boundary` retransmissions had their time, or `timeout` ticks gone by if that is not 0? */
function retransmits_timed_out(sk: tcp_sock, boundary: number, timeout: number): boolean {
  if (sk.icsk_retransmits === 0) return false;
  const syn = inState(sk, TCPF_SYN_SENT | TCPF_SYN_RECV);
  const rto_base = syn ? TCP_TIMEOUT_INIT : TCP_RTO_MIN;
  const patience = timeout === 0 ? tcp_model_timeout(sk, boundary, rto_base) : timeout;
  return jiffies() - sk.retrans_stamp >= patience;
}

/** The timeout, cut to what is left of TCP_USER_TIMEOUT. */
export function tcp_clamp_rto_to_user_timeout(sk: tcp_sock): number {
  if (sk.icsk_user_timeout === 0) return sk.icsk_rto;
  const remaining = sk.icsk_user_timeout - (jiffies() - sk.retrans_stamp);
  return remaining <= 0 ? 1 : Math.min(sk.icsk_rto, remaining);
}

/** How often an orphan tries. */
const ORPHAN_RETRIES = 8;
const tcp_orphan_retries = (sk: tcp_sock): number =>
  sk.icsk_rto < tcp_rto_max(sk) ? ORPHAN_RETRIES : 0;

/** Has it? Gives the connection up then, and tells so. */
export function* tcp_write_timeout(sk: tcp_sock): Kernel<boolean> {
  let expired = false;
  let retry_until: number;
  if (inState(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
    retry_until = sk.icsk_syn_retries === 0 ? sysctl_tcp_syn_retries : sk.icsk_syn_retries;
    const linear = inState(sk, TCPF_SYN_SENT) ? sysctl_tcp_syn_linear_timeouts : 0;
    expired = sk.icsk_retransmits >= retry_until + linear;
  } else {
    retry_until = sk.SOCK_DEAD ? tcp_orphan_retries(sk) : sysctl_tcp_retries2;
  }
  expired ||= retransmits_timed_out(sk, retry_until, sk.icsk_user_timeout);
  if (expired) yield* tcp_write_err(sk);
  return expired;
}

/** Has the peer kept its window closed, and not said so, for too long? */
function probesTimedOut(sk: tcp_sock): boolean {
  const { icsk_probes_tstamp, icsk_user_timeout } = sk;
  const waited = jiffies() - icsk_probes_tstamp;
  if (icsk_user_timeout !== 0 && icsk_probes_tstamp !== 0 && waited >= icsk_user_timeout)
    return true;
  let max_probes = sysctl_tcp_retries2;
  if (sk.SOCK_DEAD) {
    const alive = sk.icsk_rto * 2 ** sk.icsk_backoff < tcp_rto_max(sk);
    if (!alive) return true;
    max_probes = ORPHAN_RETRIES;
  }
  return sk.icsk_probes_out >= max_probes;
}

/** Sends as much as the window lets go, or asks the peer for its window. */
function* tcp_probe_timer(sk: tcp_sock): Kernel<void> {
  if (sk.packets_out > 0 || tcp_send_head(sk) === null) {
    sk.icsk_probes_out = 0;
    sk.icsk_probes_tstamp = 0;
    return;
  }
  if (overLoopback(sk) && !windowIsOpen(sk)) return;
  if (probesTimedOut(sk)) {
    yield* tcp_write_err(sk);
    return;
  }
  if (sk.icsk_probes_tstamp === 0) sk.icsk_probes_tstamp = jiffies();
  yield* tcp_send_probe0(sk);
}

/** Called with the lock held, by whoever has the socket. */
export function* tcp_write_timer_handler(sk: tcp_sock): Kernel<void> {
  if (inState(sk, TCPF_CLOSE | TCPF_LISTEN) || sk.icsk_pending === 0) return;
  if (sk.icsk_retransmit_timer.expires > jiffies()) {
    mod_timer(sk.icsk_retransmit_timer, sk.icsk_retransmit_timer.expires);
    return;
  }
  const event = sk.icsk_pending;
  sk.icsk_pending = 0;
  if (event === ICSK_TIME_RETRANS) yield* tcp_retransmit_timer(sk);
  else yield* tcp_probe_timer(sk);
}

export function* tcp_write_timer(sk: tcp_sock): Kernel<void> {
  __fentry__('tcp_write_timer');
  yield bh_lock_sock(sk);
  if (sock_owned_by_user(sk)) sk.sk_tsq_flags |= TCPF_WRITE_TIMER_DEFERRED;
  else yield* tcp_write_timer_handler(sk);
  bh_unlock_sock(sk);
}

/** Sends the ACK that waited for company. Called with the lock held. */
export function* tcp_delack_timer_handler(sk: tcp_sock): Kernel<void> {
  const { icsk_ack } = sk;
  if (inState(sk, TCPF_CLOSE | TCPF_LISTEN) || (icsk_ack.pending & ICSK_ACK_TIMER) === 0) return;
  const { expires } = sk.icsk_delack_timer;
  if (!overLoopback(sk) && expires > jiffies()) {
    mod_timer(sk.icsk_delack_timer, expires);
    return;
  }
  icsk_ack.pending &= ~ICSK_ACK_TIMER;
  if ((icsk_ack.pending & ICSK_ACK_SCHED) === 0) return;
  if (inet_csk_in_pingpong_mode(sk)) {
    inet_csk_exit_pingpong_mode(sk);
    icsk_ack.ato = TCP_ATO_MIN;
  } else {
    icsk_ack.ato = Math.min(icsk_ack.ato << 1, sk.icsk_rto);
  }
  yield* tcp_send_ack(sk);
}

export function* tcp_delack_timer(sk: tcp_sock): Kernel<void> {
  __fentry__('tcp_delack_timer');
  if ((sk.icsk_ack.pending & ICSK_ACK_TIMER) === 0) return;
  yield bh_lock_sock(sk);
  if (sock_owned_by_user(sk)) sk.sk_tsq_flags |= TCPF_DELACK_TIMER_DEFERRED;
  else yield* tcp_delack_timer_handler(sk);
  bh_unlock_sock(sk);
}

/** Ours: starts the timer of a delayed ACK. */
export function armDelack(sk: tcp_sock): void {
  sk.icsk_ack.pending |= ICSK_ACK_TIMER;
  if (list_empty(sk.delack)) list_add_tail(sk.delack, netGlobals().delacks);
}

/** Ours: lets the ACK that ends a handshake wait for data to go with; this takes its time. */
export function armLongDelack(sk: tcp_sock): void {
  sk.icsk_ack.pending |= ICSK_ACK_TIMER;
  mod_timer(sk.icsk_delack_timer, jiffies() + TCP_DELACK_MAX);
}

/** Ours: does an ACK wait for company? */
export function delackIsDue({ delacks }: NetGlobals): boolean {
  while (!list_empty(delacks)) {
    const sk = list_entry(delacks.next);
    if ((sk.icsk_ack.pending & ICSK_ACK_TIMER) !== 0) return true;
    list_del_init(sk.delack);
  }
  return false;
}

/** Ours: sends the ACK that has waited longest. Runs as an interrupt when nothing else can run. */
export function* settleDelack(): Kernel<void> {
  const sk = list_entry(netGlobals().delacks.next);
  list_del_init(sk.delack);
  leaveToSoftirq(sk.icsk_delack_timer);
  yield* irqExit();
}

export function tcp_clear_xmit_timers(sk: tcp_sock): void {
  inet_csk_clear_xmit_timer(sk);
  sk.icsk_ack.pending &= ~ICSK_ACK_TIMER;
  timer_delete(sk.icsk_delack_timer);
  if (!list_empty(sk.delack)) list_del_init(sk.delack);
  timer_delete(sk.sk_timer);
}
