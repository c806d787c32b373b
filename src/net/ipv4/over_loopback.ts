/** Ours: what a connection is to know of the way that its packets take. */
import { IFF_LOOPBACK } from '../netdevice.ts';
import type { tcp_sock } from './tcp_sock.ts';

/** Do its packets arrive while they are being sent? Then the clock tells nothing about them. */
export const overLoopback = (sk: tcp_sock): boolean => (sk.sk_dst_dev.flags & IFF_LOOPBACK) !== 0;
