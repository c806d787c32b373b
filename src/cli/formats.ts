/**
 * Makes the format that was asked for; loads no other.
 */
import { type Colours, type Format, noColours, type Write } from '../trace/format.ts';
import type { FormatName } from './commands/play.ts';
import type { Output } from './output.ts';
import { columnsOf, showsColours } from './terminal.ts';

/** Formats that are made from a trace. */
export type TracedFormat = Exclude<FormatName, 'transcript'>;

/** The width of a table where no terminal says how wide it is. */
const defaultWidth = 100;
const leastWidth = 80;
/** A table of states goes below that, one thing under the other. */
const narrowest = 40;

export async function makeFormat(
  name: TracedFormat,
  json: boolean,
  output: Output,
): Promise<Format> {
  const { write } = output;
  if (json && name !== 'state') return jsonLines(name, write);
  switch (name) {
    case 'strace':
      return new (await import('../trace/strace.ts')).Strace(write);
    case 'graph':
      return new (await import('../trace/graph.ts')).Graph(write);
    case 'perfetto':
      return new (await import('../trace/perfetto.ts')).Perfetto(write);
    case 'mermaid':
      return new (await import('../trace/mermaid.ts')).Mermaid(write);
    case 'state': {
      const { State } = await import('../trace/state.ts');
      return new State(write, json ? noColours : await coloursFor(output), json);
    }
    case 'table': {
      const { TableRows } = await import('../trace/table.ts');
      const { DrawnTable } = await import('../shared/table.ts');
      return new TableRows(new DrawnTable(write, await coloursFor(output), tableWidthOf(output)));
    }
  }
}

async function jsonLines(name: TracedFormat, write: Write): Promise<Format> {
  if (name === 'table') {
    const { jsonRows } = await import('../trace/table.ts');
    return jsonRows(write);
  }
  const { callKinds, EventLines } = await import('../trace/lines.ts');
  return new EventLines(write, name === 'strace' ? callKinds : null);
}

export async function coloursFor(output: Output): Promise<Colours> {
  if (!showsColours(output)) return noColours;
  const { default: picocolors } = await import('picocolors');
  return picocolors.createColors(true);
}

export const widthOf = (output: Output, least: number = leastWidth): number =>
  Math.max(columnsOf(output) ?? defaultWidth, least);

/** The width of a table that can be narrow. */
export const tableWidthOf = (output: Output): number => widthOf(output, narrowest);
