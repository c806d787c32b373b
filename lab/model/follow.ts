/**
 * Steps of one run, followed in another one that has others: ways back that a schedule of the checker
 * leaves out, or what a kernel does otherwise than the one that the steps were taken on.
 */
import { type KernelChoice, Machine, type Runnable, type Schedule, Stepwise } from 'epollsim';
import type { Main } from './compile.ts';

/** Which of the steps that are possible is taken; null if the run is to stop there. */
type Pick = (possible: readonly string[]) => string | null;

/** A schedule that asks at each point, in words. */
class Asking implements Schedule {
  readonly exact = true;
  readonly runsOn = false;
  readonly sharedMemory = 'anytime';
  readonly taken: string[] = [];
  private readonly pick: Pick;
  /** Says at each point what can be done, and does nothing. */
  // biome-ignore lint/suspicious/noThenProperty: what is done then, and no promise.
  private readonly words = new Stepwise([], { then: 'stop' });

  constructor(pick: Pick) {
    this.pick = pick;
  }

  choose(choices: readonly Runnable[]): number {
    this.words.choose(choices);
    const possible = this.words.turns.at(-1)?.possible ?? [];
    const step = this.pick(possible);
    if (step !== null) this.taken.push(step);
    return step === null ? -1 : possible.indexOf(step);
  }
}

function takenBy(main: Main, kernel: KernelChoice, pick: Pick): string[] {
  const schedule = new Asking(pick);
  const machine = new Machine({ ...kernel, schedule, cpus: 1, maxSteps: 20_000 });
  try {
    machine.spawn(main);
    machine.run();
  } catch {
    // What is wrong with the program is told by whoever runs it along these steps.
  }
  return schedule.taken;
}

const contextOf = (step: string): string => step.slice(0, step.indexOf(':'));

const waysBackOf = (context: string): string[] => [
  `${context}: return`,
  `${context}: return from pthread_create`,
];

/**
 * The steps with the ways back that they leave out. The code behind a call goes with the last step of it,
 * so its way back comes at once, unless the steps say when: others may see what it does to a variable.
 * From where one does not fit all the same they are left as they are, so that whoever follows them is told.
 */
export function withWaysBack(main: Main, steps: readonly string[], kernel: KernelChoice): string[] {
  let done = 0;
  let last = '';
  const taken = takenBy(main, kernel, (possible) => {
    const step = steps[done];
    if (step === undefined) return null;
    const ways = [...waysBackOf(contextOf(step)), ...waysBackOf(last)];
    const atOnce = `${last}: return`;
    const isSaid = steps.slice(done).find((one) => contextOf(one) === last) === atOnce;
    const wanted = isSaid ? [step, ...ways] : [atOnce, step, ...ways];
    const next = wanted.find((one) => possible.includes(one));
    if (next === undefined) return null;
    if (next.startsWith(step)) done++;
    last = contextOf(next);
    return next;
  });
  return [...taken, ...steps.slice(done)];
}

/** Among so many steps of a context one that is missed may still come. */
const lookAhead = 12;

/**
 * A whole run of another kernel, as near to these steps as it can be: the same threads go in the same order,
 * and each does on its way what its kernel does.
 */
export function nearTo(main: Main, steps: readonly string[], kernel: KernelChoice): string[] {
  let done = 0;
  let last = '';
  return takenBy(main, kernel, (possible) => {
    let next: string | undefined;
    for (; done < steps.length && next === undefined; done++) {
      const step = steps[done] as string;
      if (possible.includes(step)) next = step;
      else if ((next = ownStep(possible, steps.slice(done))) !== undefined) break;
    }
    next ??= possible.find((step) => contextOf(step) === last) ?? possible[0];
    last = contextOf(next ?? '');
    return next ?? null;
  });
}

/** What the context of the first step does instead of it, unless that comes later; then the step is left out. */
function ownStep(possible: readonly string[], steps: readonly string[]): string | undefined {
  const context = contextOf(steps[0] as string);
  const own = possible.find((step) => contextOf(step) === context);
  const later = steps.filter((step) => contextOf(step) === context).slice(1, lookAhead);
  return own === undefined || later.includes(own) ? undefined : own;
}
