/**
 * write() and send(). Linux: net/ipv4/tcp.c (tcp_sendmsg).
 *
 * Bytes are appended to the last segment that waits until it is full; a full one is pushed. What the
 * network sends back meanwhile waits in the backlog, and is handled after every 16 segments.
 *
 * Differs from Linux: no MSG_ZEROCOPY, no MSG_SPLICE_PAGES.
 */
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { copy_from_iter, iov_iter_count } from '../../kernel/uaccess.ts';
import { EAGAIN, EINPROGRESS, EPIPE } from '../../kernel/uapi/errno.ts';
import {
  MSG_DONTWAIT,
  MSG_EOR,
  MSG_FASTOPEN,
  MSG_MORE,
  MSG_OOB,
} from '../../kernel/uapi/socket.ts';
import { SEND_SHUTDOWN, sock_sndtimeo } from '../sock.ts';
import { lock_sock, release_sock, sk_flush_backlog } from '../sock_lock.ts';
import type { msghdr } from '../socket.ts';
import {
  sk_stream_error,
  sk_stream_memory_free,
  sk_stream_wait_connect,
  sk_stream_wait_memory,
} from '../stream.ts';
import { inState, TCPF_CLOSE_WAIT, TCPF_ESTABLISHED } from '../tcp_states.ts';
import { after, seqAdd } from './seq.ts';
import { tcp_passive_fastopen, tcp_sendmsg_fastopen } from './tcp_fastopen.ts';
import { chargeSent, tcp_wmem_free_skb } from './tcp_mem.ts';
import { tcp_current_mss, tcpSizeGoal } from './tcp_mss.ts';
import {
  __tcp_push_pending_frames,
  TCP_NAGLE_CORK,
  TCP_NAGLE_PUSH,
  tcp_push_one,
  tcp_send_head,
  tcp_write_queue_tail,
} from './tcp_output.ts';
import { countFrags, TCPHDR_ACK, TCPHDR_PSH, TcpSegment } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';

/** How many segments are made before the backlog is handled. */
const BACKLOG_BATCH = 16;

function tcp_mark_push(tp: tcp_sock, skb: TcpSegment): void {
  skb.tcp_flags |= TCPHDR_PSH;
  tp.pushed_seq = tp.write_seq;
}

/** Is more than half of the peer's largest window waiting? */
const forced_push = (tp: tcp_sock): boolean =>
  after(tp.write_seq, seqAdd(tp.pushed_seq, tp.max_window >> 1));

/** Starts a segment at the end of the write queue. */
function tcp_skb_entail(sk: tcp_sock): TcpSegment {
  const skb = new TcpSegment();
  skb.seq = skb.end_seq = sk.write_seq;
  skb.tcp_flags = TCPHDR_ACK;
  skb.start = sk.frag_offset;
  sk.sk_write_queue.push(skb);
  chargeSent(sk, skb.truesize);
  sk.nonagle &= ~TCP_NAGLE_PUSH;
  return skb;
}

/** Drops the last segment if it is still empty. */
function tcp_remove_empty_skb(sk: tcp_sock): void {
  const skb = tcp_write_queue_tail(sk);
  if (skb === null || skb.seq !== skb.end_seq) return;
  sk.sk_write_queue.pop();
  tcp_wmem_free_skb(sk, skb);
}

/** Lets go what may leave, unless more is to follow. */
function* tcp_push(sk: tcp_sock, flags: number, nonagle: number): Kernel<void> {
  const skb = tcp_write_queue_tail(sk);
  if (skb === null) return;
  if ((flags & MSG_MORE) === 0 || forced_push(sk)) tcp_mark_push(sk, skb);
  if ((flags & MSG_OOB) !== 0) sk.snd_up = sk.write_seq;
  const rule = (flags & MSG_MORE) !== 0 ? TCP_NAGLE_CORK : nonagle;
  yield* __tcp_push_pending_frames(sk, tcp_current_mss(sk), rule);
}

/** One send under way. */
class Send {
  copied = 0;
  /** What the SYN has taken. */
  copied_syn = 0;
  /** Why it ends early: -errno, or 0. */
  err = 0;
  timeo: number;
  size_goal = 0;
  /** Segments made since the backlog was handled. */
  process_backlog = 0;
  readonly msg: msghdr;

  constructor(msg: msghdr, timeo: number) {
    this.msg = msg;
    this.timeo = timeo;
  }
}

const broken = (sk: tcp_sock): boolean => sk.sk_err !== 0 || (sk.sk_shutdown & SEND_SHUTDOWN) !== 0;

/** No room: sends what there is, and sleeps until there is some; false if the send ends. */
function* waitForSpace(sk: tcp_sock, send: Send): Kernel<boolean> {
  traceNote('tcp_sendmsg: the send buffer is full', sk);
  if (sk.sk_socket !== null) sk.sk_socket.SOCK_NOSPACE = true;
  tcp_remove_empty_skb(sk);
  const { msg_flags } = send.msg;
  if (send.copied > 0) yield* tcp_push(sk, msg_flags & ~MSG_MORE, TCP_NAGLE_PUSH);
  const { err, timeo } = yield* sk_stream_wait_memory(sk, send.timeo);
  send.timeo = timeo;
  send.err = err;
  send.size_goal = tcpSizeGoal(sk, msg_flags);
  return err === 0;
}

