/** A single execution along a schedule in words, for those who run a machine themselves. */
import { Course } from './execution.ts';
import { libertiesOf } from './liberties.ts';
import type { Replay } from './replay.ts';
import type { ScheduleDocument } from './schedule_text.ts';
import { hasReturns } from './words.ts';

/** What a machine is to obey so that it goes the way of `replay`, which has the steps of the schedule. */
export const courseAlong = (
  replay: Replay,
  { liberties, memory, steps }: Pick<ScheduleDocument, 'liberties' | 'memory' | 'steps'>,
): Course =>
  new Course(
    replay,
    hasReturns(steps) ? 'anytime' : true,
    memory,
    null,
    libertiesOf({ liberties: liberties ?? undefined, maxLiberties: Number.POSITIVE_INFINITY }),
  );
