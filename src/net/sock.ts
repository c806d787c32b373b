/**
 * What all sockets of all protocols have. Linux: include/net/sock.h, net/core/sock.c.
 *
 * `struct socket` (socket.ts) is the end that a file sees, `struct sock` the end that the protocol
 * works on; a protocol's own state extends `sock`. Whoever has news for a socket calls one of its
 * `sk_…` functions, which wakes the queue that pollers and sleepers share, with the key that Linux
 * passes: edge-triggered and exclusive waiters depend on it.
 *
 * Differs from Linux: memory of the whole system is never short; no cgroup, filter or security hook.
 */

import { smp_mb } from '../kernel/barrier.ts';
import { current } from '../kernel/current.ts';
import { ERESTARTSYS } from '../kernel/errno.ts';
import type { file } from '../kernel/file.ts';
import { looksAt, newIdentity, writesTo } from '../kernel/footprint.ts';
import { type Kernel, type Named, Op } from '../kernel/op.ts';
import { type poll_table, poll_wait } from '../kernel/poll.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../kernel/sleep_timeout.ts';
import { EINTR } from '../kernel/uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDBAND,
  EPOLLRDNORM,
  EPOLLWRBAND,
  EPOLLWRNORM,
} from '../kernel/uapi/eventpoll.ts';
import { MSG_PEEK } from '../kernel/uapi/socket.ts';
import {
  peekAt,
  type wait_queue_head,
  waitqueue_active,
  wake_up_interruptible_all,
  wake_up_interruptible_poll,
  wake_up_interruptible_sync_poll,
} from '../kernel/wait.ts';
import type { net } from './net.ts';
import { type sk_buff, sk_buff_head } from './skbuff.ts';
import type { socket } from './socket.ts';

/** sk_shutdown: which directions are over. */
export const RCV_SHUTDOWN = 1;
export const SEND_SHUTDOWN = 2;
export const SHUTDOWN_MASK = 3;

/** sk_state; other protocols borrow TCP's names. Linux: include/net/tcp_states.h. */
export const TCP_ESTABLISHED = 1;
export const TCP_SYN_SENT = 2;
export const TCP_SYN_RECV = 3;
export const TCP_FIN_WAIT1 = 4;
export const TCP_FIN_WAIT2 = 5;
export const TCP_TIME_WAIT = 6;
export const TCP_CLOSE = 7;
export const TCP_CLOSE_WAIT = 8;
export const TCP_LAST_ACK = 9;
export const TCP_LISTEN = 10;
export const TCP_CLOSING = 11;
export const TCP_NEW_SYN_RECV = 12;

export const SOCK_MIN_SNDBUF = 4608;
export const SOCK_MIN_RCVBUF = 2304;
/** Buffers unless the socket or its protocol asks for others. */
export const SK_WMEM_DEFAULT = 212_992;
export const SK_RMEM_DEFAULT = 212_992;
/** The most that SO_SNDBUF and SO_RCVBUF take: /proc/sys/net/core/wmem_max and rmem_max. */
export const sysctl_wmem_max: number = 4 << 20;
export const sysctl_rmem_max: number = 4 << 20;

export { MAX_SCHEDULE_TIMEOUT };

export abstract class sock implements Named {
  abstract readonly name: string;
  /** The network that it belongs to. */
  readonly sk_net: net;
  readonly sk_family: number;
  readonly sk_type: number;
  readonly sk_protocol: number;
  sk_state: number = TCP_CLOSE;
  /** Local port, 0 when not bound. */
  sk_num = 0;
  sk_shutdown = 0;
  /** A pending error, a positive errno; reported once. */
  sk_err = 0;
  sk_err_soft = 0;
  sk_socket: socket | null = null;
  /** The socket's wait queue; null once the file is gone (an orphan). */
  sk_wq: wait_queue_head | null = null;

  readonly sk_receive_queue: sk_buff_head = new sk_buff_head();
  readonly sk_error_queue: sk_buff_head = new sk_buff_head();
  /** truesize of what waits in the receive queue. */
  sk_rmem_alloc = 0;
  /** truesize of what was sent and is not freed, plus one. */
  sk_wmem_alloc = 1;
  sk_sndbuf: number = SK_WMEM_DEFAULT;
  sk_rcvbuf: number = SK_RMEM_DEFAULT;
  sk_rcvlowat = 1;
  /** Where MSG_PEEK starts, in bytes; negative for always at the front (SO_PEEK_OFF). */
  sk_peek_off = -1;
  /** Bounds of sleeps in ns; MAX_SCHEDULE_TIMEOUT for ever. */
  sk_sndtimeo: number = MAX_SCHEDULE_TIMEOUT;
  sk_rcvtimeo: number = MAX_SCHEDULE_TIMEOUT;
  sk_max_ack_backlog = 0;
  sk_ack_backlog = 0;
  /** The CPU that the last packet came on, or that SO_INCOMING_CPU asks for; -1 for none. */
  sk_incoming_cpu = -1;

