/** pipe2. Linux: fs/pipe.c (the SYSCALL_DEFINEs). */
import type { Kernel } from '../kernel/op.ts';
import { do_pipe2 } from '../kernel/pipe_files.ts';

/** Fills in the read end and the write end. */
export const sys_pipe2 = (fildes: [number, number], flags: number): Kernel<number> =>
  do_pipe2(fildes, flags);
