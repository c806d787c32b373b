/** How large segments are. Linux: net/ipv4/tcp_output.c, net/ipv4/tcp.c, include/net/tcp.h. */
import { MSG_OOB } from '../../kernel/uapi/socket.ts';
import type { net_device } from '../netdevice.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { TCP_MSS_DEFAULT } from './tcp_window.ts';

/** sk_gso_max_size of the loopback device: a packet of 64 KiB without its headers. */
export const sk_gso_max_size = 65_279;
/** The longest packet that a header can tell of. */
const IPV4_MAX_PMTU = 65_535;
/** sysctl_tcp_min_snd_mss. */
const MIN_SND_MSS = 48;

/** A segment is at most half of the largest window that the peer has ever offered. */
export function tcp_bound_to_half_wnd(tp: tcp_sock, pktsize: number): number {
  const cutoff = tp.max_window > TCP_MSS_DEFAULT ? tp.max_window >> 1 : tp.max_window;
  if (cutoff === 0 || pktsize <= cutoff) return pktsize;
  return Math.max(cutoff, 68 - tp.tcp_header_len);
}

/** What a device carries, without the IP and TCP headers. */
const deviceMss = (dev: net_device): number => Math.min(dev.mtu, IPV4_MAX_PMTU) - 40;

/** Computes the segment size anew. */
export function tcp_sync_mss(tp: tcp_sock): void {
  const pmtu = deviceMss(tp.sk_dst_dev);
  const mss = Math.max(Math.min(pmtu, tp.rx_opt.mss_clamp), MIN_SND_MSS) - (tp.tcp_header_len - 20);
  tp.mss_cache = tcp_bound_to_half_wnd(tp, mss);
}
export const tcp_current_mss = (tp: tcp_sock): number => tp.mss_cache;

/** What the device lets this end receive, unless TCP_MAXSEG says less. */
export function tcp_mss_clamp(tp: tcp_sock, dev: net_device = tp.sk_dst_dev): number {
  const mss = deviceMss(dev);
  return tp.rx_opt.user_mss !== 0 ? Math.min(tp.rx_opt.user_mss, mss) : mss;
}

/** How large a segment in the write queue may grow; the device cuts it up. */
function tcp_xmit_size_goal(tp: tcp_sock, mss_now: number, large_allowed: boolean): number {
  if (!large_allowed) return mss_now;
  const new_size_goal = tcp_bound_to_half_wnd(tp, sk_gso_max_size);
  let size_goal = tp.gso_segs * mss_now;
  if (new_size_goal < size_goal || new_size_goal >= size_goal + mss_now) {
    tp.gso_segs = Math.floor(new_size_goal / mss_now);
    size_goal = tp.gso_segs * mss_now;
  }
  return Math.max(size_goal, mss_now);
}

/** tcp_send_mss(): the size goal of a send with `flags`. */
export const tcpSizeGoal = (sk: tcp_sock, flags: number): number =>
  tcp_xmit_size_goal(sk, tcp_current_mss(sk), (flags & MSG_OOB) === 0);
