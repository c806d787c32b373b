/**
 * Messages about packets that came to grief. Linux: net/ipv4/icmp.c.
 *
 * A message carries the beginning of the packet that it is about, by which the sender's socket is
 * found. It travels as any other packet does.
 *
 * Differs from Linux: of the messages there are the errors; nobody is asked for an echo.
 */
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import {
  ECONNREFUSED,
  EHOSTDOWN,
  EHOSTUNREACH,
  EMSGSIZE,
  ENETUNREACH,
  ENONET,
  ENOPROTOOPT,
  EOPNOTSUPP,
} from '../../kernel/uapi/errno.ts';
import * as icmp from '../../kernel/uapi/icmp.ts';
import { IPPROTO_ICMP } from '../../kernel/uapi/in.ts';
import { netGlobals } from '../net.ts';
import { dev_net } from '../netdevice.ts';
import { headEnd, SKB_TRUESIZE } from '../skbuff.ts';
import { mayTell } from './icmp_limit.ts';
import { addressText, IpPacket, ipHeader } from './ip.ts';
import { ip_local_out, llAllocExtra } from './ip_output.ts';
import { fib_lookup, inet_addr_type, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST } from './route.ts';

const icmpHeader = 8;
/** A message is no longer than this. */
const LONGEST = 576;

/** What a host tells of a destination that cannot be reached: the errno, and whether it is final. */
export const icmp_err_convert: readonly { readonly errno: number; readonly fatal: boolean }[] = [
  { errno: ENETUNREACH, fatal: false },
  { errno: EHOSTUNREACH, fatal: false },
  { errno: ENOPROTOOPT, fatal: true },
  { errno: ECONNREFUSED, fatal: true },
  { errno: EMSGSIZE, fatal: false },
  { errno: EOPNOTSUPP, fatal: false },
  { errno: ENETUNREACH, fatal: true },
  { errno: EHOSTDOWN, fatal: true },
  { errno: ENONET, fatal: true },
  { errno: ENETUNREACH, fatal: true },
  { errno: EHOSTUNREACH, fatal: true },
  { errno: ENETUNREACH, fatal: false },
  { errno: EHOSTUNREACH, fatal: false },
  { errno: EHOSTUNREACH, fatal: true },
  { errno: EHOSTUNREACH, fatal: true },
  { errno: EHOSTUNREACH, fatal: true },
];

export class IcmpMessage extends IpPacket {
  readonly type: number;
  readonly code: number;
  readonly info: number;
  /** The packet that it is about; of its bytes only the first `carried` travel along. */
  readonly about: IpPacket;
  readonly carried: number;

  constructor(type: number, code: number, info: number, about: IpPacket) {
    const room = LONGEST - ipHeader - icmpHeader;
    const length = ipHeader + about.headerLength + about.data.length;
    const carried = Math.min(length, room);
    const end_offset = headEnd(ipHeader + icmpHeader + carried + llAllocExtra);
    super(IPPROTO_ICMP, about.data, SKB_TRUESIZE(end_offset));
    this.type = type;
    this.code = code;
    this.info = info;
    this.about = about;
    this.carried = Math.max(carried - ipHeader - about.headerLength, 0);
  }

  override get headerLength(): number {
    return icmpHeader;
  }

  override get length(): number {
    return ipHeader + icmpHeader + ipHeader + this.about.headerLength + this.carried;
  }

  override get text(): string {
    const { type, code, about } = this;
    return `ICMP ${addressText(this.saddr)} > ${addressText(this.daddr)} type ${type} code ${code} about ${about.text}`;
  }

  override frames(): IpPacket[] {
    const frame = new IcmpMessage(this.type, this.code, this.info, this.about);
    frame.saddr = this.saddr;
    frame.daddr = this.daddr;
    return [frame];
  }
}

/** Tells the sender of a packet what became of it, unless it was for everybody, or such a message. */
export function* icmp_send(
  skb_in: IpPacket,
  type: number,
  code: number,
  info: number,
): Kernel<void> {
  __fentry__('icmp_send');
  const net = dev_net(skb_in.dev);
  const rt_type = inet_addr_type(net, skb_in.daddr);
  if (rt_type === RTN_BROADCAST || rt_type === RTN_MULTICAST) return;
  if (skb_in.protocol === IPPROTO_ICMP) return;
  const from = skb_in.dev ?? net.loopback_dev;
  const to = fib_lookup(net, skb_in.saddr) ?? net.loopback_dev;
  if (!mayTell(net, from, to, skb_in.saddr, type, code)) return;
  const message = new IcmpMessage(type, code, info, skb_in);
  message.saddr = rt_type === RTN_LOCAL ? skb_in.daddr : net.addr;
  message.daddr = skb_in.saddr;
  yield* ip_local_out(net, message);
}

/** A message has arrived: the protocol of the packet that it is about is told. A softirq. */
export function* icmp_rcv(skb: IcmpMessage): Kernel<void> {
  __fentry__('icmp_rcv');
  const ipprot = netGlobals().inet_protos[skb.about.protocol];
  if (ipprot?.err_handler !== undefined && skb.type === icmp.ICMP_DEST_UNREACH) {
    yield* ipprot.err_handler(skb, skb.info);
  }
}
