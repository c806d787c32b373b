/**
 * One program on a machine of its own, for those who want to know what it returns and no more.
 */
import type { Code, Sys } from '../syscalls/sys.ts';
import { Machine, type MachineOptions } from './machine.ts';
import { sleeperText } from './report.ts';

/**
 * Runs a program and all its threads; what the program returned. Throws what it throws, and an
 * error that says who sleeps where if it never comes to its end.
 */
export function simulate<T>(program: (sys: Sys) => Code<T>, options: MachineOptions = {}): T {
  const machine = new Machine(options);
  const spawned = machine.spawn(program);
  const { asleep } = machine.run();
  const { result } = spawned;
  if (result?.how === 'returned') return result.value;
  if (result === null) {
    throw new Error(`the program never ends: ${asleep.map(sleeperText).join(', ')}`);
  }
  const how = result.how === 'exited' ? `it ended with status ${result.status}` : 'it threw';
  throw new Error(`the program returned nothing: ${how}`);
}
