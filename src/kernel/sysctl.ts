/**
 * Knobs of the kernel, which are files under /proc/sys (proc_sys.ts), and options of a machine.
 * Linux: include/linux/sysctl.h, kernel/sysctl.c.
 */
import { EINVAL } from './uapi/errno.ts';

/** One knob: the number that it shows, and between which bounds it can be set. */
export interface ctl_table {
  readonly procname: string;
  readonly mode: number;
  readonly extra1: number;
  readonly extra2: number;
  // Ours: what `data` points to.
  get(): number;
  set(value: number): void;
}

/** Sets a knob; 0, or -EINVAL for what is out of its bounds or no whole number. */
export function proc_doulongvec_minmax(table: ctl_table, value: number): number {
  if (!Number.isInteger(value) || value < table.extra1 || value > table.extra2) return -EINVAL;
  table.set(value);
  return 0;
}
