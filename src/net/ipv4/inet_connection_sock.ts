/**
 * Listening, and the queue of connections that wait to be accepted.
 * Linux: net/ipv4/inet_connection_sock.c.
 *
 * accept() sleeps exclusively: a new connection wakes one task, the one that has slept longest.
 *
 * Invariants: the queue changes under rskq_lock; a listener that is not in TCP_LISTEN any more takes
 * no new child.
 */
import { current } from '../../kernel/current.ts';
import { looksAt } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { signal_pending, TASK_INTERRUPTIBLE } from '../../kernel/sched.ts';
import { schedule_timeout } from '../../kernel/sleep_timeout.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { timer_delete } from '../../kernel/timer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { EAGAIN, EINVAL } from '../../kernel/uapi/errno.ts';
import { O_NONBLOCK } from '../../kernel/uapi/fcntl.ts';
import { finish_wait, init_wait, prepare_to_wait_exclusive } from '../../kernel/wait.ts';
import {
  sk_sleep,
  sock_intr_errno,
  sock_orphan,
  sock_rcvtimeo,
  TCP_CLOSE,
  TCP_LISTEN,
} from '../sock.ts';
import { bh_lock_sock, bh_unlock_sock, lock_sock, release_sock } from '../sock_lock.ts';
import { inet_csk_get_port } from './bind_hash.ts';
import { inet_hash, reqsk_queue_unlink } from './inet_hashtables.ts';
import {
  reqsk_queue_empty,
  reqsk_queue_remove,
  reqsk_queue_removed,
  type request_sock,
  type request_sock_queue,
} from './request_sock.ts';
import { tcp_disconnect } from './tcp.ts';
import { inet_csk_destroy_sock } from './tcp_done.ts';
import { icsk_ack, type tcp_sock } from './tcp_sock.ts';
import { TCP_RTO_MAX } from './tcp_timer.ts';

/** How long a request waits for its acknowledgement, in ticks. */
export const reqsk_timeout = (req: request_sock): number =>
  Math.min(req.timeout * 2 ** req.num_timeout, TCP_RTO_MAX);

/** Sleeps until there is a connection to accept; 0 or -errno. */
function* inet_csk_wait_for_connect(sk: tcp_sock, timeo: number): Kernel<number> {
  const queue = sk.icsk_accept_queue;
  const wait = init_wait();
  let left = timeo;
  let err = 0;
  for (;;) {
    yield* prepare_to_wait_exclusive(sk_sleep(sk), wait, TASK_INTERRUPTIBLE);
    yield* release_sock(sk);
    if (!current.kernel.alone) yield queue.look;
    if (reqsk_queue_empty(queue)) left = yield* schedule_timeout(left);
    yield* lock_sock(sk);
    err = 0;
    if (!reqsk_queue_empty(queue)) break;
    err = -EINVAL;
    if (sk.sk_state !== TCP_LISTEN) break;
    err = sock_intr_errno(left);
    if (signal_pending(current)) break;
    err = -EAGAIN;
    if (left === 0) break;
  }
  yield* finish_wait(sk_sleep(sk), wait);
  return err;
}

/** What a SYN with data has made is accepted, unless it is confirmed meanwhile: its request stays. */
function* takeUnconfirmed(queue: request_sock_queue, req: request_sock): Kernel<void> {
  local_bh_disable();
  yield spin_lock(queue.fastopenq.lock);
  if (req.tfo_listener) req.sk = null;
  spin_unlock(queue.fastopenq.lock);
  yield* local_bh_enable();
}

/** The connection that has waited longest, or -errno. */
export function* inet_csk_accept(sk: tcp_sock, flags: number): Kernel<tcp_sock | number> {
  __fentry__('inet_csk_accept');
  const queue = sk.icsk_accept_queue;
  yield* lock_sock(sk);
  let error = sk.sk_state === TCP_LISTEN ? 0 : -EINVAL;
  if (error === 0 && reqsk_queue_empty(queue)) {
    const timeo = sock_rcvtimeo(sk, (flags & O_NONBLOCK) !== 0);
    error = timeo === 0 ? -EAGAIN : yield* inet_csk_wait_for_connect(sk, timeo);
  }
  const req = error === 0 ? yield* reqsk_queue_remove(queue, sk) : null;
  const newsk = req === null ? null : (req.sk as tcp_sock);
  if (req?.tfo_listener === true) yield* takeUnconfirmed(queue, req);
  yield* release_sock(sk);
  return newsk ?? error;
}

