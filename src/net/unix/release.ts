/** The end of a socket, and of one direction. Linux: net/unix/af_unix.c. */

import { current } from '../../kernel/current.ts';
import { writesTo } from '../../kernel/footprint.ts';
import { dput } from '../../kernel/fs/dcache.ts';
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { ECONNRESET, EINVAL } from '../../kernel/uapi/errno.ts';
import { SHUT_RD, SHUT_RDWR, SOCK_DGRAM } from '../../kernel/uapi/socket.ts';
import { wake_up_interruptible_all } from '../../kernel/wait.ts';
import { kfree_skb, skb_dequeue, skb_peek, skb_peek_next } from '../skbuff.ts';
import {
  RCV_SHUTDOWN,
  SEND_SHUTDOWN,
  SHUTDOWN_MASK,
  sock_orphan,
  TCP_CLOSE,
  TCP_LISTEN,
} from '../sock.ts';
import type { socket } from '../socket.ts';
import { freeUnkept, setPeer, unix_dgram_peer_wake_disconnect } from './peer_wake.ts';
import { unix_remove_socket } from './table.ts';
import { unix_sk, type unix_sock, unix_state_lock, unix_state_unlock } from './types.ts';

/** Is there something that nobody has read? A byte of MSG_OOB that was taken is still queued. */
function unread(sk: unix_sock): boolean {
  const queue = sk.sk_receive_queue;
  const skb = skb_peek(queue);
  return skb !== null && (skb.len > 0 || skb_peek_next(skb, queue) !== null);
}

/** Tells the peer of a connection that this end is gone, for bad if something stays unread. */
function* closePeer(sk: unix_sock, skpair: unix_sock, embrion: boolean): Kernel<void> {
  if (!current.kernel.alone) yield sk.sk_receive_queue.look;
  const reset = embrion || unread(sk);
  yield unix_state_lock(skpair);
  writesTo(skpair.identity);
  skpair.sk_shutdown = SHUTDOWN_MASK;
  if (reset) {
    if (!current.kernel.alone) yield skpair.look; // Whoever polls may see the one without the other.
    writesTo(skpair.identity);
    skpair.sk_err = ECONNRESET;
  }
  unix_state_unlock(skpair);
  yield* skpair.sk_state_change();
}

/** Closes a socket; `embrion`: a connection that was never accepted. */
export function* unix_release_sock(sk: unix_sock, embrion: boolean): Kernel<void> {
  __fentry__('unix_release_sock');
  yield* unix_remove_socket(sk);
  yield unix_state_lock(sk);
  sock_orphan(sk);
  writesTo(sk.identity);
  sk.sk_shutdown = SHUTDOWN_MASK;
  const state = sk.sk_state;
  sk.sk_state = TCP_CLOSE;
  const skpair = sk.peer;
  setPeer(sk, null);
  const { path } = sk;
  sk.path = null;
  unix_state_unlock(sk);
  sk.oob_skb = null;
  yield* wake_up_interruptible_all(sk.peer_wait);
  if (skpair !== null) {
    if (sk.sk_type !== SOCK_DGRAM) yield* closePeer(sk, skpair, embrion);
    yield* unix_dgram_peer_wake_disconnect(sk, skpair);
    freeUnkept(skpair);
  }
  for (;;) {
    const skb = yield* skb_dequeue(sk.sk_receive_queue);
    if (skb === null) break;
    if (state === TCP_LISTEN) yield* unix_release_sock(skb.sk as unix_sock, true);
    yield* kfree_skb(skb);
  }
  if (path !== null) yield* dput(path);
  freeUnkept(sk);
}

export function* unix_release(sock: socket): Kernel<void> {
  if (sock.sk === null) return;
  yield* unix_release_sock(unix_sk(sock), false);
  sock.sk = null;
}

/** Ends one direction or both; the peer of a connection sees the other side of it. */
export function* unix_shutdown(sock: socket, how: number): Kernel<number> {
  __fentry__('unix_shutdown');
  if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
  const mode = how + 1; // SHUT_RD, SHUT_WR, SHUT_RDWR: 1, 2, 3 in bits.
  const sk = unix_sk(sock);
  yield unix_state_lock(sk);
  writesTo(sk.identity);
  sk.sk_shutdown |= mode;
  const other = sk.peer;
  unix_state_unlock(sk);
  yield* sk.sk_state_change();
  if (other === null || sk.sk_type === SOCK_DGRAM) return 0;
  let peer_mode = 0;
  if ((mode & RCV_SHUTDOWN) !== 0) peer_mode |= SEND_SHUTDOWN;
  if ((mode & SEND_SHUTDOWN) !== 0) peer_mode |= RCV_SHUTDOWN;
  yield unix_state_lock(other);
  writesTo(other.identity);
  other.sk_shutdown |= peer_mode;
  unix_state_unlock(other);
  yield* other.sk_state_change();
  return 0;
}
