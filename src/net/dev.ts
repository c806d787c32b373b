/**
 * Devices, and the softirq that receives. Linux: net/core/dev.c, include/linux/netdevice.h.
 *
 * A device takes a packet and puts it, now or later, into the queue of the CPU that receives it
 * (netif_rx). NET_RX_SOFTIRQ empties that queue at the end of the bottom-half section: on top of the
 * sender, or, when the sender is a softirq itself, when that is done with its own packet.
 *
 * Differs from Linux: the queue belongs to one CPU and needs no lock; packets are IPv4.
 */
import Denque from 'denque';
import { current } from '../kernel/current.ts';
import type { Kernel } from '../kernel/op.ts';
import {
  local_bh_disable,
  local_bh_enable,
  NET_RX_SOFTIRQ,
  raise_softirq_irqoff,
} from '../kernel/softirq.ts';
import { __fentry__ } from '../kernel/trace.ts';
import type { IpPacket } from './ipv4/ip.ts';
import { ip_rcv } from './ipv4/ip_input.ts';
import { init_net } from './net.ts';

export abstract class net_device {
  readonly name: string;
  /** The largest packet that it takes in one piece. */
  readonly mtu: number;

  constructor(name: string, mtu: number) {
    this.name = name;
    this.mtu = mtu;
  }

  /** Takes a packet. Only where bottom halves are disabled. */
  abstract ndo_start_xmit(skb: IpPacket): Kernel<void>;
}

/** What a CPU has yet to receive. */
export class softnet_data {
  readonly input_pkt_queue: Denque<IpPacket> = new Denque();
}

const this_softnet = (): softnet_data => {
  const { softnet } = init_net();
  return (softnet[current.cpu] ??= new softnet_data());
};

/** Queues a packet for this CPU to receive. Only where bottom halves are disabled. */
export function __netif_rx(skb: IpPacket): void {
  this_softnet().input_pkt_queue.push(skb);
  raise_softirq_irqoff(NET_RX_SOFTIRQ);
}

/** Sends a packet. What this CPU is to receive it has received, unless bottom halves stay disabled. */
export function* dev_queue_xmit(skb: IpPacket, dev: net_device): Kernel<void> {
  local_bh_disable();
  yield* dev.ndo_start_xmit(skb);
  yield* local_bh_enable();
}

/** NET_RX_SOFTIRQ: receives what waits for this CPU. */
export function* net_rx_action(): Kernel<void> {
  __fentry__('net_rx_action');
  const { input_pkt_queue } = this_softnet();
  for (let skb = input_pkt_queue.shift(); skb !== undefined; skb = input_pkt_queue.shift()) {
    yield* ip_rcv(skb);
  }
}
