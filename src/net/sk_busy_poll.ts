/**
 * Busy polling by sockets: SO_BUSY_POLL, and which device a socket's packets come by.
 * Linux: include/net/busy_poll.h, net/core/sock.c.
 */
import { BUSY_POLL_BUDGET, busyLoopTimeout, napi_id_valid } from '../kernel/busy_poll.ts';
import { current } from '../kernel/current.ts';
import type { Kernel } from '../kernel/op.ts';
import { signal_pending } from '../kernel/sched.ts';
import { SO_BUSY_POLL, SO_BUSY_POLL_BUDGET, SO_PREFER_BUSY_POLL } from '../kernel/uapi/socket.ts';
import { skb_queue_empty } from './skbuff.ts';
import { keptOption, type sock } from './sock.ts';

/** Has the socket asked for busy polling (SO_BUSY_POLL)? */
export const sk_can_busy_loop = (sk: sock): boolean =>
  keptOption(sk, SO_BUSY_POLL) !== 0 && !signal_pending(current);

const sk_busy_loop_end = (sk: sock, start_time: number): boolean =>
  !skb_queue_empty(sk.sk_receive_queue) ||
  busyLoopTimeout(start_time, keptOption(sk, SO_BUSY_POLL));

/** Asks the device that the socket's packets come by, until one has come or the time is up. */
export function* sk_busy_loop(sk: sock, nonblock: boolean): Kernel<void> {
  if (!napi_id_valid(sk.sk_napi_id)) return;
  const loop_end = (start_time: number): boolean => sk_busy_loop_end(sk, start_time);
  const usecs = keptOption(sk, SO_BUSY_POLL);
  const prefer = keptOption(sk, SO_PREFER_BUSY_POLL) !== 0;
  const budget = keptOption(sk, SO_BUSY_POLL_BUDGET) || BUSY_POLL_BUDGET;
  const { napi_busy_loop } = current.kernel;
  if (napi_busy_loop === null) return;
  yield* napi_busy_loop(sk.sk_napi_id, nonblock ? null : loop_end, usecs, prefer, budget);
}

/** The socket's packets come by the device that this one has come by. */
export function sk_mark_napi_id(sk: sock, skb: { readonly napi_id: number }): void {
  sk.sk_napi_id = skb.napi_id;
}
