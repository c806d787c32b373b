/** A schedule as a text, as `check --out` writes it. */
import type { KernelChoice } from 'epollsim';

/** What a program is run on, and along which steps. */
export interface Way {
  readonly kernel: KernelChoice;
  readonly steps: readonly string[];
}

/** The steps of a text, and the kernel that its head names. What it says besides is left out. */
export function readSchedule(text: string): Way {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const saidOf = (what: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`# ${what} `) ? [line.slice(what.length + 3)] : []));
  const [kernel] = saidOf('kernel');
  return {
    kernel: { kernel, with: saidOf('with'), without: saidOf('without') },
    steps: lines.filter((line) => line !== '' && !line.startsWith('#')),
  };
}
