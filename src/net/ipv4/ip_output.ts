/**
 * Packets that go out. Linux: net/ipv4/ip_output.c.
 *
 * Differs from Linux: every address that a packet can be sent to is on the loopback device.
 */
import type { Kernel } from '../../kernel/op.ts';
import { EMSGSIZE } from '../../kernel/uapi/errno.ts';
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED } from '../../kernel/uapi/icmp.ts';
import { dev_queue_xmit } from '../dev.ts';
import type { net } from '../net.ts';
import { kfree_skb } from '../skbuff.ts';
import { type sock, sock_net } from '../sock.ts';
import { icmp_send } from './icmp.ts';
import { type IpPacket, ipHeader } from './ip.ts';

/** What a packet's head has besides its headers: room for those of the device, and some more. */
export const llHeader = 16;
export const llAllocExtra: number = llHeader + 15;

/** Sends a packet whose addresses are filled in. */
export const ip_local_out = (net: net, skb: IpPacket): Kernel<void> =>
  dev_queue_xmit(skb, net.loopback_dev);

/** How long the packet is, with its headers. */
const lengthOf = (skb: IpPacket): number => ipHeader + skb.headerLength + skb.data.length;

/**
 * Sends a datagram. One that must not be cut and is larger than `mtu` is refused with -EMSGSIZE, and
 * the sender is told a second time, as if somebody on the way had refused it.
 */
export function* ip_send_skb(net: net, skb: IpPacket, mtu: number): Kernel<number> {
  if (lengthOf(skb) > mtu) {
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
