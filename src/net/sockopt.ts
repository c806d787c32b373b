/** Options that all sockets know. Linux: net/core/sock.c (sk_setsockopt, sk_getsockopt). */
import type { Kernel } from '../kernel/op.ts';
import { ENOPROTOOPT } from '../kernel/uapi/errno.ts';
import type { socket } from './socket.ts';

export function* sock_setsockopt(_sock: socket, _optname: number, _value: number): Kernel<number> {
  return -ENOPROTOOPT;
}

export function* sock_getsockopt(
  _sock: socket,
  _optname: number,
  _out: { value: number },
): Kernel<number> {
  return -ENOPROTOOPT;
}
