/**
 * Whom an action wakes.
 *
 *     expect(yield* wakeups(sys, sys.write(fd, 'x'))).toWake('t1');
 *     expect(wakeups(machine, () => machine.run())).toWake('t1', 't2');
 */
import { current } from '../kernel/current.ts';
import type { Globals } from '../kernel/globals.ts';
import type { task_struct } from '../kernel/sched.ts';
import type { Tracer } from '../kernel/trace.ts';
import type { Machine } from '../sim/machine.ts';
import type { Code } from '../syscalls/sys.ts';
import { Sys } from '../syscalls/sys.ts';
import { kernelOf } from './subjects.ts';

/** The threads that an action has woken. */
export class Wakeups {
  readonly kernel: Globals;
  /** By name, in the order in which they were woken, each as often as that. */
  readonly names: readonly string[];

  constructor(kernel: Globals, names: readonly string[]) {
    this.kernel = kernel;
    this.names = names;
  }
}

/**
 * Enters a call, or any code that makes calls, and says whom the calling thread has woken meanwhile,
 * with the interrupts on top of it. Wakeups by others do not count.
 */
export function wakeups(sys: Sys, code: Code<unknown>): Code<Wakeups>;
/** Says whom anybody on the machine has woken while `action` ran it. */
export function wakeups(machine: Machine, action: () => unknown): Wakeups;
export function wakeups(
  where: Sys | Machine,
  action: Code<unknown> | (() => unknown),
): Code<Wakeups> | Wakeups {
  if (where instanceof Sys) return byCaller(where, action as Code<unknown>);
  const kernel = kernelOf('wakeups', where);
  if (typeof action !== 'function') {
    throw new TypeError('wakeups: expected a function that runs the machine, found a call');
  }
  const names: string[] = [];
  const stop = hear(kernel, (task) => names.push(task.comm));
  try {
    action();
  } finally {
    stop();
  }
  return new Wakeups(kernel, names);
}

function* byCaller({ task }: Sys, code: Code<unknown>): Code<Wakeups> {
  if (typeof (code as Partial<Code<unknown>> | undefined)?.next !== 'function') {
    throw new TypeError('wakeups: expected a call, as in wakeups(sys, sys.write(fd, "x"))');
  }
  const names: string[] = [];
  const stop = hear(task.kernel, (woken) => {
    if (current === task && woken !== task) names.push(woken.comm);
  });
  try {
    yield* code;
  } finally {
    stop();
  }
  return new Wakeups(task.kernel, names);
}

type Listener = (woken: task_struct) => void;

/** Who listens to a kernel, and how to put things back when nobody does. */
interface Hearing {
  readonly listeners: Set<Listener>;
  restore(): void;
}

const hearings: WeakMap<Globals, Hearing> = new WeakMap();

/** Tells `listener` of every wakeup; what is returned puts an end to that. */
function hear(kernel: Globals, listener: Listener): () => void {
  let hearing = hearings.get(kernel);
  if (hearing === undefined) hearings.set(kernel, (hearing = begin(kernel)));
  const { listeners, restore } = hearing;
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    hearings.delete(kernel);
    restore();
  };
}

/**
 * A tracer that is there goes on as before: one that stood in front of it would be a frame on the
 * stack, by which a Recorder tells functions apart.
 */
function begin(kernel: Globals): Hearing {
  const listeners = new Set<Listener>();
  const { tracer: there } = kernel;
  const tracer = there ?? silent();
  const wakeup = tracer.wakeup;
  tracer.wakeup = (task) => {
    for (const listener of listeners) listener(task);
    wakeup.call(tracer, task);
  };
  kernel.tracer = tracer;
  return {
    listeners,
    restore: () => {
      tracer.wakeup = wakeup;
      if (kernel.tracer === tracer) kernel.tracer = there;
    },
  };
}

const ignore = (): void => {};

const silent = (): Tracer => ({
  enter: ignore,
  note: ignore,
  op: ignore,
  release: ignore,
  wakeup: ignore,
  switch: ignore,
  irq: ignore,
  sysEnter: ignore,
  sysExit: ignore,
  signal: ignore,
});
