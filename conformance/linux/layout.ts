/**
 * The memory that driver and player share; player.c repeats this. The player has it mapped at
 * `base`, the driver reads and writes it as a file.
 */

export const base = 0x200000000000;
/** Regions, one a thread, whose pages stay away until they are supplied. */
export const heldBase = 0x300000000000;
export const heldSize = 0x10000;

export const maxThreads = 16;
/** How many calls of a thread can be on their way at a time. */
export const maxCalls = 64;
export const maxCopies = 7;

/** The fifo of thread n is descriptor `goFd + n`. */
export const goFd = 7936;
export const faultFd: number = goFd + maxThreads;
export const lastFd: number = faultFd + 2;

/** Offsets in struct control, which is at 0. */
export const control = {
  state: 0,
  pid: 4,
  threads: 8,
  network: 12,
  held: 16,
  arrived: 20,
  message: 24,
  messageSize: 100,
  handler: 128,
  restorer: 136,
  later: 144,
} as const;

export const states = { starting: 0, ready: 1, failed: 2, ended: 3 } as const;

export const statuses = 0x200;
export const statusSize = 64;
/** What is read to see how far the threads are. */
export const headSize: number = statuses + maxThreads * statusSize;

export const orders = 0x1000;
export const orderSize = 64;

export const calls = 0x10000;
export const callSize = 128;
/** Offsets in struct call. */
export const call = { args: 8, result: 56, delay: 64, copies: 68, copy: 72 } as const;

export const callOffset = (thread: number, nth: number): number =>
  calls + (thread * maxCalls + (nth % maxCalls)) * callSize;

/** Many "x". */
export const fill = 0x100000;
export const fillSize: number = 16 * 1024 * 1024;

/** For each thread the structures that its calls point to, and then what they read and write. */
export const areas: number = fill + fillSize;
export const structsSize = 0x10000;
export const dataSize: number = 16 * 1024 * 1024;
export const areaSize: number = structsSize + dataSize;
export const memorySize: number = areas + maxThreads * areaSize;

/** Nothing is mapped here, and nothing can be: it lies below vm.mmap_min_addr. */
export const badAddress = 0x1000;
