/**
 * Asks a scenario or a program why: runs it once, keeps what happens as a graph of causes, and reads
 * the answer from that.
 */
import { Course } from '../check/execution.ts';
import { Replay } from '../check/replay.ts';
import { readSchedule } from '../check/schedule_text.ts';
import { Machine, type MachineOptions } from '../sim/machine.ts';
import type { Program } from '../syscalls/sys.ts';
import { Recorder } from '../trace/recorder.ts';
import { runTraced } from '../trace/run.ts';
import { type Answer, answer } from '../why/answer.ts';
import { History } from '../why/history.ts';
import { ConcurrentPlayer } from './concurrent.ts';
import { Player } from './play.ts';
import type { Scenario } from './scenario.ts';

export interface WhyOptions extends MachineOptions {
  /** The step, as `play --format table` numbers them, from 0. */
  readonly step: number;
  /** Only what concerns items that were added under this number. */
  readonly fd?: number;
  /** An interleaving in words, as the checker prints it; what a concurrent scenario needs. */
  readonly words?: string;
}

/**
 * Why a step of a scenario, or of a program, came to what it did. Throws a RangeError for a step that
 * there is not, a ScenarioError for a concurrent scenario without a schedule. A program or a scenario
 * that fails is answered for as far as it came.
 */
export function why(subject: Scenario | Program, options: WhyOptions): Answer {
  const { step, fd = null, words, ...machine } = options;
  const history = new History(step);
  if (typeof subject === 'function') runProgram(subject, machine, words, history);
  else if (subject.mode === 'concurrent') runConcurrent(subject, machine, words, history);
  else runScenario(subject, machine, history);
  return answer(history, step, fd);
}

function courseOf(words: string): Course {
  const { memory, steps } = readSchedule(words);
  const replay = new Replay(steps, false);
  replay.begin();
  return new Course(replay, false, memory);
}

function runProgram(
  program: Program,
  options: MachineOptions,
  words: string | undefined,
  history: History,
): void {
  const along = words === undefined ? {} : { schedule: courseOf(words), cpus: 1 };
  const machine = new Machine({ ...options, ...along });
  machine.spawn(program);
  try {
    runTraced(machine, history);
  } catch {
    // What it threw ends the execution, and is no part of the question.
  }
}

function runScenario(scenario: Scenario, options: MachineOptions, history: History): void {
  const recorder = new Recorder((event) => history.event(event));
  const mark = (index: number, thread: number, settled: boolean): void =>
    recorder.step(player.thread(thread).task, index, settled);
  const player = new Player(
    scenario,
    { ...options, tracer: recorder },
    {
      issue: ({ index, thread }) => mark(index, thread, false),
      settled: ({ index, thread }) => mark(index, thread, true),
    },
  );
  const { kernel } = player.machine;
  const tasks = player.running().map(({ task }) => recorder.refOf(task));
  const { about, name } = scenario;
  history.begin({ kind: 'scenario', name, about, tasks, kernel, recorder });
  const { blocked = [], error = null } = player.play();
  history.end({ blocked, error });
}

function runConcurrent(
  scenario: Scenario,
  options: MachineOptions,
  words: string | undefined,
  history: History,
): void {
  if (words === undefined) {
    throw new RangeError(
      '--schedule: expected the interleaving of a concurrent scenario, found none',
    );
  }
  const player = new ConcurrentPlayer(scenario, options, courseOf(words));
  const recorder = new Recorder((event) => history.event(event));
  const { kernel } = player.machine;
  const tasks = player.tasks.map((task) => recorder.refOf(task));
  const { about, name } = scenario;
  history.begin({ kind: 'concurrent scenario', name, about, tasks, kernel, recorder });
  kernel.tracer = recorder;
  let error: string | null = null;
  try {
    error = player.run().error?.message ?? null;
  } finally {
    history.end({ blocked: player.blocked, error });
  }
}
