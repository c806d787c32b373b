/** Answers that no socket gives. Linux: net/ipv4/tcp_ipv4.c (tcp_v4_send_reset, tcp_v4_send_ack). */
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { dev_net } from '../netdevice.ts';
import { ip_local_out } from './ip_output.ts';
import { seqAdd } from './seq.ts';
import { TCPHDR_ACK, TCPHDR_FIN, TCPHDR_RST, TCPHDR_SYN, TcpSegment } from './tcp_skb.ts';

/** A segment back to where `skb` came from. */
function replyTo(skb: TcpSegment, seq: number, tcp_flags: number): TcpSegment {
  const reply = new TcpSegment();
  reply.saddr = skb.daddr;
  reply.daddr = skb.saddr;
  reply.source = skb.dest;
  reply.dest = skb.source;
  reply.seq = reply.end_seq = seq;
  reply.tcp_flags = tcp_flags;
  return reply;
}

/** Resets the sender of a segment that nobody expects. */
export function* tcp_v4_send_reset(skb: TcpSegment): Kernel<void> {
  const { tcp_flags } = skb;
  if ((tcp_flags & TCPHDR_RST) !== 0) return;
  __fentry__('tcp_v4_send_reset');
  if ((tcp_flags & TCPHDR_ACK) !== 0) {
    yield* ip_local_out(dev_net(skb.dev), replyTo(skb, skb.ack_seq, TCPHDR_RST));
    return;
  }
  const reply = replyTo(skb, 0, TCPHDR_RST | TCPHDR_ACK);
  const syn = (tcp_flags & TCPHDR_SYN) === 0 ? 0 : 1;
  const fin = (tcp_flags & TCPHDR_FIN) === 0 ? 0 : 1;
  reply.ack_seq = seqAdd(skb.seq, syn + fin + skb.len);
  yield* ip_local_out(dev_net(skb.dev), reply);
}

/** Says where the sequence stands. `win` is scaled already. */
export function* tcp_v4_send_ack(
  skb: TcpSegment,
  seq: number,
  ack: number,
  win: number,
): Kernel<void> {
  const reply = replyTo(skb, seq, TCPHDR_ACK);
  reply.ack_seq = ack;
  reply.window = win;
  yield* ip_local_out(dev_net(skb.dev), reply);
}
