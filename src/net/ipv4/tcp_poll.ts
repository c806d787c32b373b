/**
 * What a TCP socket has ready. Linux: net/ipv4/tcp.c (tcp_poll), include/net/tcp.h,
 * include/net/inet_connection_sock.h.
 *
 * The socket is looked at without its lock: whatever changes afterwards finds the asker queued.
 *
 * // Race: tcp-nospace, see test/net/ipv4/tcp_poll.test.ts
 */
import { smp_mb } from '../../kernel/barrier.ts';
import { current } from '../../kernel/current.ts';
import type { file } from '../../kernel/file.ts';
import { looksAt } from '../../kernel/footprint.ts';
import type { Kernel } from '../../kernel/op.ts';
import { type poll_table, wantsQueue } from '../../kernel/poll.ts';
import { storeLate } from '../../kernel/store_buffer.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  EPOLLRDNORM,
  EPOLLWRNORM,
} from '../../kernel/uapi/eventpoll.ts';
import { skb_queue_empty } from '../skbuff.ts';
import {
  RCV_SHUTDOWN,
  SEND_SHUTDOWN,
  SHUTDOWN_MASK,
  sock_poll_wait,
  sock_rcvlowat,
  TCP_CLOSE,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
} from '../sock.ts';
import type { socket } from '../socket.ts';
import { __sk_stream_is_writeable, sk_stream_memory_free } from '../stream.ts';
import { inState, TCPF_CLOSE_WAIT, TCPF_ESTABLISHED } from '../tcp_states.ts';
import { reqsk_queue_empty } from './request_sock.ts';
import { seqDiff } from './seq.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { TCP_URG_VALID } from './tcp_urg.ts';
import { tcp_receive_window } from './tcp_window.ts';

const INT_MAX = 0x7fff_ffff;
const READABLE: number = EPOLLIN | EPOLLRDNORM;
const WRITABLE: number = EPOLLOUT | EPOLLWRNORM;

/** Is the receive buffer nearly full? Then a reader should not wait for more. */
const tcp_rmem_pressure = (sk: tcp_sock): boolean =>
  sk.sk_rmem_alloc > sk.sk_rcvbuf - (sk.sk_rcvbuf >> 3);

/** Are `target` bytes there, or can no more come until somebody reads? */
export function tcp_epollin_ready(sk: tcp_sock, target: number): boolean {
  const avail = seqDiff(sk.rcv_nxt, sk.copied_seq);
  if (avail <= 0) return false;
  return avail >= target || tcp_rmem_pressure(sk) || tcp_receive_window(sk) <= sk.icsk_ack.rcv_mss;
}

function* inet_csk_listen_poll(sk: tcp_sock): Kernel<number> {
  const queue = sk.icsk_accept_queue;
  if (!current.kernel.alone) yield queue.look;
  return reqsk_queue_empty(queue) ? 0 : READABLE;
}

function setNospace(sock: socket, on: boolean): void {
  sock.SOCK_NOSPACE = on;
}

/** Is there room? If not, whoever makes some is to say so; and then there may be some already. */
function* pollForRoom(sk: tcp_sock, sock: socket): Kernel<number> {
  if (__sk_stream_is_writeable(sk, 1)) return WRITABLE;
  if (!current.kernel.alone) yield sk.look; // Room that comes here is not told to anybody.
  storeLate(sk, setNospace, sock, true);
  if (current.kernel.patched['3c7151275c0c']) yield* smp_mb(); // It is set before the look.
  looksAt(sk.identity);
  return __sk_stream_is_writeable(sk, 1) ? WRITABLE : 0;
}

export function* tcp_poll(file: file, sock: socket, wait: poll_table): Kernel<number> {
  __fentry__('tcp_poll');
  const sk = sock.sk as tcp_sock;
  if (wantsQueue(wait)) yield* sock_poll_wait(file, sock, wait);
  if (!current.kernel.alone) yield sk.look;
  const state = sk.sk_state;
  if (state === TCP_LISTEN) return yield* inet_csk_listen_poll(sk);
  let mask = 0;
  const shutdown = sk.sk_shutdown;
  if (shutdown === SHUTDOWN_MASK || state === TCP_CLOSE) mask |= EPOLLHUP;
  if ((shutdown & RCV_SHUTDOWN) !== 0) mask |= READABLE | EPOLLRDHUP;
  const unconfirmed = state === TCP_SYN_RECV && sk.fastopen_rsk === null;
  if (state !== TCP_SYN_SENT && !unconfirmed) {
    let target = sock_rcvlowat(sk, false, INT_MAX);
    const { urg_data } = sk;
    // The urgent byte, next to be read, is not data.
    if (urg_data !== 0 && sk.urg_seq === sk.copied_seq && !sk.SOCK_URGINLINE) target++;
    if (tcp_epollin_ready(sk, target)) mask |= READABLE;
    if ((shutdown & SEND_SHUTDOWN) !== 0) mask |= WRITABLE;
    else mask |= yield* pollForRoom(sk, sock);
    if ((urg_data & TCP_URG_VALID) !== 0) mask |= EPOLLPRI;
  } else if (state === TCP_SYN_SENT && sk.DEFER_CONNECT) {
    mask |= WRITABLE; // The first write calls the peer.
  }
  if (!current.kernel.alone) yield sk.look;
  if (sk.sk_err !== 0 || !skb_queue_empty(sk.sk_error_queue)) mask |= EPOLLERR;
  return mask;
}

/** Ours: something lies there that is not urgent; or a segment of its own takes all. */
export function tcpGoesAtOnce(sock: socket, sends: boolean, bytes: number): boolean {
  const sk = sock.sk as tcp_sock;
  if (!sends) {
    return sk.rcv_nxt !== sk.copied_seq && sk.sk_rcvlowat <= 1 && sk.urg_data === 0;
  }
  if (!inState(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) || sk.DEFER_CONNECT) return false;
  const fits = bytes <= sk.mss_cache >> 1; // However many options there are.
  return fits && sk.sk_write_queue.isEmpty() && sk_stream_memory_free(sk);
}
