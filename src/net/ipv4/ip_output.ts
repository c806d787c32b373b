/**
 * Packets that go out. Linux: net/ipv4/ip_output.c.
 *
 * Differs from Linux: every address that a packet can be sent to is on the loopback device.
 */
import type { Kernel } from '../../kernel/op.ts';
import { dev_queue_xmit } from '../dev.ts';
import { init_net } from '../net.ts';
import type { IpPacket } from './ip.ts';

/** What a packet's head has besides its headers: room for those of the device, and some more. */
export const llHeader = 16;
export const llAllocExtra: number = llHeader + 15;

/** Sends a packet whose addresses are filled in. */
export const ip_local_out = (skb: IpPacket): Kernel<void> =>
  dev_queue_xmit(skb, init_net().loopback_dev);

/** Sends a packet of a connection. */
export const ip_queue_xmit: (skb: IpPacket) => Kernel<void> = ip_local_out;
