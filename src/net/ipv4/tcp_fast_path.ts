/** The short way of a segment that brings nothing unusual. Linux: include/net/tcp.h. */
import { TCPHDR_ACK, TCPHDR_PSH, type TcpSegment } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';

const predict = (flags: number, window: number): number => ((flags & ~TCPHDR_PSH) << 16) | window;

/** Expects nothing but acknowledgements and data, with the window of the last segment. */
export function tcp_fast_path_on(tp: tcp_sock): void {
  tp.pred_flags = predict(TCPHDR_ACK, tp.snd_wnd >> tp.rx_opt.snd_wscale);
}

/** Does so unless there are gaps, urgent data or a full buffer. */
export function tcp_fast_path_check(sk: tcp_sock): void {
  const room = sk.rcv_wnd !== 0 && sk.sk_rmem_alloc < sk.sk_rcvbuf;
  if (sk.out_of_order_queue.length === 0 && room && sk.urg_data === 0) tcp_fast_path_on(sk);
}

/** Does the header look as expected? */
export const isPredicted = (sk: tcp_sock, skb: TcpSegment): boolean =>
  predict(skb.tcp_flags, skb.window) === sk.pred_flags;
