/**
 * How much a receiver lets its peer send. Linux: net/ipv4/tcp_output.c (tcp_select_window),
 * net/ipv4/tcp_input.c (tcp_grow_window, tcp_rcv_space_adjust), include/net/tcp.h.
 *
 * The window is cut from the free part of the receive buffer. What a segment takes of that is more
 * than its bytes (truesize), and `scaling_ratio` is the measured share that is data. A window once
 * offered is never taken back, and it grows in steps of 1 << rcv_wscale.
 *
 * Differs from Linux: over the loopback device the clock stands still while data flows, so a round trip
 * cannot be timed; wherever tcp_rcv_space_adjust() waits for one to pass, a receive call counts as one.
 */

import { EINVAL } from '../../kernel/uapi/errno.ts';
import { SOCK_MIN_RCVBUF, SOCK_RCVBUF_LOCK, sysctl_rmem_max } from '../sock.ts';
import { inState, TCPF_CLOSE } from '../tcp_states.ts';
import { sysctl_tcp_rmem } from './netns.ts';
import { overLoopback } from './over_loopback.ts';
import { before, seqAdd, seqDiff } from './seq.ts';
import { tcp_clock_us, tcp_rtt_tsopt_us } from './tcp_rtt.ts';
import { SEGMENT_OVERHEAD, type TcpSegment } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';

const { max, min } = Math;

export const TCP_MSS_DEFAULT = 536;
export const TCP_MIN_MSS = 88;
export const MAX_TCP_WINDOW = 32_767;
const U16_MAX = 0xffff;
const TCP_MAX_WSCALE = 14;
const TCP_RMEM_TO_WIN_SCALE = 8;
export const TCP_DEFAULT_SCALING_RATIO: number = 1 << (TCP_RMEM_TO_WIN_SCALE - 1);
const TCP_INIT_CWND = 10;

/** `value` rounded up to a multiple of `step`, a power of two. */
const ALIGN = (value: number, step: number): number => Math.ceil(value / step) * step;

export const tcp_win_from_space = (sk: tcp_sock, space: number): number =>
  Math.floor((space * sk.scaling_ratio) / 256);
export const tcp_space_from_win = (sk: tcp_sock, win: number): number =>
  Math.floor((win * 256) / sk.scaling_ratio);

/** What is free of the receive buffer, in data. */
export const tcp_space = (sk: tcp_sock): number =>
  tcp_win_from_space(sk, sk.sk_rcvbuf - sk.sk_backlog.len - sk.sk_rmem_alloc);
export const tcp_full_space = (sk: tcp_sock): number => tcp_win_from_space(sk, sk.sk_rcvbuf);

/** What is left of the window that was offered last. */
export const tcp_receive_window = (tp: tcp_sock): number =>
  max(seqDiff(seqAdd(tp.rcv_wup, tp.rcv_wnd), tp.rcv_nxt), 0);

/** The window and the scale that a SYN offers. */
export interface InitialWindow {
  readonly rcv_wnd: number;
  readonly window_clamp: number;
  readonly rcv_wscale: number;
}

export function tcp_select_initial_window(
  __space: number,
  mss: number,
  clamp: number,
  wscale_ok: boolean,
): InitialWindow {
  const window_clamp = clamp === 0 ? U16_MAX << TCP_MAX_WSCALE : clamp;
  let space = min(window_clamp, max(__space, 0));
  if (space > mss) space -= space % mss;
  const rcv_wnd = space;
  let rcv_wscale = 0;
  if (wscale_ok) {
    const widest = min(max(space, sysctl_tcp_rmem[2], sysctl_rmem_max), window_clamp);
    rcv_wscale = min(max(31 - Math.clz32(widest) - 15, 0), TCP_MAX_WSCALE);
  }
  return { rcv_wnd, rcv_wscale, window_clamp: min(U16_MAX << rcv_wscale, window_clamp) };
}

