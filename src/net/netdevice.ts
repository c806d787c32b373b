/** A device. Linux: include/linux/netdevice.h, include/uapi/linux/if.h. */
import type { Kernel } from '../kernel/op.ts';
import type { IpPacket } from './ipv4/ip.ts';
import type { net } from './net.ts';

/** A packet that is sent comes back to the same host. */
export const IFF_LOOPBACK = 8;

export abstract class net_device {
  readonly nd_net: net;
  readonly name: string;
  /** The largest packet that it takes in one piece. */
  readonly mtu: number;
  /** IFF_*. */
  readonly flags: number;
  /** Ours: whose address is at the other end; null on a loopback device, where all are. */
  peerAddr: number | null = null;

  constructor(net: net, name: string, mtu: number, flags: number) {
    this.nd_net = net;
    this.name = name;
    this.mtu = mtu;
    this.flags = flags;
  }

  /** Takes a packet. Only where bottom halves are disabled. */
  abstract ndo_start_xmit(skb: IpPacket): Kernel<void>;
}

/** The network of a device that a packet came in by. */
export const dev_net = (dev: net_device | null): net => (dev as net_device).nd_net;
