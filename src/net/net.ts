/**
 * What the network keeps in global variables, one set a machine; and what it keeps once a host.
 * Linux: include/net/net_namespace.h, net/core/net_namespace.c.
 *
 * A host is a network namespace: devices, addresses, ports and names of its own. What a machine
 * starts with is `init_net`, which has the loopback device and nothing else.
 */
import { current } from '../kernel/current.ts';
import { AtFirstUse } from '../kernel/footprint.ts';
import type { Globals } from '../kernel/globals.ts';
import { list_head } from '../kernel/list.ts';
import type { Kernel } from '../kernel/op.ts';
import { NET_RX_SOFTIRQ, open_softirq, TIMER_SOFTIRQ } from '../kernel/softirq.ts';
import { run_timer_softirq } from '../kernel/timer.ts';
import { napi_busy_loop } from './busy_poll.ts';
import { net_rx_action, type softnet_data } from './dev.ts';
import { inet_init } from './ipv4/inet_init.ts';
import type { neighbour } from './ipv4/neighbour.ts';
import { netns_ipv4 } from './ipv4/netns.ts';
import type { net_protocol } from './ipv4/protocol.ts';
import type { tcp_sock } from './ipv4/tcp_sock.ts';
import { delackIsDue, settleDelack } from './ipv4/tcp_timer.ts';
import type { LinkDevice } from './link.ts';
import { LoopbackDevice } from './loopback.ts';
import type { napi_struct } from './napi.ts';
import type { net_device } from './netdevice.ts';
import { netns_unix } from './unix/table.ts';

export class net {
  private readonly unix: AtFirstUse<netns_unix> = new AtFirstUse(2, makeUnix);
  private readonly inet: AtFirstUse<netns_ipv4> = new AtFirstUse(16, makeIpv4);
  private readonly lo: AtFirstUse<net_device, this> = new AtFirstUse(0, makeLoopback);

  // Ours:
  readonly name: string;
  /** Its address beside those of 127.0.0.0/8; 0 for none. */
  readonly addr: number;
  /** Its ends of links, in their order. */
  readonly links: LinkDevice[] = [];
  private met: Map<number, neighbour> | null = null;

  constructor(name: string, addr: number) {
    this.name = name;
    this.addr = addr;
  }

  /** Who was looked for, by address. */
  get neighbours(): Map<number, neighbour> {
    return (this.met ??= new Map());
  }

  get unx(): netns_unix {
    return this.unix.get();
  }

  get ipv4(): netns_ipv4 {
    return this.inet.get();
  }

  get loopback_dev(): net_device {
    return this.lo.get(this);
  }
}

const makeUnix = (): netns_unix => new netns_unix();
const makeIpv4 = (): netns_ipv4 => new netns_ipv4();
const makeLoopback = (of: net): net_device => new LoopbackDevice(of);

/** Ours: what all hosts share. */
export class NetGlobals {
  readonly init_net: net = new net('init_net', 0);
  private readonly protos: AtFirstUse<net_protocol[]> = new AtFirstUse(0, inet_init);
  /** By CPU. */
  readonly softnet: softnet_data[] = [];
  /** Sockets with an ACK that waits for company. */
  readonly delacks: list_head<tcp_sock> = new list_head<tcp_sock>(null);
  /** The NAPI instances of all devices, by their number less the least that there is. */
  readonly napi_hash: napi_struct[] = [];

  /** Who receives the packets of a protocol, by its number. */
  get inet_protos(): readonly net_protocol[] {
    return this.protos.get();
  }
}

/** Ours: those of the running machine. */
export const netGlobals = (): NetGlobals => current.kernel.net as NetGlobals;

/** Ours: the network of the current task, nsproxy->net_ns. */
export const currentNet = (): net => current.net_ns as net;

export function initNet(globals: Globals): NetGlobals {
  const made = new NetGlobals();
  globals.net = made;
  globals.napi_busy_loop = napi_busy_loop;
  open_softirq(globals, TIMER_SOFTIRQ, run_timer_softirq);
  open_softirq(globals, NET_RX_SOFTIRQ, net_rx_action);
  return made;
}

/**
 * Ours: what the network does once nothing else can run, without waiting for the clock, as the code
 * of an interrupt; null if it has come to rest.
 */
export const settleNetwork = (globals: Globals): (() => Kernel<void>) | null =>
  delackIsDue(globals.net as NetGlobals) ? settleDelack : null;
