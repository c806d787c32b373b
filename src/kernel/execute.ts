/**
 * Carries out what a context has announced.
 *
 * Invariants: an operation either takes effect as a whole or not at all.
 */

import { current } from './current.ts';
import { Changes, Looks, Takes } from './footprint.ts';
import { might_sleep } from './lockdep.ts';
import { grabMutex, type mutex, takeMutex, waitForMutex } from './mutex.ts';
import type { Kernel, Op, Stepper } from './op.ts';
import { type rcu_state, waitForReaders } from './rcu.ts';
import { isFree, type rwlock_t, takeRwlock } from './rwlock.ts';
import {
  fatal_signal_pending,
  signal_pending_state,
  TASK_DEAD,
  TASK_KILLABLE,
  TASK_RUNNING,
  type task_struct,
} from './sched.ts';
import { grabSpinlock, type spinlock_t, takeSpinlock } from './spinlock.ts';
import { reserveOrStop, stepNow, wouldSleep } from './steps.ts';
import { type FaultingPage, waitForPage } from './uaccess.ts';

/** Carries `op` out for `task`; false if it cannot proceed now. */
export function perform(op: Op, task: task_struct): boolean {
  const { stores } = task;
  if (stores !== null) {
    if (!stores.lets(op)) return false;
    stores.carriesOut(op);
  }
  switch (op.verb) {
    case 'access':
    case 'smp_mb':
      return true;
    case 'spin_lock':
      return takeSpinlock(op.target as spinlock_t, op, task);
    case 'mutex_lock':
      return takeMutex(op.target as mutex, op.subclass, task);
    case 'schedule':
      return mayRun(task);
    case 'read_lock':
    case 'write_lock':
      return takeRwlock(op.target as rwlock_t, op, task);
    case 'synchronize_rcu':
      return (op.target as rcu_state).readers === 0;
    case 'join':
      return (op.target as task_struct).__state === TASK_DEAD;
    case 'fault':
      return (op.target as FaultingPage).present || fatal_signal_pending(task);
  }
}

/**
 * Carries `op` out where it stands, if nobody could come between and nobody listens; false if it
 * has to be announced. The build puts this before every announcement (see scripts/build.ts). In an
 * exact schedule each operation is a step, and the same one whoever listens: there the schedule is
 * asked, and if it lets the same context go on, nobody need be told.
 */
export function atOnce(op: Op): boolean {
  const { kernel } = current;
  if (kernel.tracer !== null) return false;
  if (kernel.exact) return kernel.stepper?.stepOn(op) === true;
  if (!kernel.alone || kernel.interruptDue) return false;
  return grab(op, current);
}

/** As atOnce(), in a call that was found unable to sleep; the value that a `yield` would have. */
export function now(op: Op): number {
  if (current.kernel.exact) stepNow(op);
  else if (!grab(op, current)) wouldSleep(op);
  return 0;
}

function grab(op: Op, task: task_struct): boolean {
  const { kernel } = task;
  if (--kernel.stepsLeft < 0) reserveOrStop(kernel); // Code that spins may never announce anything.
  const { verb } = op;
  if (verb === 'spin_lock') return grabSpinlock(op.target as spinlock_t, op, task);
  if (verb === 'mutex_lock') return grabMutex(op.target as mutex, op.subclass, task);
  if (verb === 'synchronize_rcu') return (op.target as rcu_state).readers === 0;
  if (verb === 'read_lock' || verb === 'write_lock') {
    return takeRwlock(op.target as rwlock_t, op, task);
  }
  return verb === 'access';
}

/** Would perform() succeed? Has no effect. */
export function enabled(op: Op, task: task_struct): boolean {
  if (task.stores !== null && !task.stores.lets(op)) return false;
  switch (op.verb) {
    case 'access':
    case 'smp_mb':
      return true;
    case 'spin_lock':
      return (op.target as spinlock_t).owner === null || (op.target as spinlock_t).owner === task;
    case 'mutex_lock':
      return (op.target as mutex).owner === null || (op.target as mutex).owner === task;
    case 'schedule':
      return task.__state === TASK_RUNNING || signal_pending_state(task.__state, task);
    case 'read_lock':
    case 'write_lock':
      return isFree(op.target as rwlock_t, op);
    case 'synchronize_rcu':
      return (op.target as rcu_state).readers === 0;
    case 'join':
      return (op.target as task_struct).__state === TASK_DEAD;
    case 'fault':
      return (op.target as FaultingPage).present || signal_pending_state(TASK_KILLABLE, task);
  }
}

