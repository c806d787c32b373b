/** Messages about packets. Linux: include/uapi/linux/icmp.h. */

/** linux/icmp.h: the type of a message that a packet could not be delivered; its code says why. */
export const ICMP_DEST_UNREACH = 3;
/** linux/icmp.h: no way leads to the network. */
export const ICMP_NET_UNREACH = 0;
/** linux/icmp.h: no way leads to the host. */
export const ICMP_HOST_UNREACH = 1;
/** linux/icmp.h: the host has no such protocol. */
export const ICMP_PROT_UNREACH = 2;
/** linux/icmp.h: nobody has the port: ECONNREFUSED. */
export const ICMP_PORT_UNREACH = 3;
/** linux/icmp.h: the packet is too large, and must not be fragmented: EMSGSIZE. */
export const ICMP_FRAG_NEEDED = 4;
/** linux/icmp.h: a route that the sender had chosen failed. */
export const ICMP_SR_FAILED = 5;
/** linux/icmp.h: the network is unknown. */
export const ICMP_NET_UNKNOWN = 6;
/** linux/icmp.h: the host is unknown. */
export const ICMP_HOST_UNKNOWN = 7;
/** linux/icmp.h: the sending host is cut off. */
export const ICMP_HOST_ISOLATED = 8;
/** linux/icmp.h: communication with the network is forbidden. */
export const ICMP_NET_ANO = 9;
/** linux/icmp.h: communication with the host is forbidden. */
export const ICMP_HOST_ANO = 10;
/** linux/icmp.h: no way leads to the network with this type of service. */
export const ICMP_NET_UNR_TOS = 11;
/** linux/icmp.h: no way leads to the host with this type of service. */
export const ICMP_HOST_UNR_TOS = 12;
/** linux/icmp.h: a filter has dropped the packet. */
export const ICMP_PKT_FILTERED = 13;
/** linux/icmp.h: the precedence is not allowed to the host. */
export const ICMP_PREC_VIOLATION = 14;
/** linux/icmp.h: the precedence is below what the network takes. */
export const ICMP_PREC_CUTOFF = 15;
