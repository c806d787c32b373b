/**
 * Connections: listen, connect, accept, socketpair. Linux: net/unix/af_unix.c.
 *
 * connect() makes the other end itself and queues it at the listener as an empty packet whose
 * owner it is; the connection works from then on, accepted or not.
 */

import { current } from '../../kernel/current.ts';
import { writesTo } from '../../kernel/footprint.ts';
import { dget } from '../../kernel/fs/dcache.ts';
import type { Kernel } from '../../kernel/op.ts';
import { signal_pending, TASK_INTERRUPTIBLE } from '../../kernel/sched.ts';
import { schedule_timeout } from '../../kernel/sleep_timeout.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { storeLate } from '../../kernel/store_buffer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import {
  EAGAIN,
  ECONNREFUSED,
  EINVAL,
  EISCONN,
  ENOMEM,
  EOPNOTSUPP,
} from '../../kernel/uapi/errno.ts';
import { O_NONBLOCK } from '../../kernel/uapi/fcntl.ts';
import {
  MSG_DONTWAIT,
  SO_PASSCRED,
  SO_PASSPIDFD,
  SO_PASSRIGHTS,
  SO_PASSSEC,
  SOCK_DGRAM,
} from '../../kernel/uapi/socket.ts';
import {
  finish_wait,
  init_wait,
  prepare_to_wait_exclusive,
  wake_up_interruptible,
  wake_up_interruptible_all,
} from '../../kernel/wait.ts';
import { skb_free_datagram, skb_recv_datagram } from '../datagram.ts';
import { __skb_queue_tail, consume_skb, type sk_buff } from '../skbuff.ts';
import {
  RCV_SHUTDOWN,
  sock_graft,
  sock_intr_errno,
  sock_net,
  sock_sndtimeo,
  TCP_CLOSE,
  TCP_ESTABLISHED,
  TCP_LISTEN,
} from '../sock.ts';
import { SS_CONNECTED, type sockaddr, type socket } from '../socket.ts';
import { sock_wmalloc } from '../wmem.ts';
import { unix_autobind } from './bind.ts';
import { setPeer } from './peer_wake.ts';
import { unix_release_sock } from './release.ts';
import { unix_find_other, unix_validate_addr } from './table.ts';
import {
  unix_may_passcred,
  unix_recvq_full_lockless,
  unix_sk,
  unix_sock,
  unix_state_lock,
  unix_state_lock_nested,
  unix_state_unlock,
} from './types.ts';

/** Joins two new sockets. */
export function* unix_socketpair(socka: socket, sockb: socket): Kernel<number> {
  const ska = unix_sk(socka);
  const skb = unix_sk(sockb);
  setPeer(ska, skb);
  setPeer(skb, ska);
  ska.sk_state = TCP_ESTABLISHED;
  skb.sk_state = TCP_ESTABLISHED;
  socka.state = SS_CONNECTED;
  sockb.state = SS_CONNECTED;
  return 0;
}

/** Only a socket with a name can listen. A longer backlog lets waiting connectors in. */
export function* unix_listen(sock: socket, backlog: number): Kernel<number> {
  const sk = unix_sk(sock);
  if (sock.type === SOCK_DGRAM) return -EOPNOTSUPP;
  if (!current.kernel.alone) yield sk.look;
  if (sk.addr === null) return -EINVAL;
  yield unix_state_lock(sk);
  const ok = sk.sk_state === TCP_CLOSE || sk.sk_state === TCP_LISTEN;
  if (ok) {
    if (backlog > sk.sk_max_ack_backlog) yield* wake_up_interruptible_all(sk.peer_wait);
    writesTo(sk.identity);
    sk.sk_max_ack_backlog = backlog;
    sk.sk_state = TCP_LISTEN;
  }
  unix_state_unlock(sk);
  return ok ? 0 : -EINVAL;
}

/**
 * Sleeps until there is room in the queue of `other`, whose state lock is held and is given back;
 * what is left of the time.
 */
export function* unix_wait_for_peer(other: unix_sock, timeo: number): Kernel<number> {
  const wait = init_wait();
  yield* prepare_to_wait_exclusive(other.peer_wait, wait, TASK_INTERRUPTIBLE);
  if (!current.kernel.alone) yield other.sk_receive_queue.look;
  const sched =
    !other.SOCK_DEAD && (other.sk_shutdown & RCV_SHUTDOWN) === 0 && unix_recvq_full_lockless(other);
  unix_state_unlock(other);
  const left = sched ? yield* schedule_timeout(timeo) : timeo;
  yield* finish_wait(other.peer_wait, wait);
  return left;
}

