/**
 * Timers and clocks of JavaScript, in step with the virtual clock of a machine.
 *
 * Each timer is an event of the machine: it fires in the order of the virtual clock, between the
 * kernel's own timers; while checking, when it fires is a choice as with any timer. Its callback runs
 * outside of all threads. A thread that awaits what the callback settles goes on when it has.
 *
 * Differs from Node: `setImmediate` is a timer that is due at once. The clock stands still while code
 * runs, so a loop that waits for `Date.now()` to change does so for ever.
 */
import type { Globals } from '../kernel/globals.ts';
import { ktime_get, ktime_get_real, NSEC_PER_MSEC } from '../kernel/hrtimer.ts';
import { onBehalfOf } from '../sim/behalf.ts';
import { Machine } from '../sim/machine.ts';
import { inWords } from '../syscalls/found.ts';
import { Sys } from '../syscalls/sys.ts';
import type { AsyncSys } from './sys.ts';
import { isAsyncSys } from './thread.ts';
import { type Callback, FakeTimer, type TimerOptions } from './timer.ts';

export type { FakeTimer } from './timer.ts';

/** What a timer is cleared by: itself, or its number; anything else clears nothing. */
export type TimerId = FakeTimer | number | string | null | undefined;

/** setTimeout() and setInterval(): the callback gets `values`; `delay` in ms. */
export type SetTimer = <A extends unknown[]>(
  callback: (...values: A) => unknown,
  delay?: number,
  ...values: A
) => FakeTimer;

/** A set of timers and clocks, for a program that takes them by injection. */
export class FakeTime {
  /**
   * After `delay` milliseconds; 1 for none, and for what is not between 1 and 2^31 - 1, as in Node.
   *
   * @throws TypeError for what is no function
   */
  readonly setTimeout: SetTimer = (callback, delay, ...values) =>
    this.#start('setTimeout', callback, delay, false, values);
  /**
   * Every `delay` milliseconds.
   *
   * @throws TypeError for what is no function
   */
  readonly setInterval: SetTimer = (callback, delay, ...values) =>
    this.#start('setInterval', callback, delay, true, values);
  /**
   * When the clock's next interrupt comes, which is at once.
   *
   * @throws TypeError for what is no function
   */
  readonly setImmediate = <A extends unknown[]>(
    callback: (...values: A) => unknown,
    ...values: A
  ): FakeTimer => this.#start('setImmediate', callback, null, false, values);
  /** Takes a timer back, of whatever kind, as in Node. */
  readonly clearTimeout = (timer?: TimerId): void => this.#clear(timer);
  /** The same. */
  readonly clearInterval = (timer?: TimerId): void => this.#clear(timer);
  /** The same. */
  readonly clearImmediate = (timer?: TimerId): void => this.#clear(timer);
  /** CLOCK_REALTIME, which starts one second after 1970 and can be set. */
  readonly Date: DateConstructor = this.#date();
  /** CLOCK_MONOTONIC, in milliseconds. */
  readonly performance: { readonly now: () => number } = {
    now: () => this.#read(ktime_get) / NSEC_PER_MSEC,
  };

  #followed: Globals | null;
  #last = 0;
  readonly #timers: Map<number, FakeTimer> = new Map();

  /** `kernel`: of the machine; null for one that is not there yet. */
  constructor(kernel: Globals | null) {
    this.#followed = kernel;
  }

  get #kernel(): Globals {
    if (this.#followed === null) throw new Error('fakeTime: expected a machine, found none yet');
    return this.#followed;
  }

  /** @internal From here on it is the time of another machine. */
  follow(kernel: Globals): void {
    this.#followed = kernel;
    this.#timers.clear();
  }

  /**
   * Puts the set onto `globalThis`, for programs that take no injection; what is given back undoes
   * that. Whatever else runs in this process meanwhile sees it too. `during` undoes it by itself.
   *
   * @throws {Error} if another set is there.
   */
  install(): () => void {
    return put(this);
  }

  /** Does `work` with the set on `globalThis`, and undoes that when it is over. */
  async during<T>(work: () => Promise<T> | T): Promise<T> {
    const undo = this.install();
    try {
      return await work();
    } finally {
      undo();
    }
  }

  #read(clock: () => number): number {
    this.#kernel.clockReads++;
    return onBehalfOf(this.#kernel, clock);
  }

  #start(
    name: string,
    callback: Callback,
    delay: unknown,
    repeats: boolean,
    values: unknown[],
  ): FakeTimer {
    if (typeof callback !== 'function') {
      throw new TypeError(`${name}: expected a function, found ${inWords(callback)}`);
    }
    const timers = this.#timers;
    const id = ++this.#last;
    const over = (): void => void timers.delete(id);
    const options: TimerOptions = { name, delay, repeats, id, over };
    const timer = new FakeTimer(this.#kernel, () => callback(...(values as never[])), options);
    timers.set(id, timer);
    return timer;
  }

  #clear(timer: TimerId): void {
    if (timer instanceof FakeTimer) timer.close();
    else if (timer !== null && timer !== undefined) this.#timers.get(Number(timer))?.close();
  }

  #date(): DateConstructor {
    const now = (): number => Math.floor(this.#read(ktime_get_real) / NSEC_PER_MSEC);
    return new Proxy(Date, {
      apply: () => new Date(now()).toString(),
      construct: (target, values, made) =>
        Reflect.construct(target, values.length === 0 ? [now()] : values, made),
      get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
    });
  }
}

/**
 * Timers and clocks of a machine; of the machine that a program runs on, for a program's `sys`.
 *
 * @throws {TypeError} for anything else.
 */
export function fakeTime(of: Machine | Sys | AsyncSys): FakeTime {
  if (of instanceof Machine) return new FakeTime(of.kernel);
  if (of instanceof Sys || isAsyncSys(of)) return new FakeTime(of.task.kernel);
  throw new TypeError(`fakeTime: expected a machine or a sys, found ${inWords(of)}`);
}

/** Which set is on globalThis; the engine has but one. */
const onGlobal: { set: FakeTime | null } = { set: null };

const timerNames = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'Date',
] as const;

function put(set: FakeTime): () => void {
  if (onGlobal.set !== null) {
    throw new Error(
      'fakeTime: expected no fake time on globalThis, found one: undo that first, or give each ' +
        'program its own by injection',
    );
  }
  onGlobal.set = set;
  const undo = timerNames.map((name) => replace(globalThis, name, set[name]));
  undo.push(replace(performance, 'now', set.performance.now));
  return () => {
    if (onGlobal.set !== set) return;
    onGlobal.set = null;
    for (const one of undo) one();
  };
}

/** Replaces a property that is there; what is given back undoes it. */
function replace(object: object, name: string, value: unknown): () => void {
  if (!(name in object)) return () => {};
  const before = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(object, name);
    else Object.defineProperty(object, name, before);
  };
}
