/**
 * The device by which a machine talks to itself: what is sent is received, at once and in order.
 * Linux: drivers/net/loopback.c.
 *
 * The sender is told of the room before the packet is received: it left the send buffer here.
 */
import type { Kernel } from '../kernel/op.ts';
import { __netif_rx } from './dev.ts';
import type { IpPacket } from './ipv4/ip.ts';
import type { net } from './net.ts';
import { IFF_LOOPBACK, net_device } from './netdevice.ts';
import { skb_orphan } from './skbuff.ts';

const LOOPBACK_MTU = 65_536;

export class LoopbackDevice extends net_device {
  constructor(net: net) {
    super(net, 'lo', LOOPBACK_MTU, IFF_LOOPBACK);
  }

  override ndo_start_xmit(skb: IpPacket): Kernel<void> {
    return loopback_xmit(this, skb);
  }
}

function* loopback_xmit(dev: net_device, skb: IpPacket): Kernel<void> {
  if (skb.destructor !== null) yield* skb_orphan(skb);
  skb.dev = dev;
  __netif_rx(skb);
}
