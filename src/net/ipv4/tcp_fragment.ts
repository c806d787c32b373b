/** Cutting and filling segments that wait to be sent. Linux: net/ipv4/tcp_output.c. */
import { before, seqAdd } from './seq.ts';
import { chargeSent, sk_mem_uncharge, tcp_wmem_free_skb } from './tcp_mem.ts';
import {
  countFrags,
  SEGMENT_OVERHEAD,
  skb_shift,
  skb_unclone_keeptruesize,
  TCPCB_LOST,
  TCPCB_SACKED_RETRANS,
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

/** A segment that is under way counts for `decr` fewer. */
function tcp_adjust_pcount(sk: tcp_sock, skb: TcpSegment, decr: number): void {
  sk.packets_out -= decr;
  if ((skb.sacked & TCPCB_SACKED_RETRANS) !== 0) sk.retrans_out -= decr;
  if ((skb.sacked & TCPCB_LOST) !== 0) sk.lost_out -= decr;
  if (decr > 0) sk.sacked_out -= Math.min(sk.sacked_out, decr);
}

/** Puts a segment behind another one. */
function insertBehind(queue: tcp_sock['sk_write_queue'], skb: TcpSegment, buff: TcpSegment): void {
  let at = 0;
  while (queue.peekAt(at) !== skb) at++;
  if (at === 0) {
    queue.shift();
    queue.unshift(buff);
    queue.unshift(skb);
  } else {
    queue.splice(at + 1, 0, buff);
  }
}

/** Says anew how many segments of `mss_now` bytes one is that is under way. */
export function recountSegs(sk: tcp_sock, skb: TcpSegment, mss_now: number): void {
  const old_factor = skb.tcp_gso_segs;
  const diff = old_factor - tcp_set_skb_tso_segs(skb, mss_now);
  if (diff !== 0) tcp_adjust_pcount(sk, skb, diff);
}

/** Drops the first `len` bytes of a segment, which were acknowledged. */
export function tcp_trim_head(sk: tcp_sock, skb: TcpSegment, len: number): void {
  skb_unclone_keeptruesize(skb);
  skb.data = skb.cut(len);
  skb.start += len;
  skb.seq = seqAdd(skb.seq, len);
  skb.truesize -= len;
  sk.sk_wmem_queued -= len;
  sk_mem_uncharge(sk, len);
  countFrags(skb);
  if (skb.tcp_gso_segs > 1) tcp_set_skb_tso_segs(skb, skb.tcp_gso_size);
}

/** Cuts a segment of `queue` in two. */
export function tcp_fragment(
  sk: tcp_sock,
  queue: tcp_sock['sk_write_queue'],
  skb: TcpSegment,
  len: number,
  mss_now: number,
): void {
  const buff = new TcpSegment();
  const old_factor = skb.tcp_gso_segs;
  skb_unclone_keeptruesize(skb);
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
  buff.skb_mstamp = skb.skb_mstamp;
  if (!before(sk.snd_nxt, buff.end_seq)) {
    const diff = old_factor - skb.tcp_gso_segs - buff.tcp_gso_segs;
    if (diff !== 0) tcp_adjust_pcount(sk, skb, diff);
  }
  insertBehind(queue, skb, buff);
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
