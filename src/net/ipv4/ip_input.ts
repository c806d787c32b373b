/** Packets that come in. Linux: net/ipv4/ip_input.c. */
import { KernelBug } from '../../kernel/bug.ts';
import type { Kernel } from '../../kernel/op.ts';
import { netGlobals } from '../net.ts';
import { dev_net } from '../netdevice.ts';
import type { IpPacket } from './ip.ts';
import { inet_addr_type, RTN_UNICAST } from './route.ts';

function* nothing(): Kernel<void> {}

/** Hands a packet to its protocol, if it is for this host. Runs as a softirq. */
export function ip_rcv(skb: IpPacket): Kernel<void> {
  if (inet_addr_type(dev_net(skb.dev), skb.daddr) === RTN_UNICAST) return nothing();
  const ipprot = netGlobals().inet_protos[skb.protocol];
  if (ipprot === undefined) throw new KernelBug('ip_rcv', `nobody receives ${skb.protocol}`);
  return ipprot.handler(skb);
}