/** The listener at an address, with its state lock held and room in its queue; or -errno. */
function* findListener(
  sk: unix_sock,
  addr: sockaddr,
  noblock: boolean,
): Kernel<unix_sock | number> {
  let timeo = sock_sndtimeo(sk, noblock);
  for (;;) {
    const other = yield* unix_find_other(addr, sk.sk_type);
    if (typeof other === 'number') return other;
    yield unix_state_lock(other);
    if (other.SOCK_DEAD) {
      unix_state_unlock(other);
      continue; // Found just before it left the table.
    }
    if (other.sk_state !== TCP_LISTEN || (other.sk_shutdown & RCV_SHUTDOWN) !== 0) {
      unix_state_unlock(other);
      return -ECONNREFUSED;
    }
    if (!current.kernel.alone) yield other.sk_receive_queue.look;
    if (!unix_recvq_full_lockless(other)) return other;
    if (timeo === 0) {
      unix_state_unlock(other);
      return -EAGAIN;
    }
    timeo = yield* unix_wait_for_peer(other, timeo);
    if (signal_pending(current)) return sock_intr_errno(timeo);
  }
}

const whyNotConnect = (state: number): number =>
  state === TCP_CLOSE ? 0 : state === TCP_ESTABLISHED ? -EISCONN : -EINVAL;

/** sk_scm_recv_flags: what the listener wants to know of senders, its connections want too. */
function inheritScm(newsk: unix_sock, other: unix_sock): void {
  if (other.kept === null) return;
  newsk.kept = new Map([...other.kept].filter(([optname]) => scmOptions.has(optname)));
}
const scmOptions: ReadonlySet<number> = new Set([
  SO_PASSCRED,
  SO_PASSPIDFD,
  SO_PASSRIGHTS,
  SO_PASSSEC,
]);

/** Queues `newsk`, the other end for `sock`, at the listener, whose state lock is given back. */
function* joinListener(
  sock: socket,
  other: unix_sock,
  newsk: unix_sock,
  skb: sk_buff,
): Kernel<number> {
  const sk = unix_sk(sock);
  // Before its lock: a listener that connects to itself would take one lock twice.
  if (!current.kernel.alone) yield sk.look;
  let err = whyNotConnect(sk.sk_state);
  if (err === 0) {
    yield unix_state_lock_nested(sk);
    err = whyNotConnect(sk.sk_state);
    if (err === 0) {
      setPeer(newsk, sk);
      newsk.sk_state = TCP_ESTABLISHED;
      inheritScm(newsk, other);
      newsk.addr = other.addr;
      newsk.path = other.path === null ? null : dget(other.path);
      sock.state = SS_CONNECTED;
      writesTo(sk.identity);
      sk.sk_state = TCP_ESTABLISHED;
      setPeer(sk, newsk);
    }
    unix_state_unlock(sk);
  }
  if (err !== 0) {
    unix_state_unlock(other);
    return err;
  }
  yield spin_lock(other.sk_receive_queue.lock);
  storeLate(other.sk_receive_queue, __skb_queue_tail, other.sk_receive_queue, skb);
  spin_unlock(other.sk_receive_queue.lock);
  unix_state_unlock(other);
  yield* other.sk_data_ready();
  return 0;
}

/** Sleeps while the listener's queue is full, unless `flags` have O_NONBLOCK: -EAGAIN then. */
export function* unix_stream_connect(sock: socket, addr: sockaddr, flags: number): Kernel<number> {
  __fentry__('unix_stream_connect');
  let err = unix_validate_addr(addr);
  if (err !== 0) return err;
  const sk = unix_sk(sock);
  if (unix_may_passcred(sk) && sk.addr === null) yield* unix_autobind(sk);
  const newsk = new unix_sock(sock_net(sk), sock.type);
  const skb = sock_wmalloc(newsk, 1);
  if (skb === null) return -ENOMEM;
  const other = yield* findListener(sk, addr, (flags & O_NONBLOCK) !== 0);
  err = typeof other === 'number' ? other : yield* joinListener(sock, other, newsk, skb);
  if (err === 0) return 0;
  yield* consume_skb(skb);
  yield* unix_release_sock(newsk, false);
  return err;
}

/** Ties the first connection of the queue to `newsock`; `flags` are the listener's f_flags. */
export function* unix_accept(sock: socket, newsock: socket, flags: number): Kernel<number> {
  __fentry__('unix_accept');
  const sk = unix_sk(sock);
  if (sock.type === SOCK_DGRAM) return -EOPNOTSUPP;
  if (!current.kernel.alone) yield sk.look;
  if (sk.sk_state !== TCP_LISTEN) return -EINVAL;
  const skb = yield* skb_recv_datagram(sk, (flags & O_NONBLOCK) !== 0 ? MSG_DONTWAIT : 0);
  if (typeof skb === 'number') return skb === 0 ? -EINVAL : skb;
  const tsk = skb.sk as unix_sock;
  yield* skb_free_datagram(sk, skb);
  yield* wake_up_interruptible(sk.peer_wait);
  yield unix_state_lock(tsk);
  newsock.state = SS_CONNECTED;
  sock_graft(tsk, newsock);
  unix_state_unlock(tsk);
  return 0;
}
