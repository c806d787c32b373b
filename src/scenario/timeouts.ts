/** When calls end by themselves. */
import type { Step } from './scenario.ts';

/** In ms, at the latest; null for never. */
export function timeoutOf(step: Step): number | null {
  switch (step.call) {
    case 'epoll_wait':
    case 'epoll_pwait':
    case 'poll':
      return step.args.timeout < 0 ? null : step.args.timeout;
    case 'epoll_pwait2':
    case 'ppoll':
    case 'pselect6':
      return step.args.timeout_ns === null ? null : step.args.timeout_ns / 1e6;
    case 'select':
      return step.args.timeout;
    default:
      return null;
  }
}

/** Does it matter how fast the steps follow each other? */
export function dependsOnTime(step: Step): boolean {
  if (step.call === 'sleep') return true;
  if (step.call !== 'timerfd_settime') return (timeoutOf(step) ?? 0) > 0;
  return step.args.value_ms > 0 && step.args.value_ms < 1000;
}
