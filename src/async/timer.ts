/** A fake timer: an event of its machine, like any hrtimer. */

import type { Globals } from '../kernel/globals.ts';
import {
  HRTIMER_NORESTART,
  HRTIMER_RESTART,
  hrtimer,
  hrtimer_cancel,
  hrtimer_start,
  NSEC_PER_MSEC,
} from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import { onBehalfOf } from '../sim/behalf.ts';
import { worldOf } from './world.ts';

/** What a timer calls. */
export type Callback = (...values: never[]) => unknown;

/** As long as Node's and a browser's timers can be; what is longer they make as short as can be. */
const longest = 2 ** 31 - 1;

/** How many milliseconds a timer waits. */
const delayOf = (delay: unknown): number => {
  const ms = Number(delay);
  return ms >= 1 && ms <= longest ? Math.trunc(ms) : 1;
};

export interface TimerOptions {
  /** For tables and schedules. */
  readonly name: string;
  /** In milliseconds; null for at once. */
  readonly delay: unknown;
  readonly repeats: boolean;
  readonly id: number;
  /** It is over: it has fired for the last time, or was cleared. */
  readonly over: (timer: FakeTimer) => void;
}

/** What setTimeout() and its like give, with what Node's have. */
export class FakeTimer {
  readonly #kernel: Globals;
  readonly #timer: hrtimer;
  readonly #delay_ns: number;
  readonly #options: TimerOptions;
  #cleared = false;

  constructor(kernel: Globals, call: () => unknown, options: TimerOptions) {
    this.#kernel = kernel;
    this.#options = options;
    this.#delay_ns = options.delay === null ? 0 : delayOf(options.delay) * NSEC_PER_MSEC;
    this.#timer = new hrtimer(options.name, () => this.#fire(call));
    const clear = options.name.replace('set', 'clear');
    this.#timer.remedy = `take it back (${clear}), or unref() it where nobody waits for it`;
    this.refresh();
  }

  /** Waits for its whole delay again. */
  refresh(): this {
    const { hrtimers } = this.#kernel;
    this.#cleared = false;
    onBehalfOf(this.#kernel, () => hrtimer_start(this.#timer, hrtimers.now_ns + this.#delay_ns));
    return this;
  }

  /** Takes it back. */
  close(): this {
    this.#cleared = true;
    onBehalfOf(this.#kernel, () => hrtimer_cancel(this.#timer));
    this.#options.over(this);
    return this;
  }

  /** The machine runs on for it. */
  ref(): this {
    return this.#keep(true);
  }

  /** By itself it keeps no machine running. */
  unref(): this {
    return this.#keep(false);
  }

  /** Does it keep the machine running? */
  hasRef(): boolean {
    return !this.#timer.background;
  }

  /** Its number, as in Node: what clearTimeout() takes, too. */
  [Symbol.toPrimitive](): number {
    return this.#options.id;
  }

  #keep(keeps: boolean): this {
    const timer = this.#timer;
    onBehalfOf(this.#kernel, () => {
      const waits = hrtimer_cancel(timer);
      timer.background = !keeps;
      if (waits) hrtimer_start(timer, timer.expires);
    });
    return this;
  }

  *#fire(call: () => unknown): Kernel<number> {
    const kernel = this.#kernel;
    const world = worldOf(kernel);
    if (kernel.live === 0) return HRTIMER_NORESTART; // Whoever set it has ended.
    kernel.touchProgramMemory?.();
    world.watch(call());
    if (world.isAsync) yield* world.rest();
    kernel.touchProgramMemory?.();
    if (this.#options.repeats && !this.#cleared) {
      this.#timer.expires = kernel.hrtimers.now_ns + this.#delay_ns;
      return HRTIMER_RESTART;
    }
    if (!this.#timer.queued) this.#options.over(this);
    return HRTIMER_NORESTART;
  }
}
