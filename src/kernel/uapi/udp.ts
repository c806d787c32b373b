/** Options of UDP sockets. Linux: include/uapi/linux/udp.h, include/net/udplite.h. */

/** udp(7): what is sent is gathered into one datagram, until this is turned off. */
export const UDP_CORK = 1;
/** linux/udp.h: the socket carries IPsec or L2TP inside. */
export const UDP_ENCAP = 100;
/** linux/udp.h: UDP over IPv6 sends no checksum. */
export const UDP_NO_CHECK6_TX = 101;
/** linux/udp.h: UDP over IPv6 takes datagrams without a checksum. */
export const UDP_NO_CHECK6_RX = 102;
/** linux/udp.h: a long write is cut into datagrams of so many bytes. */
export const UDP_SEGMENT = 103;
/** linux/udp.h: datagrams of one peer come together in one read. */
export const UDP_GRO = 104;
/** udplite(7): how many bytes of what is sent the checksum covers. */
export const UDPLITE_SEND_CSCOV = 10;
/** udplite(7): how many bytes have to be covered in what is received. */
export const UDPLITE_RECV_CSCOV = 11;

/** linux/udp.h: of UDP_ENCAP, the encrypted payload of IPsec. */
export const UDP_ENCAP_ESPINUDP = 2;
/** linux/udp.h: of UDP_ENCAP, tunnels of layer 2. */
export const UDP_ENCAP_L2TPINUDP = 3;
