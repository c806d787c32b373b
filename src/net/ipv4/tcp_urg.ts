/**
 * Urgent data: one byte that is marked, and can be read ahead of the others.
 * Linux: net/ipv4/tcp_input.c (tcp_urg), net/ipv4/tcp.c (tcp_recv_urg).
 *
 * The mark comes with a header, maybe before the byte does. While the mark stands, a read stops in
 * front of it, and the next read leaves the byte out (unless SO_OOBINLINE).
 */
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { copy_to_iter } from '../../kernel/uaccess.ts';
import { EAGAIN, EINVAL, ENOTCONN } from '../../kernel/uapi/errno.ts';
import { MSG_OOB, MSG_PEEK, MSG_TRUNC } from '../../kernel/uapi/socket.ts';
import { __skb_unlink, skb_peek } from '../skbuff.ts';
import { RCV_SHUTDOWN, TCP_CLOSE } from '../sock.ts';
import type { msghdr } from '../socket.ts';
import { after, before, seqAdd, seqDiff } from './seq.ts';
import { freeReceived } from './tcp_mem.ts';
import { TCPHDR_URG, type TcpSegment } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';

/** The byte is in the low eight bits. */
export const TCP_URG_VALID = 0x100;
export const TCP_URG_NOTYET = 0x200;
export const TCP_URG_READ = 0x400;

/** A header says where the urgent byte is. */
function tcp_check_urg(sk: tcp_sock, skb: TcpSegment): void {
  const ptr = seqAdd(skb.seq, skb.urg_ptr === 0 ? 0 : skb.urg_ptr - 1);
  if (after(sk.copied_seq, ptr) || before(ptr, sk.rcv_nxt)) return;
  if (sk.urg_data !== 0 && !after(ptr, sk.urg_seq)) return;
  // The old mark is where the reader stands: its byte is dropped, or it would be read as data.
  if (
    sk.urg_seq === sk.copied_seq &&
    sk.urg_data !== 0 &&
    !sk.SOCK_URGINLINE &&
    sk.copied_seq !== sk.rcv_nxt
  ) {
    const first = skb_peek(sk.sk_receive_queue) as TcpSegment | null;
    sk.copied_seq = seqAdd(sk.copied_seq, 1);
    if (first !== null && !before(sk.copied_seq, first.end_seq)) {
      __skb_unlink(first, sk.sk_receive_queue);
      freeReceived(sk, first);
    }
  }
  sk.pred_flags = 0;
  sk.urg_data = TCP_URG_NOTYET;
  sk.urg_seq = ptr;
}

/** Takes the urgent byte out of a segment that has arrived, if it is in there. */
export function* tcp_urg(sk: tcp_sock, skb: TcpSegment): Kernel<void> {
  if ((skb.tcp_flags & TCPHDR_URG) !== 0) tcp_check_urg(sk, skb);
  if (sk.urg_data !== TCP_URG_NOTYET) return;
  const ptr = seqDiff(sk.urg_seq, skb.seq);
  if (ptr < 0 || ptr >= skb.len) return;
  __fentry__('tcp_urg');
  sk.urg_data = TCP_URG_VALID | (skb.data[ptr] as number);
  traceNote('tcp_urg: the urgent byte is here', sk);
  if (!sk.SOCK_DEAD) yield* sk.sk_data_ready();
}

/** recv(MSG_OOB): the urgent byte. Never sleeps. */
export function tcp_recv_urg(sk: tcp_sock, msg: msghdr, len: number, flags: number): number {
  if (sk.SOCK_URGINLINE || sk.urg_data === 0 || sk.urg_data === TCP_URG_READ) return -EINVAL;
  if (sk.sk_state === TCP_CLOSE && !sk.SOCK_DONE) return -ENOTCONN;
  if ((sk.urg_data & TCP_URG_VALID) !== 0) {
    const c = Uint8Array.of(sk.urg_data & 0xff);
    if ((flags & MSG_PEEK) === 0) sk.urg_data = TCP_URG_READ;
    msg.msg_flags |= MSG_OOB;
    if (len === 0) {
      msg.msg_flags |= MSG_TRUNC;
      return 0;
    }
    if ((flags & MSG_TRUNC) === 0) copy_to_iter(c, msg.msg_iter);
    return 1;
  }
  if (sk.sk_state === TCP_CLOSE || (sk.sk_shutdown & RCV_SHUTDOWN) !== 0) return 0;
  return -EAGAIN;
}
