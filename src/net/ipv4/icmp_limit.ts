/**
 * How many messages a host sends at most. Linux: net/ipv4/icmp.c (icmp_global_allow,
 * icmpv4_xrlim_allow), net/ipv4/inetpeer.c.
 *
 * Two buckets of tokens: one for all messages, and one for each host that they go to. Messages to the
 * host itself are only counted in the first, and those about packets of the loopback device in none.
 *
 * Differs from Linux: the sysctls (icmp_ratelimit, icmp_ratemask, icmp_msgs_per_sec, icmp_msgs_burst)
 * have their defaults. A message takes one token of the first bucket, where Linux takes none, one or
 * two by chance.
 */
import { HZ, jiffies } from '../../kernel/timer.ts';
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED } from '../../kernel/uapi/icmp.ts';
import type { net } from '../net.ts';
import { IFF_LOOPBACK, type net_device } from '../netdevice.ts';

const sysctl_icmp_ratelimit: number = HZ;
/** Errors but redirects: types 3, 4, 11 and 12. */
const sysctl_icmp_ratemask = 0x1818;
const sysctl_icmp_msgs_per_sec = 1000;
const sysctl_icmp_msgs_burst = 50;

/** How many messages a host is sent before they are counted. */
const XRLIM_BURST_FACTOR = 6;

/** What is known of a host that packets were sent to. */
export class inet_peer {
  rate_tokens = 0;
  rate_last: number = jiffies() - 60 * HZ;
}

/** Takes `timeout` ticks' worth of tokens from a host's bucket; false if there are too few. */
export function inet_peer_xrlim_allow(peer: inet_peer, timeout: number): boolean {
  const now = jiffies();
  const most = XRLIM_BURST_FACTOR * timeout;
  const tokens = Math.min(peer.rate_tokens + now - peer.rate_last, most);
  const allowed = tokens >= timeout;
  peer.rate_last = now;
  peer.rate_tokens = allowed ? tokens - timeout : tokens;
  return allowed;
}

/** Is there anything in the bucket for all messages? It is filled every 20 ms. */
export function icmp_global_allow({ ipv4 }: net): boolean {
  if (ipv4.icmp_global_credit > 0) return true;
  const now = jiffies();
  const delta = Math.min(now - ipv4.icmp_global_stamp, HZ);
  if (delta < HZ / 50) return false;
  ipv4.icmp_global_stamp = now;
  const more = Math.floor((sysctl_icmp_msgs_per_sec * delta) / HZ);
  ipv4.icmp_global_credit = Math.min(ipv4.icmp_global_credit + more, sysctl_icmp_msgs_burst);
  return true;
}

const isCounted = (type: number, code: number): boolean =>
  (type !== ICMP_DEST_UNREACH || code !== ICMP_FRAG_NEEDED) &&
  ((1 << type) & sysctl_icmp_ratemask) !== 0;

/** Ours: may a message about a packet that came by `from` leave by `to` for `daddr`? Counts it. */
export function mayTell(
  net: net,
  from: net_device,
  to: net_device,
  daddr: number,
  type: number,
  code: number,
): boolean {
  if ((from.flags & IFF_LOOPBACK) !== 0 || !isCounted(type, code)) return true;
  if (!icmp_global_allow(net)) return false;
  if ((to.flags & IFF_LOOPBACK) === 0) {
    const { peers } = net.ipv4;
    const peer = peers.get(daddr) ?? new inet_peer();
    peers.set(daddr, peer);
    if (!inet_peer_xrlim_allow(peer, sysctl_icmp_ratelimit)) return false;
  }
  net.ipv4.icmp_global_credit--;
  return true;
}
