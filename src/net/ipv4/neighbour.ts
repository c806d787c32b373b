/**
 * Who has an address on a link? Linux: net/core/neighbour.c, net/ipv4/arp.c, net/ipv4/route.c
 * (ipv4_link_failure).
 *
 * Whoever is at the other end of a link is known. Packets to anybody else wait while he is asked for,
 * three times, a second apart; nobody answers, and their senders are told.
 *
 * Differs from Linux: the question itself does not travel, and who answers stays known: a cut link
 * looks like a cut somewhere further away.
 */
import type { Kernel } from '../../kernel/op.ts';
import { HZ, jiffies, mod_timer, timer_list } from '../../kernel/timer.ts';
import { __fentry__, traceNote } from '../../kernel/trace.ts';
import { ICMP_DEST_UNREACH, ICMP_HOST_UNREACH } from '../../kernel/uapi/icmp.ts';
import type { net } from '../net.ts';
import type { net_device } from '../netdevice.ts';
import { kfree_skb } from '../skbuff.ts';
import { icmp_send } from './icmp.ts';
import type { IpPacket } from './ip.ts';

export const NUD_INCOMPLETE = 0x01;
export const NUD_FAILED = 0x20;

/** How often, and how many ticks apart, somebody is asked for. */
const MCAST_PROBES = 3;
const RETRANS_TIME: number = HZ;
/** How much memory of packets may wait: /proc/sys/net/ipv4/neigh/default/unres_qlen_bytes. */
const QUEUE_LEN_BYTES = 212_992;

export class neighbour {
  readonly dev: net_device;
  nud_state: number = NUD_FAILED;
  probes = 0;
  readonly timer: timer_list;
  readonly arp_queue: IpPacket[] = [];
  arp_queue_len_bytes = 0;

  constructor(dev: net_device) {
    this.dev = dev;
    this.timer = new timer_list('neigh_timer_handler', () => neigh_timer_handler(this));
  }
}

/** Asks once more, or gives up and tells those whose packets have waited. */
function* neigh_timer_handler(neigh: neighbour): Kernel<void> {
  __fentry__('neigh_timer_handler');
  if (neigh.probes < MCAST_PROBES) {
    neigh.probes++;
    mod_timer(neigh.timer, jiffies() + RETRANS_TIME);
    return;
  }
  traceNote('neigh_timer_handler: nobody has the address', neigh);
  neigh.nud_state = NUD_FAILED;
  neigh.arp_queue_len_bytes = 0;
  for (const skb of neigh.arp_queue.splice(0)) {
    skb.dev = neigh.dev;
    yield* icmp_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
    yield* kfree_skb(skb);
  }
}

/** Lets a packet wait until it is known who has its address. */
export function* neigh_resolve_output(net: net, dev: net_device, skb: IpPacket): Kernel<void> {
  __fentry__('neigh_resolve_output');
  let neigh = net.neighbours.get(skb.daddr);
  if (neigh === undefined) {
    neigh = new neighbour(dev);
    net.neighbours.set(skb.daddr, neigh);
  }
  if (neigh.nud_state !== NUD_INCOMPLETE) {
    neigh.nud_state = NUD_INCOMPLETE;
    neigh.probes = 1;
    mod_timer(neigh.timer, jiffies() + RETRANS_TIME);
  }
  neigh.arp_queue.push(skb);
  neigh.arp_queue_len_bytes += skb.truesize;
  while (neigh.arp_queue_len_bytes > QUEUE_LEN_BYTES) {
    const oldest = neigh.arp_queue.shift() as IpPacket;
    neigh.arp_queue_len_bytes -= oldest.truesize;
    yield* kfree_skb(oldest);
  }
}
