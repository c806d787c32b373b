/** What an exported test of an async function asserts. */
import { type AnswerOptions, expectingProgramAnswer } from '../export/program_answer.ts';
import type { AsyncProgram } from './sys.ts';
import { asProgram } from './thread.ts';
import { withPauses } from './turn.ts';

/**
 * As expectProgramAnswer(), of an async function: does nothing where programAnswer() of it would be
 * what is expected.
 *
 * @throws AnswerDiffers for any other answer
 * @throws TypeError if `program` is no function, or options that cannot be meant
 * @throws RangeError for a value that an option cannot have, as an unknown kernel
 * @throws ScheduleError for a schedule that cannot be read
 * @throws ScheduleMismatch where a schedule does not fit
 * @throws NotDeterministic where the program goes another way when it is run again
 * @throws OutOfSteps where it goes on for ever
 */
export async function expectProgramAnswerAsync(
  program: AsyncProgram,
  expected: string,
  options: AnswerOptions = {},
): Promise<void> {
  await withPauses(expectingProgramAnswer(asProgram(program), expected, options));
}
