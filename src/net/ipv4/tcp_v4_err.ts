/**
 * A message about a segment that came to grief. Linux: net/ipv4/tcp_ipv4.c (tcp_v4_err).
 *
 * A connection that stands goes on trying, and says so only when it gives up; one that is being made
 * ends at once.
 *
 * Differs from Linux: only hosts that cannot be reached are told of, and none of those has answered
 * before, so there is no RTO to revert.
 */
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { IP_RECVERR } from '../../kernel/uapi/in.ts';
import { dev_net } from '../netdevice.ts';
import { TCP_CLOSE, TCP_NEW_SYN_RECV, TCP_TIME_WAIT } from '../sock.ts';
import { bh_lock_sock, bh_unlock_sock, sock_owned_by_user } from '../sock_lock.ts';
import { inState, TCPF_SYN_RECV, TCPF_SYN_SENT } from '../tcp_states.ts';
import { type IcmpMessage, icmp_err_convert } from './icmp.ts';
import { ip_icmp_error } from './ip_error.ts';
import { ipOption } from './ip_sockglue.ts';
import { between } from './seq.ts';
import { tcp_done_with_error } from './tcp_done.ts';
import type { TcpSegment } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';

/** What the message means for the connection. Called with the spinlock held. */
function* tell(sk: tcp_sock, skb: IcmpMessage, sent: TcpSegment, info: number): Kernel<void> {
  const err = icmp_err_convert[skb.code]?.errno;
  if (err === undefined || sk.sk_state === TCP_CLOSE) return;
  if (!between(sent.seq, sk.snd_una, sk.snd_nxt)) return;
  const owned = sock_owned_by_user(sk);
  const listens = ipOption(sk, IP_RECVERR) !== 0;
  if (inState(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
    if (listens) yield* ip_icmp_error(sk, skb, err, sent.dest, info);
    if (owned) sk.sk_err_soft = err;
    else yield* tcp_done_with_error(sk, err);
  } else if (!owned && listens) {
    sk.sk_err = err;
    yield* sk.sk_error_report();
  } else {
    sk.sk_err_soft = err;
  }
}

/** The sender of the segment is told. A softirq. */
export function* tcp_v4_err(skb: IcmpMessage, info: number): Kernel<void> {
  __fentry__('tcp_v4_err');
  const sent = skb.about as TcpSegment;
  const { tcp_hashinfo } = dev_net(skb.dev).ipv4;
  const found = tcp_hashinfo.find({
    laddr: sent.saddr,
    lport: sent.source,
    raddr: sent.daddr,
    rport: sent.dest,
  });
  if (found === null) return;
  if (found.sk_state === TCP_TIME_WAIT || found.sk_state === TCP_NEW_SYN_RECV) return;
  const sk = found as tcp_sock;
  yield bh_lock_sock(sk);
  yield* tell(sk, skb, sent, info);
  bh_unlock_sock(sk);
}
