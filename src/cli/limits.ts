/** Limits that have ended a check, in the words of the command. */
import type { LimitReached } from '../check/check.ts';

/** By which option of the command a limit is raised. */
const raisedBy: Readonly<Record<LimitReached['limit'], string>> = {
  executions: '--max-executions',
  steps: '--max-steps',
  seconds: '--time-limit',
};

/** What it was, and by which option it is raised. */
export const limitText = ({ limit, message }: LimitReached): string =>
  message.replace(`"${limit}"`, raisedBy[limit]);
