/**
 * read() and recv(). Linux: net/ipv4/tcp.c (tcp_recvmsg).
 *
 * The reader sleeps until as many bytes are there as it asked for (its low-water mark, or all with
 * MSG_WAITALL), then takes what is in the queue. It stops at the urgent mark.
 *
 * Differs from Linux: no timestamps.
 */
import { current } from '../../kernel/current.ts';
import type { Kernel } from '../../kernel/op.ts';
import { signal_pending } from '../../kernel/sched.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { copy_to_iter, iov_iter_count } from '../../kernel/uaccess.ts';
import { EAGAIN, ENOTCONN, EPIPE } from '../../kernel/uapi/errno.ts';
import {
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
} from '../../kernel/uapi/socket.ts';
import { SOL_TCP, TCP_CM_INQ } from '../../kernel/uapi/tcp.ts';
import { putInt } from '../scm.ts';
import { sk_busy_loop, sk_can_busy_loop } from '../sk_busy_poll.ts';
import { __skb_unlink, type sk_buff, skb_peek_tail, skb_queue_empty } from '../skbuff.ts';
import {
  RCV_SHUTDOWN,
  sk_peek_offset,
  sk_peek_offset_bwd,
  sk_peek_offset_fwd,
  sock_error,
  sock_intr_errno,
  sock_rcvlowat,
  sock_rcvtimeo,
  TCP_CLOSE,
  TCP_ESTABLISHED,
  TCP_LISTEN,
} from '../sock.ts';
import { __sk_flush_backlog, lock_sock, release_sock, sk_wait_data } from '../sock_lock.ts';
import type { msghdr } from '../socket.ts';
import { ip_recv_error } from './ip_error.ts';
import { after, seqAdd, seqDiff } from './seq.ts';
import { __tcp_cleanup_rbuf } from './tcp_delack.ts';
import { tcp_fast_path_check } from './tcp_fast_path.ts';
import { freeReceived } from './tcp_mem.ts';
import { TCPHDR_FIN, type TcpSegment } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { tcp_recv_urg } from './tcp_urg.ts';
import { tcp_rcv_space_adjust } from './tcp_window.ts';

/** One receive under way. */
class Receive {
  copied = 0;
  /** Bytes still wanted. */
  len: number;
  timeo: number;
  /** So many are waited for. */
  readonly target: number;
  readonly flags: number;
  readonly msg: msghdr;
  /** Where a peek stands; a read stands at copied_seq. */
  peek_seq: number;
  readonly peek_offset: number;
  /** Urgent bytes that a peek has gone past. */
  urg_hole = 0;

  constructor(sk: tcp_sock, msg: msghdr, len: number, flags: number) {
    this.msg = msg;
    this.len = len;
    this.flags = flags;
    this.timeo = sock_rcvtimeo(sk, (flags & MSG_DONTWAIT) !== 0);
    this.target = sock_rcvlowat(sk, (flags & MSG_WAITALL) !== 0, len);
    this.peek_offset = Math.max(sk_peek_offset(sk, flags), 0);
    this.peek_seq = seqAdd(sk.copied_seq, this.peek_offset);
  }

  get peeks(): boolean {
    return (this.flags & MSG_PEEK) !== 0;
  }

  /** Where the next byte comes from. */
  at(sk: tcp_sock): number {
    return this.peeks ? this.peek_seq : sk.copied_seq;
  }

  advance(sk: tcp_sock, n: number): void {
    if (this.peeks) this.peek_seq = seqAdd(this.peek_seq, n);
    else sk.copied_seq = seqAdd(sk.copied_seq, n);
  }
}

function tcp_eat_recv_skb(sk: tcp_sock, skb: TcpSegment): void {
  __skb_unlink(skb, sk.sk_receive_queue);
  freeReceived(sk, skb);
}

/** The segment with the next byte, or the FIN; null if there is none. */
function findSegment(sk: tcp_sock, seq: number): TcpSegment | null {
  const { list } = sk.sk_receive_queue;
  for (let i = 0; i < list.length; i++) {
    const skb = list.peekAt(i) as TcpSegment;
    if (seqDiff(seq, skb.seq) < skb.len || (skb.tcp_flags & TCPHDR_FIN) !== 0) return skb;
  }
  return null;
}

/** Takes bytes from one segment; true if it is the last of the stream. */
function takeFrom(sk: tcp_sock, rcv: Receive, skb: TcpSegment): boolean {
  let offset = seqDiff(rcv.at(sk), skb.seq);
  const fin = (skb.tcp_flags & TCPHDR_FIN) !== 0;
  if (offset < skb.len) {
    let used = Math.min(skb.len - offset, rcv.len);
    const urg_offset = seqDiff(sk.urg_seq, rcv.at(sk));
    if (sk.urg_data !== 0 && urg_offset >= 0 && urg_offset < used) {
      if (urg_offset > 0) {
        used = urg_offset; // Up to the mark.
      } else if (!sk.SOCK_URGINLINE) {
        rcv.advance(sk, 1); // The urgent byte is not in the stream.
        rcv.urg_hole++;
        offset++;
        used--;
      }
    }
    if (used > 0) copyBytes(sk, rcv, skb, offset, used);
    if (sk.urg_data !== 0 && after(sk.copied_seq, sk.urg_seq)) {
      sk.urg_data = 0;
      tcp_fast_path_check(sk);
    }
    if (offset + used < skb.len) return false;
    if (!fin) {
      if (!rcv.peeks) tcp_eat_recv_skb(sk, skb);
      return false;
    }
  }
  rcv.advance(sk, 1);
  if (!rcv.peeks) tcp_eat_recv_skb(sk, skb);
  return true;
}

