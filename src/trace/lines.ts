/**
 * The events themselves, one JSON object a line: what other programs read.
 */
import type { TraceEvent } from './events.ts';
import type { Ending, Format, Scene, Write } from './format.ts';
import { toJson } from './values.ts';

/** Writes each event as one line of JSON. */
export class EventLines implements Format {
  private readonly write: Write;
  readonly functions: boolean;
  private readonly kinds: ReadonlySet<TraceEvent['kind']> | null;

  /** `kinds`: which events are wanted; all of them when absent. */
  constructor(write: Write, kinds: readonly TraceEvent['kind'][] | null = null) {
    this.write = write;
    this.kinds = kinds === null ? null : new Set(kinds);
    this.functions = this.kinds?.has('enter') !== false;
  }

  begin({ kind, name, about, tasks }: Scene): void {
    this.write(`${toJson({ [kind]: name, about, tasks })}\n`);
  }

  event(event: TraceEvent): void {
    if (this.kinds?.has(event.kind) !== false) this.write(`${toJson(event)}\n`);
  }

  end(ending: Ending): void {
    this.write(`${toJson({ end: ending })}\n`);
  }
}

/** The events that a list of system calls is made of. */
export const callKinds: readonly TraceEvent['kind'][] = [
  'call',
  'return',
  'sent',
  'signal',
  'sigreturn',
  'exit',
  'step',
];
