/** Requests of ioctl() to /dev/random. Linux: include/uapi/linux/random.h. */

export const RNDGETENTCNT: number = 0x8004_5200 | 0;
