/** The line that shows how far a check is. */
import { estimateText } from '../check/estimate.ts';
import { say } from './errors.ts';
import type { Standing, Telling } from './exploration.ts';
import type { Progress } from './progress.ts';

/** Says on a terminal how far the check is, and elsewhere only what keeps it from going on. */
export const tellingOf = (title: string, progress: Progress): Telling => ({
  show: (standing) => progress.show(() => standingText(title, standing)),
  say(message) {
    progress.clear();
    say(`${title}: ${message}`);
  },
});

function standingText(title: string, standing: Standing): string {
  const { estimate, executions, findings, longest, seconds, share, who } = standing;
  const rate = Math.round(executions / Math.max(seconds, 0.001));
  const all = estimate === null ? '' : ` of ${estimateText(estimate)}`;
  const far = share === null ? '' : `, about ${(100 * share).toFixed(1)} % of what is known of`;
  const left =
    estimate === null ? '' : `, some ${duration((estimate.executions - executions) / rate)} more`;
  const found = findings === 0 ? '' : `, ${findings} found`;
  return `${title}: ${executions}${all || ' executions'}${far}, ${rate} a second with ${who}${left}, up to ${longest} steps${found}`;
}

/** "15 s", "3 min", "20 h". */
function duration(seconds: number): string {
  for (const [unit, length] of [
    ['days', 86_400],
    ['h', 3600],
    ['min', 60],
  ] as const) {
    if (seconds > 2 * length) return `${Math.round(seconds / length)} ${unit}`;
  }
  return `${Math.round(seconds)} s`;
}