/** The window that could be offered now. */
export function __tcp_select_window(sk: tcp_sock): number {
  const { icsk_ack } = sk;
  let mss = icsk_ack.rcv_mss;
  let free_space = tcp_space(sk);
  const allowed_space = tcp_full_space(sk);
  const full_space = min(sk.window_clamp, allowed_space);
  const step = 1 << sk.rx_opt.rcv_wscale;
  if (mss > full_space) {
    mss = full_space;
    if (mss <= 0) return 0;
  }
  if (free_space < full_space >> 1) {
    icsk_ack.quick = 0;
    free_space = Math.floor(free_space / step) * step;
    // Rather none than one that is too small for a segment.
    if (free_space < allowed_space >> 4 || free_space < mss) return 0;
  }
  free_space = min(free_space, sk.rcv_ssthresh);
  if (sk.rx_opt.rcv_wscale !== 0) return ALIGN(free_space, step);
  const window = sk.rcv_wnd;
  if (window <= free_space - mss || window > free_space) return free_space - (free_space % mss);
  if (mss === full_space && free_space > window + (full_space >> 1)) return free_space;
  return window;
}

/** Decides on the window to offer; as it stands in the header. */
export function tcp_select_window(sk: tcp_sock): number {
  const cur_win = tcp_receive_window(sk);
  let new_win = __tcp_select_window(sk);
  if (new_win < cur_win) new_win = ALIGN(cur_win, 1 << sk.rx_opt.rcv_wscale);
  sk.rcv_wnd = new_win;
  sk.rcv_wup = sk.rcv_nxt;
  if (new_win === 0) sk.pred_flags = 0;
  return min(new_win, U16_MAX << sk.rx_opt.rcv_wscale) >> sk.rx_opt.rcv_wscale;
}

/** Could a segment with such overhead be let in more freely? By how much, then. */
function __tcp_grow_window(sk: tcp_sock, skb: TcpSegment, skbtruesize: number): number {
  let truesize = tcp_win_from_space(sk, skbtruesize) >> 1;
  let window = tcp_win_from_space(sk, sysctl_tcp_rmem[2]) >> 1;
  while (sk.rcv_ssthresh <= window) {
    if (truesize <= skb.len) return 2 * sk.icsk_ack.rcv_mss;
    truesize >>= 1;
    window >>= 1;
  }
  return 0;
}

/** Lets the window grow as long as segments come with little overhead. */
export function tcp_grow_window(sk: tcp_sock, skb: TcpSegment, adjust: boolean): void {
  const room = min(sk.window_clamp, tcp_space(sk)) - sk.rcv_ssthresh;
  if (room <= 0) return;
  const truesize = adjust ? skb.truesize - SEGMENT_OVERHEAD : skb.truesize;
  const incr =
    tcp_win_from_space(sk, truesize) <= skb.len
      ? 2 * sk.advmss
      : __tcp_grow_window(sk, skb, truesize);
  if (incr === 0) return;
  sk.rcv_ssthresh += min(room, max(incr, 2 * skb.len));
  sk.icsk_ack.quick |= 1;
}

/** TCP_WINDOW_CLAMP; 0 or -EINVAL. */
export function tcp_set_window_clamp(sk: tcp_sock, val: number): number {
  if (val === 0) {
    if (!inState(sk, TCPF_CLOSE)) return -EINVAL;
    sk.window_clamp = 0;
    return 0;
  }
  const old = sk.window_clamp;
  const clamp = max(SOCK_MIN_RCVBUF / 2, val);
  if (clamp === old) return 0;
  sk.window_clamp = clamp;
  if (clamp < old) sk.rcv_ssthresh = min(sk.rcv_ssthresh, clamp);
  else sk.rcv_ssthresh = max(min(sk.rcv_wnd, clamp), sk.rcv_ssthresh);
  return 0;
}

/** Sets the buffers up when the connection is established. */
export function tcp_init_buffer_space(sk: tcp_sock, tcp_sndbuf_expand: () => void): void {
  tcp_sndbuf_expand();
  const maxwin = tcp_full_space(sk);
  sk.rcvq_space.time = overLoopback(sk) ? 0 : tcp_clock_us();
  sk.rcvq_space.seq = sk.copied_seq;
  if (sk.window_clamp >= maxwin) {
    sk.window_clamp = maxwin;
    // sysctl_tcp_app_win is 31: nothing is set aside for the application.
    if (maxwin > 4 * sk.advmss) sk.window_clamp = max(maxwin, 4 * sk.advmss);
  }
  if (sk.window_clamp > 2 * sk.advmss && sk.window_clamp + sk.advmss > maxwin) {
    sk.window_clamp = max(2 * sk.advmss, maxwin - sk.advmss);
  }
  sk.rcv_ssthresh = min(sk.rcv_ssthresh, sk.window_clamp);
  sk.rcvq_space.space = min(sk.rcv_ssthresh, sk.rcv_wnd, TCP_INIT_CWND * sk.advmss);
}