/** The segment to append to; null after a sleep, or if the send ends (`err`). */
function* segmentWithRoom(sk: tcp_sock, send: Send): Kernel<TcpSegment | null> {
  const tail = tcp_write_queue_tail(sk);
  if (tail !== null && tail.len < send.size_goal && !tail.eor) return tail;
  if (!sk_stream_memory_free(sk)) {
    yield* waitForSpace(sk, send);
    return null;
  }
  if (send.process_backlog >= BACKLOG_BATCH) {
    send.process_backlog = 0;
    if (yield* sk_flush_backlog(sk)) {
      send.size_goal = tcpSizeGoal(sk, send.msg.msg_flags);
      if (broken(sk)) send.err = -EPIPE;
      return null;
    }
  }
  send.process_backlog++;
  return tcp_skb_entail(sk);
}

/** Copies bytes to the end of a segment. */
function appendBytes(sk: tcp_sock, send: Send, skb: TcpSegment): void {
  const bytes = copy_from_iter(send.size_goal - skb.len, send.msg.msg_iter);
  const copy = bytes.length;
  skb.append(bytes);
  skb.truesize += copy;
  countFrags(skb);
  sk.frag_offset += copy;
  chargeSent(sk, copy);
  if (send.copied === 0) skb.tcp_flags &= ~TCPHDR_PSH;
  sk.write_seq = seqAdd(sk.write_seq, copy);
  skb.end_seq = seqAdd(skb.end_seq, copy);
  skb.tcp_gso_segs = 0;
  send.copied += copy;
}

/** Takes bytes until all are taken, or something ends it. */
function* copyAll(sk: tcp_sock, send: Send): Kernel<void> {
  const { msg } = send;
  while (iov_iter_count(msg.msg_iter) > 0) {
    const skb = yield* segmentWithRoom(sk, send);
    if (send.err !== 0) return;
    if (skb === null) continue;
    appendBytes(sk, send, skb);
    if (iov_iter_count(msg.msg_iter) === 0) {
      if ((msg.msg_flags & MSG_EOR) !== 0) skb.eor = true;
      return;
    }
    if (skb.len < send.size_goal || (msg.msg_flags & MSG_OOB) !== 0) continue;
    const mss_now = tcp_current_mss(sk);
    if (forced_push(sk)) {
      tcp_mark_push(sk, skb);
      yield* __tcp_push_pending_frames(sk, mss_now, TCP_NAGLE_PUSH);
    } else if (skb === tcp_send_head(sk)) {
      yield* tcp_push_one(sk, mss_now);
    }
  }
}

/** Calls the peer if that is left to the first write; false if the send ends. */
function* callPeer(sk: tcp_sock, send: Send): Kernel<boolean> {
  if ((send.msg.msg_flags & MSG_FASTOPEN) === 0 && !sk.DEFER_CONNECT) return true;
  const { err, copied } = yield* tcp_sendmsg_fastopen(sk, send.msg);
  send.copied_syn = copied;
  if (err === 0) return true;
  if (err !== -EINPROGRESS || copied === 0) send.err = err;
  return false;
}

/** Takes the message, once the connection stands. */
function* sendAll(sk: tcp_sock, send: Send): Kernel<void> {
  if (!inState(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) && !tcp_passive_fastopen(sk)) {
    const waited = yield* sk_stream_wait_connect(sk, send.timeo);
    send.err = waited.err;
    send.timeo = waited.timeo;
  }
  if (send.err === 0) {
    send.size_goal = tcpSizeGoal(sk, send.msg.msg_flags);
    if (broken(sk)) send.err = -EPIPE;
    else yield* copyAll(sk, send);
  }
  if (send.err !== 0) tcp_remove_empty_skb(sk);
  if (send.copied + send.copied_syn > 0) send.err = 0;
}

function* tcp_sendmsg_locked(sk: tcp_sock, msg: msghdr): Kernel<number> {
  const { msg_flags } = msg;
  const send = new Send(msg, sock_sndtimeo(sk, (msg_flags & MSG_DONTWAIT) !== 0));
  if (yield* callPeer(sk, send)) yield* sendAll(sk, send);
  if (send.copied > 0) yield* tcp_push(sk, msg_flags, sk.nonagle);
  if (send.err === 0) return send.copied + send.copied_syn;
  const err = yield* sk_stream_error(sk, msg_flags, send.err);
  // Nothing is under way whose acknowledgement could wake an edge-triggered waiter.
  const idle = sk.sk_write_queue.isEmpty() && sk.tcp_rtx_queue.isEmpty();
  if (idle && err === -EAGAIN) yield* sk.sk_write_space();
  return err;
}

/** Sends; how many bytes were taken, or -errno. */
export function* tcp_sendmsg(sk: tcp_sock, msg: msghdr): Kernel<number> {
  __fentry__('tcp_sendmsg');
  yield* lock_sock(sk);
  const ret = yield* tcp_sendmsg_locked(sk, msg);
  yield* release_sock(sk);
  return ret;
}
