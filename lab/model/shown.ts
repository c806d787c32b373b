/** The run that a grade shows, for the bench. */
import { programOf } from '../tasks/grade.ts';
import type { Grade } from '../tasks/task.ts';
import type { Main } from './compile.ts';
import { withWaysBack } from './follow.ts';
import { type Recording, record } from './recording.ts';
import { wayOf } from './schedule.ts';

/**
 * The program of the checks, with the solution inside of it, along the schedule of the grade. Throws an Error
 * where the grade has none: some checks need no schedule, and what passes seldom has one.
 */
export function shownBy(grade: Grade): Recording {
  const program = programOf(grade);
  if (program === null || grade.schedule === null) throw new Error(grade.words.en);
  const { kernel, steps } = wayOf(grade.schedule);
  const whole = withWaysBack(program as Main, steps, kernel);
  return { ...record(program as Main, { ...kernel, steps: whole }), verdict: grade.words };
}