  // Options and flags (sock_flag() in Linux):
  sk_reuse = false;
  sk_reuseport = false;
  sk_linger = false;
  /** In seconds. */
  sk_lingertime = 0;
  sk_userlocks = 0;
  SOCK_KEEPOPEN = false;
  SOCK_URGINLINE = false;
  SOCK_BROADCAST = false;
  SOCK_DONE = false;
  SOCK_DEAD = false;
  /** What it was is freed only after a grace period: it may be looked at while it is closed. */
  SOCK_RCU_FREE = false;
  /** The NAPI instance that the last packet came by; below MIN_NAPI_ID for none. */
  sk_napi_id = 0;

  // Ours:
  /** Of its state; of sk_wmem_alloc; of sk_wq. */
  readonly identity: number = newIdentity();
  readonly wmemIdentity: number = newIdentity();
  readonly sleepersIdentity: number = newIdentity();
  /** A look at the state without a lock (poll). */
  readonly look: Op = new Op('access', this);
  /** An access to sk_wmem_alloc, which has no lock. */
  wmem: Op | null = null;
  /** Options that are only kept, by number; see sockopt.ts. */
  kept: Map<number, number> | null = null;

  constructor(net: net, family: number, type: number, protocol: number) {
    this.sk_net = net;
    this.sk_family = family;
    this.sk_type = type;
    this.sk_protocol = protocol;
  }

  /** The state has changed: wakes everybody, without a key. */
  sk_state_change(): Kernel<void> {
    return sock_def_wakeup(this);
  }
  /** There is something to read, or to accept. */
  sk_data_ready(): Kernel<void> {
    return sock_def_readable(this);
  }
  /** There may be room to write. */
  sk_write_space(): Kernel<void> {
    return sock_def_write_space(this);
  }
  /** sk_err or the error queue has something. */
  sk_error_report(): Kernel<void> {
    return sock_def_error_report(this);
  }
  /** SO_KEEPALIVE is about to be set to `on`. */
  keepalive(_on: boolean): void {}
  /** Takes and gives back what guards the options: the protocol's socket lock, if it has one. */
  sockopt_lock_sock(): Kernel<void> {
    return nothing();
  }
  sockopt_release_sock(): Kernel<void> {
    return nothing();
  }
}

/** The network that a socket, a request, or what is left of a connection belongs to. */
export const sock_net = (sk: { readonly sk_net: net }): net => sk.sk_net;

function* nothing(): Kernel<void> {}

/** Ties a new sock to the socket that a file sees. */
export function sock_init_data(sock: socket, sk: sock): void {
  writesTo(sk.identity);
  sk.sk_socket = sock;
  writesTo(sk.sleepersIdentity);
  sk.sk_wq = sock.wq;
  sock.sk = sk;
}

/** Ties a connection that was made before anybody accepted it to its socket. */
export const sock_graft = (sk: sock, parent: socket): void => sock_init_data(parent, sk);

/** Cuts a sock off from its socket: from here on there is nobody to wake. */
export function sock_orphan(sk: sock): void {
  writesTo(sk.identity);
  sk.SOCK_DEAD = true;
  sk.sk_socket = null;
  writesTo(sk.sleepersIdentity);
  sk.sk_wq = null;
}

/** Where tasks sleep in calls on the socket. Only while the socket has a file. */
/** Ours: `sk_wq` without a lock: null once the socket has been given up. */
export function sleepersOf(sk: sock): wait_queue_head | null {
  looksAt(sk.sleepersIdentity);
  return sk.sk_wq;
}

export const sk_sleep = (sk: sock): wait_queue_head => sk.sk_wq as wait_queue_head;

export const SOCK_SNDBUF_LOCK = 1;
export const SOCK_RCVBUF_LOCK = 2;

/** Ours: an option that is only kept; 0 until it is set. */
export const keptOption = (sk: sock, optname: number): number => sk.kept?.get(optname) ?? 0;

