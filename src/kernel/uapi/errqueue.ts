/** Where an error came from. Linux: include/uapi/linux/errqueue.h. */

/** recv(2): the error came from nowhere in particular. */
export const SO_EE_ORIGIN_NONE = 0;
/** recv(2): the error arose on this host. */
export const SO_EE_ORIGIN_LOCAL = 1;
/** recv(2): the error came in an ICMP message. */
export const SO_EE_ORIGIN_ICMP = 2;
