/**
 * connect(). Linux: net/ipv4/af_inet.c.
 *
 * Over the loopback device the whole handshake happens while the SYN is being sent, but the answer
 * waits in the backlog of the socket, which the caller owns. So a call that does not block returns
 * EINPROGRESS although the connection stands by the time that the caller sees it.
 */
import { current } from '../../kernel/current.ts';
import type { Kernel } from '../../kernel/op.ts';
import { signal_pending, TASK_INTERRUPTIBLE } from '../../kernel/sched.ts';
import {
  EALREADY,
  ECONNABORTED,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  EPIPE,
} from '../../kernel/uapi/errno.ts';
import { O_NONBLOCK } from '../../kernel/uapi/fcntl.ts';
import { AF_UNSPEC } from '../../kernel/uapi/socket.ts';
import { add_wait_queue, remove_wait_queue } from '../../kernel/wait.ts';
import { wait_woken, wokenEntry } from '../../kernel/wait_woken.ts';
import { sk_sleep, sock_error, sock_intr_errno, sock_sndtimeo, TCP_CLOSE } from '../sock.ts';
import { lock_sock, release_sock } from '../sock_lock.ts';
import {
  SS_CONNECTED,
  SS_CONNECTING,
  SS_UNCONNECTED,
  type sockaddr,
  type socket,
} from '../socket.ts';
import { inState, TCPF_SYN_RECV, TCPF_SYN_SENT } from '../tcp_states.ts';
import { tcp_disconnect } from './tcp.ts';
import { tcp_v4_connect } from './tcp_ipv4.ts';
import type { tcp_sock } from './tcp_sock.ts';

/** Sleeps until the handshake is over; what is left of `timeo`. */
function* inet_wait_for_connect(sk: tcp_sock, timeo: number, writebias: number): Kernel<number> {
  const wait = wokenEntry();
  let left = timeo;
  yield* add_wait_queue(sk_sleep(sk), wait);
  sk.sk_write_pending += writebias;
  while (inState(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
    yield* release_sock(sk);
    left = yield* wait_woken(wait, TASK_INTERRUPTIBLE, left);
    yield* lock_sock(sk);
    if (signal_pending(current) || left === 0) break;
  }
  yield* remove_wait_queue(sk_sleep(sk), wait);
  sk.sk_write_pending -= writebias;
  return left;
}

/** Where a call stands once it has begun: what it returns if it cannot wait, and whether it waits. */
interface Begun {
  readonly err: number;
  readonly waits: boolean;
}

const ended = (err: number): Begun => ({ err, waits: false });

/** Calls the peer if that was not done yet. */
function* begin(
  sock: socket,
  sk: tcp_sock,
  uaddr: sockaddr | null,
  is_sendmsg: boolean,
): Kernel<Begun> {
  switch (sock.state) {
    case SS_CONNECTED:
      return ended(-EISCONN);
    case SS_CONNECTING:
      if (!sk.DEFER_CONNECT) return { err: -EALREADY, waits: true };
      return { err: is_sendmsg ? -EINPROGRESS : -EISCONN, waits: true };
    case SS_UNCONNECTED: {
      if (sk.sk_state !== TCP_CLOSE) return ended(-EISCONN);
      const err = uaddr === null ? -EINVAL : yield* tcp_v4_connect(sk, uaddr);
      if (err < 0) return ended(err);
      sock.state = SS_CONNECTING;
      return sk.DEFER_CONNECT ? ended(0) : { err: -EINPROGRESS, waits: true };
    }
    default:
      return ended(-EINVAL);
  }
}

/** The connection was reset, timed out, or refused. */
function* failed(sock: socket, sk: tcp_sock): Kernel<number> {
  const pending = sock_error(sk);
  sock.state = SS_UNCONNECTED;
  sk.sk_disconnects++;
  yield* tcp_disconnect(sk);
  return pending !== 0 ? pending : -ECONNABORTED;
}

/** Called by the owner, for connect() or for a send that calls the peer. */
export function* __inet_stream_connect(
  sock: socket,
  sk: tcp_sock,
  uaddr: sockaddr | null,
  flags: number,
  is_sendmsg: boolean,
): Kernel<number> {
  if (uaddr?.family === AF_UNSPEC) {
    sk.sk_disconnects++;
    yield* tcp_disconnect(sk);
    sock.state = SS_UNCONNECTED;
    return 0;
  }
  const { err, waits } = yield* begin(sock, sk, uaddr, is_sendmsg);
  if (!waits) return err;
  const timeo = sock_sndtimeo(sk, (flags & O_NONBLOCK) !== 0);
  if (inState(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
    const dis = sk.sk_disconnects;
    if (timeo === 0) return err;
    const writebias = (sk.fastopen_req?.data ?? null) === null ? 0 : 1;
    const left = yield* inet_wait_for_connect(sk, timeo, writebias);
    if (left === 0) return err;
    if (signal_pending(current)) return sock_intr_errno(left);
    if (dis !== sk.sk_disconnects) return -EPIPE;
  }
  if (sk.sk_state === TCP_CLOSE) return yield* failed(sock, sk);
  sock.state = SS_CONNECTED;
  return 0;
}

export function* inet_stream_connect(sock: socket, uaddr: sockaddr, flags: number): Kernel<number> {
  const sk = sock.sk as tcp_sock;
  yield* lock_sock(sk);
  const err = yield* __inet_stream_connect(sock, sk, uaddr, flags, false);
  yield* release_sock(sk);
  return err;
}
