/** What a bench runs: a program, a kernel, and the steps that are taken. */
import type { KernelChoice } from 'epollsim';
import { ask } from '../../model/client.ts';
import type { Recording } from '../../model/recording.ts';
import { wayOf } from '../../model/schedule.ts';
import { programText, scheduleText } from '../site.ts';
import type { Place } from './link.ts';

export interface Setup {
  /** A program of the site, by name; null for one that came with a link. */
  readonly program: string | null;
  /** The text that runs. */
  readonly text: string;
  /** The text as it was before anybody changed it. */
  readonly original: string;
  readonly kernel: KernelChoice;
  /** The first steps; empty where they are taken as they come. */
  readonly steps: readonly string[];
  /** The lab for whose task the text is a solution: it runs as the checks run it, along the steps they show. */
  readonly task?: number | undefined;
}

/** What the attributes of a bench say. */
export interface Attributes {
  readonly program: string;
  readonly kernel: string | null;
  /** Ids of commits, with commas or spaces between. */
  readonly with: string | null;
  readonly without: string | null;
  /** The name of a schedule. */
  readonly schedule: string | null;
}

const idsIn = (list: string | null): string[] => list?.match(/\w+/g) ?? [];

/** The kernel that the attributes name, or else the one of the schedule. */
export async function setupOf(attributes: Attributes): Promise<Setup> {
  const { kernel, program, schedule } = attributes;
  const text = await programText(program);
  const way = schedule === null ? null : wayOf(await scheduleText(schedule));
  const added = idsIn(attributes.with);
  const without = idsIn(attributes.without);
  const isNamed = kernel !== null || added.length + without.length > 0;
  return {
    program,
    text,
    original: text,
    kernel: isNamed || way === null ? choiceOf(kernel, added, without) : way.kernel,
    steps: way?.steps ?? [],
  };
}

const choiceOf = (
  kernel: string | null,
  added: readonly string[],
  without: readonly string[],
): KernelChoice => ({ kernel: kernel ?? undefined, with: added, without });

export async function setupOfPlace(place: Place): Promise<Setup> {
  const { kernel, program, steps = [], task, text, with: added = [], without = [] } = place;
  const original = program === null ? (text as string) : await programText(program);
  return {
    program,
    text: text ?? original,
    original,
    kernel: choiceOf(kernel ?? null, added, without),
    steps,
    task,
  };
}

/** The link to place `at` of a run: by its steps so far, or by all of them where it was led along some. */
export function placeOfRun(setup: Setup, { moments, turns }: Recording, at: number): Place {
  const all = turns.flatMap((turn) => turn.taken ?? []);
  const taken = setup.steps.length > 0 ? all : all.slice(0, moments[at - 1]?.steps ?? 0);
  const { kernel, original, program, task, text } = setup;
  const { with: added = [], without = [] } = kernel;
  return {
    program,
    ...(program === null || text !== original ? { text } : {}),
    ...(kernel.kernel === undefined ? {} : { kernel: kernel.kernel }),
    ...(added.length === 0 ? {} : { with: added }),
    ...(without.length === 0 ? {} : { without }),
    ...(taken.length === 0 || task !== undefined ? {} : { steps: taken }),
    ...(task === undefined ? {} : { task }),
    at,
  };
}

/** Runs it; `stop`: no further than its steps. */
export function recordingOf(setup: Setup, then: 'rest' | 'stop'): Promise<Recording> {
  const { kernel, steps, task, text } = setup;
  if (task !== undefined) return ask('shown', { number: task, text });
  return ask('record', { text, options: { ...kernel, steps, then } });
}

/** `Linux 5.7 without 65759097d804`. */
export function kernelName({ kernel }: Setup, newest: string): string {
  const added = (kernel.with ?? []).map((id) => ` + ${id}`);
  const without = (kernel.without ?? []).map((id) => ` − ${id}`);
  return `Linux ${kernel.kernel ?? newest}${added.join('')}${without.join('')}`;
}
