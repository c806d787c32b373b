/** Who is woken for nothing in a program or a scenario, and who gets how much: see check/herd. */
import { explore } from '../check/explore.ts';
import { ArrangedSys } from '../check/herd/arranged_sys.ts';
import { programStaging, type StageMaker, type Staging } from '../check/herd/staging.ts';
import { type HerdOptions, type HerdReport, HerdStudy } from '../check/herd/study.ts';
import { RandomWalk } from '../check/random.ts';
import type { Program } from '../syscalls/sys.ts';
import { ConcurrentPlayer } from './concurrent.ts';
import { ScenarioError } from './errors.ts';
import { checkOptionsOf, machineOptionsOf } from './outcomes.ts';
import { Player, type SysMaker } from './play.ts';
import type { Scenario } from './scenario.ts';

/**
 * Runs a program or a scenario as it is written, and arranged otherwise: a row for each.
 *
 * @throws ScenarioError for a scenario that cannot be played
 * @throws TypeError for options that cannot be meant
 * @throws RangeError for a value that an option cannot have, as an unknown kernel
 * @throws ScheduleError for a schedule that cannot be read
 * @throws ScheduleMismatch where a schedule does not fit
 * @throws OutOfSteps where it goes on for ever
 */
export function herd(subject: Program | Scenario, options: HerdOptions = {}): HerdReport {
  const study = herdStudy(subject, options);
  while (study.next() !== null);
  return study.report();
}

/** The same, for those who show progress or stop half way. */
export const herdStudy = (subject: Program | Scenario, options: HerdOptions = {}): HerdStudy =>
  typeof subject === 'function'
    ? new HerdStudy(programStaging(subject, options), options)
    : new HerdStudy(scenarioStaging(subject, options), checkOptionsOf(options) as HerdOptions);

function scenarioStaging(scenario: Scenario, options: HerdOptions): Staging {
  const isFixed = scenario.mode !== 'concurrent';
  // Who looks afterwards waits for nothing.
  const free = { ...scenario, after: [] };
  const machineOptions = machineOptionsOf(options);
  const subject: Staging['subject'] = (stageOn) => (course) => {
    const sysOf = sysOn(stageOn);
    if (isFixed) {
      const player = new Player(scenario, machineOptions, {}, sysOf);
      return { machine: player.machine, run: () => playAwake(scenario, player) };
    }
    const player = new ConcurrentPlayer(free, machineOptions, course, sysOf);
    const { kernel } = player.machine;
    kernel.observer = stageOn(kernel).measure;
    return { machine: player.machine, run: () => played(player.run()) };
  };
  const explored: Staging['explored'] = (stageOn, strategy) =>
    explore(subject(stageOn), strategy, checkOptionsOf(options));
  return {
    isFixed,
    isOfProgram: false,
    isRefused: (error) => error instanceof ScenarioError,
    subject,
    explored,
    sample: (stageOn, seed, count) => explored(stageOn, new RandomWalk(seed, count)),
  };
}

/** Steps of a thread that is asleep are left out: otherwise arranged, it need not have been woken. */
function playAwake({ steps }: Scenario, player: Player): void {
  for (const step of steps) {
    const { hasEnded, step: under } = player.thread(step.thread);
    if (under === null && !hasEnded) player.issue(step);
  }
}

/** Throws what is wrong with the scenario. */
function played({ error }: ReturnType<ConcurrentPlayer['run']>): void {
  if (error !== null) throw error;
}

const sysOn =
  (stageOn: StageMaker): SysMaker =>
  (task, machine, name) =>
    new ArrangedSys(task, machine, stageOn(machine.kernel), name);
