/**
 * The way of a packet between two sockets of one machine: the loopback device, and the softirq that
 * receives. Linux: net/core/dev.c, drivers/net/loopback.c, net/ipv4/ip_output.c, ip_input.c.
 *
 * Sending puts the packet into the queue of the sender's CPU and raises NET_RX_SOFTIRQ; it is
 * received at the end of the bottom-half section: on top of the sender, or, when the sender is a
 * softirq itself, when that is done with its own packet.
 *
 * Differs from Linux: nothing is lost, delayed or reordered on the way; the queue belongs to one CPU
 * and needs no lock; no routes: every address that can be sent to is this machine's.
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
import { tcp_v4_rcv } from './ipv4/tcp_ipv4.ts';
import type { TcpSegment } from './ipv4/tcp_skb.ts';
import { init_net } from './net.ts';

/** What a CPU has yet to receive. */
export class softnet_data {
  readonly input_pkt_queue: Denque<TcpSegment> = new Denque();
}

const this_softnet = (): softnet_data => {
  const { softnet } = init_net();
  return (softnet[current.cpu] ??= new softnet_data());
};

/** Queues the packet for this CPU to receive. Only where bottom halves are disabled. */
function loopback_xmit(skb: TcpSegment): void {
  this_softnet().input_pkt_queue.push(skb);
  raise_softirq_irqoff(NET_RX_SOFTIRQ);
}

/** Sends a packet. It is received before this returns, unless bottom halves stay disabled. */
export function* ip_queue_xmit(skb: TcpSegment): Kernel<void> {
  local_bh_disable();
  loopback_xmit(skb);
  yield* local_bh_enable();
}

/** NET_RX_SOFTIRQ: receives what waits for this CPU. */
export function* net_rx_action(): Kernel<void> {
  __fentry__('net_rx_action');
  const { input_pkt_queue } = this_softnet();
  for (let skb = input_pkt_queue.shift(); skb !== undefined; skb = input_pkt_queue.shift()) {
    yield* tcp_v4_rcv(skb);
  }
}
