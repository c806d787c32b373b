/** Who is woken for nothing in a program or a scenario, and who gets how much: see check/herd. */
import { ArrangedSys } from '../check/herd/arranged_sys.ts';
import type { Stage } from '../check/herd/stage.ts';
import {
  type HerdOptions,
  type HerdReport,
  HerdStudy,
  programStaging,
  type Staging,
} from '../check/herd/study.ts';
import type { Globals } from '../kernel/globals.ts';
import type { Program } from '../syscalls/sys.ts';
import { ConcurrentPlayer } from './concurrent.ts';
import { ScenarioError } from './errors.ts';
import { checkOptionsOf, machineOptionsOf } from './outcomes.ts';
import { Player, type SysMaker } from './play.ts';
import type { Scenario } from './scenario.ts';

/**
 * Runs a program or a scenario as it is written, and arranged otherwise. Throws what a scenario that
 * cannot be played throws, and a ScheduleMismatch where a schedule does not fit.
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
  const machineOptions = machineOptionsOf(options);
  return {
    isFixed,
    isRefused: (error) => error instanceof ScenarioError,
    subject: (stageOn) => (course) => {
      const sysOf = sysOn(stageOn);
      if (!isFixed) {
        const player = new ConcurrentPlayer(scenario, machineOptions, course, sysOf);
        const { kernel } = player.machine;
        kernel.observer = stageOn(kernel).measure;
        return { machine: player.machine, run: () => played(player.run()) };
      }
      const player = new Player(scenario, machineOptions, {}, sysOf);
      return { machine: player.machine, run: () => played(player.play()) };
    },
  };
}

/** Throws what is wrong with the scenario. */
function played({ error }: { readonly error?: string | Error | null }): void {
  if (error == null) return;
  throw typeof error === 'string' ? new ScenarioError(error) : error;
}

const sysOn =
  (stageOn: (kernel: Globals) => Stage): SysMaker =>
  (task, machine, name) =>
    new ArrangedSys(task, machine, stageOn(machine.kernel), name);
