/** Packets that come in. Linux: net/ipv4/ip_input.c. */
import { KernelBug } from '../../kernel/bug.ts';
import type { Kernel } from '../../kernel/op.ts';
import { netGlobals } from '../net.ts';
import type { IpPacket } from './ip.ts';

/** Hands a packet to its protocol. Runs as a softirq. */
export function ip_rcv(skb: IpPacket): Kernel<void> {
  const ipprot = netGlobals().inet_protos[skb.protocol];
  if (ipprot === undefined) throw new KernelBug('ip_rcv', `nobody receives ${skb.protocol}`);
  return ipprot.handler(skb);
}
