/**
 * What a socket has ready, and what ioctl() tells of it. Linux: net/unix/af_unix.c (unix_poll,
 * unix_dgram_poll, unix_ioctl).
 *
 * Each look stands for itself: what happens between two of them may be seen in part.
 */
import { current } from '../../kernel/current.ts';
import { ENOIOCTLCMD } from '../../kernel/errno.ts';
import type { file } from '../../kernel/file.ts';
import { mutex_lock, mutex_unlock } from '../../kernel/mutex.ts';
import type { Kernel } from '../../kernel/op.ts';
import {
  poll_requested_events,
  type poll_table,
  poll_wait,
  wantsQueue,
} from '../../kernel/poll.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { EINVAL, EOPNOTSUPP } from '../../kernel/uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLPRI,
  EPOLLRDHUP,
  EPOLLRDNORM,
} from '../../kernel/uapi/eventpoll.ts';
import { SO_SELECT_ERR_QUEUE, SOCK_SEQPACKET, SOCK_STREAM } from '../../kernel/uapi/socket.ts';
import { SIOCATMARK, SIOCINQ, SIOCOUTQ } from '../../kernel/uapi/sockios.ts';
import { skb_peek, skb_peek_next, skb_queue_empty } from '../skbuff.ts';
import {
  keptOption,
  RCV_SHUTDOWN,
  SHUTDOWN_MASK,
  sock_poll_wait,
  TCP_CLOSE,
  TCP_LISTEN,
} from '../sock.ts';
import type { socket } from '../socket.ts';
import { peekAtWmem, sk_wmem_alloc_get } from '../wmem.ts';
import { unix_dgram_peer_wake_me } from './peer_wake.ts';
import {
  unix_recvq_full_lockless,
  unix_sk,
  type unix_sock,
  unix_state_lock,
  unix_state_unlock,
  unix_writable,
  WRITE_KEY,
} from './types.ts';

const READABLE: number = EPOLLIN | EPOLLRDNORM;

/** What shutdown() and close() leave to be seen. */
function shutdownMask(shutdown: number): number {
  let mask = 0;
  if (shutdown === SHUTDOWN_MASK) mask |= EPOLLHUP;
  if ((shutdown & RCV_SHUTDOWN) !== 0) mask |= EPOLLRDHUP | READABLE;
  return mask;
}

export function* unix_poll(file: file, sock: socket, wait: poll_table): Kernel<number> {
  __fentry__('unix_poll');
  const sk = unix_sk(sock);
  if (wantsQueue(wait)) yield* sock_poll_wait(file, sock, wait);
  if (!current.kernel.alone) yield sk.look;
  const state = sk.sk_state;
  let mask = shutdownMask(sk.sk_shutdown);
  if (!current.kernel.alone) yield sk.look;
  if (sk.sk_err !== 0) mask |= EPOLLERR;
  if (!current.kernel.alone) yield sk.sk_receive_queue.look;
  if (!skb_queue_empty(sk.sk_receive_queue)) mask |= READABLE;
  if (sk.oob_skb !== null) mask |= EPOLLPRI;
  if (state === TCP_CLOSE) mask |= EPOLLHUP;
  if (!current.kernel.alone) yield peekAtWmem(sk);
  if (unix_writable(sk, state)) mask |= WRITE_KEY;
  return mask;
}

/** Also for records. What is asked of writing is looked at only where somebody wants to know. */
export function* unix_dgram_poll(file: file, sock: socket, wait: poll_table): Kernel<number> {
  __fentry__('unix_dgram_poll');
  const sk = unix_sk(sock);
  if (wantsQueue(wait)) yield* sock_poll_wait(file, sock, wait);
  if (!current.kernel.alone) yield sk.look;
  const state = sk.sk_state;
  let mask = shutdownMask(sk.sk_shutdown);
  if (!current.kernel.alone) yield sk.look;
  if (sk.sk_err !== 0) {
    mask |= EPOLLERR | (keptOption(sk, SO_SELECT_ERR_QUEUE) !== 0 ? EPOLLPRI : 0);
  }
  if (!current.kernel.alone) yield sk.sk_receive_queue.look;
  if (!skb_queue_empty(sk.sk_receive_queue)) mask |= READABLE;
  if (sk.sk_type === SOCK_SEQPACKET && state === TCP_CLOSE) mask |= EPOLLHUP;
  if ((poll_requested_events(wait) & WRITE_KEY) === 0) return mask;
  if (!current.kernel.alone) yield peekAtWmem(sk);
  if (!unix_writable(sk, state)) return mask;
  const hasRoom = current.kernel.patched['7d267278a9ec']
    ? yield* peerHasRoom(sk)
    : yield* peerHasRoomUnsafe(file, sk, wait);
  return hasRoom ? mask | WRITE_KEY : mask;
}

