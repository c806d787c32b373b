/** Cutting and filling segments that wait to be sent. Linux: net/ipv4/tcp_output.c. */
import { seqAdd } from './seq.ts';
import { chargeSent, tcp_wmem_free_skb } from './tcp_mem.ts';
import {
  countFrags,
  SEGMENT_OVERHEAD,
  skb_shift,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TcpSegment,
} from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';

/** Says how many segments of `mss_now` bytes it is on the wire. */
export function tcp_set_skb_tso_segs(skb: TcpSegment, mss_now: number): number {
  skb.tcp_gso_segs = skb.len <= mss_now ? 1 : Math.ceil(skb.len / mss_now);
  skb.tcp_gso_size = skb.len <= mss_now ? 0 : mss_now;
  return skb.tcp_gso_segs;
}

/** Cuts a segment at the head of `queue` in two. */
export function tcp_fragment(
  sk: tcp_sock,
  queue: tcp_sock['sk_write_queue'],
  skb: TcpSegment,
  len: number,
  mss_now: number,
): void {
  const buff = new TcpSegment();
  chargeSent(sk, SEGMENT_OVERHEAD);
  const rest = skb.cut(len);
  buff.start = skb.start + len;
  buff.append(rest);
  buff.truesize += rest.length;
  skb.truesize -= rest.length;
  buff.seq = seqAdd(skb.seq, len);
  buff.end_seq = skb.end_seq;
  skb.end_seq = buff.seq;
  buff.tcp_flags = skb.tcp_flags;
  buff.sacked = skb.sacked;
  skb.tcp_flags &= ~(TCPHDR_FIN | TCPHDR_PSH);
  buff.eor = skb.eor;
  skb.eor = false;
  tcp_set_skb_tso_segs(skb, mss_now);
  tcp_set_skb_tso_segs(buff, mss_now);
  countFrags(skb);
  countFrags(buff);
  queue.shift();
  queue.unshift(buff);
  queue.unshift(skb);
}

/** Fills a segment that could be larger from the one behind it. */
export function tcp_grow_skb(sk: tcp_sock, skb: TcpSegment, amount: number): void {
  const next_skb = sk.sk_write_queue.peekAt(1);
  if (next_skb === undefined || skb.eor) return;
  const nlen = Math.min(amount, next_skb.len);
  if (nlen === 0) return;
  skb_shift(skb, next_skb, nlen);
  skb.end_seq = seqAdd(skb.end_seq, nlen);
  next_skb.seq = seqAdd(next_skb.seq, nlen);
  if (next_skb.len > 0) return;
  skb.end_seq = next_skb.end_seq;
  skb.tcp_flags |= next_skb.tcp_flags;
  skb.eor = next_skb.eor;
  sk.sk_write_queue.removeOne(1);
  tcp_wmem_free_skb(sk, next_skb);
}
