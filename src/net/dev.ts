/**
 * Devices, and the softirq that receives. Linux: net/core/dev.c, include/linux/netdevice.h.
 *
 * A packet that comes in without an interrupt of its own (the loopback device) waits in the queue of
 * the CPU that receives it, whose `backlog` is a NAPI instance like those of devices (napi.ts).
 * NET_RX_SOFTIRQ asks each instance that has something: at the end of the bottom-half section, on top
 * of the sender, or, when the sender is a softirq itself, when that is done with its own packet.
 *
 * Differs from Linux: the queues belong to one CPU and need no lock; packets are IPv4; no GRO, no RPS.
 */
import Denque from 'denque';
import { current } from '../kernel/current.ts';
import {
  list_empty,
  list_entry,
  list_head,
  list_splice_init,
  list_splice_tail_init,
} from '../kernel/list.ts';
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
import { ____napi_schedule, NAPIF_STATE_SCHED, napi_poll, napi_struct } from './napi.ts';
import { netGlobals } from './net.ts';
import type { net_device } from './netdevice.ts';

/** /proc/sys/net/core/netdev_budget: how many packets one NET_RX_SOFTIRQ receives. */
const netdev_budget = 300;

/** What a CPU has yet to receive. */
export class softnet_data {
  /** NET_RX_SOFTIRQ runs, or is raised: what comes now it will see. */
  in_net_rx_action = false;
  readonly poll_list: list_head<napi_struct> = new list_head<napi_struct>(null);
  readonly input_pkt_queue: Denque<IpPacket> = new Denque();
  readonly backlog: napi_struct = new napi_struct(null, 0, (_napi, quota) =>
    process_backlog(this, quota),
  );
}

export const thisSoftnet = (): softnet_data => {
  const { softnet } = netGlobals();
  return (softnet[current.cpu] ??= new softnet_data());
};

/** Queues a packet for this CPU to receive. Only where bottom halves are disabled. */
export function __netif_rx(skb: IpPacket): void {
  const sd = thisSoftnet();
  sd.input_pkt_queue.push(skb);
  if ((sd.backlog.state & NAPIF_STATE_SCHED) !== 0) return;
  sd.backlog.state |= NAPIF_STATE_SCHED;
  ____napi_schedule(sd, sd.backlog);
}

/** Receives what waits for this CPU; how many packets that were. */
function* process_backlog(
  { backlog, input_pkt_queue }: softnet_data,
  quota: number,
): Kernel<number> {
  let work = 0;
  for (;;) {
    const skb = input_pkt_queue.shift();
    if (skb === undefined) break;
    yield* netif_receive_skb(skb);
    if (++work >= quota) return work;
  }
  backlog.state = 0;
  return work;
}

/** Hands a packet to the protocols. A softirq. */
export const netif_receive_skb: (skb: IpPacket) => Kernel<void> = ip_rcv;

/** Sends a packet. What this CPU is to receive it has received, unless bottom halves stay disabled. */
export function* dev_queue_xmit(skb: IpPacket, dev: net_device): Kernel<void> {
  local_bh_disable();
  yield* dev.ndo_start_xmit(skb);
  yield* local_bh_enable();
}

/** NET_RX_SOFTIRQ: asks everybody that has packets for this CPU. */
export function* net_rx_action(): Kernel<void> {
  __fentry__('net_rx_action');
  const sd = thisSoftnet();
  const list = new list_head<napi_struct>(null);
  const repoll = new list_head<napi_struct>(null);
  let budget = netdev_budget;
  sd.in_net_rx_action = true;
  while (budget > 0) {
    // What is scheduled meanwhile has its turn unless something is to be asked once more.
    if (list_empty(list) && list_empty(repoll)) list_splice_init(sd.poll_list, list);
    if (list_empty(list)) break;
    budget -= yield* napi_poll(list_entry(list.next), repoll);
  }
  list_splice_tail_init(sd.poll_list, list);
  list_splice_tail_init(repoll, list);
  list_splice_init(list, sd.poll_list);
  sd.in_net_rx_action = !list_empty(sd.poll_list);
  if (sd.in_net_rx_action) raise_softirq_irqoff(NET_RX_SOFTIRQ);
}
