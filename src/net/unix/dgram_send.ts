/**
 * Sending datagrams and records. Linux: net/unix/af_unix.c (unix_dgram_sendmsg).
 *
 * A packet arrives whole or not at all. Two limits hold a sender back: its own send buffer, and
 * the length of the receiver's queue unless the two are connected to each other.
 */

import { current } from '../../kernel/current.ts';
import { writesTo } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { signal_pending } from '../../kernel/sched.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { copy_from_iter } from '../../kernel/uaccess.ts';
import {
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EMSGSIZE,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPIPE,
} from '../../kernel/uapi/errno.ts';
import { MSG_DONTWAIT, MSG_OOB, SOCK_SEQPACKET } from '../../kernel/uapi/socket.ts';
import { __scm_send } from '../scm.ts';
import {
  consume_skb,
  MAX_SKB_FRAGS,
  PAGE_ALIGN,
  PAGE_ALLOC_COSTLY_ORDER,
  PAGE_SIZE,
  SKB_MAX_ALLOC,
  type sk_buff,
  skb_queue_tail,
} from '../skbuff.ts';
import {
  RCV_SHUTDOWN,
  sock_error,
  sock_intr_errno,
  sock_sndtimeo,
  TCP_CLOSE,
  TCP_ESTABLISHED,
} from '../sock.ts';
import type { msghdr, sockaddr, socket } from '../socket.ts';
import { sock_alloc_send_pskb } from '../wmem.ts';
import { unix_autobind } from './bind.ts';
import { unix_wait_for_peer } from './connect.ts';
import {
  freeUnkept,
  setPeer,
  unix_dgram_disconnected,
  unix_dgram_peer_wake_disconnect_wakeup,
  unix_dgram_peer_wake_me,
} from './peer_wake.ts';
import { refusesFiles, unix_scm_to_skb } from './scm.ts';
import { unix_find_other, unix_validate_addr } from './table.ts';
import {
  unix_may_passcred,
  unix_may_send,
  unix_maybe_add_creds,
  unix_peer_get,
  unix_recvq_full_lockless,
  unix_sk,
  type unix_sock,
  unix_state_double_lock,
  unix_state_lock,
  unix_state_unlock,
} from './types.ts';

/** How much of a packet does not fit into its head. */
function dataLen(len: number): number {
  if (len <= SKB_MAX_ALLOC) return 0;
  return PAGE_ALIGN(Math.min(len - SKB_MAX_ALLOC, MAX_SKB_FRAGS * PAGE_SIZE));
}

