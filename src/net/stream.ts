/**
 * What stream sockets with a socket lock share: waiting for a connection, for room and for the end.
 * Linux: net/core/stream.c, include/net/sock.h.
 *
 * A writer that finds no room sets SOCK_NOSPACE, and whoever makes room wakes writers only if it is
 * set: without it nobody is told.
 */
import { current } from '../kernel/current.ts';
import type { Kernel } from '../kernel/op.ts';
import { signal_pending } from '../kernel/sched.ts';
import { send_sig } from '../kernel/signal_send.ts';
import { traceFact, traceNote } from '../kernel/trace.ts';
import { EAGAIN, EPIPE } from '../kernel/uapi/errno.ts';
import { EPOLLOUT, EPOLLWRBAND, EPOLLWRNORM } from '../kernel/uapi/eventpoll.ts';
import { SIGPIPE } from '../kernel/uapi/signal.ts';
import { MSG_NOSIGNAL } from '../kernel/uapi/socket.ts';
import { add_wait_queue, remove_wait_queue, wake_up_interruptible_poll } from '../kernel/wait.ts';
import { wokenEntry } from '../kernel/wait_woken.ts';
import {
  SEND_SHUTDOWN,
  sk_sleep,
  skwq_has_sleeper,
  sleepersOf,
  sock_error,
  sock_intr_errno,
} from './sock.ts';
import { type LockedSock, sk_wait_event } from './sock_lock.ts';
import {
  inState,
  TCPF_CLOSE_WAIT,
  TCPF_CLOSING,
  TCPF_ESTABLISHED,
  TCPF_FIN_WAIT1,
  TCPF_LAST_ACK,
  TCPF_SYN_RECV,
  TCPF_SYN_SENT,
} from './tcp_states.ts';

/** A sock whose send buffer holds what the peer has not acknowledged. */
export interface StreamSock extends LockedSock {
  /** truesize of what is queued or sent and not acknowledged. */
  sk_wmem_queued: number;
  /** Writers that wait: for a connection, or for room. */
  sk_write_pending: number;
  /** The protocol's own limit on what waits to be sent; `wake` is 1 on behalf of pollers. */
  stream_memory_free(wake: number): boolean;
}

const WRITE_KEY: number = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;

export const sk_stream_min_wspace = (sk: StreamSock): number => sk.sk_wmem_queued >> 1;
export const sk_stream_wspace = (sk: StreamSock): number => sk.sk_sndbuf - sk.sk_wmem_queued;

export const __sk_stream_memory_free = (sk: StreamSock, wake: number): boolean =>
  sk.sk_wmem_queued < sk.sk_sndbuf && sk.stream_memory_free(wake);

export const sk_stream_memory_free = (sk: StreamSock): boolean => __sk_stream_memory_free(sk, 0);

/** Is at least a third of the send buffer free? */
export const __sk_stream_is_writeable = (sk: StreamSock, wake: number): boolean =>
  sk_stream_wspace(sk) >= sk_stream_min_wspace(sk) && __sk_stream_memory_free(sk, wake);

/** Wakes writers and pollers if there is room now, and forgets that somebody asked for it. */
export function* sk_stream_write_space(sk: StreamSock): Kernel<void> {
  const sock = sk.sk_socket;
  if (sock === null) return;
  if (!__sk_stream_is_writeable(sk, 1)) {
    traceFact('no room yet', sk);
    return;
  }
  sock.SOCK_NOSPACE = false;
  traceNote('sk_stream_write_space: there is room again', sk);
  const wq = sleepersOf(sk);
  if (wq === null) return;
  if (yield* skwq_has_sleeper(wq)) yield* wake_up_interruptible_poll(wq, WRITE_KEY);
}

/** A result, and what is left of the time that the call may sleep. */
export interface Waited {
  err: number;
  timeo: number;
}

/** Sleeps until the connection stands; `err` is 0 or -errno. */
export function* sk_stream_wait_connect(sk: StreamSock, timeo: number): Kernel<Waited> {
  let left = timeo;
  for (;;) {
    const err = sock_error(sk);
    if (err !== 0) return { err, timeo: left };
    if (!inState(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) return { err: -EPIPE, timeo: left };
    if (left === 0) return { err: -EAGAIN, timeo: 0 };
    if (signal_pending(current)) return { err: sock_intr_errno(left), timeo: left };
    const disconnects = sk.sk_disconnects;
    const connected = (): boolean =>
      sk.sk_err === 0 && inState(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT);
    const wait = wokenEntry();
    yield* add_wait_queue(sk_sleep(sk), wait);
    sk.sk_write_pending++;
    left = yield* sk_wait_event(sk, left, connected, wait);
    yield* remove_wait_queue(sk_sleep(sk), wait);
    sk.sk_write_pending--;
    if (disconnects !== sk.sk_disconnects) return { err: -EPIPE, timeo: left };
    if (connected()) return { err: 0, timeo: left };
  }
}

/** Does the socket still have to send something, or wait for its FIN to be acknowledged? */
const sk_stream_closing = (sk: StreamSock): boolean =>
  inState(sk, TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK);

/** SO_LINGER: sleeps until everything has been acknowledged. */
export function* sk_stream_wait_close(sk: StreamSock, timeout: number): Kernel<void> {
  if (timeout === 0) return;
  let left = timeout;
  const done = (): boolean => !sk_stream_closing(sk);
  const wait = wokenEntry();
  yield* add_wait_queue(sk_sleep(sk), wait);
  do {
    left = yield* sk_wait_event(sk, left, done, wait);
  } while (!done() && !signal_pending(current) && left !== 0);
  yield* remove_wait_queue(sk_sleep(sk), wait);
}

/** Sleeps until there is room; `err` is 0, or why the sender gives up. */
export function* sk_stream_wait_memory(sk: StreamSock, timeo: number): Kernel<Waited> {
  let left = timeo;
  const wait = wokenEntry();
  const broken = (): boolean => sk.sk_err !== 0 || (sk.sk_shutdown & SEND_SHUTDOWN) !== 0;
  let err = 0;
  yield* add_wait_queue(sk_sleep(sk), wait);
  for (;;) {
    if (broken()) err = -EPIPE;
    else if (left === 0) err = -EAGAIN;
    else if (signal_pending(current)) err = sock_intr_errno(left);
    if (err !== 0 || sk_stream_memory_free(sk)) break;
    const disconnects = sk.sk_disconnects;
    askForRoom(sk);
    sk.sk_write_pending++;
    left = yield* sk_wait_event(sk, left, () => broken() || sk_stream_memory_free(sk), wait);
    sk.sk_write_pending--;
    if (disconnects !== sk.sk_disconnects) {
      err = -EPIPE;
      break;
    }
  }
  // Whoever hears EAGAIN is to hear of room later.
  if (err === -EAGAIN) askForRoom(sk);
  if (!sk.SOCK_DEAD) yield* remove_wait_queue(sk_sleep(sk), wait);
  return { err, timeo: left };
}

/** Whoever makes room is to say so. */
function askForRoom(sk: StreamSock): void {
  if (sk.sk_socket !== null) sk.sk_socket.SOCK_NOSPACE = true;
}

/** What a send returns that fails with `err`; a broken stream also sends SIGPIPE. */
export function* sk_stream_error(sk: StreamSock, flags: number, err: number): Kernel<number> {
  if (err !== -EPIPE) return err;
  const pending = sock_error(sk);
  if (pending !== 0 && pending !== -EPIPE) return pending;
  if ((flags & MSG_NOSIGNAL) === 0) yield* send_sig(SIGPIPE, current);
  return -EPIPE;
}
