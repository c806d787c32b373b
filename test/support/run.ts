/** Ways to run kernel code and programs to their end, and to get back what they returned. */
import type { Globals } from '../../src/kernel/globals.ts';
import type { Kernel } from '../../src/kernel/op.ts';
import type { task_struct } from '../../src/kernel/sched.ts';
import { Machine, type MachineOptions } from '../../src/sim/machine.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

/** Runs kernel code on one CPU: nobody else ever gets the turn. */
export function runAlone<T>(code: Kernel<T> | (() => Kernel<T>), options: MachineOptions = {}): T {
  const machine = new Machine({ cpus: 1, ...options });
  const task = machine.newProcess('alone');
  const results: T[] = [];
  const whole = function* (): Kernel<void> {
    results.push(yield* typeof code === 'function' ? code() : code);
  };
  machine.start(task, 'alone', whole());
  machine.run();
  return only(results, machine.kernel);
}

/** Runs a program and all its threads; what the program returned. Its errors are thrown here. */
export function inMachine<T>(program: (sys: Sys) => Code<T>, options: MachineOptions = {}): T {
  const results: T[] = [];
  const machine = new Machine(options);
  machine.spawn(function* (sys) {
    results.push(yield* program(sys));
  });
  machine.run();
  return only(results, machine.kernel);
}

/**
 * Runs pieces of kernel code side by side, each on a CPU of its own, as threads of one process.
 * The names of those that never came to their end.
 */
export function runTogether(
  codes: Readonly<Record<string, () => Kernel<unknown>>>,
  options: MachineOptions = {},
): string[] {
  const names = Object.keys(codes);
  const machine = new Machine({ cpus: names.length, ...options });
  const stuck = new Set(names);
  let first: task_struct | null = null;
  for (const [name, code] of Object.entries(codes)) {
    const whole = function* (): Kernel<void> {
      yield* code();
      stuck.delete(name);
    };
    const task: task_struct =
      first === null ? machine.newProcess(name) : machine.newThread(first, name);
    first ??= task;
    machine.start(task, name, whole());
  }
  machine.run();
  return [...stuck];
}

function only<T>(results: T[], kernel: Globals): T {
  if (results.length === 1) return results[0] as T;
  const tasks = [...kernel.tasks.values()].map(whereabouts).join(', ');
  throw new Error(`the code never returned: ${tasks}`);
}

const whereabouts = (task: task_struct): string => {
  const op = task.execution?.op;
  const at = op ? `at ${op.verb} ${op.target.name}` : 'without code';
  return `${task.comm} is in state ${task.__state}, ${at}`;
};
