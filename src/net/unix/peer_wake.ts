/**
 * Room in somebody else's queue. Linux: net/unix/af_unix.c.
 *
 * A datagram socket may be connected to one that is not connected back (clients of a log daemon).
 * It is writable only while the peer's queue has room, but the peer's wait queue cannot be offered
 * to pollers, since the peer may be gone before they are. So the sender's own entry stands on the
 * peer's `peer_wait`; a receive by the peer wakes it, and it wakes the sender's own queue.
 *
 * Invariants: `peerWakeOn` is the socket on whose peer_wait the entry stands, or null.
 */

import { current } from '../../kernel/current.ts';
import { writesTo } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { ECONNRESET } from '../../kernel/uapi/errno.ts';
import {
  __add_wait_queue,
  __remove_wait_queue,
  type wait_queue_entry,
  wake_up_interruptible_all,
  wake_up_interruptible_poll,
} from '../../kernel/wait.ts';
import { skb_queue_empty, skb_queue_purge } from '../skbuff.ts';
import { sk_sleep, sleepersOf } from '../sock.ts';
import { unix_recvq_full_lockless, type unix_sock, WRITE_KEY } from './types.ts';

/** Ours: makes `other`, or nobody, the peer of `sk`. Called with the state lock held. */
export function setPeer(sk: unix_sock, other: unix_sock | null): void {
  if (sk.peer !== null) sk.peer.followers--;
  writesTo(sk.identity);
  sk.peer = other;
  if (other !== null) other.followers++;
}

/**
 * Ours: before 7d267278a9ec pollers stood on the queue of a socket that they did not keep. Closed and
 * nobody's peer, it takes the queue along.
 */
export function freeUnkept(sk: unix_sock): void {
  if (current.kernel.patched['7d267278a9ec'] || !sk.SOCK_DEAD || sk.followers > 0) return;
  sk.peer_wait.lock.freed = true;
}

/** Called with the peer's peer_wait.lock held: hands the wakeup on, once. */
export function* unix_dgram_peer_wake_relay(
  q: wait_queue_entry,
  _mode: number,
  _flags: number,
  key: number,
): Kernel<number> {
  const u = q.owner as unix_sock;
  __remove_wait_queue((u.peerWakeOn as unix_sock).peer_wait, q);
  writesTo(u.identity);
  u.peerWakeOn = null;
  const sk_wq = sleepersOf(u);
  if (sk_wq !== null) yield* wake_up_interruptible_poll(sk_wq, key);
  return 0;
}

/** True if the entry was put on the queue now. */
function* unix_dgram_peer_wake_connect(sk: unix_sock, other: unix_sock): Kernel<boolean> {
  yield spin_lock(other.peer_wait.lock);
  const connect = sk.peerWakeOn === null;
  if (connect) {
    writesTo(sk.identity);
    sk.peerWakeOn = other;
    __add_wait_queue(other.peer_wait, sk.peer_wake);
  }
  spin_unlock(other.peer_wait.lock);
  return connect;
}

export function* unix_dgram_peer_wake_disconnect(sk: unix_sock, other: unix_sock): Kernel<void> {
  yield spin_lock(other.peer_wait.lock);
  if (sk.peerWakeOn === other) {
    __remove_wait_queue(other.peer_wait, sk.peer_wake);
    writesTo(sk.identity);
    sk.peerWakeOn = null;
  }
  spin_unlock(other.peer_wait.lock);
}

export function* unix_dgram_peer_wake_disconnect_wakeup(
  sk: unix_sock,
  other: unix_sock,
): Kernel<void> {
  yield* unix_dgram_peer_wake_disconnect(sk, other);
  yield* wake_up_interruptible_poll(sk_sleep(sk), WRITE_KEY);
}

/**
 * True if the peer's queue is full; its next receive will wake `sk` then. The peer is `other` and
 * stays it meanwhile. A dead one is not full: a write is to find that out.
 */
export function* unix_dgram_peer_wake_me(sk: unix_sock, other: unix_sock): Kernel<boolean> {
  const connected = yield* unix_dgram_peer_wake_connect(sk, other);
  if (!current.kernel.alone) yield other.sk_receive_queue.look;
  if (unix_recvq_full_lockless(other) && !other.SOCK_DEAD) return true;
  if (connected) yield* unix_dgram_peer_wake_disconnect(sk, other);
  return false;
}

/** `sk` has left its peer: what the peer sent is thrown away, and a peer that stays hears of it. */
export function* unix_dgram_disconnected(sk: unix_sock, other: unix_sock): Kernel<void> {
  if (!current.kernel.alone) yield sk.sk_receive_queue.look;
  if (skb_queue_empty(sk.sk_receive_queue)) return;
  yield* skb_queue_purge(sk.sk_receive_queue);
  yield* wake_up_interruptible_all(sk.peer_wait);
  if (!other.SOCK_DEAD && other.peer === sk) {
    writesTo(other.identity);
    other.sk_err = ECONNRESET;
    yield* other.sk_error_report();
  }
}
