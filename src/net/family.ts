/** Which families of sockets there are. Linux: net/socket.c (net_families, __sock_create). */
import { EAFNOSUPPORT, EINVAL } from '../kernel/uapi/errno.ts';
import type { CreateSocket } from './socket.ts';

const NPROTO = 46;
const SOCK_MAX = 11;

/** What makes a family's sockets, or -errno for a family or type that does not exist. */
export function net_families(family: number, type: number): CreateSocket | number {
  if (family < 0 || family >= NPROTO) return -EAFNOSUPPORT;
  if (type < 0 || type >= SOCK_MAX) return -EINVAL;
  return -EAFNOSUPPORT;
}
