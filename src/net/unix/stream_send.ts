/**
 * Sending on a stream. Linux: net/unix/af_unix.c (unix_stream_sendmsg).
 *
 * A write becomes packets of at most half the send buffer each; every packet makes its own wakeup.
 * The first one is accepted as soon as there is any room at all.
 */

import { current } from '../../kernel/current.ts';
import { writesTo } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { send_sig } from '../../kernel/signal_send.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { storeLate } from '../../kernel/store_buffer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { copy_from_iter } from '../../kernel/uaccess.ts';
import { EISCONN, ENOTCONN, EOPNOTSUPP, EPERM, EPIPE } from '../../kernel/uapi/errno.ts';
import { SIGPIPE } from '../../kernel/uapi/signal.ts';
import { MSG_DONTWAIT, MSG_NOSIGNAL, MSG_OOB } from '../../kernel/uapi/socket.ts';
import { __scm_send } from '../scm.ts';
import { __skb_queue_tail, consume_skb, PAGE_ALIGN, SKB_MAX_HEAD } from '../skbuff.ts';
import { RCV_SHUTDOWN, SEND_SHUTDOWN, TCP_ESTABLISHED } from '../sock.ts';
import type { msghdr, socket } from '../socket.ts';
import { sock_alloc_send_pskb } from '../wmem.ts';
import { refusesFiles, unix_scm_to_skb } from './scm.ts';
import {
  unix_maybe_add_creds,
  unix_sk,
  type unix_sock,
  unix_state_lock,
  unix_state_unlock,
} from './types.ts';

/** What a packet has in pages beside its head, and the order of those pages. */
const UNIX_SKB_FRAGS_SZ = 32768;
const FRAGS_ORDER = 3;

export function* unix_stream_sendmsg(sock: socket, msg: msghdr): Kernel<number> {
  __fentry__('unix_stream_sendmsg');
  const sk = unix_sk(sock);
  const { msg_flags } = msg;
  if (msg.msg_control !== null) {
    const err = __scm_send(sock, msg);
    if (err < 0) return err;
  }
  const oob = (msg_flags & MSG_OOB) !== 0;
  if (oob && msg.msg_iter.count === 0) return -EOPNOTSUPP;
  const len = oob ? msg.msg_iter.count - 1 : msg.msg_iter.count;
  if (!current.kernel.alone) yield sk.look;
  if (msg.msg_name !== null) return sk.sk_state === TCP_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
  const other = sk.peer;
  if (other === null) return -ENOTCONN;
  if ((sk.sk_shutdown & SEND_SHUTDOWN) !== 0) return yield* brokenPipe(0, msg_flags);
  const noblock = (msg_flags & MSG_DONTWAIT) !== 0;
  let sent = 0;
  while (sent < len) {
    let size = Math.min(len - sent, (sk.sk_sndbuf >> 1) - 64, SKB_MAX_HEAD + UNIX_SKB_FRAGS_SZ);
    const data_len = size <= SKB_MAX_HEAD ? 0 : Math.min(size, PAGE_ALIGN(size - SKB_MAX_HEAD));
    const skb = yield* sock_alloc_send_pskb(sk, size - data_len, data_len, noblock, FRAGS_ORDER);
    if (typeof skb === 'number') return sent > 0 ? sent : skb;
    const err = msg.scm === null ? 0 : unix_scm_to_skb(msg.scm, skb);
    if (err < 0) {
      yield* consume_skb(skb);
      return sent > 0 ? sent : err;
    }
    unix_maybe_add_creds(skb, sk, other);
    skb.data = copy_from_iter(size, msg.msg_iter);
    size = skb.data.length;
    yield unix_state_lock(other);
    if (other.SOCK_DEAD || (other.sk_shutdown & RCV_SHUTDOWN) !== 0) {
      unix_state_unlock(other);
      const err = yield* brokenPipe(sent, msg_flags);
      yield* consume_skb(skb);
      return err;
    }
    if (refusesFiles(other, skb)) {
      unix_state_unlock(other);
      yield* consume_skb(skb);
      return sent > 0 ? sent : -EPERM;
    }
    yield spin_lock(other.sk_receive_queue.lock);
    other.inq_len += size;
    storeLate(other.sk_receive_queue, __skb_queue_tail, other.sk_receive_queue, skb);
    spin_unlock(other.sk_receive_queue.lock);
    unix_state_unlock(other);
    yield* other.sk_data_ready();
    sent += size;
  }
  if (!oob) return sent;
  const err = yield* queue_oob(sk, msg, other);
  return err === 0 ? sent + 1 : sent > 0 ? sent : err;
}

/** What was sent; or -EPIPE, with SIGPIPE unless the caller wants none. */
function* brokenPipe(sent: number, msg_flags: number): Kernel<number> {
  if (sent > 0) return sent;
  if ((msg_flags & MSG_NOSIGNAL) === 0) yield* send_sig(SIGPIPE, current);
  return -EPIPE;
}

/** Queues the last byte as a packet of its own, which the receiver may pass over. */
function* queue_oob(sk: unix_sock, msg: msghdr, other: unix_sock): Kernel<number> {
  __fentry__('queue_oob');
  const skb = yield* sock_alloc_send_pskb(sk, 1, 0, (msg.msg_flags & MSG_DONTWAIT) !== 0, 0);
  if (typeof skb === 'number') return skb;
  const err = msg.scm === null ? 0 : unix_scm_to_skb(msg.scm, skb);
  if (err < 0) {
    yield* consume_skb(skb);
    return err;
  }
  unix_maybe_add_creds(skb, sk, other);
  skb.data = copy_from_iter(1, msg.msg_iter);
  yield unix_state_lock(other);
  if (other.SOCK_DEAD || (other.sk_shutdown & RCV_SHUTDOWN) !== 0) {
    unix_state_unlock(other);
    yield* consume_skb(skb);
    return -EPIPE;
  }
  if (refusesFiles(other, skb)) {
    unix_state_unlock(other);
    yield* consume_skb(skb);
    return -EPERM;
  }
  yield spin_lock(other.sk_receive_queue.lock);
  writesTo(other.identity);
  other.oob_skb = skb;
  other.inq_len++;
  storeLate(other.sk_receive_queue, __skb_queue_tail, other.sk_receive_queue, skb);
  spin_unlock(other.sk_receive_queue.lock);
  unix_state_unlock(other);
  yield* other.sk_data_ready();
  return 0;
}
