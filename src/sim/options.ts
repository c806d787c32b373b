/** What a machine can be told, checked before it is built. */
import { inWords } from '../syscalls/found.ts';
import type { MachineOptions } from './machine.ts';
import { isObject, type Rule } from './rule.ts';
import type { Schedule } from './schedule.ts';

const atLeast = (least: number): Rule => ({
  expected: `an integer, ${least} or more`,
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= least,
});

const commitIds: Rule = {
  expected: 'an array of commit ids',
  fits: (value) => Array.isArray(value) && value.every((id) => typeof id === 'string'),
};

/** A rule for each option of a machine. */
export const machineRules: Readonly<Record<keyof MachineOptions, Rule>> = {
  kernel: {
    expected: "a release as a text, such as '6.18'",
    fits: (value) => typeof value === 'string',
  },
  with: commitIds,
  without: commitIds,
  // As many as the command takes: each has a run queue from the start.
  cpus: {
    expected: 'an integer from 1 to 1024',
    fits: (value) => atLeast(1).fits(value) && (value as number) <= 1024,
  },
  schedule: {
    expected: 'a schedule, such as inOrder or randomSchedule(1)',
    fits: (value) =>
      isObject(value) &&
      typeof (value as Schedule).choose === 'function' &&
      typeof (value as Schedule).runsOn === 'boolean',
  },
  seed: {
    expected: 'an integer',
    fits: (value) => Number.isSafeInteger(value),
  },
  nofile: atLeast(1),
  // The knob under /proc/sys says which numbers it takes.
  maxUserWatches: { expected: 'a number', fits: (value) => typeof value === 'number' },
  sysctls: {
    expected: "numbers by their path under /proc/sys, such as { 'net/ipv4/tcp_fastopen': 3 }",
    fits: (value) =>
      isObject(value) && Object.values(value).every((number) => typeof number === 'number'),
  },
  maxSteps: {
    expected: '1 or more',
    fits: (value) => typeof value === 'number' && value >= 1,
  },
  tracer: { expected: 'a tracer, such as a Recorder', fits: (value) => isObject(value) },
};

/**
 * Throws for the first option that a machine cannot be built with. `besides`: what else may be asked for
 * where they were given.
 */
export function checkOptions(options: MachineOptions, besides?: readonly string[]): void {
  if (!isObject(options)) {
    throw new TypeError(`options: expected an object, found ${inWords(options)}`);
  }
  for (const key of Object.keys(options)) {
    const value: unknown = options[key as keyof MachineOptions];
    const rule = ruleOf.get(key);
    if (rule === undefined) {
      throw new TypeError(
        `options: expected one of ${[...ruleOf.keys(), ...(besides ?? [])].join(', ')}, found "${key}"`,
      );
    }
    if (value === undefined || rule.fits(value)) continue;
    throw new RangeError(`${key}: expected ${rule.expected}, found ${inWords(value)}`);
  }
}

/** A machine is built for every execution of a check: this is asked often. */
const ruleOf: ReadonlyMap<string, Rule> = new Map(Object.entries(machineRules));
