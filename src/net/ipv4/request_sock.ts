/**
 * Connections that are not accepted yet. Linux: include/net/request_sock.h, net/core/request_sock.c,
 * include/net/inet_sock.h (inet_request_sock), include/linux/tcp.h (tcp_request_sock).
 *
 * A SYN makes a request, which stands in the table of connections until the handshake is over; then
 * it holds the new socket and waits in the listener's queue.
 *
 * Differs from Linux: no SYN cookies: a request is kept where Linux would send one, and is not
 * counted.
 */

import { newIdentity, writesTo } from '../../kernel/footprint.ts';
import type { Named } from '../../kernel/op.ts';
import { type Kernel, Op } from '../../kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { spin_lock, spin_unlock, spinlock_t } from '../../kernel/spinlock.ts';
import { timer_list } from '../../kernel/timer.ts';
import type { net } from '../net.ts';
import type { net_device } from '../netdevice.ts';
import { sock_net, TCP_NEW_SYN_RECV } from '../sock.ts';
import { reqsk_timer_handler } from './reqsk_timer.ts';
import type { tcp_sock } from './tcp_sock.ts';

export class request_sock {
  readonly sk_state: number = TCP_NEW_SYN_RECV;
  readonly sk_net: net;
  readonly rsk_listener: tcp_sock;
  /** The connection, once the handshake is over. */
  sk: tcp_sock | null = null;
  dl_next: request_sock | null = null;
  readonly rsk_timer: timer_list = new timer_list('reqsk_timer_handler', () =>
    reqsk_timer_handler(this),
  );
  /** In ticks; doubles with each of the `num_timeout` expiries. */
  timeout = 0;
  num_timeout = 0;
  num_retrans = 0;
  /** Where the answer leaves. */
  readonly sk_dst_dev: net_device;
  /** It stands for a connection that was made by the SYN. */
  tfo_listener = false;
  /** The cookie that the answer brings, -1 for none. */
  fastopen = -1;
  /** Linux would have sent a cookie and forgotten the request. */
  readonly syncookie: boolean;

  ir_loc_addr = 0;
  ir_rmt_addr = 0;
  ir_num = 0;
  ir_rmt_port = 0;
  mss = 0;
  snd_wscale = 0;
  rcv_wscale = 0;
  wscale_ok = false;
  rsk_rcv_wnd = 0;
  rsk_window_clamp = 0;
  /** The handshake is over as the peer sees it, and the connection does not exist yet. */
  acked = false;
  rcv_isn = 0;
  rcv_nxt = 0;
  snt_isn = 0;
  last_oow_ack_time = 0;
  /** The peer's time stamp. */
  ts_recent = 0;
  /** When the answer was sent first, in microseconds. */
  snt_synack = 0;

  // Ours: it is in the table of connections.
  hashed = false;

  constructor(listener: tcp_sock, sk_dst_dev: net_device, syncookie: boolean) {
    this.sk_dst_dev = sk_dst_dev;
    this.rsk_listener = listener;
    this.sk_net = sock_net(listener);
    this.syncookie = syncookie;
  }
}

/** Connections of a listener that are not confirmed yet (TCP_FASTOPEN). */
export class fastopen_queue {
  readonly lock: spinlock_t = new spinlock_t('fastopenq.lock');
  /** How many there may be, 0 for none. */
  max_qlen = 0;
  qlen = 0;
  // Ours: until when, in ticks, each of those counts that were reset before they were confirmed.
  readonly rst_until: number[] = [];
}

export class request_sock_queue implements Named {
  readonly name = 'accept queue';
  readonly identity: number = newIdentity();
  readonly fastopenq: fastopen_queue = new fastopen_queue();
  readonly rskq_lock: spinlock_t = new spinlock_t('accept_queue_lock', this);

  // Under rskq_lock; the head is read without it:
  rskq_accept_head: request_sock | null = null;
  rskq_accept_tail: request_sock | null = null;

  /** Requests whose handshake is not over, and those of them that have not timed out yet. */
  qlen = 0;
  young = 0;
  /** TCP_DEFER_ACCEPT, in timeouts. */
  rskq_defer_accept = 0;

  // Ours:
  readonly look: Op = new Op('access', this);
  /** Of `qlen`, `young` and what the requests count, see footprint.ts. */
  readonly requests: number = newIdentity();
}

export const reqsk_queue_empty = (queue: request_sock_queue): boolean =>
  queue.rskq_accept_head === null;

export function reqsk_queue_added(queue: request_sock_queue): void {
  writesTo(queue.requests);
  queue.young++;
  queue.qlen++;
}

export function reqsk_queue_removed(queue: request_sock_queue, req: request_sock): void {
  if (req.syncookie) return;
  writesTo(queue.requests);
  if (req.num_timeout === 0) queue.young--;
  queue.qlen--;
}

/** Takes the oldest connection off the queue; null if there is none. */
export function* reqsk_queue_remove(
  queue: request_sock_queue,
  parent: tcp_sock,
): Kernel<request_sock | null> {
  local_bh_disable();
  yield spin_lock(queue.rskq_lock);
  const req = queue.rskq_accept_head;
  if (req !== null) {
    parent.sk_ack_backlog--;
    queue.rskq_accept_head = req.dl_next;
    if (queue.rskq_accept_head === null) queue.rskq_accept_tail = null;
  }
  spin_unlock(queue.rskq_lock);
  yield* local_bh_enable();
  return req;
}
