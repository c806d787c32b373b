/** Which families of sockets there are. Linux: net/socket.c (net_families, __sock_create). */
import { EAFNOSUPPORT, EINVAL, EPERM } from '../kernel/uapi/errno.ts';
import { AF_INET, AF_PACKET, AF_UNIX, SOCK_PACKET } from '../kernel/uapi/socket.ts';
import { inet_create } from './ipv4/af_inet.ts';
import type { CreateSocket } from './socket.ts';
import { unix_create } from './unix/af_unix.ts';

const NPROTO = 46;
const SOCK_MAX = 11;

/** What makes a family's sockets, or -errno for a family or type that does not exist. */
export function net_families(family: number, type: number): CreateSocket | number {
  if (family < 0 || family >= NPROTO) return -EAFNOSUPPORT;
  if (type < 0 || type >= SOCK_MAX) return -EINVAL;
  if (family === AF_UNIX) return unix_create;
  // An old name of a packet socket, which takes CAP_NET_RAW.
  if (family === AF_PACKET || (family === AF_INET && type === SOCK_PACKET)) return -EPERM;
  if (family === AF_INET) return inet_create;
  return -EAFNOSUPPORT;
}
