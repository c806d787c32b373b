/** What the checker has to say in a line, wherever it is said. */
import type { Finding, Verdict } from '../check/check.ts';
import type { DetectorName } from '../check/detectors/index.ts';
import { whyAnotherWay } from '../check/determinism.ts';
import { newestKernel } from '../kernel/history.ts';

export const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? '' : 's'}`;

export const processCount = (number: number): string =>
  `${number} process${number === 1 ? '' : 'es'}`;

/** How long the execution of a finding is, and how often it preempts. */
export function measureText({
  execution,
  fewest,
  preemptions,
  steps,
}: Pick<Finding, 'execution' | 'fewest' | 'preemptions' | 'steps'>): string {
  const least = fewest && preemptions > 0 ? ' (with fewer it does not break)' : '';
  const many = `${count(steps, 'step')}, ${count(preemptions, 'preemption')}${least}`;
  return `${many}; first seen in execution ${execution}`;
}

/** What the kernel had to do, and need not have done, for something to be found; nothing for most findings. */
export function libertyLines({
  fewestLiberties,
  liberties,
}: Pick<Finding, 'fewestLiberties' | 'liberties'>): string[] {
  const { length } = liberties;
  if (length === 0) return [];
  const many = length === 1 ? 'a liberty' : `${length} liberties`;
  return [
    `needs ${many} of the kernel${fewestLiberties ? ', and breaks with no fewer' : ''}:`,
    ...liberties.map(({ does, kind, source }) => `  ${kind}: ${does} (${source})`),
  ];
}

const ofKernel: ReadonlySet<DetectorName> = new Set([
  'use-after-free',
  'list-corruption',
  'sleeping-while-atomic',
  'lockdep',
  'kernel-bug',
]);

/** Whose fault it is, where it is the kernel's; `by`: where it is said how to get past it. */
export function faultLines({ kind }: Finding, by: 'command' | 'options'): string[] {
  if (!ofKernel.has(kind)) return [];
  const [other, off] =
    by === 'command'
      ? [`--kernel ${newestKernel}`, `--off ${kind}`]
      : [`kernel: '${newestKernel}'`, `off: ['${kind}']`];
  return [
    `a bug of the kernel that is modelled, and none of the program: another release may not have it (${other}); ${off} leaves it out`,
  ];
}

/** What there is to be said of a finding that did not come again when the program was run again. */
export const unrepeatedLines = ({
  details,
  execution,
}: Pick<Finding, 'details' | 'execution'>): string[] => [
  ...details,
  `seen in execution ${execution}, and not again along the same steps: the program goes another way when it is run again`,
  ...whyAnotherWay,
];

/** Which interleavings were covered: of a bound on preemptions no more than what it lets through. */
export function coverage({
  complete,
  ofCalls = false,
  preemptions,
  strategy,
}: Pick<Verdict, 'complete' | 'preemptions' | 'strategy'> &
  Partial<Pick<Verdict, 'ofCalls'>>): string {
  if (strategy === 'replay') return 'along the schedule';
  const calls = complete && ofCalls ? ' of its calls' : '';
  const bound = preemptions === null ? '' : ` with at most ${count(preemptions, 'preemption')}`;
  return `${complete ? '' : 'not '}every interleaving${calls}${bound} was covered`;
}

/** One sentence: how much was covered, and whether anything was found. */
export function summary(verdict: Verdict): string {
  const { complete, executions, findings, strategy, seed } = verdict;
  const how =
    strategy === 'exhaustive' || strategy === 'replay' ? '' : `, ${strategy} with seed ${seed}`;
  const runs = `${count(executions, 'execution')}${how}`;
  if (findings.length > 0) return `${count(findings.length, 'finding')} in ${runs}`;
  const covered = coverage(verdict);
  if (strategy === 'replay') return `nothing found in ${runs}, ${covered}`;
  return complete
    ? `nothing found: ${covered}, in ${runs}`
    : `nothing found in ${runs}, but ${covered}`;
}
