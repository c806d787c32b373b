/** Protocol numbers of the internet family. Linux: include/uapi/linux/in.h. */

/** ip(7): in socket(2), the usual protocol of the type; in setsockopt(2), the level of IP_*. */
export const IPPROTO_IP = 0;
/** icmp(7): messages about packets. */
export const IPPROTO_ICMP = 1;
/** linux/in.h: who listens to which multicast group. */
export const IPPROTO_IGMP = 2;
/** linux/in.h: IP inside of IP. */
export const IPPROTO_IPIP = 4;
/** tcp(7): a stream of bytes over a connection. */
export const IPPROTO_TCP = 6;
/** linux/in.h: the Exterior Gateway Protocol. */
export const IPPROTO_EGP = 8;
/** linux/in.h: Xerox's PUP. */
export const IPPROTO_PUP = 12;
/** udp(7): single messages, which may be lost. */
export const IPPROTO_UDP = 17;
/** linux/in.h: Xerox's IDP. */
export const IPPROTO_IDP = 22;
/** linux/in.h: transport class 4 of OSI. */
export const IPPROTO_TP = 29;
/** linux/in.h: datagrams with congestion control. */
export const IPPROTO_DCCP = 33;
/** ipv6(7): IPv6 inside of IPv4; in setsockopt(2), the level of IPV6_*. */
export const IPPROTO_IPV6 = 41;
/** linux/in.h: reservation of resources. */
export const IPPROTO_RSVP = 46;
/** linux/in.h: Cisco's tunnels. */
export const IPPROTO_GRE = 47;
/** linux/in.h: the encrypted payload of IPsec. */
export const IPPROTO_ESP = 50;
/** linux/in.h: the authentication header of IPsec. */
export const IPPROTO_AH = 51;
/** linux/in.h: the Multicast Transport Protocol. */
export const IPPROTO_MTP = 92;
/** linux/in.h: the pseudo header of IPsec's BEET mode. */
export const IPPROTO_BEETPH = 94;
/** linux/in.h: the encapsulation header. */
export const IPPROTO_ENCAP = 98;
/** linux/in.h: routing of multicast. */
export const IPPROTO_PIM = 103;
/** linux/in.h: compressed payload. */
export const IPPROTO_COMP = 108;
/** linux/in.h: tunnels of layer 2. */
export const IPPROTO_L2TP = 115;
/** linux/in.h: several streams of messages over a connection. */
export const IPPROTO_SCTP = 132;
/** udplite(7): UDP whose checksum covers a part of the message. */
export const IPPROTO_UDPLITE = 136;
/** linux/in.h: MPLS inside of IP. */
export const IPPROTO_MPLS = 137;
/** linux/in.h: Ethernet inside of IP. */
export const IPPROTO_ETHERNET = 143;
/** raw(7): packets whose IP header the program makes. */
export const IPPROTO_RAW = 255;
/** linux/in.h: TCP over several paths. */
export const IPPROTO_MPTCP = 262;

/** ip(7): any address of the host, 0.0.0.0. */
export const INADDR_ANY = 0;
/** ip(7): the host itself, 127.0.0.1. */
export const INADDR_LOOPBACK = 0x7f000001;

// Options of IPPROTO_IP.
/** ip(7): the type of service in the header of what is sent. */
export const IP_TOS = 1;
/** ip(7): how many routers what is sent may pass. */
export const IP_TTL = 2;
/** ip(7): the program makes the IP header, on a raw socket. */
export const IP_HDRINCL = 3;
/** ip(7): the options in the header of what is sent, up to 40 bytes. */
export const IP_OPTIONS = 4;
/** ip(7): a raw socket gets what routers are to look at. */
export const IP_ROUTER_ALERT = 5;
/** ip(7): a control message has the IP options of what is received. */
export const IP_RECVOPTS = 6;
/** ip(7): as IP_RECVOPTS, with timestamp and route not filled in. */
export const IP_RETOPTS = 7;
/** ip(7): a control message tells to which address, over which interface, a packet came. */
export const IP_PKTINFO = 8;
/** linux/in.h: the control messages that a stream would get with a packet. */
export const IP_PKTOPTIONS = 9;
/** ip(7): whether packets may be fragmented, and so whether the path's MTU is found out. */
export const IP_MTU_DISCOVER = 10;
/** ip(7): errors are queued with their details, for recvmsg(2) with MSG_ERRQUEUE. */
export const IP_RECVERR = 11;
/** ip(7): a control message has the time to live of what is received. */
export const IP_RECVTTL = 12;
/** ip(7): a control message has the type of service of what is received. */
export const IP_RECVTOS = 13;
/** ip(7): the MTU of the connected socket's path, in bytes. */
export const IP_MTU = 14;
/** ip(7): bind(2) takes an address that the host does not have, or not yet. */
export const IP_FREEBIND = 15;
/** linux/in.h: the IPsec policy of the socket, by PF_KEY. */
export const IP_IPSEC_POLICY = 16;
/** linux/in.h: the IPsec policy of the socket, by XFRM. */
export const IP_XFRM_POLICY = 17;
/** ip(7): a control message has the security context of the peer. */
export const IP_PASSSEC = 18;
/** ip(7): the socket takes addresses that are not the host's, as a proxy does. */
export const IP_TRANSPARENT = 19;
/** ip(7): a control message has the address that the packet was sent to at first. */
export const IP_RECVORIGDSTADDR = 20;
/** linux/in.h: packets with a lower time to live are dropped. */
export const IP_MINTTL = 21;
/** ip(7): packets of a raw socket are not put together by netfilter. */
export const IP_NODEFRAG = 22;
/** linux/in.h: a control message has the checksum of the UDP message. */
export const IP_CHECKSUM = 23;
/** ip(7): bind(2) to port 0 leaves the choice of the port to connect(2). */
export const IP_BIND_ADDRESS_NO_PORT = 24;
/** linux/in.h: a control message has the size of the largest fragment, in bytes. */
export const IP_RECVFRAGSIZE = 25;
/** linux/in.h: errors tell where the extensions of RFC 4884 begin. */
export const IP_RECVERR_RFC4884 = 26;
/** ip(7): the interface over which multicast is sent. */
export const IP_MULTICAST_IF = 32;
/** ip(7): how many routers multicast may pass; 1 at first. */
export const IP_MULTICAST_TTL = 33;
/** ip(7): whether multicast that is sent comes back to this host. */
export const IP_MULTICAST_LOOP = 34;
/** ip(7): joins a multicast group. */
export const IP_ADD_MEMBERSHIP = 35;
/** ip(7): leaves a multicast group. */
export const IP_DROP_MEMBERSHIP = 36;
/** ip(7): lets a source be heard again in a multicast group. */
export const IP_UNBLOCK_SOURCE = 37;
/** ip(7): sets the sources of a multicast group that are heard. */
export const IP_MSFILTER = 41;
/** linux/in.h: as IP_MSFILTER, for IPv4 and IPv6. */
export const MCAST_MSFILTER = 48;
/** ip(7): whether groups are heard that other sockets of the host have joined. */
export const IP_MULTICAST_ALL = 49;
/** linux/in.h: the interface over which unicast is sent where no route names one. */
export const IP_UNICAST_IF = 50;
/**
 * linux/in.h: the ports that bind(2) and connect(2) choose from: the low in 16 bits, the high
 * above.
 */
export const IP_LOCAL_PORT_RANGE = 51;
