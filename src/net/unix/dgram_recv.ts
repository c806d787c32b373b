/** Receiving datagrams and records. Linux: net/unix/af_unix.c (__unix_dgram_recvmsg). */
import { current } from '../../kernel/current.ts';
import { mutex_lock, mutex_unlock } from '../../kernel/mutex.ts';
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { copy_to_iter } from '../../kernel/uaccess.ts';
import { EAGAIN, ENOTCONN, EOPNOTSUPP } from '../../kernel/uapi/errno.ts';
import {
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  SOCK_SEQPACKET,
} from '../../kernel/uapi/socket.ts';
import { peekAt, waitqueue_active, wake_up_interruptible_sync_poll } from '../../kernel/wait.ts';
import {
  __skb_try_recv_datagram,
  __skb_wait_for_more_packets,
  Receiving,
  skb_free_datagram,
} from '../datagram.ts';
import { scm_cookie, scm_recv_unix } from '../scm.ts';
import type { sk_buff } from '../skbuff.ts';
import {
  RCV_SHUTDOWN,
  sk_peek_offset,
  sk_peek_offset_bwd,
  sk_peek_offset_fwd,
  sock_rcvtimeo,
  TCP_ESTABLISHED,
} from '../sock.ts';
import type { msghdr, socket } from '../socket.ts';
import { unix_copy_addr } from './bind.ts';
import { unix_detach_fds, unix_peek_fds } from './scm.ts';
import { unix_sk, type unix_sock, WRITE_KEY } from './types.ts';

/**
 * The next packet, with the iolock held; or -errno without it, 0 for the end of a connection.
 * `at.off` is where in the packet MSG_PEEK goes on.
 */
function* nextPacket(sk: unix_sock, flags: number, at: Receiving): Kernel<sk_buff | number> {
  const queue = sk.sk_receive_queue;
  for (;;) {
    yield mutex_lock(sk.iolock);
    at.off = sk_peek_offset(sk, flags);
    const skb = yield* __skb_try_recv_datagram(sk, queue, flags, at);
    if (typeof skb !== 'number') return skb;
    mutex_unlock(sk.iolock);
    if (skb !== -EAGAIN) return skb;
    if (at.timeo === 0) break;
    const error = yield* __skb_wait_for_more_packets(sk, queue, at);
    if (error !== 0) return error === 1 ? 0 : error;
  }
  if (sk.sk_type !== SOCK_SEQPACKET) return -EAGAIN;
  if (!current.kernel.alone) yield sk.look;
  return (sk.sk_shutdown & RCV_SHUTDOWN) !== 0 ? 0 : -EAGAIN;
}

/** Tells the receiver what came along with a packet. */
function recvScm(sk: unix_sock, msg: msghdr, skb: sk_buff, flags: number): Kernel<void> {
  const scm = new scm_cookie();
  scm.pid = skb.pid;
  if ((flags & MSG_PEEK) !== 0) unix_peek_fds(scm, skb);
  else if (skb.fp !== null) unix_detach_fds(scm, skb);
  return scm_recv_unix(sk, msg, scm, true);
}

export function* __unix_dgram_recvmsg(sk: unix_sock, msg: msghdr, flags: number): Kernel<number> {
  __fentry__('unix_dgram_recvmsg');
  if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  const at = new Receiving();
  at.timeo = sock_rcvtimeo(sk, (flags & MSG_DONTWAIT) !== 0);
  const skb = yield* nextPacket(sk, flags, at);
  if (typeof skb === 'number') return skb;
  if (!current.kernel.alone) yield peekAt(sk.peer_wait);
  if (waitqueue_active(sk.peer_wait)) {
    yield* wake_up_interruptible_sync_poll(sk.peer_wait, WRITE_KEY);
  }
  unix_copy_addr(msg, skb.sk as unix_sock);
  const skip = Math.max(at.off, 0);
  const { data } = skb;
  const size = copy_to_iter(skip === 0 ? data : data.subarray(skip), msg.msg_iter);
  if (size < data.length - skip) msg.msg_flags |= MSG_TRUNC;
  if ((flags & MSG_PEEK) === 0) sk_peek_offset_bwd(sk, data.length);
  else sk_peek_offset_fwd(sk, size);
  if (skb.fp !== null || sk.kept !== null) yield* recvScm(sk, msg, skb, flags);
  if ((flags & MSG_PEEK) === 0) yield* skb_free_datagram(sk, skb);
  mutex_unlock(sk.iolock);
  return (flags & MSG_TRUNC) !== 0 ? data.length - skip : size;
}

export const unix_dgram_recvmsg = (sock: socket, msg: msghdr, flags: number): Kernel<number> =>
  __unix_dgram_recvmsg(unix_sk(sock), msg, flags);

export function* unix_seqpacket_recvmsg(sock: socket, msg: msghdr, flags: number): Kernel<number> {
  const sk = unix_sk(sock);
  if (!current.kernel.alone) yield sk.look;
  if (sk.sk_state !== TCP_ESTABLISHED) return -ENOTCONN;
  return yield* __unix_dgram_recvmsg(sk, msg, flags);
}
