/** Receiving datagrams. Linux: net/ipv4/udp.c (udp_recvmsg). */
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { copy_to_iter } from '../../kernel/uaccess.ts';
import { IPPROTO_UDP } from '../../kernel/uapi/in.ts';
import { AF_INET, MSG_ERRQUEUE, MSG_PEEK, MSG_TRUNC } from '../../kernel/uapi/socket.ts';
import { UDP_GRO } from '../../kernel/uapi/udp.ts';
import { Receiving } from '../datagram.ts';
import { putInt } from '../scm.ts';
import { sk_peek_offset, sk_peek_offset_bwd } from '../sock.ts';
import type { msghdr } from '../socket.ts';
import { ip_recv_error } from './ip_error.ts';
import { __skb_recv_udp } from './udp_queue.ts';
import type { UdpDatagram, udp_sock } from './udp_sock.ts';

/** One datagram, or as much of it as fits; with MSG_ERRQUEUE, one error. Its length or -errno. */
export function* udp_recvmsg(sk: udp_sock, msg: msghdr, flags: number): Kernel<number> {
  __fentry__('udp_recvmsg');
  if ((flags & MSG_ERRQUEUE) !== 0) return yield* ip_recv_error(sk, msg);
  const at = new Receiving();
  at.off = sk_peek_offset(sk, flags);
  const found = yield* __skb_recv_udp(sk, flags, at);
  if (typeof found === 'number') return found;
  const skb = found as UdpDatagram;
  const { data } = skb;
  const off = Math.max(at.off, 0);
  const len = msg.msg_iter.count;
  const copied = copy_to_iter(off === 0 ? data : data.subarray(off), msg.msg_iter);
  // Where a peek began behind the start, what just fits counts as cut off too.
  if (len <= data.length - off && len < data.length) msg.msg_flags |= MSG_TRUNC;
  msg.msg_name = { family: AF_INET, addr: skb.saddr, port: skb.source };
  if (sk.gro_enabled && skb.gso_size !== 0) {
    putInt(msg, IPPROTO_UDP, UDP_GRO, skb.gso_size);
  }
  const err = (flags & MSG_TRUNC) !== 0 ? data.length : copied;
  sk_peek_offset_bwd(sk, (flags & MSG_PEEK) !== 0 ? -err : err);
  return err;
}
