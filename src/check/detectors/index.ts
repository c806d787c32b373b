/**
 * What is looked for in each execution.
 *
 *     const machine = observed(new Machine({ schedule }));
 *     …
 *     const findings = detect({ machine, error, extent });
 *
 * A machine that is not observed shows its errors alone.
 */
import { deadlock, waitsForEver } from './deadlock.ts';
import { assertion, exception, kernelBug } from './errors.ts';
import { herd } from './herd.ts';
import { livelock } from './livelock.ts';
import { lostWakeup } from './lost_wakeup.ts';
import {
  type DetectOptions,
  type Detector,
  type DetectorName,
  detectorNames,
  type Problem,
} from './problem.ts';
import { type Ended, Scene } from './scene.ts';
import { staleEvent } from './stale_event.ts';
import { oneshotNeverRearmed, strandedData } from './stranded_data.ts';

export { observed } from './observations.ts';
export { type DetectOptions, type DetectorName, detectorNames, type Problem } from './problem.ts';
export type { Ended } from './scene.ts';

const detectors: Readonly<Record<DetectorName, Detector>> = {
  'use-after-free': kernelBug('use-after-free'),
  'list-corruption': kernelBug('list-corruption'),
  'sleeping-while-atomic': kernelBug('sleeping-while-atomic'),
  lockdep: kernelBug('lockdep'),
  'kernel-bug': kernelBug('kernel-bug'),
  assertion,
  exception,
  'lost-wakeup': lostWakeup,
  'stranded-data': strandedData,
  'oneshot-never-rearmed': oneshotNeverRearmed,
  deadlock,
  'stale-event': staleEvent,
  livelock,
  herd,
  'waits-for-ever': waitsForEver,
};

/** What is to be said of an execution, the most interesting first. */
export function detect(execution: Ended, options: DetectOptions = {}): Problem[] {
  if (execution.extent === 'redundant') return []; // Another one shows all of it.
  const { off = [] } = options;
  const scene = new Scene(execution, options);
  const found: Problem[] = [];
  for (const name of execution.error === null ? ofCalm : detectorNames) {
    // One that is switched off still explains a sleep: another one is not to speak in its place.
    const findings = detectors[name](scene);
    if (findings.length > 0 && !off.includes(name)) found.push(...findings);
  }
  if (found.length < 2) return found;
  return [...found.filter(isBug), ...found.filter((finding) => !isBug(finding))];
}

/** Those that have something to say only of an execution that an error has ended. */
const ofErrors: ReadonlySet<DetectorName> = new Set<DetectorName>([
  'use-after-free',
  'list-corruption',
  'sleeping-while-atomic',
  'lockdep',
  'kernel-bug',
  'assertion',
  'exception',
  'livelock',
]);
const ofCalm: readonly DetectorName[] = detectorNames.filter((name) => !ofErrors.has(name));

const isBug = ({ severity }: Problem): boolean => severity === 'bug';
