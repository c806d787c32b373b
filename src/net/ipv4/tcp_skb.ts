/**
 * Segments: bytes with their place in the sequence, and the header fields that they travel with.
 * Linux: include/linux/skbuff.h, include/net/tcp.h (struct tcp_skb_cb), include/uapi/linux/tcp.h.
 *
 * What the sender keeps for retransmission and what the receiver queues are two descriptions of the
 * same bytes; `dataref` counts the descriptions. Segments in a receive queue are merged, to spare
 * memory, once the sender has freed its own.
 *
 * Differs from Linux: `nr_frags` counts the pages that the bytes would lie in, the bytes themselves
 * are one array; options are fields, and only those of a SYN and time stamps are carried.
 */
import { looksAt, newIdentity, writesTo } from '../../kernel/footprint.ts';
import { IPPROTO_TCP } from '../../kernel/uapi/in.ts';
import { addressText, IpPacket, rxTruesize } from './ip.ts';

export const TCPHDR_FIN = 0x01;
export const TCPHDR_SYN = 0x02;
export const TCPHDR_RST = 0x04;
export const TCPHDR_PSH = 0x08;
export const TCPHDR_ACK = 0x10;
export const TCPHDR_URG = 0x20;

/** The TCPHDR_* bits in words. */
const flagNames: readonly string[] = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];
/** Headers with the options of a SYN, and with time stamps. */
const SYN_HEADER = 40;
const TCP_HEADER = 32;

/** tcp_skb_cb::sacked. */
export const TCPCB_SACKED_RETRANS = 0x02;
export const TCPCB_LOST = 0x04;
export const TCPCB_EVER_RETRANS = 0x80;

/** Memory of a segment besides its bytes: SKB_TRUESIZE(MAX_TCP_HEADER). */
export const SEGMENT_OVERHEAD = 832;
export const MAX_SKB_FRAGS = 17;
/** A page that send buffers are cut from. */
const FRAG_PAGE = 32_768;

const nothing: Uint8Array = new Uint8Array(0);

/** What the descriptions of the same bytes share. */
class skb_shared_info {
  /** How many descriptions there are. */
  dataref = 1;
  // Ours:
  readonly identity: number = newIdentity();
}

export class TcpSegment extends IpPacket {
  // struct tcp_skb_cb:
  seq = 0;
  end_seq = 0;
  ack_seq = 0;
  tcp_flags = 0;
  sacked = 0;
  /** MSG_EOR: nothing is appended. */
  eor = false;
  /** How many segments on the wire it is, and of what size if more than one. */
  tcp_gso_segs = 0;
  tcp_gso_size = 0;

  /** For a SYN that takes the place of what is left of a connection: the number to answer with. */
  tcp_tw_isn = 0;
  /** When it was sent last, in microseconds. */
  skb_mstamp = 0;

  // struct tcphdr:
  source = 0;
  dest = 0;
  /** As in the header: scaled, except with SYN. */
  window = 0;
  /** Valid with TCPHDR_URG. */
  urg_ptr = 0;
  /** Time stamps: the sender's, and that of the peer which it has seen last; 0 for none. */
  tsval = 0;
  tsecr = 0;
  /** Options of a SYN; 0 for none and -1 for none. */
  mss = 0;
  wscale = -1;
  /** The cookie of a server; 0 asks for one, -1 for none. */
  fastopen = -1;

  // struct skb_shared_info, as far as each description has its own:
  nr_frags = 0;
  shinfo: skb_shared_info = new skb_shared_info();

  // Ours:
  /** Where its bytes lie in the pages that the socket's send buffers are cut from. */
  start = 0;
  /** The array that `data` is the front of, once bytes were appended here. */
  private room: Uint8Array = nothing;

  constructor() {
    super(IPPROTO_TCP, nothing, SEGMENT_OVERHEAD);
  }

  override get headerLength(): number {
    return (this.tcp_flags & TCPHDR_SYN) !== 0 ? SYN_HEADER : TCP_HEADER;
  }

  override get text(): string {
    const from = `${addressText(this.saddr)}:${this.source}`;
    const to = `${addressText(this.daddr)}:${this.dest}`;
    const flags = flagNames.filter((_name, bit) => (this.tcp_flags & (1 << bit)) !== 0);
    const bytes = this.len === 0 ? '' : `, ${this.len} bytes`;
    const ack = (this.tcp_flags & TCPHDR_ACK) !== 0 ? `, ack ${this.ack_seq}` : '';
    return `TCP ${from} > ${to} ${flags.join(' ')}, seq ${this.seq}${ack}${bytes}`;
  }

  override frames(): IpPacket[] {
    const size = this.tcp_gso_segs > 1 ? this.tcp_gso_size : this.len;
    const frames: IpPacket[] = [];
    for (let from = 0; from === 0 || from < this.len; from += size || 1) {
      frames.push(this.frame(from, Math.min(from + size, this.len)));
    }
    return frames;
  }

  override sent(): void {
    __kfree_skb(this);
  }

