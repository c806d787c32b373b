/** What UDP does with the calls. Linux: net/ipv4/udp.c (udp_prot). */
import type { proto } from './inet_sock.ts';
import { udp_disconnect, udp_ioctl, udp_lib_close } from './udp.ts';
import { udp_recvmsg } from './udp_recvmsg.ts';
import { udp_sendmsg } from './udp_sendmsg.ts';
import { udp_getsockopt, udp_setsockopt } from './udp_sockopt.ts';
import { udp_v4_get_port } from './udp_table.ts';

export const udp_prot: proto = {
  name: 'UDP',
  no_autobind: false,
  close: udp_lib_close,
  disconnect: udp_disconnect,
  ioctl: udp_ioctl,
  setsockopt: udp_setsockopt,
  getsockopt: udp_getsockopt,
  sendmsg: udp_sendmsg,
  recvmsg: udp_recvmsg,
  get_port: udp_v4_get_port,
};
