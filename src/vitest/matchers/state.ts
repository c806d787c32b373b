/** What a machine looks like at the moment, for the end of a message. */
import type { Globals } from '../../kernel/globals.ts';
import { Names } from '../../trace/names.ts';
import { stateText } from '../../trace/state.ts';
import { viewOf } from '../../trace/view.ts';

/** Two spaces in front of each line. */
export const indented = (text: string): string => text.trimEnd().replace(/^(?=.)/gm, '  ');

/** A failure with more lines of it is read by nobody. */
const mostLines = 200;

/** Trees, lists, queues, and who sleeps where. */
export function stateNow(kernel: Globals): string {
  const text = stateText(viewOf(kernel, new Names())).trimEnd();
  if (text === '') return 'nothing is left on the machine: its programs have ended';
  const lines = text.split('\n');
  const left = lines.length - mostLines;
  const shown = left > 0 ? [...lines.slice(0, mostLines), `… ${left} lines more …`] : lines;
  return `the machine at this moment:\n${indented(shown.join('\n'))}`;
}

/** "t1, t2 and main"; "nobody" for none. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? 'nobody';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** What vitest wants to know of a matcher. */
export interface Judged {
  readonly pass: boolean;
  message(): string;
  /** Shown as a diff. */
  readonly actual?: unknown;
  readonly expected?: unknown;
}

/** What vitest tells a matcher. */
export interface Asking {
  readonly isNot?: boolean;
  equals(a: unknown, b: unknown): boolean;
}
