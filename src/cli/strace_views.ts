/** How `epollsim strace` shows a log: as a table, as states, as JSON; and what was found. */

import { DrawnTable } from '../shared/table.ts';
import type { Finding, Level } from '../strace/findings.ts';
import type { StraceReader, StraceReport, StraceRow } from '../strace/reader.ts';
import type { Colours } from '../trace/format.ts';
import { compareStates, stateLines } from '../trace/state.ts';
import { toJson } from '../trace/values.ts';
import type { StraceFormatName } from './commands/strace.ts';
import { coloursFor, tableWidthOf } from './formats.ts';
import type { Output } from './output.ts';

export interface StraceView {
  /** A call and the state after it; absent where nobody wants to see them. */
  row?(row: StraceRow, reader: StraceReader): void;
  end(report: StraceReport): void;
}

export async function makeView(
  { format, json }: { readonly format: StraceFormatName; readonly json: boolean },
  name: string,
  output: Output,
): Promise<StraceView> {
  if (json) return jsonView(format, output);
  const colours = await coloursFor(output);
  const end = (report: StraceReport): void => {
    for (const line of reportLines(report, colours)) output.write(`${line}\n`);
  };
  if (format === 'findings') return { end };
  const row = format === 'table' ? tableOf(name, output, colours) : statesOf(name, output, colours);
  return {
    row,
    end(report) {
      if (report.calls > 0) output.write('\n');
      end(report);
    },
  };
}

// ── The table ────────────────────────────────────────────────────────────────────────────────────

function tableOf(name: string, output: Output, colours: Colours): (row: StraceRow) => void {
  const drawn = new DrawnTable(output.write, colours, tableWidthOf(output), 'line', 1_000_000);
  const columns = new Set<string>();
  drawn.open(name, 0);
  return (row) => {
    const pid = row.pid ?? row.tgid;
    const key = `${pid} ${row.thread}`;
    if (!columns.has(key)) drawn.column({ pid, tgid: row.tgid, comm: row.thread });
    columns.add(key);
    const cell = [
      ...row.outside.map((what) => colours.dim(`~ ${what}`)),
      row.call,
      ...row.unexplained.map(({ model }) =>
        colours.red(`cannot be explained: the model has ${model}`),
      ),
      ...row.findings.map(({ kind, level }) => colourOf(level, colours)(`${level}: ${kind}`)),
    ];
    const cells = new Map<number, readonly string[]>([[pid, cell]]);
    drawn.row({ index: row.line, time_ns: row.time_ns ?? 0, state: row.state, cells });
  };
}

// ── States ───────────────────────────────────────────────────────────────────────────────────────

function statesOf(
  name: string,
  output: Output,
  colours: Colours,
): (row: StraceRow, reader: StraceReader) => void {
  let before: ReadonlyMap<string, string> = new Map();
  output.write(`${colours.bold(`# ${name}`)}\n`);
  return (row, reader) => {
    const happened = row.outside.map((what) => ` (${what})`).join('');
    output.write(`\n${colours.bold(`line ${row.line}`)}${happened}  ${row.thread}: ${row.call}\n`);
    before = compareStates(before, stateLines(reader.view(), colours), output.write, colours);
  };
}

// ── JSON ─────────────────────────────────────────────────────────────────────────────────────────

function jsonView(format: StraceFormatName, { write }: Output): StraceView {
  const line = (value: unknown): void => write(`${toJson(value)}\n`);
  const view: StraceView = {
    end({ findings, unexplained, malformed, ...rest }) {
      for (const finding of findings) line({ type: 'finding', ...finding });
      for (const one of unexplained) line({ type: 'unexplained', ...one });
      for (const one of malformed) line({ type: 'malformed', ...one });
      line({ type: 'summary', ...rest });
    },
  };
  if (format === 'table') {
    view.row = ({ findings, unexplained: _, ...row }) =>
      line({ type: 'call', ...row, findings: findings.map(({ kind }) => kind) });
  } else if (format === 'state') {
    view.row = ({ findings, unexplained: _, state: _state, ...row }, reader) =>
      line({ type: 'call', ...row, findings: findings.map(({ kind }) => kind), ...reader.view() });
  }
  return view;
}

// ── What was found ───────────────────────────────────────────────────────────────────────────────

const colourOf = (level: Level, colours: Colours): ((text: string) => string) =>
  level === 'bug' ? colours.red : level === 'suspicious' ? colours.yellow : colours.cyan;

/** Of what there is much of, so much is shown. */
const mostShown = 20;

function reportLines(report: StraceReport, colours: Colours): string[] {
  return [
    ...summaryLines(report),
    ...malformedLines(report),
    ...unexplainedLines(report, colours),
    ...report.findings.flatMap((finding) => findingLines(finding, colours)),
    ...(report.findings.length === 0 ? ['nothing suspicious was found'] : []),
  ];
}

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;

function summaryLines({ lines, calls, passedOver }: StraceReport): string[] {
  const others = Object.entries(passedOver);
  const sum = others.reduce((total, [, count]) => total + count, 0);
  const most = others.slice(0, 3).map(([name]) => name);
  const which = most.length === 0 ? '' : ` (${most.join(', ')}${others.length > 3 ? ', …' : ''})`;
  return [
    `${counted(lines, 'line')}: ${counted(calls, 'call')} rebuilt, ${sum} passed over${which}`,
  ];
}

function malformedLines({ malformed, malformedCount }: StraceReport): string[] {
  if (malformedCount === 0) return [];
  const shown = malformed
    .slice(0, mostShown)
    .map(({ line, reason }) => `  line ${line}: ${reason}`);
  return [
    `${counted(malformedCount, 'malformed line')}, skipped:`,
    ...shown,
    ...rest(malformedCount),
  ];
}

const rest = (count: number): string[] =>
  count > mostShown ? [`  … and ${count - mostShown} more`] : [];

function unexplainedLines(
  { unexplained, unexplainedCount }: StraceReport,
  colours: Colours,
): string[] {
  if (unexplainedCount === 0) return ['every result can be explained'];
  const shown = unexplained
    .slice(0, mostShown)
    .map(
      ({ line, call, model, log }) =>
        `  line ${line}: ${call}: the log has ${log}, the model ${model}`,
    );
  const head = `${counted(unexplainedCount, 'result')} that cannot be explained:`;
  return [colours.red(head), ...shown, ...rest(unexplainedCount)];
}

function findingLines(
  { kind, level, times, lines, what, cure }: Finding,
  colours: Colours,
): string[] {
  const often = times === 1 ? '' : `, ${times} times`;
  return [
    '',
    `${colourOf(level, colours)(`${level}: ${kind}`)} (line${lines.length === 1 ? '' : 's'} ${lines.join(', ')}${often})`,
    ...wrap(what),
    ...wrap(`cure: ${cure}`),
  ];
}

/** A paragraph, in lines that a terminal has room for. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const word of text.split(' ')) {
    if (line.length + word.length >= 100) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
