/**
 * Pauses: a machine that waits until JavaScript has come to rest.
 *
 * A program whose code is an async function goes on in jobs of the engine (promises). What it does
 * next is known only when they are done, and no code that runs can wait for that: whoever runs the
 * machine has to come back to the engine's loop. So the machine leaves off between two instructions
 * of the context that asked for it, and is taken up there later. No step is taken meanwhile, and
 * neither a schedule nor a tracer hears of it: an execution with pauses has the steps of one without.
 *
 * Invariants: what has asked for a pause goes on first when the machine is taken up.
 */
import type { Globals } from '../kernel/globals.ts';
import { type Kernel, Op } from '../kernel/op.ts';
import type { Machine } from './machine.ts';
import type { Report } from './report.ts';

/** Announced in place of an operation, and never carried out. */
const pausing: Op = new Op('access', { name: 'promises', identity: 0 });

/** The running context goes on when JavaScript has come to rest, before anybody else does. */
export function* pause(kernel: Globals): Kernel<void> {
  kernel.pauses = true;
  kernel.interruptDue = true; // So that the machine looks, which it does for nothing else.
  yield pausing;
}

/**
 * Work on machines that may have to pause: yields null each time, and is to be gone on with when
 * JavaScript has come to rest.
 */
export type Pausing<T> = Generator<null, T, void>;

/** Does such work in one go; an Error where a program needs a pause. */
export function withoutPause<T>(work: Pausing<T>): T {
  const step = work.next();
  if (step.done === true) return step.value;
  throw pauseNeeded();
}

/** As Machine.run(), with pauses. */
export function* running(machine: Machine, until?: number): Pausing<Report> {
  for (;;) {
    const report = machine.proceed(until);
    if (report !== null) return report;
    yield null;
  }
}

export const pauseNeeded = (): Error =>
  new Error(
    'a program that is an async function has to wait for its promises: expected ' +
      'runAsync, simulateAsync or checkAsync of epollsim/async, found a call that cannot wait',
  );
