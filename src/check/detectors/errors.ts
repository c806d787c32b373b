/** Executions that an error has ended: the program's own, or the kernel's. */

import { KernelBug } from '../../kernel/bug.ts';
import { current } from '../../kernel/current.ts';
import { OutOfSteps } from '../../kernel/steps.ts';
import { AssertionFailed } from '../../syscalls/assertion.ts';
import { thrownInWords } from '../../syscalls/found.ts';
import { NothingChanges } from '../rounds.ts';
import type { Detector, DetectorName, Problem } from './problem.ts';
import type { Scene } from './scene.ts';

/** Which detector a KernelBug of each kind belongs to; `kernel-bug` has the rest. */
const kinds: Readonly<Record<string, DetectorName>> = {
  'use after free': 'use-after-free',
  refcount: 'use-after-free',
  slab: 'use-after-free',
  list: 'list-corruption',
  lockdep: 'lockdep',
  'sleeping while atomic': 'sleeping-while-atomic',
};

/** The kernel found itself broken, in the way that `name` stands for. */
export const kernelBug =
  (name: DetectorName): Detector =>
  ({ error, kernel }) => {
    if (!(error instanceof KernelBug) || (kinds[error.kind] ?? 'kernel-bug') !== name) return [];
    const { message, backtrace } = error;
    return [
      {
        kind: name,
        severity: 'bug',
        sentence: `The kernel is broken: ${message}.`,
        tasks: runningIn(kernel),
        objects: [],
        cause: `${error.kind}: ${backtrace.slice(0, 3).join(' < ')}`,
        details: backtrace.length === 0 ? [] : [`in ${backtrace.join(' < ')}`],
      },
    ];
  };

/** A promise of the program did not hold. */
export const assertion: Detector = ({ error }) => {
  if (!(error instanceof AssertionFailed)) return [];
  return [ofProgram('assertion', error, `${capital(error.message)}.`, [error.thread])];
};

/** A program threw something, and nobody caught it. */
export const exception: Detector = ({ error, kernel }) => {
  if (error === null || error instanceof KernelBug || error instanceof OutOfSteps) return [];
  if (error instanceof AssertionFailed || error instanceof NothingChanges) return [];
  const tasks = runningIn(kernel);
  const what = thrownInWords(error);
  const thrown = error instanceof Error ? error : new Error(what);
  const sentence = `${tasks[0] ?? 'A program'} threw what nobody caught: ${what}.`;
  return [ofProgram('exception', thrown, sentence, tasks)];
};

function ofProgram(
  kind: DetectorName,
  error: Error,
  sentence: string,
  tasks: readonly string[],
): Problem {
  const place = placeOf(error.stack ?? '');
  return {
    kind,
    severity: 'bug',
    sentence,
    tasks,
    objects: [],
    // A message may say what was found, which need not be the same each time.
    cause: `${kind}: ${place ?? `${error.name}: ${error.message}`}`,
    details: place === null ? [] : [`at ${place}`],
  };
}

/** Where the program was: `server.ts:12`; null where the stack does not say. */
export function placeOf(stack: string): string | null {
  for (const line of stack.split('\n')) {
    const frame = /([^\s(]+?):(\d+)(?::\d+)?\)?$/.exec(line);
    const path = frame?.[1]?.split('/') ?? [];
    // Of what is built, the system calls are in one file with the kernel.
    const isOurs =
      /^(?:syscalls|kernel|async|node)$/.test(path.at(-2) ?? '') && path.includes('src');
    if (frame === null || path.length < 2 || path[0] === 'node:internal' || isOurs) continue;
    return `${path.at(-1)}:${frame[2]}`;
  }
  return null;
}

/** The task that was running when the machine stopped, where that is still known. */
const runningIn = (kernel: Scene['kernel']): string[] =>
  current.kernel === kernel ? [current.comm] : [];

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