/** Takes a request out of the table; whether this was the one to do so. With BHs disabled. */
export function* inet_csk_reqsk_queue_drop(sk: tcp_sock, req: request_sock): Kernel<boolean> {
  const unlinked = yield* reqsk_queue_unlink(req);
  timer_delete(req.rsk_timer);
  if (unlinked) reqsk_queue_removed(sk.icsk_accept_queue, req);
  return unlinked;
}

/** Turns a bound socket into a listener; 0 or -errno. */
export function* inet_csk_listen_start(sk: tcp_sock): Kernel<number> {
  __fentry__('inet_csk_listen_start');
  const queue = sk.icsk_accept_queue;
  queue.rskq_accept_head = queue.rskq_accept_tail = null;
  queue.fastopenq.qlen = 0;
  queue.fastopenq.rst_until.length = 0;
  sk.sk_ack_backlog = 0;
  sk.icsk_ack = new icsk_ack();
  sk.sk_state = TCP_LISTEN;
  let err = yield* inet_csk_get_port(sk, sk.sk_num);
  if (err === 0) {
    sk.inet_sport = sk.sk_num;
    err = yield* inet_hash(sk);
  }
  if (err !== 0) sk.sk_state = TCP_CLOSE;
  return err;
}

/** Resets a connection that nobody will accept. Called with the child's spinlock held. */
function* inet_child_forget(child: tcp_sock): Kernel<void> {
  yield* tcp_disconnect(child);
  sock_orphan(child);
  child.fastopen_rsk = null;
  yield* inet_csk_destroy_sock(child);
}

/** Queues a connection; false, and the connection is reset, if the listener was closed meanwhile. */
export function* inet_csk_reqsk_queue_add(
  sk: tcp_sock,
  req: request_sock,
  child: tcp_sock,
): Kernel<boolean> {
  const queue = sk.icsk_accept_queue;
  yield spin_lock(queue.rskq_lock);
  looksAt(sk.identity);
  const listening = sk.sk_state === TCP_LISTEN;
  if (listening) {
    req.sk = child;
    req.dl_next = null;
    if (queue.rskq_accept_tail === null) queue.rskq_accept_head = req;
    else queue.rskq_accept_tail.dl_next = req;
    queue.rskq_accept_tail = req;
    sk.sk_ack_backlog++;
  } else {
    yield* inet_child_forget(child);
  }
  spin_unlock(queue.rskq_lock);
  return listening;
}

/**
 * The request has become `child`, whose spinlock is held: queues it. Null, and the lock is given
 * back, if another CPU has made a child of the request, or the listener was closed.
 */
export function* inet_csk_complete_hashdance(
  sk: tcp_sock,
  child: tcp_sock,
  req: request_sock,
  own_req: boolean,
): Kernel<tcp_sock | null> {
  if (own_req) {
    yield* inet_csk_reqsk_queue_drop(sk, req);
    reqsk_queue_removed(sk.icsk_accept_queue, req);
    if (yield* inet_csk_reqsk_queue_add(sk, req, child)) return child;
  }
  bh_unlock_sock(child);
  return null;
}

/** The listener goes: resets what waits to be accepted. */
export function* inet_csk_listen_stop(sk: tcp_sock): Kernel<void> {
  __fentry__('inet_csk_listen_stop');
  const queue = sk.icsk_accept_queue;
  for (;;) {
    const req = yield* reqsk_queue_remove(queue, sk);
    if (req === null) return;
    const child = req.sk as tcp_sock;
    local_bh_disable();
    yield bh_lock_sock(child);
    yield* inet_child_forget(child);
    bh_unlock_sock(child);
    yield* local_bh_enable();
  }
}
