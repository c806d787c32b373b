/** Kernels with a commit and without it, and threads that are led through a race by hand. */
import type { CommitId } from '../../src/kernel/history.ts';
import { commits, rankOf } from '../../src/kernel/history.ts';
import type { MachineOptions } from '../../src/sim/machine.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { pause } from './programs.ts';
import { inMachine } from './run.ts';
import { byHand, type Stretch } from './schedule.ts';

export type Side = 'with' | 'without';

/** The release that brought a commit (or `kernel`), with it and without it. */
export function side(which: Side, id: CommitId, options: MachineOptions = {}): MachineOptions {
  const { release } = commits[id];
  const kernel = options.kernel ?? (rankOf(release) < rankOf('4.4') ? '4.4' : release);
  return { ...options, kernel, [which]: [...(options[which] ?? []), id] };
}

/** The same release twice. */
export const sides: readonly Side[] = ['with', 'without'];

type Calls = Record<string, (self: Sys) => Code<unknown>>;

/**
 * Runs threads by hand; what each of them returned. Who sleeps on when everybody sleeps is not in it.
 * The schedule is as long as its stretches and goes on in order.
 */
export const inThreads = (
  threads: (sys: Sys) => Code<Calls>,
  stretches: readonly Stretch[],
  options: MachineOptions,
): Record<string, unknown> =>
  inMachine(
    function* (sys) {
      const results: Record<string, unknown> = {};
      for (const [name, call] of Object.entries(yield* threads(sys))) {
        yield* sys.pthread_create(function* (self) {
          results[name] = yield* call(self);
        }, name);
      }
      yield* pause(sys, 100);
      return { ...results };
    },
    { cpus: 5, schedule: byHand([{ thread: 'main' }, ...stretches]), ...options },
  );

/** Lets a thread run until it is about to carry out each of these operations, one after the other. */
export const upTo = (thread: string, ...ops: readonly string[]): Stretch[] =>
  ops.map((until) => ({ thread, until }));