/** Does anybody wait who may have looked before what the caller did could be seen? */
export function* skwq_has_sleeper(wq: wait_queue_head): Kernel<boolean> {
  if (current.kernel.patched.a57de0b4336e) yield* smp_mb();
  if (!current.kernel.alone) yield peekAt(wq);
  return waitqueue_active(wq);
}

/** poll_wait() on a socket, which had a barrier of its own until poll_wait() had one. */
export function* sock_poll_wait(filp: file, sock: socket, p: poll_table): Kernel<void> {
  yield* poll_wait(filp, sock.wq, p);
  const { patched } = current.kernel;
  if (patched.a57de0b4336e && !patched.b2849867b3a7) yield* smp_mb();
}

export function* sock_def_wakeup(sk: sock): Kernel<void> {
  const wq = sleepersOf(sk);
  if (wq === null) return;
  if (yield* skwq_has_sleeper(wq)) yield* wake_up_interruptible_all(wq);
}

export function* sock_def_error_report(sk: sock): Kernel<void> {
  const wq = sleepersOf(sk);
  if (wq === null) return;
  if (yield* skwq_has_sleeper(wq)) yield* wake_up_interruptible_poll(wq, EPOLLERR);
}

const READ_KEY: number = EPOLLIN | EPOLLPRI | EPOLLRDNORM | EPOLLRDBAND;
const WRITE_KEY: number = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;

export function* sock_def_readable(sk: sock): Kernel<void> {
  const wq = sleepersOf(sk);
  if (wq === null) return;
  if (yield* skwq_has_sleeper(wq)) yield* wake_up_interruptible_sync_poll(wq, READ_KEY);
}

/** Is less than half of the send buffer in use? */
export const sock_writeable = (sk: sock): boolean => sk.sk_wmem_alloc < sk.sk_sndbuf >> 1;

/** Wakes writers once half of the send buffer is free. */
export function* sock_def_write_space(sk: sock): Kernel<void> {
  const wq = sleepersOf(sk);
  if (wq === null || !sock_writeable(sk)) return;
  if (yield* skwq_has_sleeper(wq)) yield* wake_up_interruptible_sync_poll(wq, WRITE_KEY);
}

/** A packet has come on this CPU. */
export function sk_incoming_cpu_update(sk: sock): void {
  sk.sk_incoming_cpu = current.cpu;
}

/** Takes the pending error: 0 or -errno. */
export function sock_error(sk: sock): number {
  const err = sk.sk_err;
  if (err === 0) return 0;
  writesTo(sk.identity);
  writesTo(sk.identity);
  sk.sk_err = 0;
  return -err;
}

/** How long a receive may sleep, in ns. */
export const sock_rcvtimeo = (sk: sock, noblock: boolean): number => (noblock ? 0 : sk.sk_rcvtimeo);
export const sock_sndtimeo = (sk: sock, noblock: boolean): number => (noblock ? 0 : sk.sk_sndtimeo);

/** What a sleep that a signal ended returns: one with a bound cannot start over. */
export const sock_intr_errno = (timeo: number): number =>
  timeo === MAX_SCHEDULE_TIMEOUT ? -ERESTARTSYS : -EINTR;

/** How many bytes a receive waits for: all with MSG_WAITALL, else the low-water mark. */
export const sock_rcvlowat = (sk: sock, waitall: boolean, len: number): number =>
  (waitall ? len : Math.min(sk.sk_rcvlowat, len)) || 1;

/** Where a receive starts in the queue: 0 unless it peeks and SO_PEEK_OFF is in force. */
export const sk_peek_offset = (sk: sock, flags: number): number =>
  (flags & MSG_PEEK) !== 0 ? sk.sk_peek_off : 0;

export function sk_peek_offset_bwd(sk: sock, val: number): void {
  writesTo(sk.identity);
  if (sk.sk_peek_off >= 0) sk.sk_peek_off = Math.max(sk.sk_peek_off - val, 0);
}
export const sk_peek_offset_fwd = (sk: sock, val: number): void => sk_peek_offset_bwd(sk, -val);

/** SO_PEEK_OFF, for the families that have it. */
export function sk_set_peek_off(sk: sock, val: number): number {
  writesTo(sk.identity);
  sk.sk_peek_off = val;
  return 0;
}

/** Charges a packet to the receiver. */
export function skb_set_owner_r(skb: sk_buff, sk: sock): void {
  skb.sk = sk;
  sk.sk_rmem_alloc += skb.truesize;
}