/** Code, with its straight twin where the build has made one. */
interface Twinned<A> {
  (arg: A): Kernel<void>;
  readonly now?: (arg: A) => void;
}

/**
 * Ours: runs code in one step of an exact schedule, as far as all that it needs can be had. For code
 * such as the end of a thread, of which others see that it is over and not how it went.
 * `cannotSleep`: there is nothing in it that it might wait for, but locks.
 */
export function* inOneStep<A>(body: Twinned<A>, arg: A, cannotSleep: boolean): Kernel<void> {
  const task = current;
  const { kernel } = task;
  const { footprint, stepper } = kernel;
  const straight = body.now !== undefined && cannotSleep && mayGoStraight(task);
  const code = straight ? null : body(arg);
  for (;;) {
    let op: Op | null = null;
    kernel.stepper = along;
    if (code !== null) op = goAlong(code, task, along);
    else body.now?.(arg);
    kernel.stepper = stepper;
    if (footprint !== null) footprint.commuting = false;
    if (op === null) return;
    yield op;
  }
}

/** Runs code as far as it can; the operation that it has to wait for, null at its end. */
function goAlong(code: Kernel<void>, task: task_struct, stepper: Stepper): Op | null {
  const { tracer } = task.kernel;
  for (let step = code.next(0); step.done !== true; step = code.next(0)) {
    if (!stepper.stepOn(step.value)) return step.value;
    if (tracer !== null) tracer.op(task, step.value, true);
  }
  return null;
}

/** As inOneStep(), for code of which others see how it went. */
export function* inOneGo(code: Kernel<void>): Kernel<void> {
  const task = current;
  const { kernel } = task;
  const { stepper } = kernel;
  for (;;) {
    kernel.stepper = alone;
    const op = goAlong(code, task, alone);
    kernel.stepper = stepper;
    if (op === null) return;
    yield op;
  }
}

/** May code run that cannot stop to be told of, or to wait for a lock? */
export function mayGoStraight({ kernel, stores }: task_struct): boolean {
  if (kernel.tracer !== null || stores !== null || kernel.rcu.readers > 0) return false;
  for (const task of kernel.tasks.values()) if (task.lockdep_depth > 0) return false;
  return true;
}

/** Carries out operations that belong to the step under way. */
const along: Stepper = {
  steps: 0,
  stepOn(op: Op): boolean {
    const { footprint } = current.kernel;
    // The last thread of a process also closes its files, and that does not commute.
    if (footprint !== null) footprint.commuting = current.signal.live.refs > 0;
    if (!perform(op, current)) return false;
    if (footprint !== null) footprint.add(op.target.identity, isLock(op) ? Takes : Looks);
    return true;
  },
  goesThrough: () => false,
  wentThrough: () => {},
};

/** As `along`; nothing that is done commutes. */
const alone: Stepper = {
  ...along,
  stepOn(op: Op): boolean {
    const { footprint } = current.kernel;
    if (!perform(op, current)) return false;
    if (footprint === null) return true;
    const { covers, identity } = op.target;
    footprint.add(identity, isLock(op) ? Takes : Looks);
    if (isLock(op) && covers) footprint.add(covers.identity, Changes);
    return true;
  },
};

export const isLock = ({ verb }: Op): boolean =>
  verb === 'spin_lock' || verb === 'mutex_lock' || verb === 'read_lock' || verb === 'write_lock';

/** schedule(): goes on at once when a wakeup, or a signal that ends the sleep, came before. */
function mayRun(task: task_struct): boolean {
  if (task.__state !== TASK_DEAD) might_sleep(task, 'schedule');
  if (task.__state === TASK_RUNNING) return true;
  if (!signal_pending_state(task.__state, task)) return false;
  task.__state = TASK_RUNNING;
  return true;
}

/**
 * Queues a task where the operation that it cannot carry out will be possible some day.
 * False for a lock that is waited for by spinning: the task keeps its CPU.
 */
export function sleepOn(op: Op, task: task_struct): boolean {
  switch (op.verb) {
    case 'schedule':
      return true; // It has queued itself, or nobody will ever wake it.
    case 'mutex_lock':
      waitForMutex(op.target as mutex, task);
      return true;
    case 'synchronize_rcu':
      waitForReaders(op.target as rcu_state, task);
      return true;
    case 'fault':
      waitForPage(op.target as FaultingPage, task);
      return true;
    default:
      return false;
  }
}
