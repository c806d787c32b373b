/** What the network keeps in global variables, one set a machine. Linux: include/net/net_namespace.h. */
import { current } from '../kernel/current.ts';
import type { Globals } from '../kernel/globals.ts';
import type { Kernel } from '../kernel/op.ts';
import { NET_RX_SOFTIRQ, open_softirq, TIMER_SOFTIRQ } from '../kernel/softirq.ts';
import { run_timer_softirq } from '../kernel/timer.ts';
import { type net_device, net_rx_action, type softnet_data } from './dev.ts';
import { inet_init } from './ipv4/inet_init.ts';
import { netns_ipv4 } from './ipv4/netns.ts';
import type { net_protocol } from './ipv4/protocol.ts';
import { delackIsDue, settleDelack } from './ipv4/tcp_timer.ts';
import { LoopbackDevice } from './loopback.ts';
import { netns_unix } from './unix/table.ts';

export class net {
  readonly unx: netns_unix = new netns_unix();
  readonly ipv4: netns_ipv4 = new netns_ipv4();
  readonly loopback_dev: net_device = new LoopbackDevice();
  /** Who receives the packets of a protocol, by its number. */
  readonly inet_protos: net_protocol[] = [];
  /** By CPU. */
  readonly softnet: softnet_data[] = [];

  // Ours:
  readonly name = 'init_net';
}

export const init_net = (): net => current.kernel.net as net;

export function initNet(globals: Globals): void {
  const init = new net();
  inet_init(init);
  globals.net = init;
  open_softirq(globals, TIMER_SOFTIRQ, run_timer_softirq);
  open_softirq(globals, NET_RX_SOFTIRQ, net_rx_action);
}

/**
 * Ours: what the network does once nothing else can run, without waiting for the clock, as the code
 * of an interrupt; null if it has come to rest.
 */
export const settleNetwork = (globals: Globals): (() => Kernel<void>) | null =>
  delackIsDue((globals.net as net).ipv4) ? settleDelack : null;