/** Measures how long a window's worth of data takes to arrive. */
export function tcp_rcv_rtt_measure(tp: tcp_sock): void {
  const est = tp.rcv_rtt_est;
  const now = overLoopback(tp) ? 1 : tcp_clock_us();
  if (est.time !== 0) {
    if (before(tp.rcv_nxt, est.seq)) return;
    tcp_rcv_rtt_update(tp, max(now - est.time, 1), true);
  }
  est.seq = seqAdd(tp.rcv_nxt, tp.rcv_wnd);
  est.time = now;
}

/** Takes a measurement in, in microseconds; the mean is kept times 8. */
function tcp_rcv_rtt_update(tp: tcp_sock, sample: number, win_dep: boolean): void {
  const est = tp.rcv_rtt_est;
  const m = sample * 8;
  if (est.rtt_us === 0 || m < est.rtt_us) est.rtt_us = m;
  else if (!win_dep && tp.rcv_nxt === tp.copied_seq) est.rtt_us += sample - (est.rtt_us >> 3);
}

/** A full segment echoes a timestamp, which tells how long a round trip takes. */
export function tcp_rcv_rtt_measure_ts(sk: tcp_sock, skb: TcpSegment): void {
  if (seqDiff(skb.end_seq, skb.seq) < sk.icsk_ack.rcv_mss) return;
  if (overLoopback(sk)) {
    sk.rcv_rtt_est.rtt_us ||= 8;
    return;
  }
  if (skb.tsecr === sk.rcv_rtt_last_tsecr) return;
  sk.rcv_rtt_last_tsecr = skb.tsecr;
  const delta = tcp_rtt_tsopt_us(skb, 0);
  if (delta > 0) tcp_rcv_rtt_update(sk, delta, false);
}

/** The application takes `newval` bytes a round trip: the buffer is to hold twice of that. */
export function tcp_rcvbuf_grow(sk: tcp_sock, newval: number): void {
  const oldval = sk.rcvq_space.space;
  sk.rcvq_space.space = newval;
  if ((sk.sk_userlocks & SOCK_RCVBUF_LOCK) !== 0) return;
  let rcvwin = newval * 2;
  rcvwin += Math.floor((rcvwin * (newval - oldval)) / oldval) * 2;
  const last = sk.out_of_order_queue.at(-1);
  if (last !== undefined) rcvwin += seqDiff(last.end_seq, sk.rcv_nxt);
  const rcvbuf = min(tcp_space_from_win(sk, rcvwin), sysctl_tcp_rmem[2]);
  if (rcvbuf <= sk.sk_rcvbuf) return;
  sk.sk_rcvbuf = rcvbuf;
  sk.window_clamp = tcp_win_from_space(sk, rcvbuf);
}

/** By what the receive buffer is tuned: microseconds, or receive calls. */
const rcvSpaceTime = (sk: tcp_sock): number => (overLoopback(sk) ? sk.receives : tcp_clock_us());

/** Called when data has been copied to the user: tunes the receive buffer. */
export function tcp_rcv_space_adjust(sk: tcp_sock): void {
  const { rcvq_space, rcv_rtt_est } = sk;
  const time = rcvSpaceTime(sk);
  const rtt = overLoopback(sk) ? 1 : rcv_rtt_est.rtt_us >> 3;
  if (rcv_rtt_est.rtt_us === 0 || time - rcvq_space.time < rtt) return;
  const inq = seqDiff(sk.rcv_nxt, sk.copied_seq);
  const copied = seqDiff(sk.copied_seq, rcvq_space.seq) - inq;
  if (copied > rcvq_space.space) tcp_rcvbuf_grow(sk, copied);
  rcvq_space.seq = sk.copied_seq;
  rcvq_space.time = time;
}
