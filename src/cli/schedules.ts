/** --schedule and --on-mismatch, which `check` and `play` share. */
import { readFileSync } from 'node:fs';
import type { Departure } from '../check/replay.ts';
import { readSchedule, type ScheduleDocument, ScheduleError } from '../check/schedule_text.ts';
import { FileError, say } from './errors.ts';
import { reasonAt, userPath } from './input.ts';
import { type KernelOptions, readKernel } from './kernel_options.ts';
import { choiceOf } from './options.ts';

export interface GivenSchedule extends ScheduleDocument {
  readonly text: string;
}

/** The schedule in a file; throws a FileError that says what is wrong with it. */
export function scheduleOf(file: string | undefined): GivenSchedule | undefined {
  if (file === undefined) return undefined;
  try {
    const text = readFileSync(userPath(file), 'utf8');
    if (text.includes('\0')) throw new ScheduleError('expected a schedule, found binary data');
    return { ...readSchedule(text), text };
  } catch (error) {
    const found = error instanceof ScheduleError ? error.message : reasonAt(file, error);
    throw new FileError(`--schedule ${file}: ${found}`);
  }
}

/** What --on-mismatch says. */
export const mismatchOf = (value: unknown): 'stop' | 'go on' =>
  choiceOf(value, '--on-mismatch', ['stop', 'go-on']) === 'go-on' ? 'go on' : 'stop';

/** The kernel that is asked for, or else the one that the schedule is of. */
export function kernelOf(schedule: GivenSchedule | undefined, asked: KernelOptions): KernelOptions {
  const silent = asked.kernel === undefined && asked.with.length + asked.without.length === 0;
  if (schedule === undefined || !silent) return asked;
  const { kernel, with: added, without } = schedule;
  return readKernel({ kernel: kernel === '' ? undefined : kernel, with: added, without });
}

/** Says where a schedule was not followed. */
export function sayDepartures(departures: readonly Departure[]): void {
  for (const { step, expected, instead } of departures) {
    const then = instead === null ? 'passed over' : `"${instead}" instead`;
    say(`step ${step + 1} of the schedule, "${expected}", did not fit: ${then}`);
  }
}
