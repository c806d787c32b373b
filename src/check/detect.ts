/** What is wrong with an execution. */
import { KernelBug } from '../kernel/bug.ts';
import { OutOfSteps } from '../kernel/steps.ts';
import { ScheduleMismatch } from '../sim/schedule.ts';
import { AssertionFailed } from '../syscalls/sys.ts';
import type { Explored } from './explore.ts';

export interface Problem {
  /** `assertion`, `lost wakeup`, `use after free`, … */
  readonly kind: string;
  readonly sentence: string;
  /** The same for two executions in which the same thing goes wrong. */
  readonly cause: string;
}

export function detect({ error, extent }: Explored<unknown>): Problem[] {
  if (error === null || extent === 'redundant') return [];
  if (error instanceof ScheduleMismatch) throw error;
  if (error instanceof OutOfSteps) return [];
  const message = error instanceof Error ? error.message : String(error);
  const kind =
    error instanceof KernelBug
      ? error.kind
      : error instanceof AssertionFailed
        ? 'assertion'
        : 'exception';
  return [{ kind, sentence: message, cause: `${kind}: ${message}` }];
}
