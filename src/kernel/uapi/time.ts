/** Clocks. Linux: include/uapi/linux/time.h. */

/** clock_gettime(2): the time of day, which can be set. */
export const CLOCK_REALTIME = 0;
/** clock_gettime(2): the time since some start, which cannot be set; stands still in suspend. */
export const CLOCK_MONOTONIC = 1;
/** clock_gettime(2): the CPU time of the process. */
export const CLOCK_PROCESS_CPUTIME_ID = 2;
/** clock_gettime(2): the CPU time of the thread. */
export const CLOCK_THREAD_CPUTIME_ID = 3;
/** clock_gettime(2): as CLOCK_MONOTONIC, by the hardware alone, without NTP. */
export const CLOCK_MONOTONIC_RAW = 4;
/** clock_gettime(2): as CLOCK_REALTIME, faster and less exact. */
export const CLOCK_REALTIME_COARSE = 5;
/** clock_gettime(2): as CLOCK_MONOTONIC, faster and less exact. */
export const CLOCK_MONOTONIC_COARSE = 6;
/** clock_gettime(2): as CLOCK_MONOTONIC, and goes on in suspend. */
export const CLOCK_BOOTTIME = 7;
/** timerfd_create(2): as CLOCK_REALTIME, and a timer ends suspend. */
export const CLOCK_REALTIME_ALARM = 8;
/** timerfd_create(2): as CLOCK_BOOTTIME, and a timer ends suspend. */
export const CLOCK_BOOTTIME_ALARM = 9;
/** linux/time.h: a clock of SGI hardware; no longer there. */
export const CLOCK_SGI_CYCLE = 10;
/** clock_gettime(2): the time of day without leap seconds. */
export const CLOCK_TAI = 11;