export function* unix_dgram_sendmsg(sock: socket, msg: msghdr): Kernel<number> {
  __fentry__('unix_dgram_sendmsg');
  const sk = unix_sk(sock);
  const len = msg.msg_iter.count;
  const noblock = (msg.msg_flags & MSG_DONTWAIT) !== 0;
  if (msg.msg_control !== null) {
    const err = __scm_send(sock, msg);
    if (err < 0) return err;
  }
  if ((msg.msg_flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  if (msg.msg_name !== null) {
    const err = unix_validate_addr(msg.msg_name);
    if (err !== 0) return err;
  }
  if (unix_may_passcred(sk) && sk.addr === null) yield* unix_autobind(sk);
  if (len > sk.sk_sndbuf - 32) return -EMSGSIZE;
  const data_len = dataLen(len);
  const header_len = len - data_len;
  const skb = yield* sock_alloc_send_pskb(
    sk,
    header_len,
    data_len,
    noblock,
    PAGE_ALLOC_COSTLY_ORDER,
  );
  if (typeof skb === 'number') return skb;
  const err = msg.scm === null ? 0 : unix_scm_to_skb(msg.scm, skb);
  if (err < 0) {
    yield* consume_skb(skb);
    return err;
  }
  skb.data = copy_from_iter(len, msg.msg_iter);
  const ret = yield* deliver(sk, skb, msg.msg_name, sock_sndtimeo(sk, noblock));
  if (ret < 0) yield* consume_skb(skb);
  return ret;
}

/** What an attempt to queue a packet says besides a length or -errno: look for the receiver anew. */
const LOOKUP: number = Number.NEGATIVE_INFINITY;

function* deliver(sk: unix_sock, skb: sk_buff, to: sockaddr | null, timeo: number): Kernel<number> {
  for (;;) {
    const other = to === null ? yield* unix_peer_get(sk) : yield* unix_find_other(to, sk.sk_type);
    if (other === null) return -ENOTCONN;
    if (typeof other === 'number') return other;
    unix_maybe_add_creds(skb, sk, other);
    const ret = yield* queueAt(sk, other, skb, to !== null, timeo);
    if (ret !== LOOKUP) return ret;
  }
}

/** Queues a packet at `other` once that has room; its length, -errno or LOOKUP. */
function* queueAt(
  sk: unix_sock,
  other: unix_sock,
  skb: sk_buff,
  named: boolean,
  timeo: number,
): Kernel<number> {
  let left = timeo;
  let sk_locked = false;
  yield unix_state_lock(other);
  for (;;) {
    let err = 0;
    if (!unix_may_send(sk, other)) err = -EPERM;
    else if (other.SOCK_DEAD) return yield* deadReceiver(sk, other, sk_locked, named);
    else if ((other.sk_shutdown & RCV_SHUTDOWN) !== 0) err = -EPIPE;
    else if (refusesFiles(other, skb)) err = -EPERM;
    else if (yield* mustWait(sk, other)) {
      if (left !== 0) {
        left = yield* unix_wait_for_peer(other, left);
        if (signal_pending(current)) return sock_intr_errno(left);
        yield unix_state_lock(other);
        continue;
      }
      if (!sk_locked) {
        unix_state_unlock(other);
        yield* unix_state_double_lock(sk, other);
      }
      if (sk.peer !== other || (yield* unix_dgram_peer_wake_me(sk, other))) {
        unix_state_unlock(sk);
        unix_state_unlock(other);
        return -EAGAIN;
      }
      if (!sk_locked) {
        sk_locked = true;
        continue; // The lock was given back: look again.
      }
    }
    if (sk_locked) unix_state_unlock(sk);
    if (err === 0) yield* skb_queue_tail(other.sk_receive_queue, skb);
    unix_state_unlock(other);
    if (err !== 0) return err;
    yield* other.sk_data_ready();
    return skb.data.length;
  }
}

/** Is the receiver's queue full, and does that count? Not between two that are connected. */
function* mustWait(sk: unix_sock, other: unix_sock): Kernel<boolean> {
  if (other === sk || other.peer === sk) return false;
  if (!current.kernel.alone) yield other.sk_receive_queue.look;
  return unix_recvq_full_lockless(other);
}

/** The receiver was closed since it was found. Its state lock is held, and is given back. */
function* deadReceiver(
  sk: unix_sock,
  other: unix_sock,
  sk_locked: boolean,
  named: boolean,
): Kernel<number> {
  unix_state_unlock(other);
  if (sk.sk_type === SOCK_SEQPACKET) return -EPIPE;
  if (!sk_locked) yield unix_state_lock(sk);
  if (sk.peer === other) {
    setPeer(sk, null);
    yield* unix_dgram_peer_wake_disconnect_wakeup(sk, other);
    writesTo(sk.identity);
    sk.sk_state = TCP_CLOSE;
    unix_state_unlock(sk);
    yield* unix_dgram_disconnected(sk, other);
    freeUnkept(other);
    return -ECONNREFUSED;
  }
  unix_state_unlock(sk);
  return named ? LOOKUP : -ECONNRESET;
}

/** An address is passed over: the records of a connection all go to its peer. */
export function* unix_seqpacket_sendmsg(sock: socket, msg: msghdr): Kernel<number> {
  const sk = unix_sk(sock);
  if (!current.kernel.alone) yield sk.look;
  const err = sock_error(sk);
  if (err !== 0) return err;
  if (sk.sk_state !== TCP_ESTABLISHED) return -ENOTCONN;
  msg.msg_name = null;
  return yield* unix_dgram_sendmsg(sock, msg);
}
