/**
 * Receiving from a stream. Linux: net/unix/af_unix.c (unix_stream_read_generic).
 *
 * Readers take turns by the iolock. A packet is freed, and its sender told of the room, when its
 * last byte has been read; what a read leaves of it counts in full.
 */
import { current } from '../../kernel/current.ts';
import { mutex_lock, mutex_unlock } from '../../kernel/mutex.ts';
import type { Kernel } from '../../kernel/op.ts';
import { signal_pending, TASK_INTERRUPTIBLE } from '../../kernel/sched.ts';
import { schedule_timeout } from '../../kernel/sleep_timeout.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { __fentry__, traceFact } from '../../kernel/trace.ts';
import { copy_to_iter } from '../../kernel/uaccess.ts';
import { EAGAIN, EINVAL } from '../../kernel/uapi/errno.ts';
import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_WAITALL } from '../../kernel/uapi/socket.ts';
import { finish_wait, init_wait, prepare_to_wait } from '../../kernel/wait.ts';
import { scm_cookie, scm_recv_unix } from '../scm.ts';
import {
  __skb_unlink,
  consume_skb,
  type sk_buff,
  skb_peek,
  skb_peek_next,
  skb_peek_tail,
} from '../skbuff.ts';
import {
  RCV_SHUTDOWN,
  sk_peek_offset,
  sk_peek_offset_bwd,
  sk_peek_offset_fwd,
  sk_sleep,
  sock_error,
  sock_intr_errno,
  sock_rcvlowat,
  sock_rcvtimeo,
  TCP_ESTABLISHED,
} from '../sock.ts';
import type { msghdr, socket } from '../socket.ts';
import { unix_copy_addr } from './bind.ts';
import { manage_oob, unix_stream_recv_urg } from './oob.ts';
import { unix_detach_fds, unix_peek_fds } from './scm.ts';
import {
  unix_may_passcred,
  unix_sk,
  type unix_sock,
  unix_state_lock,
  unix_state_unlock,
} from './types.ts';

/** Ours: where a read stands. */
class Reading {
  /** Bytes that MSG_PEEK passes over (SO_PEEK_OFF). */
  skip = 0;
  copied = 0;
  /** How much there must be before the read stops waiting. */
  readonly target: number;
  timeo: number;
  /** The packet that the read stopped behind. */
  last: sk_buff | null = null;
  /** Who sent what was read; -1 while that does not matter. */
  pid = -1;
  /** What came along with what was read. */
  readonly scm: scm_cookie = new scm_cookie();
  /** A mark ends the read. */
  atMark = false;
  err = 0;

  constructor(target: number, timeo: number) {
    this.target = target;
    this.timeo = timeo;
  }
}

/** Nothing is left to read; true to wait for more. Called with the state lock held. */
function mayWait(sk: unix_sock, at: Reading): boolean {
  if (at.atMark || at.copied >= at.target) return false;
  at.err = sock_error(sk);
  if (at.err !== 0 || (sk.sk_shutdown & RCV_SHUTDOWN) !== 0) return false;
  if (at.timeo === 0) at.err = -EAGAIN;
  return at.timeo !== 0;
}

/** Is there a reason not to sleep? Called with the state lock held. */
const newsBehind = (sk: unix_sock, last: sk_buff | null): boolean =>
  skb_peek_tail(sk.sk_receive_queue) !== last ||
  sk.sk_err !== 0 ||
  (sk.sk_shutdown & RCV_SHUTDOWN) !== 0 ||
  signal_pending(current);

/** Sleeps until something comes behind `last`, or there is a reason to give up; what is left. */
function* unix_stream_data_wait(
  sk: unix_sock,
  timeo: number,
  last: sk_buff | null,
): Kernel<number> {
  const wait = init_wait();
  const wq = sk_sleep(sk);
  let left = timeo;
  yield unix_state_lock(sk);
  for (;;) {
    yield* prepare_to_wait(wq, wait, TASK_INTERRUPTIBLE);
    if (left === 0 || newsBehind(sk, last)) break;
    unix_state_unlock(sk);
    left = yield* schedule_timeout(left);
    yield unix_state_lock(sk);
  }
  yield* finish_wait(wq, wait);
  unix_state_unlock(sk);
  return left;
}

/** The packet to read when `skb` is a mark, is empty or is to be skipped; null if there is none. */
function* passOver(
  sk: unix_sock,
  skb: sk_buff,
  flags: number,
  at: Reading,
): Kernel<sk_buff | null> {
  let next: sk_buff | null = skb;
  if (skb.len === 0 || skb === sk.oob_skb) {
    next = yield* manage_oob(skb, sk, flags, at.copied);
    at.atMark = next === null && at.copied > 0;
  }
  while (next !== null && at.skip >= next.len) {
    at.skip -= next.len;
    at.last = next;
    next = skb_peek_next(next, sk.sk_receive_queue);
  }
  return next;
}

