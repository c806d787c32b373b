/** What TCP does with the calls. Linux: net/ipv4/tcp_ipv4.c (tcp_prot). */
import type { Kernel } from '../../kernel/op.ts';
import { IPPROTO_TCP } from '../../kernel/uapi/in.ts';
import { inet_csk_get_port } from './bind_hash.ts';
import type { proto } from './inet_sock.ts';
import { ip_getsockopt, ip_setsockopt } from './ip_sockglue.ts';
import { tcp_close, tcp_disconnect, tcp_ioctl, tcp_shutdown } from './tcp.ts';
import { tcp_getsockopt } from './tcp_getsockopt.ts';
import { tcp_recvmsg } from './tcp_recvmsg.ts';
import { tcp_sendmsg } from './tcp_sendmsg.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { tcp_setsockopt } from './tcp_sockopt.ts';

const setsockopt = (sk: tcp_sock, level: number, optname: number, value: number): Kernel<number> =>
  level === IPPROTO_TCP
    ? tcp_setsockopt(sk, optname, value)
    : ip_setsockopt(sk, level, optname, value);

function* getsockopt(
  sk: tcp_sock,
  level: number,
  optname: number,
  out: { value: number },
): Kernel<number> {
  if (level === IPPROTO_TCP) return tcp_getsockopt(sk, optname, out);
  return ip_getsockopt(sk, level, optname, out);
}

export const tcp_prot: proto = {
  name: 'TCP',
  no_autobind: true,
  close: tcp_close,
  disconnect: tcp_disconnect,
  shutdown: tcp_shutdown,
  ioctl: tcp_ioctl,
  setsockopt,
  getsockopt,
  sendmsg: tcp_sendmsg,
  recvmsg: tcp_recvmsg,
  get_port: inet_csk_get_port,
};
