/** Who receives the packets of which protocol. Linux: include/net/protocol.h, net/ipv4/protocol.c. */
import type { Kernel } from '../../kernel/op.ts';
import type { IcmpMessage } from './icmp.ts';
import type { IpPacket } from './ip.ts';

export interface net_protocol {
  /** A packet has arrived. Runs as a softirq. */
  handler(skb: IpPacket): Kernel<void>;
  /** A packet of this protocol came to grief elsewhere, as `skb` says. Runs as a softirq. */
  err_handler?(skb: IcmpMessage, info: number): Kernel<void>;
}

export function inet_add_protocol(
  inet_protos: net_protocol[],
  prot: net_protocol,
  protocol: number,
): void {
  inet_protos[protocol] = prot;
}
