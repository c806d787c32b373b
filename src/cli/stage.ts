/**
 * What everything that one run of the command plays has in common: the kernel, the schedule, where
 * the output goes and in which format.
 */

import { courseAlong } from '../check/along.ts';
import type { Course } from '../check/execution.ts';
import { Replay } from '../check/replay.ts';
import { readSchedule } from '../check/schedule_text.ts';
import type { OutcomeOptions } from '../scenario/outcomes.ts';
import type { MachineOptions } from '../sim/machine.ts';
import type { Format } from '../trace/format.ts';
import type { PlayRequest } from './arguments.ts';
import { defaultMaxSteps, type FormatName } from './commands/play.ts';
import { say } from './errors.ts';
import type { Output } from './output.ts';
import { sayDepartures } from './schedules.ts';

/** Of a concurrent scenario, before the rest is left to chance: some seconds. */
const mostExecutions = 20_000;
/** Where only what they reach is asked for. */
const executionsCovered = 300;

export class Stage {
  readonly output: Output;
  readonly formatName: FormatName;
  /** Whether the data behind the format was asked for. */
  readonly json: boolean;
  private readonly request: PlayRequest;
  private made: Format | null = null;
  private seedSaid = false;
  private replay: Replay | null = null;

  constructor(request: PlayRequest, output: Output) {
    this.request = request;
    this.output = output;
    this.json = request.json;
    const wantsTable = output.isTerminal || request.json;
    this.formatName = request.format ?? (wantsTable ? 'table' : 'transcript');
  }

  /** For one machine: a schedule begins anew with each. */
  machineOptions(): MachineOptions {
    const { cpus, seed = 0 } = this.request;
    const schedule = this.course();
    if (schedule !== null) return { ...this.kernelOptions(), schedule, cpus: 1 };
    return { ...this.kernelOptions(), seed, ...(cpus === undefined ? {} : { cpus }) };
  }

  /** Without a schedule. */
  kernelOptions(): MachineOptions {
    const { kernel, with: added, without, maxSteps } = this.request;
    return { kernel, with: added, without, maxSteps };
  }

  /** What goes along the schedule in words, anew each time; null if none was given. */
  course(): Course | null {
    const { schedule } = this.request;
    if (schedule === undefined) return null;
    const document = readSchedule(schedule);
    this.replay = new Replay(document.steps, this.request.mismatch === 'go on');
    this.replay.begin();
    return courseAlong(this.replay, document);
  }

  /** The execution is over: throws a ScheduleMismatch where the schedule goes on. */
  endSchedule(): void {
    this.replay?.end();
  }

  /** Says where the schedule was not followed. */
  sayDepartures(): void {
    sayDepartures(this.replay?.departures ?? []);
  }

  /** For the checker; its limit of steps is of one execution. */
  checkOptions(): OutcomeOptions {
    const { coverage, kernel, with: added, without, maxSteps } = this.request;
    const steps = maxSteps === defaultMaxSteps ? undefined : maxSteps;
    return {
      kernel,
      with: added,
      without,
      steps,
      executions: coverage ? executionsCovered : mostExecutions,
    };
  }

  /** The format, made the first time; null for transcripts. */
  async format(): Promise<Format | null> {
    if (this.formatName === 'transcript') return null;
    const { makeFormat } = await import('./formats.ts');
    this.made ??= await makeFormat(this.formatName, this.request.json, this.output);
    return this.made;
  }

  /** Says which schedule is in use, once. */
  saySeed(): void {
    if (this.seedSaid) return;
    this.seedSaid = true;
    const { schedule, seed = 0 } = this.request;
    if (schedule === undefined)
      say(seed === 0 ? 'seed 0: each thread runs until it sleeps' : `seed ${seed}`);
  }

  close(): void {
    this.made?.close?.();
  }
}
