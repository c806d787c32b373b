/**
 * The wire between two hosts, and the devices at its ends. Ours; as a device and a queue discipline,
 * compare drivers/net/veth.c and net/sched/sch_netem.c.
 *
 * A packet waits in the sender's queue, takes its time to be sent (bandwidth), is on the way
 * (latency), and may be lost, come twice, or be overtaken meanwhile. Its arrival is an interrupt,
 * which schedules the receiver's NAPI instance; the softirq takes it from there. What was sent and is
 * charged to a socket is freed by the NAPI instance of the sender, as drivers do it.
 *
 * Invariants: what arrives has memory of its own. What is neither overtaken nor lost arrives in the
 * order in which it was sent.
 */
import Denque from 'denque';
import { type Chance, isDrawn } from '../kernel/chance.ts';
import {
  HRTIMER_NORESTART,
  hrtimer,
  hrtimer_start,
  ktime_get,
  NSEC_PER_MSEC,
  NSEC_PER_SEC,
} from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import { traceNote } from '../kernel/trace.ts';
import { netif_receive_skb } from './dev.ts';
import { type IpPacket, ipHeader } from './ipv4/ip.ts';
import { napi_complete_done, napi_schedule, napi_struct } from './napi.ts';
import type { net } from './net.ts';
import { net_device } from './netdevice.ts';
import { kfree_skb, skb_orphan } from './skbuff.ts';

/** The largest IP packet of an Ethernet. */
const ETH_DATA_LEN = 1500;

/** A packet as those see it who decide about its fate, and as it is shown. */
export interface PacketView {
  /** The names of the hosts. */
  readonly from: string;
  /** The host at the other end. */
  readonly to: string;
  /** How many were sent in this direction before it. */
  readonly nr: number;
  /** With all headers from IP's on. */
  readonly bytes: number;
  /** The bytes that a program has written. */
  readonly payload: number;
  /** As in "TCP 10.0.0.1:32768 > 10.0.0.2:80 SYN". */
  readonly text: string;
}

/** What a link is like, for Machine.link(); a good one unless told otherwise. */
export interface LinkOptions {
  /** How long a packet is on the way, in ns; 1 ms unless told otherwise. */
  readonly latency_ns?: number;
  /** Bits a second in each direction; not bounded unless told otherwise. */
  readonly bandwidth_bps?: number;
  /** How many packets wait to be sent in each direction before others are dropped; 1000. */
  readonly queue?: number;
  /** The share of packets that are lost, from 0 to 1; or who says of each whether it is. */
  readonly loss?: number | ((packet: PacketView) => boolean);
  /** The share of packets that later ones overtake. */
  readonly reorder?: number;
  /** The share of packets that come twice. */
  readonly duplicate?: number;
}

/** What is known of a direction, for those who watch. */
export interface LinkCounts {
  /** Packets that a host has handed over. */
  sent: number;
  /** For want of room in the queue. */
  dropped: number;
  /** On the way. */
  lost: number;
  /** Packets that have come to the other end. */
  delivered: number;
}

/** A packet in the queue. */
interface Queued {
  readonly frame: IpPacket;
  /** What it was cut from, to be freed once the last of it has left. */
  readonly charged: IpPacket | null;
}

/** What a link is made of once everything is decided. */
export type LinkShape = Required<LinkOptions>;

/** One end of a link. */
export class LinkDevice extends net_device {
  readonly napi: napi_struct;
  readonly options: LinkShape;
  readonly chance: Chance;
  readonly counts: LinkCounts = { sent: 0, dropped: 0, lost: 0, delivered: 0 };
  /** What this end sends gets nowhere. */
  cut = false;
  /** How often it was cut: what was on the way then is lost. */
  cuts = 0;
  /** The other end. */
  peer: LinkDevice = this;
  /** Packets that wait to be sent; the first of them has left when `tx` fires. */
  readonly queue: Denque<Queued> = new Denque();
  readonly tx: hrtimer;
  /** Packets that are on the way from here. */
  readonly flying: Set<PacketView> = new Set();
  /** Packets that have come in. */
  readonly rx_ring: Denque<IpPacket> = new Denque();
  /** Packets that have left and are to be freed. */
  readonly tx_done: Denque<IpPacket> = new Denque();

  constructor(net: net, name: string, napi_id: number, options: LinkShape, chance: Chance) {
    super(net, name, ETH_DATA_LEN, 0);
    this.options = options;
    this.chance = chance;
    this.napi = new napi_struct(this, napi_id, (_napi, budget) => pollDevice(this, budget));
    this.tx = new hrtimer(`${net.name} ${name} tx`, () => transmitted(this));
  }

  joinTo(peer: LinkDevice): void {
    this.peer = peer;
    this.peerAddr = peer.nd_net.addr;
  }

  partition(): void {
    this.cut = true;
    this.cuts++;
  }

  override ndo_start_xmit(skb: IpPacket): Kernel<void> {
    return queuePacket(this, skb);
  }
}

