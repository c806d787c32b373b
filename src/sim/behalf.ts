/** What is done to a machine from outside of its programs. */
import { current, setCurrent } from '../kernel/current.ts';
import type { Globals } from '../kernel/globals.ts';
import type { rq, task_struct } from '../kernel/sched.ts';

/** Does something as whoever runs on the machine; as nobody, if it is not running. */
export function onBehalfOf<T>(kernel: Globals, action: () => T): T {
  const before: task_struct = current;
  if ((kernel.running || kernel.pauses) && before.kernel === kernel) return action();
  setCurrent((kernel.runqueues[0] as rq).idle);
  const value = action();
  setCurrent(before);
  return value;
}
