/** Packets that go out. Linux: net/ipv4/ip_output.c. */
import type { Kernel } from '../../kernel/op.ts';
import { EMSGSIZE } from '../../kernel/uapi/errno.ts';
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED } from '../../kernel/uapi/icmp.ts';
import { dev_queue_xmit } from '../dev.ts';
import type { net } from '../net.ts';
import { kfree_skb } from '../skbuff.ts';
import { type sock, sock_net } from '../sock.ts';
import { icmp_send } from './icmp.ts';
import type { IpPacket } from './ip.ts';
import { neigh_resolve_output } from './neighbour.ts';
import { fib_lookup, isNeighbour } from './route.ts';

/** What a packet's head has besides its headers: room for those of the device, and some more. */
export const llHeader = 16;
export const llAllocExtra: number = llHeader + 15;

/** Sends a packet whose addresses are filled in. */
export function ip_local_out(net: net, skb: IpPacket): Kernel<void> {
  const dev = fib_lookup(net, skb.daddr) ?? net.loopback_dev;
  if (isNeighbour(dev, skb.daddr)) return dev_queue_xmit(skb, dev);
  return neigh_resolve_output(net, dev, skb);
}

/**
 * Sends a datagram. One that must not be cut and is larger than `mtu` is refused with -EMSGSIZE, and
 * the sender is told a second time, as if somebody on the way had refused it.
 */
export function* ip_send_skb(net: net, skb: IpPacket, mtu: number): Kernel<number> {
  if (skb.length > mtu) {
    skb.dev = net.loopback_dev;
    yield* icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
    yield* kfree_skb(skb);
    return -EMSGSIZE;
  }
  yield* ip_local_out(net, skb);
  return 0;
}

/** Sends a packet of a connection. */
export const ip_queue_xmit = (sk: sock, skb: IpPacket): Kernel<void> =>
  ip_local_out(sock_net(sk), skb);