  /** A piece of it as it comes off a wire. */
  private frame(from: number, to: number): TcpSegment {
    const frame = new TcpSegment();
    const last = to === this.len;
    frame.data = this.data.subarray(from, to);
    frame.seq = (this.seq + from) >>> 0;
    frame.end_seq = last ? this.end_seq : (this.seq + to) >>> 0;
    frame.tcp_flags = last ? this.tcp_flags : this.tcp_flags & ~(TCPHDR_FIN | TCPHDR_PSH);
    frame.tcp_gso_segs = 1;
    frame.ack_seq = this.ack_seq;
    frame.window = this.window;
    frame.tsval = this.tsval;
    frame.tsecr = this.tsecr;
    frame.urg_ptr = Math.max(this.urg_ptr - from, 0);
    if (frame.urg_ptr === 0) frame.tcp_flags &= ~TCPHDR_URG;
    frame.mss = this.mss;
    frame.wscale = this.wscale;
    frame.fastopen = this.fastopen;
    frame.saddr = this.saddr;
    frame.daddr = this.daddr;
    frame.source = this.source;
    frame.dest = this.dest;
    frame.nr_frags = to > from ? 1 : 0;
    frame.truesize += rxTruesize(to - from);
    return frame;
  }

  /** Appends bytes, which count for memory and sequence space where the caller says so. */
  append(bytes: Uint8Array): void {
    const { length } = this.data;
    const total = length + bytes.length;
    if (this.room.length < total) {
      if (length === 0) {
        this.data = bytes;
        return;
      }
      this.room = new Uint8Array(Math.max(total, 2 * this.room.length, 256));
      this.room.set(this.data);
    }
    this.room.set(bytes, length);
    this.data = this.room.subarray(0, total);
  }

  /** Keeps the first `len` bytes; the others. */
  cut(len: number): Uint8Array {
    const rest = this.data.slice(len);
    this.data = this.data.slice(0, len);
    this.room = nothing;
    return rest;
  }
}

/** A segment without data; SYN and FIN take a place in the sequence. */
export function tcp_init_nondata_skb(seq: number, flags: number): TcpSegment {
  const skb = new TcpSegment();
  skb.tcp_flags = flags;
  skb.tcp_gso_segs = 1;
  skb.seq = seq;
  skb.end_seq = (flags & (TCPHDR_SYN | TCPHDR_FIN)) === 0 ? seq : (seq + 1) >>> 0;
  return skb;
}

export function skb_cloned({ shinfo }: TcpSegment): boolean {
  looksAt(shinfo.identity);
  return shinfo.dataref !== 1;
}

/** A second description of the same bytes. */
export function skb_clone(skb: TcpSegment): TcpSegment {
  const clone = new TcpSegment();
  clone.data = skb.data;
  clone.truesize = skb.truesize;
  clone.seq = skb.seq;
  clone.end_seq = skb.end_seq;
  clone.tcp_flags = skb.tcp_flags;
  clone.tcp_gso_segs = skb.tcp_gso_segs;
  clone.tcp_gso_size = skb.tcp_gso_size;
  clone.mss = skb.mss;
  clone.wscale = skb.wscale;
  clone.fastopen = skb.fastopen;
  clone.nr_frags = skb.nr_frags;
  clone.shinfo = skb.shinfo;
  writesTo(skb.shinfo.identity);
  skb.shinfo.dataref++;
  return clone;
}

/** Frees a description. */
export function __kfree_skb({ shinfo }: TcpSegment): void {
  writesTo(shinfo.identity);
  shinfo.dataref--;
}

/** Makes the description the only one of its bytes. */
export function skb_unclone_keeptruesize(skb: TcpSegment): void {
  if (!skb_cloned(skb)) return;
  __kfree_skb(skb);
  skb.shinfo = new skb_shared_info();
}

/** Ours: counts the pages that the bytes of a segment to be sent lie in. */
export function countFrags(skb: TcpSegment): void {
  const first = Math.floor(skb.start / FRAG_PAGE);
  const last = Math.floor((skb.start + skb.len - 1) / FRAG_PAGE);
  skb.nr_frags = skb.len === 0 ? 0 : last - first + 1;
}

/**
 * Appends `from` to `to` in a receive queue; what that adds to the memory of `to`, or -1 where the
 * bytes of `to` are not its own or it has no room for more pages.
 */
export function skb_try_coalesce(to: TcpSegment, from: TcpSegment): number {
  if (skb_cloned(to)) return -1;
  if (from.len === 0) return 0;
  if (to.nr_frags === 0 || to.nr_frags + from.nr_frags > MAX_SKB_FRAGS) return -1;
  const delta = from.truesize - SEGMENT_OVERHEAD;
  if (delta < from.len) return -1;
  to.append(from.data);
  to.nr_frags += from.nr_frags;
  to.truesize += delta;
  return delta;
}

/** Moves the first `shiftlen` bytes of `skb` to the end of `tgt`, in front of it in the queue. */
export function skb_shift(tgt: TcpSegment, skb: TcpSegment, shiftlen: number): void {
  const rest = skb.cut(shiftlen);
  tgt.append(skb.data);
  skb.data = rest;
  skb.start += shiftlen;
  tgt.truesize += shiftlen;
  skb.truesize -= shiftlen;
  countFrags(tgt);
  countFrags(skb);
}
