/** What there is above IP. Linux: net/ipv4/af_inet.c (inet_init). */
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '../../kernel/uapi/in.ts';
import { icmp_rcv } from './icmp.ts';
import { inet_add_protocol, type net_protocol } from './protocol.ts';
import { tcp_v4_rcv } from './tcp_ipv4.ts';
import { tcp_v4_err } from './tcp_v4_err.ts';
import { udp_err, udp_rcv } from './udp.ts';

/** The receivers of packets, by the number of their protocol. */
export function inet_init(): net_protocol[] {
  const protos: net_protocol[] = [];
  const udp_protocol = { handler: udp_rcv, err_handler: udp_err };
  inet_add_protocol(protos, { handler: icmp_rcv }, IPPROTO_ICMP);
  inet_add_protocol(protos, udp_protocol, IPPROTO_UDP);
  inet_add_protocol(protos, { handler: tcp_v4_rcv, err_handler: tcp_v4_err }, IPPROTO_TCP);
  inet_add_protocol(protos, udp_protocol, IPPROTO_UDPLITE);
  return protos;
}
