/**
 * How a connection ends inside the kernel. Linux: net/ipv4/tcp.c (tcp_set_state, tcp_done,
 * tcp_write_queue_purge), net/ipv4/tcp_input.c (tcp_done_with_error, tcp_reset),
 * net/ipv4/inet_connection_sock.c (inet_csk_destroy_sock).
 */
import { current } from '../../kernel/current.ts';
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { ECONNREFUSED, ECONNRESET, EPIPE } from '../../kernel/uapi/errno.ts';
import { skb_errqueue_purge } from '../err_queue.ts';
import { SHUTDOWN_MASK, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_SYN_SENT } from '../sock.ts';
import { inet_put_port } from './bind_hash.ts';
import { inet_unhash } from './inet_hashtables.ts';
import { SOCK_BINDPORT_LOCK } from './inet_sock.ts';
import { reqsk_fastopen_remove } from './tcp_fastopen.ts';
import { freeReceived, tcp_wmem_free_skb } from './tcp_mem.ts';
import type { TcpSegment } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { tcp_clear_xmit_timers } from './tcp_timer.ts';

/** Moves to `state`; a closed socket is no longer found, and loses a port that it did not choose. */
export function* tcp_set_state(sk: tcp_sock, state: number): Kernel<void> {
  if (state === TCP_CLOSE) {
    yield* inet_unhash(sk);
    if (sk.icsk_bind_hash !== null && (sk.sk_userlocks & SOCK_BINDPORT_LOCK) === 0) {
      yield* inet_put_port(sk);
    }
  }
  sk.sk_state = state;
}

/** Drops everything that was to be sent, or was sent and is not acknowledged. */
export function tcp_write_queue_purge(sk: tcp_sock): void {
  for (const queue of [sk.sk_write_queue, sk.tcp_rtx_queue]) {
    for (let skb = queue.shift(); skb !== undefined; skb = queue.shift()) {
      tcp_wmem_free_skb(sk, skb);
    }
  }
  sk.packets_out = 0;
  sk.lost_out = 0;
  sk.retrans_out = 0;
  sk.sacked_out = 0;
  sk.icsk_backoff = 0;
}

/** Frees what a socket without file and without connection still has. */
export function* inet_csk_destroy_sock(sk: tcp_sock): Kernel<void> {
  tcp_clear_xmit_timers(sk);
  tcp_write_queue_purge(sk);
  purgeReceived(sk);
  yield* skb_errqueue_purge(sk);
  if (sk.icsk_bind_hash !== null) yield* inet_put_port(sk);
}

/** Drops everything that was received. */
export function purgeReceived(sk: tcp_sock): void {
  const { list } = sk.sk_receive_queue;
  for (let skb = list.shift(); skb !== undefined; skb = list.shift()) {
    freeReceived(sk, skb as TcpSegment);
  }
  purgeOutOfOrder(sk);
}

export function purgeOutOfOrder(sk: tcp_sock): void {
  for (const skb of sk.out_of_order_queue.splice(0)) freeReceived(sk, skb);
}

/** The connection is over: both directions are shut, and whoever sleeps is told. */
export function* tcp_done(sk: tcp_sock): Kernel<void> {
  yield* tcp_set_state(sk, TCP_CLOSE);
  tcp_clear_xmit_timers(sk);
  if (sk.fastopen_rsk !== null) yield* reqsk_fastopen_remove(sk, sk.fastopen_rsk, false);
  if (!current.kernel.alone) yield sk.look; // A poller may see that it is closed, and no end.
  sk.sk_shutdown = SHUTDOWN_MASK;
  if (sk.SOCK_DEAD) yield* inet_csk_destroy_sock(sk);
  else yield* sk.sk_state_change();
}

/** As tcp_done(), with an error for the user: two wakeups, of which only the second has a key. */
export function* tcp_done_with_error(sk: tcp_sock, err: number): Kernel<void> {
  if (!current.kernel.alone) yield sk.look; // A poller may see the state of before.
  sk.sk_err = err;
  tcp_write_queue_purge(sk);
  yield* tcp_done(sk);
  if (!sk.SOCK_DEAD) yield* sk.sk_error_report();
}

/** The peer has reset the connection. */
export function* tcp_reset(sk: tcp_sock): Kernel<void> {
  __fentry__('tcp_reset');
  if (sk.sk_state === TCP_CLOSE) return;
  let err = ECONNRESET;
  if (sk.sk_state === TCP_SYN_SENT) err = ECONNREFUSED;
  if (sk.sk_state === TCP_CLOSE_WAIT) err = EPIPE;
  traceNote('tcp_reset: the connection is gone', sk);
  yield* tcp_done_with_error(sk, err);
}
