/** A single execution along a schedule in words, for those who run a machine themselves. */
import { Course } from './execution.ts';
import { libertiesOf } from './liberties.ts';
import type { Replay } from './replay.ts';
import type { ScheduleDocument } from './schedule_text.ts';

/** What a machine is to obey so that it goes the way of `replay`, which has the steps of the schedule. */
export const courseAlong = (
  replay: Replay,
  { liberties, memory }: Pick<ScheduleDocument, 'liberties' | 'memory'>,
): Course =>
  new Course(
    replay,
    'anytime',
    memory,
    null,
    libertiesOf({ liberties, maxLiberties: Number.POSITIVE_INFINITY }),
  );
