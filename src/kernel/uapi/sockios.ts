/** Requests of ioctl() that concern sockets. Linux: include/uapi/linux/sockios.h, asm-generic/sockios.h. */

/** Bytes that wait to be read; the same as FIONREAD. */
export const SIOCINQ = 0x541b;
/** Bytes that were sent and not yet consumed; AF_UNIX counts the memory that they take. */
export const SIOCOUTQ = 0x5411;
/** Bytes of TCP that wait to be sent. */
export const SIOCOUTQNSD = 0x894b;
/** Does the next read begin at the out-of-band mark? */
export const SIOCATMARK = 0x8905;
