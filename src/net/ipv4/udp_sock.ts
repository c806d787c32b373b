/**
 * A UDP socket, and the datagrams that it sends and receives.
 * Linux: include/linux/udp.h (struct udp_sock), include/uapi/linux/udp.h (struct udphdr).
 *
 * A datagram arrives in sk_receive_queue and is moved, with all that stand there, to reader_queue as
 * soon as a reader finds that empty: readers and softirqs seldom want the same lock.
 *
 * Invariants: memory of what was read is given back in portions (`forward_deficit`), so a full
 * buffer has room again only once a quarter of it was read, or nothing is left to be read.
 */
import type { Kernel } from '../../kernel/op.ts';
import { IPPROTO_UDP } from '../../kernel/uapi/in.ts';
import { AF_INET, SOCK_DGRAM } from '../../kernel/uapi/socket.ts';
import type { net } from '../net.ts';
import { headEnd, SKB_TRUESIZE, type sk_buff, sk_buff_head } from '../skbuff.ts';
import type { ReuseportSock, sock_reuseport } from '../sock_reuseport.ts';
import { inet_sock, type proto } from './inet_sock.ts';
import { addressText, IpPacket, ipHeader, rxTruesize } from './ip.ts';
import { udp_prot } from './udp_prot.ts';

export const udpHeader = 8;

export class UdpDatagram extends IpPacket {
  // struct udphdr:
  source = 0;
  dest = 0;

  /** It is several datagrams of this size, the last one perhaps smaller; 0 if it is one. */
  gso_size = 0;
  /** How many of its bytes are in pages, and for how many more its head has room. */
  data_len = 0;
  tailroom = 0;

  override get headerLength(): number {
    return udpHeader;
  }

  override get text(): string {
    const from = `${addressText(this.saddr)}:${this.source}`;
    const to = `${addressText(this.daddr)}:${this.dest}`;
    return `UDP ${from} > ${to}, ${this.data.length} bytes`;
  }

  override frames(): IpPacket[] {
    const size = this.gso_size || this.data.length;
    const frames: IpPacket[] = [];
    for (let from = 0; from === 0 || from < this.data.length; from += size || 1) {
      const data = this.data.subarray(from, from + size);
      const head = SKB_TRUESIZE(headEnd(ipHeader + udpHeader));
      const frame = new UdpDatagram(this.protocol, data, head + rxTruesize(data.length));
      frame.saddr = this.saddr;
      frame.daddr = this.daddr;
      frame.source = this.source;
      frame.dest = this.dest;
      frame.data_len = data.length;
      frames.push(frame);
    }
    return frames;
  }
}

/** From where to where datagrams go (struct flowi4). */
export interface Flow {
  saddr: number;
  daddr: number;
  dport: number;
}

/** A datagram in the making: where it goes, and what was written of it. */
export interface inet_cork extends Flow {
  /** The largest packet for the way there. */
  fragsize: number;
  gso_size: number;
  /** Bytes so far, the UDP header among them. */
  length: number;
  skb: UdpDatagram | null;
}

export const newCork = (): inet_cork => ({
  saddr: 0,
  daddr: 0,
  dport: 0,
  fragsize: 0,
  gso_size: 0,
  length: 0,
  skb: null,
});

export class udp_sock extends inet_sock implements ReuseportSock {
  readonly name = 'udp';

  // Under the table's lock:
  /** The port that it is found by. */
  udp_port_hash = 0;
  /** Where it stands in the tables by address and by connection; null if it does not. */
  udp_portaddr_hash: number | null = null;
  udp_lrpa_hash: string | null = null;
  sk_reuseport_cb: sock_reuseport | null = null;

  // Receiving. Under its lock; what a reader gave back is counted under it too:
  readonly reader_queue: sk_buff_head = new sk_buff_head('udp_sk->reader_queue.lock');
  /** Memory that was read and not given back yet. */
  forward_deficit = 0;
  /** Datagrams that found no room. */
  sk_drops = 0;

  // Sending. Under sk_lock, `pending` is also looked at without it:
  /** A datagram is kept back until it is complete (UDP_CORK, MSG_MORE). */
  pending = false;
  readonly cork: inet_cork = newCork();
  /** The way to the peer is known. */
  sk_dst_cache = false;

  // Options:
  corkflag = false;
  gso_size = 0;
  encap_type = 0;
  gro_enabled = false;
  no_check6_tx = 0;
  no_check6_rx = 0;
  pcslen = 0;
  pcrlen = 0;

  constructor(net: net, protocol: number = IPPROTO_UDP) {
    super(net, AF_INET, SOCK_DGRAM, protocol);
  }

  override get sk_prot(): proto {
    return udp_prot;
  }
  override hasRoute(): boolean {
    return this.sk_dst_cache;
  }
  /** Datagrams do not wait for the owner. */
  override *sk_backlog_rcv(_skb: sk_buff): Kernel<void> {}
  override *release_cb(): Kernel<void> {}
}