const needsCare = (sk: unix_sock, skb: sk_buff, at: Reading): boolean =>
  skb === sk.oob_skb || at.skip >= skb.len;

/** Is the packet of another sender than those before it? Such ones are not read together. */
function otherWriter(sk: unix_sock, skb: sk_buff, at: Reading): boolean {
  if (at.pid >= 0) return at.pid !== skb.pid;
  if (unix_may_passcred(sk)) {
    at.pid = skb.pid;
    at.scm.pid = skb.pid;
  }
  return false;
}

/** Copies what the caller has room for, from `skip` bytes behind what is consumed. */
function copyChunk(skb: sk_buff, skip: number, msg: msghdr): number {
  const { data } = skb;
  const start = skb.offset + skip;
  unix_copy_addr(msg, skb.sk as unix_sock);
  return copy_to_iter(start === 0 ? data : data.subarray(start), msg.msg_iter);
}

/** Reads without taking, to the end of the queue; true to wait. Called with the iolock held. */
function* peekQueue(sk: unix_sock, msg: msghdr, flags: number, at: Reading): Kernel<boolean> {
  yield unix_state_lock(sk);
  let skb = skb_peek(sk.sk_receive_queue);
  at.last = skb;
  for (;;) {
    if (skb !== null && needsCare(sk, skb, at)) skb = yield* passOver(sk, skb, flags, at);
    if (skb === null) {
      const wait = mayWait(sk, at);
      unix_state_unlock(sk);
      return wait;
    }
    unix_state_unlock(sk);
    if (otherWriter(sk, skb, at)) return false;
    const chunk = copyChunk(skb, at.skip, msg);
    at.copied += chunk;
    if (skb.fp !== null) {
      unix_peek_fds(at.scm, skb);
      sk_peek_offset_fwd(sk, chunk);
      return false;
    }
    sk_peek_offset_fwd(sk, chunk);
    at.skip = 0;
    at.last = skb;
    yield unix_state_lock(sk);
    skb = skb_peek_next(skb, sk.sk_receive_queue);
    if (skb === null) {
      unix_state_unlock(sk);
      return false;
    }
  }
}

export const unix_stream_recvmsg = (sock: socket, msg: msghdr, flags: number): Kernel<number> =>
  unix_stream_read_generic(unix_sk(sock), msg, flags);

export function* unix_stream_read_generic(
  sk: unix_sock,
  msg: msghdr,
  flags: number,
): Kernel<number> {
  __fentry__('unix_stream_read_generic');
  if (!current.kernel.alone) yield sk.look;
  if (sk.sk_state !== TCP_ESTABLISHED) return -EINVAL;
  if ((flags & MSG_OOB) !== 0) return yield* unix_stream_recv_urg(sk, msg, flags);
  const queue = sk.sk_receive_queue;
  const iter = msg.msg_iter;
  const target = sock_rcvlowat(sk, (flags & MSG_WAITALL) !== 0, iter.count);
  const at = new Reading(target, sock_rcvtimeo(sk, (flags & MSG_DONTWAIT) !== 0));
  for (;;) {
    yield mutex_lock(sk.iolock);
    let wait = false;
    if ((flags & MSG_PEEK) !== 0) {
      at.skip = Math.max(sk_peek_offset(sk, flags), 0);
      wait = yield* peekQueue(sk, msg, flags, at);
    } else {
      do {
        yield unix_state_lock(sk);
        let skb = skb_peek(queue);
        at.last = skb;
        if (skb !== null && needsCare(sk, skb, at)) skb = yield* passOver(sk, skb, flags, at);
        if (skb === null) wait = mayWait(sk, at);
        unix_state_unlock(sk);
        if (skb === null || otherWriter(sk, skb, at)) break;
        const chunk = copyChunk(skb, 0, msg);
        at.copied += chunk;
        skb.offset += chunk;
        sk_peek_offset_bwd(sk, chunk);
        if (skb.fp !== null) unix_detach_fds(at.scm, skb);
        yield spin_lock(queue.lock);
        sk.inq_len -= chunk;
        const drained = skb.len === 0;
        if (drained) __skb_unlink(skb, queue);
        spin_unlock(queue.lock);
        if (!drained) {
          traceFact('packet left', skb.sk as unix_sock);
          break;
        }
        yield* consume_skb(skb);
      } while (iter.count > 0 && at.scm.fp === null);
    }
    mutex_unlock(sk.iolock);
    if (!wait) {
      if (at.scm.fp !== null || sk.kept !== null) {
        yield* scm_recv_unix(sk, msg, at.scm, at.pid >= 0);
      }
      return at.copied > 0 ? at.copied : at.err;
    }
    at.timeo = yield* unix_stream_data_wait(sk, at.timeo, at.last);
    if (signal_pending(current)) return at.copied > 0 ? at.copied : sock_intr_errno(at.timeo);
  }
}
