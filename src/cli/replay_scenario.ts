/** One execution of a concurrent scenario, along a schedule, in any of the formats. */
import type { Course } from '../check/execution.ts';
import { ConcurrentPlayer } from '../scenario/concurrent.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { runTraced } from '../scenario/traced.ts';
import { errorTranscript, outcomeSetText, type Transcript } from '../scenario/transcript.ts';
import type { Format } from '../trace/format.ts';
import { failureText } from '../trace/run.ts';
import { Interrupted } from './errors.ts';
import type { Stage } from './stage.ts';

/** What is wrong, with the scenario or the schedule or the kernel; null if it was played. */
export function replayScenario(
  scenario: Scenario,
  course: Course,
  stage: Stage,
  format: Format | null,
): Transcript | null {
  const { name } = scenario;
  const player = new ConcurrentPlayer(scenario, stage.kernelOptions(), course);
  try {
    const { text, error } = format === null ? player.run() : runTraced(player, scenario, format);
    if (error !== null) return errorTranscript(name, error);
    stage.endSchedule();
    if (format !== null) return null;
    const set = { name, outcomes: [text], executions: 1, complete: false };
    stage.output.write(`${outcomeSetText(set)}\n`);
    return null;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return errorTranscript(name, new Error(failureText(error)));
  } finally {
    stage.sayDepartures();
  }
}
