/** Ours: what a connection is to know of the way that its packets take. */
import { IFF_LOOPBACK, type net_device } from '../netdevice.ts';

/** Do its packets arrive while they are being sent? Then the clock tells nothing about them. */
export const overLoopback = ({ sk_dst_dev }: { readonly sk_dst_dev: net_device }): boolean =>
  (sk_dst_dev.flags & IFF_LOOPBACK) !== 0;
