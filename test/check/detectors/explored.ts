/** Ways to run a program under the detectors: on all schedules, or on one. */
import {
  type DetectOptions,
  detect,
  observed,
  type Problem,
} from '../../../src/check/detectors/index.ts';
import { Dpor } from '../../../src/check/dpor.ts';
import { explore } from '../../../src/check/explore.ts';
import { OutOfSteps } from '../../../src/kernel/steps.ts';
import { Machine, type MachineOptions } from '../../../src/sim/machine.ts';
import type { Schedule } from '../../../src/sim/schedule.ts';
import type { Code, Program, Sys } from '../../../src/syscalls/sys.ts';

/** A program of examples/detectors. */
export async function exampleOf(name: string): Promise<Program> {
  const path = `../../../examples/detectors/${name}.ts`;
  return ((await import(path)) as { default: Program }).default;
}

interface Exploration extends MachineOptions {
  /** How many executions at most. */
  readonly most?: number;
  readonly detect?: DetectOptions;
}

/** What is found on all schedules of threads that share no variables, one problem a cause. */
export function onAll(program: (sys: Sys) => Code<unknown>, options: Exploration = {}): Problem[] {
  const { most = Number.POSITIVE_INFINITY, detect: how, ...machineOptions } = options;
  const causes = new Map<string, Problem>();
  const subject = (schedule: Schedule) => {
    const machine = observed(new Machine({ maxSteps: 20_000, ...machineOptions, schedule }));
    machine.spawn(program);
    return { machine, run: () => machine.run() };
  };
  let executions = 0;
  for (const execution of explore(subject, new Dpor(), { sharedMemory: false })) {
    for (const problem of detect(execution, how)) {
      if (!causes.has(problem.cause)) causes.set(problem.cause, problem);
    }
    if (++executions >= most) break;
  }
  return [...causes.values()];
}

/** What is found on one schedule: in order, unless the options say another. */
export function onOne(
  program: (sys: Sys) => Code<unknown>,
  options: MachineOptions = {},
  how: DetectOptions = {},
): Problem[] {
  const machine = observed(new Machine({ maxSteps: 20_000, ...options }));
  machine.spawn(program);
  return afterRun(machine, how);
}

/** What is found when a machine that is observed runs to its end. */
export function afterRun(machine: Machine, how: DetectOptions = {}): Problem[] {
  let error: unknown = null;
  try {
    machine.run();
  } catch (thrown) {
    error = thrown;
  }
  return detect({ machine, error, extent: error instanceof OutOfSteps ? 'long' : 'whole' }, how);
}

/** The sentences of the problems that one detector has found. */
export const said = (problems: readonly Problem[], by: Problem['kind']): string[] =>
  problems.filter(({ kind }) => kind === by).map(({ sentence }) => sentence);
