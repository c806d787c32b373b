/** A schedule as the bench takes it: a kernel to choose, and steps. */
import { type KernelChoice, readSchedule } from 'epollsim';

/** What a program is run on, and along which steps. */
export interface Way {
  readonly kernel: KernelChoice;
  readonly steps: readonly string[];
}

/**
 * The steps of a text, and the kernel that its head names. What it says besides is left out.
 *
 * @throws ScheduleError where the text is no schedule
 */
export function wayOf(text: string): Way {
  const { kernel, steps, with: added, without } = readSchedule(text);
  return { kernel: { kernel: kernel === '' ? undefined : kernel, with: added, without }, steps };
}
