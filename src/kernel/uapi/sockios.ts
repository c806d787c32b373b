/** Requests of ioctl() that concern sockets. Linux: include/uapi/linux/sockios.h, asm-generic/sockios.h. */

/** tcp(7), udp(7), unix(7): how many bytes wait to be read; the same as FIONREAD. */
export const SIOCINQ = 0x541b;
/** tcp(7), unix(7): how many bytes were sent and not consumed; of AF_UNIX, their memory. */
export const SIOCOUTQ = 0x5411;
/** linux/sockios.h: how many bytes of TCP wait to be sent. */
export const SIOCOUTQNSD = 0x894b;
/** sockatmark(3): does the next read begin at the out-of-band mark? */
export const SIOCATMARK = 0x8905;
