/**
 * Where a packet goes, and which of the machine's addresses it comes from.
 * Linux: net/ipv4/route.c, net/ipv4/fib_frontend.c.
 *
 * Differs from Linux: no tables. The machine has the addresses of 127.0.0.0/8, all on its loopback
 * device; multicast groups have no members.
 */
import { ENETUNREACH } from '../../kernel/uapi/errno.ts';
import { INADDR_ANY, INADDR_LOOPBACK } from '../../kernel/uapi/in.ts';
import type { net_device } from '../dev.ts';
import type { net } from '../net.ts';

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

/** What an address is to this machine. */
export function inet_addr_type(_net: net, addr: number): number {
  if (ipv4_is_zeronet(addr) || ipv4_is_lbcast(addr)) return RTN_BROADCAST;
  if (ipv4_is_multicast(addr)) return RTN_MULTICAST;
  if (addr === LOOPBACK_BROADCAST) return RTN_BROADCAST;
  return ipv4_is_loopback(addr) ? RTN_LOCAL : RTN_UNICAST;
}

/** A way to an address. */
export interface rtable {
  readonly rt_type: number;
  readonly dev: net_device;
  readonly saddr: number;
  readonly daddr: number;
}

/** The way to `daddr`, INADDR_ANY being the machine itself, for packets from `saddr`; or -errno. */
export function ip_route_output(net: net, daddr: number, saddr: number): rtable | number {
  const dev = net.loopback_dev;
  if (daddr === INADDR_ANY) {
    const own = saddr === INADDR_ANY ? INADDR_LOOPBACK : saddr;
    return { rt_type: RTN_LOCAL, dev, saddr: own, daddr: own };
  }
  const rt_type = inet_addr_type(net, daddr);
  const bound = saddr !== INADDR_ANY;
  const toAll = ipv4_is_lbcast(daddr) || rt_type === RTN_MULTICAST;
  if (!ipv4_is_loopback(daddr) && !(toAll && bound)) return -ENETUNREACH;
  return { rt_type, dev, saddr: bound ? saddr : INADDR_LOOPBACK, daddr };
}