function copyBytes(
  sk: tcp_sock,
  rcv: Receive,
  skb: TcpSegment,
  offset: number,
  used: number,
): void {
  if ((rcv.flags & MSG_TRUNC) === 0) {
    copy_to_iter(skb.data.subarray(offset, offset + used), rcv.msg.msg_iter);
  }
  rcv.advance(sk, used);
  rcv.copied += used;
  rcv.len -= used;
  if (rcv.peeks) sk_peek_offset_fwd(sk, used);
  else sk_peek_offset_bwd(sk, used);
  tcp_rcv_space_adjust(sk);
}

/** Nothing more is in the queue: why the receive ends, or null if it is to wait. */
function reasonToEnd(sk: tcp_sock, rcv: Receive): number | null {
  if (rcv.copied >= rcv.target && sk.sk_backlog.list.isEmpty()) return rcv.copied;
  const over = (sk.sk_shutdown & RCV_SHUTDOWN) !== 0;
  if (rcv.copied > 0) {
    const stop =
      rcv.timeo === 0 ||
      sk.sk_err !== 0 ||
      sk.sk_state === TCP_CLOSE ||
      over ||
      signal_pending(current);
    return stop ? rcv.copied : null;
  }
  if (sk.SOCK_DONE) return 0;
  if (sk.sk_err !== 0) return sock_error(sk);
  if (over) return 0;
  if (sk.sk_state === TCP_CLOSE) return -ENOTCONN;
  if (rcv.timeo === 0) return -EAGAIN;
  if (signal_pending(current)) return sock_intr_errno(rcv.timeo);
  return null;
}

/** Handles the backlog, or sleeps until something happens; false if the socket was disconnected. */
function* waitForMore(sk: tcp_sock, rcv: Receive, last: sk_buff | null): Kernel<boolean> {
  if (rcv.copied >= rcv.target) {
    yield* __sk_flush_backlog(sk);
    return true;
  }
  yield* __tcp_cleanup_rbuf(sk, rcv.copied);
  const disconnects = sk.sk_disconnects;
  rcv.timeo = yield* sk_wait_data(sk, rcv.timeo, last);
  return disconnects === sk.sk_disconnects;
}

function* tcp_recvmsg_locked(sk: tcp_sock, msg: msghdr, flags: number): Kernel<number> {
  const len = iov_iter_count(msg.msg_iter);
  if (sk.sk_state === TCP_LISTEN) return -ENOTCONN;
  if ((flags & MSG_OOB) !== 0) return tcp_recv_urg(sk, msg, len, flags);
  sk.receives++;
  const rcv = new Receive(sk, msg, len, flags);
  let ret: number | null = null;
  do {
    if (sk.urg_data !== 0 && sk.urg_seq === rcv.at(sk)) {
      // At the mark: a read stops here, and goes on behind it the next time.
      if (rcv.copied > 0) break;
      if (signal_pending(current)) {
        ret = rcv.timeo !== 0 ? sock_intr_errno(rcv.timeo) : -EAGAIN;
        break;
      }
    }
    const last = skb_peek_tail(sk.sk_receive_queue);
    const skb = findSegment(sk, rcv.at(sk));
    if (skb !== null) {
      if (takeFrom(sk, rcv, skb)) break;
      continue;
    }
    ret = reasonToEnd(sk, rcv);
    if (ret !== null) break;
    if (!(yield* waitForMore(sk, rcv, last))) return disconnected(rcv);
    resumePeek(sk, rcv);
  } while (rcv.len > 0);
  const result = ret ?? rcv.copied;
  yield* __tcp_cleanup_rbuf(sk, result);
  return result;
}

const disconnected = (rcv: Receive): number => (rcv.copied > 0 ? rcv.copied : -EPIPE);

/** Another reader has taken what this one was peeking at: it starts over. */
function resumePeek(sk: tcp_sock, rcv: Receive): void {
  if (!rcv.peeks) return;
  const passed = rcv.peek_offset + rcv.copied + rcv.urg_hole;
  if (seqAdd(sk.copied_seq, passed) === rcv.peek_seq) return;
  traceNote('tcp_recvmsg: another reader was quicker than a peek', sk);
  rcv.peek_seq = seqAdd(sk.copied_seq, rcv.peek_offset);
}

/** TCP_INQ: how many bytes are left; 1 behind the end, so that a reader looks again. */
function tcp_inq_hint(sk: tcp_sock): number {
  const inq = seqDiff(sk.rcv_nxt, sk.copied_seq);
  return inq === 0 && sk.SOCK_DONE ? 1 : inq;
}

/** Receives; how many bytes, 0 at the end, or -errno. */
export function* tcp_recvmsg(sk: tcp_sock, msg: msghdr, flags: number): Kernel<number> {
  __fentry__('tcp_recvmsg');
  if ((flags & MSG_ERRQUEUE) !== 0) return yield* ip_recv_error(sk, msg);
  if (sk_can_busy_loop(sk)) {
    if (!current.kernel.alone) yield sk.look;
    const nothing = skb_queue_empty(sk.sk_receive_queue) && sk.sk_state === TCP_ESTABLISHED;
    if (nothing) yield* sk_busy_loop(sk, (flags & MSG_DONTWAIT) !== 0);
  }
  yield* lock_sock(sk);
  const tellsInq = sk.sk_state !== TCP_LISTEN && sk.recvmsg_inq !== 0;
  const ret = yield* tcp_recvmsg_locked(sk, msg, flags);
  yield* release_sock(sk);
  if (tellsInq && ret >= 0) putInt(msg, SOL_TCP, TCP_CM_INQ, tcp_inq_hint(sk));
  return ret;
}
