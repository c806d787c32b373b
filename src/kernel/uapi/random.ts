/** Requests of ioctl() to /dev/random. Linux: include/uapi/linux/random.h. */

/** random(4): how much entropy there is, in bits. */
export const RNDGETENTCNT: number = 0x8004_5200 | 0;