/** False if the peer hears others too and its queue is full; its next receive wakes `sk` then. */
function* peerHasRoom(sk: unix_sock): Kernel<boolean> {
  yield unix_state_lock(sk);
  const other = sk.peer;
  let full = false;
  if (other !== null && !current.kernel.alone) yield other.look; // Of whom it hears.
  if (other !== null && other.peer !== sk) {
    if (!current.kernel.alone) yield other.sk_receive_queue.look;
    full = unix_recvq_full_lockless(other) && (yield* unix_dgram_peer_wake_me(sk, other));
  }
  unix_state_unlock(sk);
  return !full;
}

/** Before 7d267278a9ec the asker itself was put onto the peer's queue, and nothing kept the peer. */
function* peerHasRoomUnsafe(file: file, sk: unix_sock, wait: poll_table): Kernel<boolean> {
  if (!current.kernel.alone) yield sk.look;
  const other = sk.peer;
  if (other === null || other.peer === sk) return true;
  if (wantsQueue(wait)) yield* poll_wait(file, other.peer_wait, wait);
  if (!current.kernel.alone) yield other.sk_receive_queue.look;
  return !unix_recvq_full_lockless(other);
}

/** Bytes that can be read: of a stream or of records all, of datagrams those of the next one. */
function* unix_inq_len(sk: unix_sock): Kernel<number> {
  if (!current.kernel.alone) yield sk.look;
  if (sk.sk_state === TCP_LISTEN) return -EINVAL;
  if (sk.sk_type === SOCK_STREAM) return sk.inq_len;
  const { lock, list } = sk.sk_receive_queue;
  yield spin_lock(lock);
  let amount = 0;
  const counted = sk.sk_type === SOCK_SEQPACKET ? list.length : Math.min(list.length, 1);
  for (let i = 0; i < counted; i++) amount += list.peekAt(i)?.len ?? 0;
  spin_unlock(lock);
  return amount;
}

/** Does the next read begin at the mark of MSG_OOB? */
function* sockatmark(sk: unix_sock): Kernel<boolean> {
  yield mutex_lock(sk.iolock);
  const { oob_skb, sk_receive_queue } = sk;
  const skb = skb_peek(sk_receive_queue);
  let answ = false;
  if (skb !== null) {
    const next_skb = skb_peek_next(skb, sk_receive_queue);
    answ = skb === oob_skb || (skb.len === 0 && (oob_skb === null || next_skb === oob_skb));
  }
  mutex_unlock(sk.iolock);
  return answ;
}

export function* unix_ioctl(sock: socket, cmd: number, arg: { value: number }): Kernel<number> {
  const sk = unix_sk(sock);
  let amount: number;
  switch (cmd) {
    case SIOCOUTQ:
      amount = sk_wmem_alloc_get(sk);
      break;
    case SIOCINQ:
      amount = yield* unix_inq_len(sk);
      if (amount < 0) return amount;
      break;
    case SIOCATMARK:
      if (sk.sk_type !== SOCK_STREAM) return -EOPNOTSUPP;
      amount = (yield* sockatmark(sk)) ? 1 : 0;
      break;
    default:
      return -ENOIOCTLCMD;
  }
  arg.value = amount;
  return 0;
}

/** Ours: something lies there that is not out of band; or there is room, and one packet takes all. */
export function unixGoesAtOnce(sock: socket, sends: boolean, bytes: number): boolean {
  if (sock.type !== SOCK_STREAM) return false;
  const sk = unix_sk(sock);
  if (sends) return bytes <= (sk.sk_sndbuf >> 1) - 64 && sk_wmem_alloc_get(sk) < sk.sk_sndbuf;
  return !skb_queue_empty(sk.sk_receive_queue) && sk.sk_rcvlowat <= 1 && sk.oob_skb === null;
}
