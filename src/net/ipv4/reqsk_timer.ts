/** A request that is not acknowledged in time. Linux: net/ipv4/inet_connection_sock.c. */
import { looksAt, writesTo } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { jiffies, mod_timer } from '../../kernel/timer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { sock_net, TCP_LISTEN } from '../sock.ts';
import { inet_csk_reqsk_queue_drop, reqsk_timeout } from './inet_connection_sock.ts';
import type { request_sock } from './request_sock.ts';
import { tcp_rtx_synack } from './tcp_conn_request.ts';
import type { tcp_sock } from './tcp_sock.ts';

/** How often a SYN-ACK is sent again: less often where old requests fill half of the queue. */
function max_syn_ack_retries(listener: tcp_sock): number {
  let retries = listener.icsk_syn_retries || sock_net(listener).ipv4.sysctl_tcp_synack_retries;
  const { qlen, young } = listener.icsk_accept_queue;
  if (qlen * 2 <= Math.max(8, listener.sk_max_ack_backlog >>> 0)) return retries;
  for (let room = young * 2; retries > 2 && qlen >= room; room *= 2) retries--;
  return retries;
}

/** Has the request waited long enough, and is the SYN-ACK to be sent again? */
function syn_ack_recalc(req: request_sock): { expire: boolean; resend: boolean } {
  const listener = req.rsk_listener;
  const { rskq_defer_accept } = listener.icsk_accept_queue;
  const late = req.num_timeout >= max_syn_ack_retries(listener);
  if (rskq_defer_accept === 0) return { expire: late, resend: true };
  return {
    expire: late && (!req.acked || req.num_timeout >= rskq_defer_accept),
    resend: !req.acked || req.num_timeout >= rskq_defer_accept - 1,
  };
}

export function* reqsk_timer_handler(req: request_sock): Kernel<void> {
  __fentry__('reqsk_timer_handler');
  const listener = req.rsk_listener;
  looksAt(listener.identity);
  looksAt(listener.icsk_accept_queue.requests);
  const { expire, resend } = syn_ack_recalc(req);
  local_bh_disable();
  if (listener.sk_state !== TCP_LISTEN || expire) {
    yield* inet_csk_reqsk_queue_drop(listener, req);
  } else {
    if (resend) yield* tcp_rtx_synack(listener, req);
    writesTo(listener.icsk_accept_queue.requests);
    if (req.num_timeout++ === 0) listener.icsk_accept_queue.young--;
    if (req.hashed) mod_timer(req.rsk_timer, jiffies() + reqsk_timeout(req));
  }
  yield* local_bh_enable();
}
