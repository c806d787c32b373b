/**
 * Where a packet goes, and which of the host's addresses it comes from.
 * Linux: net/ipv4/route.c, net/ipv4/fib_frontend.c.
 *
 * A host has the addresses of 127.0.0.0/8 on its loopback device. One that has links also has one of
 * its own, a way to the other end of each, and one to the 256 addresses around its own, by its first
 * link.
 *
 * Differs from Linux: no tables, and nobody forwards; multicast groups have no members, and what is
 * for everybody stays on the loopback device.
 */
import { EINVAL, ENETUNREACH } from '../../kernel/uapi/errno.ts';
import { INADDR_ANY, INADDR_LOOPBACK } from '../../kernel/uapi/in.ts';
import type { net } from '../net.ts';
import { IFF_LOOPBACK, type net_device } from '../netdevice.ts';

/** Kinds of addresses. */
export const RTN_UNICAST = 1;
export const RTN_LOCAL = 2;
export const RTN_BROADCAST = 3;
export const RTN_MULTICAST = 5;

const INADDR_BROADCAST = 0xffff_ffff;
const LOOPBACK_BROADCAST = 0x7fff_ffff;

/** 127.0.0.0/8: everything that a machine has by itself. */
export const ipv4_is_loopback = (addr: number): boolean => addr >>> 24 === 127;
export const ipv4_is_multicast = (addr: number): boolean => addr >>> 28 === 14;
export const ipv4_is_zeronet = (addr: number): boolean => addr >>> 24 === 0;
export const ipv4_is_lbcast = (addr: number): boolean => addr === INADDR_BROADCAST;

/** What an address is to a host. */
export function inet_addr_type(net: net, addr: number): number {
  if (ipv4_is_zeronet(addr) || ipv4_is_lbcast(addr)) return RTN_BROADCAST;
  if (ipv4_is_multicast(addr)) return RTN_MULTICAST;
  if (addr === LOOPBACK_BROADCAST) return RTN_BROADCAST;
  return ipv4_is_loopback(addr) || addr === net.addr ? RTN_LOCAL : RTN_UNICAST;
}

/** A way to an address. */
export interface rtable {
  readonly rt_type: number;
  readonly dev: net_device;
  readonly saddr: number;
  readonly daddr: number;
}

/** The device by which packets to an address leave; null if there is no way. */
export function fib_lookup(net: net, daddr: number): net_device | null {
  const { addr, links } = net;
  if (ipv4_is_loopback(daddr) || daddr === addr) return net.loopback_dev;
  for (const link of links) if (link.peerAddr === daddr) return link;
  const isNear = daddr >>> 8 === addr >>> 8;
  return isNear ? (links[0] ?? null) : null;
}

/** Ours: is the address at the other end of the device? On a loopback device everything is. */
export const isNeighbour = (dev: net_device, daddr: number): boolean =>
  dev.peerAddr === null || dev.peerAddr === daddr;

/** The way to `daddr`, INADDR_ANY being the host itself, for packets from `saddr`; or -errno. */
export function ip_route_output(net: net, daddr: number, saddr: number): rtable | number {
  const { loopback_dev } = net;
  if (daddr === INADDR_ANY) {
    const own = saddr === INADDR_ANY ? INADDR_LOOPBACK : saddr;
    return { rt_type: RTN_LOCAL, dev: loopback_dev, saddr: own, daddr: own };
  }
  const rt_type = inet_addr_type(net, daddr);
  const bound = saddr !== INADDR_ANY;
  const toAll = ipv4_is_lbcast(daddr) || rt_type === RTN_MULTICAST;
  const dev = toAll && bound ? loopback_dev : fib_lookup(net, daddr);
  if (dev === null) return -ENETUNREACH;
  const local = (dev.flags & IFF_LOOPBACK) !== 0;
  if (!local && ipv4_is_loopback(saddr)) return -EINVAL;
  if (bound) return { rt_type, dev, saddr, daddr };
  const own = local && daddr !== net.addr ? INADDR_LOOPBACK : net.addr;
  return { rt_type, dev, saddr: own, daddr };
}
