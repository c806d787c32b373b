/**
 * Asks a scenario or a program why: runs it once, keeps what happens as a graph of causes, and reads
 * the answer from that.
 */
import { courseAlong } from '../check/along.ts';
import type { Course } from '../check/execution.ts';
import { Replay } from '../check/replay.ts';
import { readSchedule } from '../check/schedule_text.ts';
import { Machine, type MachineOptions } from '../sim/machine.ts';
import { type Pausing, withoutPause } from '../sim/pause.ts';
import { ScheduleMismatch } from '../sim/schedule.ts';
import type { Program } from '../syscalls/sys.ts';
import { failureText, runningTraced } from '../trace/run.ts';
import { type Answer, answer } from '../why/answer.ts';
import { farEnough } from '../why/far_enough.ts';
import { History } from '../why/history.ts';
import { ConcurrentPlayer } from './concurrent.ts';
import type { Scenario } from './scenario.ts';
import { playTraced, runTraced } from './traced.ts';

/** Which step is asked about, and on what machine. */
export interface WhyOptions extends MachineOptions {
  /** The step, as `play --format table` numbers them, from 0. */
  readonly step: number;
  /** Only what concerns items that were added under this number. */
  readonly fd?: number;
  /** An interleaving in words, as the checker prints it; what a concurrent scenario needs. */
  readonly words?: string;
}

/**
 * Why a step of a scenario, or of a program, came to what it did. One that fails, or takes more than
 * `maxSteps` operations and calls (100,000 unless told otherwise), is answered for as far as it came.
 * Throws a RangeError for a step that there is not, and for a schedule that is missing or
 * has no place; a ScheduleMismatch where it does not fit.
 *
 * @throws RangeError for a step that there is not, a schedule that is missing or has no place, and
 * a kernel that is not known
 * @throws ScheduleError for a schedule that cannot be read
 * @throws ScheduleMismatch where a schedule does not fit
 * @throws ScenarioError for a scenario that cannot be played
 * @throws TypeError for options that cannot be meant
 * @throws OutOfSteps where it goes on for ever before its first step
 */
export const why = (subject: Scenario | Program, options: WhyOptions): Answer =>
  withoutPause(answering(subject, options));

/** As why(), with pauses. */
export function* answering(subject: Scenario | Program, options: WhyOptions): Pausing<Answer> {
  const { step, fd = null, words, maxSteps = farEnough, ...more } = options;
  const machine = { ...more, maxSteps };
  const history = new History(step);
  const replay = words === undefined ? null : replayOf(words);
  try {
    yield* run(subject, machine, replay, history);
    replay?.steps.end();
  } catch (error) {
    if (history.ending === null || error instanceof ScheduleMismatch) throw error;
  }
  return answer(history, step, fd);
}

interface Along {
  readonly steps: Replay;
  readonly course: Course;
}

function replayOf(words: string): Along {
  const document = readSchedule(words);
  const replay = new Replay(document.steps, false);
  replay.begin();
  return {
    steps: replay,
    course: courseAlong(replay, document),
  };
}

function* run(
  subject: Scenario | Program,
  options: MachineOptions,
  along: Along | null,
  history: History,
): Pausing<void> {
  const course = along?.course ?? null;
  if (typeof subject === 'function') {
    const schedule = course === null ? {} : { schedule: course, cpus: 1 };
    const machine = new Machine({ ...options, ...schedule });
    machine.spawn(subject);
    yield* runningTraced(machine, history);
  } else if (subject.mode === 'concurrent') {
    if (course === null) {
      throw new RangeError(
        '--schedule: expected the interleaving of a concurrent scenario, found none',
      );
    }
    runTraced(new ConcurrentPlayer(subject, options, course), subject, history);
  } else if (course === null) {
    playTraced(subject, options, history, failureText);
  } else {
    throw new RangeError(
      '--schedule: expected a program or a concurrent scenario, found a scenario in lockstep',
    );
  }
}
