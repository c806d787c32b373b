/**
 * Whom an action wakes.
 *
 *     expect(yield* wakeups(sys, sys.write(fd, 'x'))).toWake('t1');
 *     expect(await wakeups(sys, sys.write(fd, 'x'))).toWake('t1'); // In an async function.
 *     expect(wakeups(machine, () => machine.run())).toWake('t1', 't2');
 */
import type { AsyncSys } from '../async/sys.ts';
import { isAsyncSys } from '../async/thread.ts';
import { current } from '../kernel/current.ts';
import type { Globals } from '../kernel/globals.ts';
import type { task_struct } from '../kernel/sched.ts';
import type { Tracer } from '../kernel/trace.ts';
import type { Machine } from '../sim/machine.ts';
import type { Code } from '../syscalls/sys.ts';
import { Sys } from '../syscalls/sys.ts';
import type { Either, TestSys } from './style.ts';
import { kernelOf } from './subjects.ts';

/** The threads that an action has woken. */
export class Wakeups {
  /** The kernel of the machine. */
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
export function wakeups(sys: TestSys, call: Either<unknown>): Either<Wakeups>;
export function wakeups(sys: Sys, code: Code<unknown>): Code<Wakeups>;
/** The same of a call of an async function, or of whatever makes calls and gives a promise. */
export function wakeups(sys: AsyncSys, call: Promise<unknown>): Promise<Wakeups>;
/** Says whom anybody on the machine has woken while `action` ran it. */
export function wakeups(machine: Machine, action: () => Promise<unknown>): Promise<Wakeups>;
export function wakeups(machine: Machine, action: () => unknown): Wakeups;
export function wakeups(where: Sys | AsyncSys | Machine, action: unknown): unknown {
  if (where instanceof Sys) return byCaller(where, action as Code<unknown>);
  if (isAsyncSys(where)) return byAsyncCaller(where, action as Promise<unknown>);
  const kernel = kernelOf('wakeups', where);
  if (typeof action !== 'function') {
    throw new TypeError('wakeups: expected a function that runs the machine, found a call');
  }
  const heard = new Heard(kernel, () => true);
  let came: unknown;
  try {
    came = action();
  } finally {
    if (!(came instanceof Promise)) heard.stop();
  }
  return came instanceof Promise ? heard.during(came) : heard.wakeups;
}

function* byCaller({ task }: Sys, code: Code<unknown>): Code<Wakeups> {
  if (typeof (code as Partial<Code<unknown>> | undefined)?.next !== 'function') throw noCall();
  const heard = new Heard(task.kernel, isBy(task));
  try {
    yield* code;
  } finally {
    heard.stop();
  }
  return heard.wakeups;
}

/** The call was asked for, and is made when JavaScript has come to rest. */
function byAsyncCaller({ task }: AsyncSys, call: Promise<unknown>): Promise<Wakeups> {
  if (typeof (call as Partial<Promise<unknown>> | undefined)?.then !== 'function') throw noCall();
  return new Heard(task.kernel, isBy(task)).during(call);
}

const noCall = (): TypeError =>
  new TypeError('wakeups: expected a call, as in wakeups(sys, sys.write(fd, "x"))');

const isBy =
  (task: task_struct) =>
  (woken: task_struct): boolean =>
    current === task && woken !== task;

/** Wakeups from now on until it is stopped, of those that count. */
class Heard {
  readonly stop: () => void;
  private readonly kernel: Globals;
  private readonly names: string[] = [];

  constructor(kernel: Globals, counts: (woken: task_struct) => boolean) {
    this.kernel = kernel;
    this.stop = hear(kernel, (woken) => {
      if (counts(woken)) this.names.push(woken.comm);
    });
  }

  get wakeups(): Wakeups {
    return new Wakeups(this.kernel, this.names);
  }

  /** Stops when the promise is settled. */
  async during(work: Promise<unknown>): Promise<Wakeups> {
    try {
      await work;
    } finally {
      this.stop();
    }
    return this.wakeups;
  }
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
