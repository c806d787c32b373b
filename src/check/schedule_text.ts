/**
 * A schedule as a text: a head that says what it belongs to, and a line a step.
 *
 *     # epollsim schedule 1
 *     # kernel 6.18
 *     # a pending event is found
 *     main: start
 *     t1: lock ep->mtx
 */
import type { KernelChoice } from '../kernel/history.ts';
import { type LibertyKind, libertyKinds } from '../sim/liberty.ts';
import type { Memory } from '../sim/schedule.ts';

/** The head of a schedule: what it belongs to. */
export interface Header {
  /** The release, such as `6.18`; empty where none is named. */
  readonly kernel: string;
  /** Ids of commits that the kernel has besides. */
  readonly with: readonly string[];
  /** Ids of commits that the kernel lacks. */
  readonly without: readonly string[];
  /** `tso` where stores wait in a buffer of their CPU. */
  readonly memory: Memory;
  /** The kinds of liberties that the kernel takes in it; null where it was not allowed any. */
  readonly liberties: readonly LibertyKind[] | null;
  /** What it shows. */
  readonly about: string;
}

/** A schedule, as its text says it. */
export interface ScheduleDocument extends Header {
  /** In their order and in words, each `context: step`. */
  readonly steps: readonly string[];
}

/** The text is no schedule. */
export class ScheduleError extends Error {
  override readonly name: string = 'ScheduleError';
}

const title = '# epollsim schedule 1';
/** Where the kernel might have taken liberties, more is a step than where it may not. */
const none = 'none';

export function scheduleText(
  { kernel, with: added, without, memory, liberties, about }: Header,
  steps: readonly string[],
): string {
  const head = [title, `# kernel ${kernel}`];
  for (const id of added) head.push(`# with ${id}`);
  for (const id of without) head.push(`# without ${id}`);
  if (memory !== 'sc') head.push(`# memory ${memory}`);
  if (liberties !== null) head.push(`# liberties ${liberties.join(',') || none}`);
  for (const line of about.split('\n')) if (line !== '') head.push(`# about ${line}`);
  return `${[...head, ...steps].join('\n')}\n`;
}

/** The kernel that is asked for, or else the one that the schedule is of. */
export function kernelAlong(
  { kernel, with: added, without }: Pick<Header, 'kernel' | 'with' | 'without'>,
  asked: KernelChoice,
): KernelChoice {
  const isAsked = asked.kernel || asked.with?.length || asked.without?.length;
  if (isAsked || kernel === '') {
    return { kernel: asked.kernel, with: asked.with, without: asked.without };
  }
  return { kernel, with: added, without };
}

/**
 * The schedule that `text` is: what the finding of a check, `Stepwise.text()` and `check --out` give. Lines of
 * the head that it does not know it leaves out.
 *
 * @throws ScheduleError for what does not begin as one, a line that is no step, or a liberty that there is not
 */
export function readSchedule(text: string): ScheduleDocument {
  const lines = text.split(/\r?\n/);
  if (lines[0]?.trim() !== title) {
    throw new ScheduleError(
      `line 1: expected "${title}", found "${(lines[0] ?? '').slice(0, 60)}"`,
    );
  }
  let kernel = '';
  const added: string[] = [];
  const without: string[] = [];
  const about: string[] = [];
  let memory: Memory = 'sc';
  let liberties: LibertyKind[] | null = null;
  const steps: string[] = [];
  for (const [i, raw] of lines.entries()) {
    const line = raw.trim();
    if (i === 0 || line === '') continue;
    const head = /^# ?(kernel|with|without|memory|liberties|about) (.*)$/.exec(line);
    if (head?.[1] === 'kernel') kernel = head[2] as string;
    else if (head?.[1] === 'with') added.push(head[2] as string);
    else if (head?.[1] === 'without') without.push(head[2] as string);
    else if (head?.[1] === 'memory') memory = head[2] === 'tso' ? 'tso' : 'sc';
    else if (head?.[1] === 'liberties') liberties = kindsIn(head[2] as string, i + 1);
    else if (head?.[1] === 'about') about.push(head[2] as string);
    else if (line.startsWith('#')) continue;
    else if (/^[^:]+: \S/.test(line)) steps.push(line);
    else
      throw new ScheduleError(
        `line ${i + 1}: expected "context: step", found "${line.slice(0, 60)}"`,
      );
  }
  return { kernel, with: added, without, memory, liberties, about: about.join('\n'), steps };
}

function kindsIn(words: string, line: number): LibertyKind[] {
  if (words.trim() === none) return [];
  return words.split(',').map((word) => {
    const kind = libertyKinds.find((one) => one === word.trim());
    if (kind !== undefined) return kind;
    throw new ScheduleError(
      `line ${line}: expected ${none}, or liberties out of ${libertyKinds.join(', ')}, found "${word.trim()}"`,
    );
  });
}
