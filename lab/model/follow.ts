/**
 * Schedules of the checker name the steps between which it chose; in a run that is chosen step by
 * step the way back from a call is a step as well. Here it is put in where a schedule leaves it out.
 */
import { type KernelChoice, Machine, Stepwise, type Turn } from 'epollsim';
import type { Main } from './compile.ts';

/** So many may be left out; more have no program that anybody looks at. */
const mostWaysBack = 500;

/**
 * The steps with the ways back that they leave out. Where one does not fit all the same, the rest is
 * left as it is, so that whoever follows it is told. `mainOf` makes the program anew, for each time that it is run.
 */
export function withWaysBack(
  mainOf: () => Main,
  steps: readonly string[],
  kernel: KernelChoice,
): string[] {
  const whole = [...steps];
  for (let i = 0; i < mostWaysBack; i++) {
    const misfit = misfitOf(mainOf, whole, kernel);
    if (misfit === null) return whole;
    const { at, possible } = misfit;
    const contexts = [contextOf(whole[at]), contextOf(whole[at - 1])];
    const ways = contexts.flatMap((name) => [
      `${name}: return`,
      `${name}: return from pthread_create`,
    ]);
    const way = ways.find((one) => possible.includes(one));
    if (way === undefined) return whole;
    if (way.startsWith(whole[at] ?? '?')) whole[at] = way;
    else whole.splice(at, 0, way);
  }
  return whole;
}

const contextOf = (step = ''): string => step.slice(0, step.indexOf(':'));

/** The first step that is not possible, and what is instead; null if all are. */
function misfitOf(
  mainOf: () => Main,
  steps: readonly string[],
  kernel: KernelChoice,
): { at: number; possible: readonly string[] } | null {
  const at = turnsOf(mainOf(), steps, kernel).length;
  if (at >= steps.length) return null;
  const before = turnsOf(mainOf(), steps.slice(0, at), kernel);
  return { at, possible: before[at]?.possible ?? [] };
}

/** The points at which somebody was chosen, as far as the steps lead. */
function turnsOf(main: Main, steps: readonly string[], kernel: KernelChoice): readonly Turn[] {
  // biome-ignore lint/suspicious/noThenProperty: what is done then, and no promise.
  const way = new Stepwise(steps, { then: 'stop' });
  const machine = new Machine({ ...kernel, schedule: way, cpus: 1, maxSteps: 20_000 });
  try {
    machine.spawn(main);
    machine.run();
  } catch {
    // What is wrong with the program is told by whoever runs it to its end.
  }
  return way.turns;
}
