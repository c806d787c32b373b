import type { Kernel } from '../../kernel/op.ts';
import { tcp_send_ack } from './tcp_ack_output.ts';
import { inet_csk_ack_scheduled } from './tcp_delack.ts';
import type { tcp_sock } from './tcp_sock.ts';
import {
  TCPF_ACK_DEFERRED,
  TCPF_DELACK_TIMER_DEFERRED,
  TCPF_WRITE_TIMER_DEFERRED,
  tcp_delack_timer_handler,
  tcp_write_timer_handler,
} from './tcp_timer.ts';

/** The owner is done: does what softirqs left to it. Linux: net/ipv4/tcp_output.c. */
export function* tcp_release_cb(sk: tcp_sock): Kernel<void> {
  const flags = sk.sk_tsq_flags;
  if (flags === 0) return;
  sk.sk_tsq_flags = 0;
  if ((flags & TCPF_WRITE_TIMER_DEFERRED) !== 0) yield* tcp_write_timer_handler(sk);
  if ((flags & TCPF_DELACK_TIMER_DEFERRED) !== 0) yield* tcp_delack_timer_handler(sk);
  if ((flags & TCPF_ACK_DEFERRED) !== 0 && inet_csk_ack_scheduled(sk)) yield* tcp_send_ack(sk);
}
