/**
 * Taking packets off a receive queue, waiting for them, and asking. Linux: net/core/datagram.c.
 *
 * Sleepers are exclusive and stand at the end of the socket's queue, so that one packet wakes one
 * of them, first come first served.
 */
import { current } from '../kernel/current.ts';
import type { file } from '../kernel/file.ts';
import type { Kernel } from '../kernel/op.ts';
import { type poll_table, wantsQueue } from '../kernel/poll.ts';
import { signal_pending, TASK_INTERRUPTIBLE } from '../kernel/sched.ts';
import { schedule_timeout } from '../kernel/sleep_timeout.ts';
import { spin_lock_irqsave, spin_unlock_irqrestore } from '../kernel/spinlock.ts';
import { EAGAIN, ENOTCONN } from '../kernel/uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  EPOLLRDNORM,
  EPOLLWRBAND,
  EPOLLWRNORM,
} from '../kernel/uapi/eventpoll.ts';
import {
  MSG_DONTWAIT,
  MSG_PEEK,
  SO_SELECT_ERR_QUEUE,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '../kernel/uapi/socket.ts';
import {
  autoremove_wake_function,
  finish_wait,
  prepare_to_wait_exclusive,
  wait_queue_entry,
} from '../kernel/wait.ts';
import {
  __skb_unlink,
  consume_skb,
  type sk_buff,
  type sk_buff_head,
  skb_peek_tail,
  skb_queue_empty,
} from './skbuff.ts';
import {
  keptOption,
  RCV_SHUTDOWN,
  SHUTDOWN_MASK,
  sk_sleep,
  type sock,
  sock_error,
  sock_intr_errno,
  sock_poll_wait,
  sock_rcvtimeo,
  sock_writeable,
  TCP_ESTABLISHED,
  TCP_LISTEN,
} from './sock.ts';
import type { socket } from './socket.ts';
import { peekAtWmem } from './wmem.ts';

/** Ours: where a receive stands between its tries. */
export class Receiving {
  /** Bytes to skip; negative: MSG_PEEK starts at the front (SO_PEEK_OFF). */
  off = 0;
  /** What was last in the queue at the last try. */
  last: sk_buff | null = null;
  /** What is left of the time to wait. */
  timeo = 0;
}

/** Takes, or with MSG_PEEK only finds, the first packet. Called with the queue's lock held. */
export function __skb_try_recv_from_queue(
  queue: sk_buff_head,
  flags: number,
  at: Receiving,
): sk_buff | null {
  const peek = (flags & MSG_PEEK) !== 0;
  const peek_at_off = peek && at.off >= 0;
  let off = peek_at_off ? at.off : 0;
  at.last = skb_peek_tail(queue);
  for (let i = 0; i < queue.list.length; i++) {
    const skb = queue.list.peekAt(i) as sk_buff;
    const { length } = skb.data;
    if (peek_at_off && off >= length && (off > 0 || skb.peeked)) {
      off -= length;
      continue;
    }
    if (!peek) __skb_unlink(skb, queue);
    else if (length === 0) skb.peeked = true;
    at.off = off;
    return skb;
  }
  return null;
}

/** The first packet, or -errno: a pending error, or -EAGAIN when there is none. */
export function* __skb_try_recv_datagram(
  sk: sock,
  queue: sk_buff_head,
  flags: number,
  at: Receiving,
): Kernel<sk_buff | number> {
  if (!current.kernel.alone) yield sk.look;
  const error = sock_error(sk);
  if (error !== 0) return error;
  yield spin_lock_irqsave(queue.lock);
  const skb = __skb_try_recv_from_queue(queue, flags, at);
  spin_unlock_irqrestore(queue.lock);
  return skb ?? -EAGAIN;
}

/** Wakes the sleeper, unless the wakeup is about nothing that it waits for. */
function* receiver_wake_function(
  wait: wait_queue_entry,
  mode: number,
  sync: number,
  key: number,
): Kernel<number> {
  if (key !== 0 && (key & (EPOLLIN | EPOLLERR)) === 0) return 0;
  return yield* autoremove_wake_function(wait, mode, sync, key);
}

const READABLE: number = EPOLLIN | EPOLLRDNORM;

const connection_based = (sk: sock): boolean =>
  sk.sk_type === SOCK_SEQPACKET || sk.sk_type === SOCK_STREAM;

/** Why a receive does not sleep: 1 nothing will come any more, -errno, or 0 if it does. */
function whyNotSleep(sk: sock, timeo: number): number {
  if ((sk.sk_shutdown & RCV_SHUTDOWN) !== 0) return 1;
  const { sk_state } = sk;
  if (connection_based(sk) && sk_state !== TCP_ESTABLISHED && sk_state !== TCP_LISTEN) {
    return -ENOTCONN;
  }
  return signal_pending(current) ? sock_intr_errno(timeo) : 0;
}

/**
 * Sleeps until there is something new in the queue: 0 to try again, -errno to give up, or 1 when
 * nothing will come any more.
 */
export function* __skb_wait_for_more_packets(
  sk: sock,
  queue: sk_buff_head,
  at: Receiving,
): Kernel<number> {
  const wait = new wait_queue_entry(receiver_wake_function, current);
  yield* prepare_to_wait_exclusive(sk_sleep(sk), wait, TASK_INTERRUPTIBLE);
  if (!current.kernel.alone) yield sk.look;
  let error = sock_error(sk);
  if (error === 0) {
    if (!current.kernel.alone) yield queue.look;
    if (skb_peek_tail(queue) === at.last) {
      if (!current.kernel.alone) yield sk.look;
      error = whyNotSleep(sk, at.timeo);
      if (error === 0) at.timeo = yield* schedule_timeout(at.timeo);
    }
  }
  yield* finish_wait(sk_sleep(sk), wait);
  return error;
}

/** The first packet of the receive queue, waited for as `flags` say; or -errno, 0 for no more. */
export function* skb_recv_datagram(sk: sock, flags: number): Kernel<sk_buff | number> {
  const at = new Receiving();
  at.timeo = sock_rcvtimeo(sk, (flags & MSG_DONTWAIT) !== 0);
  for (;;) {
    const skb = yield* __skb_try_recv_datagram(sk, sk.sk_receive_queue, flags, at);
    if (skb !== -EAGAIN || at.timeo === 0) return skb;
    const error = yield* __skb_wait_for_more_packets(sk, sk.sk_receive_queue, at);
    if (error !== 0) return error === 1 ? 0 : error;
  }
}

export const skb_free_datagram = (_sk: sock, skb: sk_buff): Kernel<void> => consume_skb(skb);

/** Errors and shutdowns first, then what can be read, then whether there is room to write. */
export function* datagram_poll(file: file, socket: socket, wait: poll_table): Kernel<number> {
  const sk = socket.sk as sock;
  if (wantsQueue(wait)) yield* sock_poll_wait(file, socket, wait);
  let mask = 0;
  if (!current.kernel.alone) yield sk.look;
  if (sk.sk_err !== 0 || !skb_queue_empty(sk.sk_error_queue)) {
    mask |= EPOLLERR | (keptOption(sk, SO_SELECT_ERR_QUEUE) !== 0 ? EPOLLPRI : 0);
  }
  if (!current.kernel.alone) yield sk.look;
  const { sk_shutdown } = sk;
  if ((sk_shutdown & RCV_SHUTDOWN) !== 0) mask |= EPOLLRDHUP | READABLE;
  if (sk_shutdown === SHUTDOWN_MASK) mask |= EPOLLHUP;
  if (!current.kernel.alone) yield sk.sk_receive_queue.look;
  if (!skb_queue_empty(sk.sk_receive_queue)) mask |= READABLE;
  if (!current.kernel.alone) yield peekAtWmem(sk);
  if (sock_writeable(sk)) mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
  return mask;
}
