/**
 * Sockets between processes of one machine: what each consists of. Linux: include/net/af_unix.h,
 * net/unix/af_unix.c.
 *
 * There is no wire: a sender puts its packet straight into the receive queue of its peer, and the
 * packet counts against the sender's buffer until the peer has read all of it.
 *
 * Invariants: `unix_state_lock` guards peer, state, shutdown and who may queue; two of them are
 * taken in the order of the sockets' making. Order of locks: iolock, state lock, queue lock.
 * Differs from Linux: references are not counted, since a socket that somebody still points to is not
 * freed here; nobody looks for sockets that are only in each other's queues (unix_gc).
 */

import { current } from '../../kernel/current.ts';
import { looksAt } from '../../kernel/footprint.ts';
import type { dentry } from '../../kernel/fs/dcache.ts';
import { mutex } from '../../kernel/mutex.ts';
import type { Kernel, Op } from '../../kernel/op.ts';
import { spin_lock, spin_lock_nested, spin_unlock, spinlock_t } from '../../kernel/spinlock.ts';
import { traceFact } from '../../kernel/trace.ts';
import { EPOLLOUT, EPOLLWRBAND, EPOLLWRNORM } from '../../kernel/uapi/eventpoll.ts';
import { AF_UNIX, SO_PASSCRED, SO_PASSPIDFD } from '../../kernel/uapi/socket.ts';
import {
  wait_queue_entry,
  wait_queue_head,
  wake_up_interruptible_sync_poll,
} from '../../kernel/wait.ts';
import type { net } from '../net.ts';
import { type sk_buff, skb_queue_len } from '../skbuff.ts';
import { keptOption, skwq_has_sleeper, sleepersOf, sock, TCP_LISTEN } from '../sock.ts';
import type { socket } from '../socket.ts';
import { peekAtWmem } from '../wmem.ts';
import { unix_dgram_peer_wake_relay } from './peer_wake.ts';
import type { unix_address } from './table.ts';

export class unix_sock extends sock {
  readonly name: string;

  // Under bindlock, set once; read without it:
  addr: unix_address | null = null;
  /** What it is bound to in the file system. */
  path: dentry | null = null;
  readonly bindlock: mutex = new mutex('u->bindlock');

  /** Held by whoever reads, so that bytes are taken in order. */
  readonly iolock: mutex = new mutex('u->iolock');
  /** The state lock. */
  readonly lock: spinlock_t = new spinlock_t('unix_state_lock');
  // Under lock:
  peer: unix_sock | null = null;

  /** Who waits for room in this socket's receive queue. */
  readonly peer_wait: wait_queue_head = new wait_queue_head('peer_wait', 'peer_wait.lock');
  /** Stands on the peer's peer_wait, and hands a wakeup on to this socket's own queue. */
  readonly peer_wake: wait_queue_entry;
  /** Under the peer_wait.lock of the socket that peer_wake stands on: that socket. */
  peerWakeOn: unix_sock | null = null;

  // Under the receive queue's lock:
  /** The byte of MSG_OOB that was sent last, while nobody has taken or passed it. */
  oob_skb: sk_buff | null = null;
  /** Bytes in the receive queue of a stream socket. */
  inq_len = 0;

  // Ours:
  /** How many sockets have it for a peer, each of which keeps it from being freed. */
  followers = 0;
  /** The order in which sockets were made, in place of their addresses. */
  readonly made: number;

  constructor(net: net, type: number) {
    super(net, AF_UNIX, type, 0);
    const { unx } = net;
    this.name = 'unix';
    this.made = ++unx.made;
    this.sk_max_ack_backlog = unx.sysctl_max_dgram_qlen;
    this.peer_wake = new wait_queue_entry(unix_dgram_peer_wake_relay, null, this);
  }

  override sk_write_space(): Kernel<void> {
    return unix_write_space(this);
  }
}

export const unix_sk = (sock: socket): unix_sock => sock.sk as unix_sock;
export const unix_peer = (sk: unix_sock): unix_sock | null => sk.peer;

export const unix_state_lock = (sk: unix_sock): Op => spin_lock(sk.lock);
/** For the second of two. */
export const unix_state_lock_nested = (sk: unix_sock): Op => spin_lock_nested(sk.lock, 1);
export const unix_state_unlock = (sk: unix_sock): void => spin_unlock(sk.lock);

export function* unix_state_double_lock(sk1: unix_sock, sk2: unix_sock | null): Kernel<void> {
  if (sk2 === null || sk1 === sk2) {
    yield unix_state_lock(sk1);
    return;
  }
  const first = sk1.made < sk2.made ? sk1 : sk2;
  yield unix_state_lock(first);
  yield unix_state_lock_nested(first === sk1 ? sk2 : sk1);
}

export function unix_state_double_unlock(sk1: unix_sock, sk2: unix_sock | null): void {
  unix_state_unlock(sk1);
  if (sk2 !== null && sk1 !== sk2) unix_state_unlock(sk2);
}

/** The peer, looked up under the state lock. */
export function* unix_peer_get(sk: unix_sock): Kernel<unix_sock | null> {
  yield unix_state_lock(sk);
  const { peer } = sk;
  unix_state_unlock(sk);
  return peer;
}

/** Does the socket want to know who sends? */
export const unix_may_passcred = (sk: unix_sock): boolean =>
  sk.kept !== null && (keptOption(sk, SO_PASSCRED) | keptOption(sk, SO_PASSPIDFD)) !== 0;

/** Writes down who sends, where somebody may ask: one of the ends, or who accepts it later. */
export function unix_maybe_add_creds(skb: sk_buff, sk: unix_sock, other: unix_sock): void {
  if (skb.pid !== 0) return;
  looksAt(other.identity);
  if (unix_may_passcred(sk) || unix_may_passcred(other) || other.sk_socket === null) {
    skb.pid = current.tgid;
  }
}

/** A datagram socket that is connected hears its peer only. */
export const unix_may_send = (sk: unix_sock, osk: unix_sock): boolean =>
  osk.peer === null || osk.peer === sk;

/** Has the socket as many packets, or connections, waiting as it takes? */
export const unix_recvq_full_lockless = (sk: unix_sock): boolean =>
  skb_queue_len(sk.sk_receive_queue) > sk.sk_max_ack_backlog;

/** Ready to write as long as no more than a quarter of the send buffer is in use. */
export const unix_writable = (sk: unix_sock, state: number): boolean =>
  state !== TCP_LISTEN && sk.sk_wmem_alloc * 4 <= sk.sk_sndbuf;

/** What a wakeup of writers says. */
export const WRITE_KEY: number = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;

/** A packet of this socket was freed: wakes its writers if it is writable now. */
function* unix_write_space(sk: unix_sock): Kernel<void> {
  if (!current.kernel.alone) yield peekAtWmem(sk);
  if (!unix_writable(sk, sk.sk_state)) {
    traceFact('no room yet', sk);
    return;
  }
  const wq = sleepersOf(sk);
  if (wq === null) return;
  if (yield* skwq_has_sleeper(wq)) yield* wake_up_interruptible_sync_poll(wq, WRITE_KEY);
}
