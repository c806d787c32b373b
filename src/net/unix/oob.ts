/**
 * Out-of-band bytes of a stream, as its reader meets them. Linux: net/unix/af_unix.c (manage_oob,
 * unix_stream_recv_urg).
 *
 * The byte of the last MSG_OOB is the mark. A read stops in front of it; the next read passes over
 * it and it is lost, unless SO_OOBINLINE makes it an ordinary byte. MSG_OOB takes it out of turn:
 * its empty packet stays, so that reads still stop there.
 */
import { writesTo } from '../../kernel/footprint.ts';
import { mutex_lock, mutex_unlock } from '../../kernel/mutex.ts';
import type { Kernel } from '../../kernel/op.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { copy_to_iter } from '../../kernel/uaccess.ts';
import { EINVAL } from '../../kernel/uapi/errno.ts';
import { MSG_OOB, MSG_PEEK } from '../../kernel/uapi/socket.ts';
import {
  __skb_unlink,
  consume_skb,
  kfree_skb,
  type sk_buff,
  skb_peek,
  skb_peek_next,
  skbPeekPrev,
} from '../skbuff.ts';
import type { msghdr } from '../socket.ts';
import { type unix_sock, unix_state_lock, unix_state_unlock } from './types.ts';

/** recv() with MSG_OOB: takes the marked byte; 1, or -EINVAL if there is none to take. */
export function* unix_stream_recv_urg(sk: unix_sock, msg: msghdr, flags: number): Kernel<number> {
  __fentry__('unix_stream_recv_urg');
  const queue = sk.sk_receive_queue;
  yield mutex_lock(sk.iolock);
  yield unix_state_lock(sk);
  yield spin_lock(queue.lock);
  const { oob_skb } = sk;
  if (sk.SOCK_URGINLINE || oob_skb === null) {
    spin_unlock(queue.lock);
    unix_state_unlock(sk);
    mutex_unlock(sk.iolock);
    return -EINVAL;
  }
  let read_skb: sk_buff | null = null;
  if ((flags & MSG_PEEK) === 0) {
    writesTo(sk.identity);
    sk.oob_skb = null;
    sk.inq_len--;
    const prev = skbPeekPrev(oob_skb, queue);
    if (prev !== null && prev.len === 0) {
      read_skb = prev; // An older mark without its byte.
      __skb_unlink(prev, queue);
    }
  }
  spin_unlock(queue.lock);
  unix_state_unlock(sk);
  copy_to_iter(oob_skb.data, msg.msg_iter);
  if ((flags & MSG_PEEK) === 0) oob_skb.offset++;
  mutex_unlock(sk.iolock);
  if (read_skb !== null) yield* consume_skb(read_skb);
  msg.msg_flags |= MSG_OOB;
  return 1;
}

/**
 * The packet that a read goes on with when it has come to a mark, or to a packet without bytes;
 * null to stop here. Called with iolock and state lock held; `copied`: how much the read has got.
 */
export function* manage_oob(
  front: sk_buff,
  sk: unix_sock,
  flags: number,
  copied: number,
): Kernel<sk_buff | null> {
  const queue = sk.sk_receive_queue;
  const peek = (flags & MSG_PEEK) !== 0;
  let skb: sk_buff | null = front;
  let read_skb: sk_buff | null = null;
  let unread_skb: sk_buff | null = null;
  yield spin_lock(queue.lock);
  if (front.len === 0) {
    if (copied > 0 && (sk.oob_skb === null || sk.oob_skb === front)) {
      skb = null;
    } else {
      skb = skb_peek_next(front, queue);
      if (!peek) {
        read_skb = front;
        __skb_unlink(front, queue);
      }
    }
  }
  if (skb !== null && skb === sk.oob_skb) {
    if (copied > 0) {
      skb = null;
    } else if (!peek) {
      writesTo(sk.identity);
      sk.oob_skb = null;
      if (!sk.SOCK_URGINLINE) {
        __skb_unlink(skb, queue);
        unread_skb = skb;
        skb = skb_peek(queue);
      }
    } else if (!sk.SOCK_URGINLINE) {
      skb = skb_peek_next(skb, queue);
    }
  }
  spin_unlock(queue.lock);
  if (read_skb !== null) yield* consume_skb(read_skb);
  if (unread_skb !== null) yield* kfree_skb(unread_skb);
  return skb;
}