/** Puts a packet, cut as the wire needs it, into the queue; what finds no room is dropped. */
function* queuePacket(dev: LinkDevice, skb: IpPacket): Kernel<void> {
  const { options, queue } = dev;
  const frames = skb.frames(dev.mtu);
  skb.sent();
  const room = Math.max(options.queue - queue.length, 0);
  if (frames.length > room) {
    traceNote('link: the queue is full, dropped', skb);
    dev.counts.dropped += frames.length - room;
    frames.length = room;
  }
  const last = frames.at(-1);
  if (last === undefined || !Number.isFinite(options.bandwidth_bps)) {
    if (skb.destructor !== null) yield* skb_orphan(skb);
    for (const frame of frames) leave(dev, frame);
    return;
  }
  const idle = queue.isEmpty();
  for (const frame of frames) queue.push({ frame, charged: frame === last ? skb : null });
  if (idle) begin(dev);
}

/** Begins to send the first packet of the queue. */
function begin(dev: LinkDevice): void {
  const { frame } = dev.queue.peekFront() as Queued;
  const bits = 8 * (frame.length + (fragmentsOf(frame, dev.mtu) - 1) * ipHeader);
  const takes = Math.ceil((bits * NSEC_PER_SEC) / dev.options.bandwidth_bps);
  hrtimer_start(dev.tx, ktime_get() + takes);
}

/** The first packet of the queue has been sent. An interrupt. */
function* transmitted(dev: LinkDevice): Kernel<number> {
  const { frame, charged } = dev.queue.shift() as Queued;
  if (!dev.queue.isEmpty()) begin(dev);
  leave(dev, frame);
  if (charged !== null && charged.destructor !== null) {
    dev.tx_done.push(charged);
    napi_schedule(dev.napi);
  }
  return HRTIMER_NORESTART;
}

const viewOfFrame = (dev: LinkDevice, frame: IpPacket): PacketView => ({
  from: dev.nd_net.name,
  to: dev.peer.nd_net.name,
  nr: dev.counts.sent,
  bytes: frame.length,
  payload: frame.data.length,
  text: frame.text,
});

/** Is the packet lost? One in pieces is if one of them is. */
function isLost(dev: LinkDevice, frame: IpPacket, packet: PacketView): boolean {
  const { loss } = dev.options;
  if (typeof loss === 'function') return loss(packet) || dev.cut;
  let lost = dev.cut;
  for (let i = fragmentsOf(frame, dev.mtu); i > 0; i--) lost = isDrawn(dev.chance, loss) || lost;
  return lost;
}

/** A packet is on its way from here on. */
function leave(dev: LinkDevice, frame: IpPacket): void {
  const packet = viewOfFrame(dev, frame);
  dev.counts.sent++;
  if (isLost(dev, frame, packet)) {
    dev.counts.lost++;
    traceNote(`link: lost ${packet.text}`, frame);
    return;
  }
  fly(dev, frame, packet);
  if (!isDrawn(dev.chance, dev.options.duplicate)) return;
  fly(dev, frame.frames(dev.mtu)[0] as IpPacket, { ...packet });
}

function fly(dev: LinkDevice, frame: IpPacket, packet: PacketView): void {
  const { latency_ns, reorder } = dev.options;
  const { cuts } = dev;
  // So late that what is sent within another latency, or a millisecond, comes first.
  const late = isDrawn(dev.chance, reorder)
    ? 1 + dev.chance.below(Math.max(latency_ns, NSEC_PER_MSEC))
    : 0;
  const arrival = new hrtimer(`${packet.from} > ${packet.to}: ${packet.text}`, () =>
    arrived(dev, frame, packet, dev.cuts === cuts),
  );
  dev.flying.add(packet);
  hrtimer_start(arrival, ktime_get() + latency_ns + late);
}

/** What `dev` has sent comes in at the other end, unless the link was cut meanwhile. An interrupt. */
function* arrived(
  dev: LinkDevice,
  frame: IpPacket,
  packet: PacketView,
  whole: boolean,
): Kernel<number> {
  const { counts, peer } = dev;
  dev.flying.delete(packet);
  if (!whole) {
    counts.lost++;
    return HRTIMER_NORESTART;
  }
  counts.delivered++;
  peer.rx_ring.push(frame);
  napi_schedule(peer.napi);
  return HRTIMER_NORESTART;
}

/** Frees what has left, and takes up to `budget` packets in. A softirq, or a task that polls. */
function* pollDevice(dev: LinkDevice, budget: number): Kernel<number> {
  const { napi, rx_ring, tx_done } = dev;
  for (let skb = tx_done.shift(); skb !== undefined; skb = tx_done.shift()) yield* kfree_skb(skb);
  let work = 0;
  while (work < budget) {
    const skb = rx_ring.shift();
    if (skb === undefined) break;
    skb.dev = dev;
    skb.napi_id = napi.napi_id;
    yield* netif_receive_skb(skb);
    work++;
  }
  if (work < budget) napi_complete_done(napi, work);
  return work;
}

/** How many pieces of at most `mtu` bytes a datagram is cut into. */
function fragmentsOf({ length }: IpPacket, mtu: number): number {
  if (length <= mtu) return 1;
  return Math.ceil((length - ipHeader) / (Math.floor((mtu - ipHeader) / 8) * 8));
}
