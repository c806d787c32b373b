/**
 * Draws the table that a person reads, row by row while the machine runs.
 *
 * Threads share what the state leaves of the line. When there are too many for that, one column
 * says which thread, and another what it did.
 */
import { stripVTControlCharacters } from 'node:util';
import CliTable, { type CellOptions } from 'cli-table3';
import { durationText } from '../trace/calls/words.ts';
import type { TaskRef } from '../trace/events.ts';
import { type Colours, type Ending, type Scene, titleOf, type Write } from '../trace/format.ts';
import type { Row, TableListener } from '../trace/table.ts';

const stepWidth = 6;
const stateWidth = 27;
/** A column narrower than this cannot be read. */
const leastWidth = 16;
/** In fewer places than these there are no columns: a thread and its call, and the state below. */
const leastForColumns = 72;

/** No frame; a line between the columns. */
const chars = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '│',
};

export class DrawnTable implements TableListener {
  private readonly write: Write;
  private readonly colours: Colours;
  private readonly width: number;
  private columns: TaskRef[] = [];
  private widths: number[] = [];
  private headed = false;
  private time_ns = 0;
  private scenes = 0;
  /** What the numbers of the rows count. */
  private readonly counted: string;
  /** Shorter spans between rows are not worth a line. */
  private readonly leastGap_ns: number;

  constructor(write: Write, colours: Colours, width: number, counted = 'step', leastGap_ns = 1) {
    this.write = write;
    this.colours = colours;
    this.width = width;
    this.counted = counted;
    this.leastGap_ns = leastGap_ns;
  }

  begin(scene: Scene): void {
    this.open(titleOf(scene), scene.kernel.hrtimers.now_ns);
  }

  /** A table of its own, under a title, from a moment on. */
  open(title: string, time_ns: number): void {
    this.columns = [];
    this.headed = false;
    this.time_ns = time_ns;
    const gap = this.scenes++ === 0 ? '' : '\n';
    this.write(`${gap}${this.colours.bold(title)}\n`);
  }

  column(task: TaskRef): void {
    const shared = this.sharesColumn();
    this.columns.push(task);
    this.headed &&= shared; // The head of a column that all share stays as it is.
  }

  row(row: Row): void {
    const { cells, index, state, time_ns } = row;
    if (!this.headed && !this.isNarrow) this.head();
    const gap_ns = time_ns - this.time_ns;
    if (gap_ns >= this.leastGap_ns) this.note(`… ${durationText(gap_ns)} later …`);
    this.time_ns = time_ns;
    const left = [String(index), state.join('\n')];
    if (this.isNarrow) this.stack(row);
    else if (this.sharesColumn()) {
      const acts = this.actsOf(row);
      const [names, lines] = [acts.map(([name]) => name), acts.map(([, line]) => line)];
      this.draw([...left, names.join('\n'), lines.join('\n')]);
    } else {
      this.draw([...left, ...this.columns.map(({ pid }) => (cells.get(pid) ?? []).join('\n'))]);
    }
  }

  end({ blocked, error }: Ending): void {
    if (blocked.length > 0) this.note(`still asleep: ${blocked.join(', ')}`);
    if (error !== null) this.write(`${this.colours.red(`error: ${error}`)}\n`);
  }

  private get isNarrow(): boolean {
    return this.width < leastForColumns;
  }

  /** Who did what, in the order of the columns. */
  private actsOf({ cells }: Row): (readonly [string, string])[] {
    return this.columns.flatMap((task) =>
      (cells.get(task.pid) ?? []).map((line) => [task.comm, line] as const),
    );
  }

  /** A row without columns. */
  private stack(row: Row): void {
    const indent = ' '.repeat(stepWidth);
    const lines = this.actsOf(row).flatMap(([name, line]) => this.fit(`${name}: ${line}`, 0));
    const [first = '', ...others] = lines;
    const number = String(row.index).padStart(stepWidth - 2);
    this.write(`${`${number}  ${first}`.trimEnd()}\n`);
    for (const line of others) this.write(`${indent}${line}\n`);
    for (const line of row.state.flatMap((one) => this.fit(one, 2))) {
      this.write(`${indent}  ${this.colours.dim(line)}\n`);
    }
  }

  /** What is coloured is left as it is. */
  private fit(text: string, indent: number): string[] {
    const room = this.width - stepWidth - indent;
    if (!narrow.test(text)) return [text];
    const isWordy = text.split(/\s/).every((word) => word.length <= room);
    return (isWordy ? wrapAtBlanks : wrapAnywhere)(room, text);
  }

  private get room(): number {
    return this.width - stepWidth - stateWidth - 2;
  }

  private sharesColumn(): boolean {
    return this.room / this.columns.length < leastWidth + 1;
  }

  private head(): void {
    this.headed = true;
    const names = this.sharesColumn() ? ['thread', 'call'] : this.columns.map(this.headOf());
    const each = Math.floor((this.room - (names.length - 1)) / names.length);
    const widths = this.sharesColumn()
      ? [leastWidth, this.room - leastWidth - 1]
      : names.map(() => each);
    this.widths = [stepWidth, stateWidth, ...widths];
    const { bold } = this.colours;
    this.draw([this.counted, 'state after it', ...names].map((name) => bold(name)));
    this.write(`${this.widths.map((width) => '─'.repeat(width)).join('┼')}\n`);
  }

  /** What stands over a column; where there are several processes, also whose thread it is. */
  private headOf(): (task: TaskRef) => string {
    const processes = new Set(this.columns.map(({ tgid }) => tgid));
    if (processes.size < 2) return ({ comm }) => comm;
    return ({ comm, pid, tgid }) => `${comm}\n${pid}${pid === tgid ? '' : ` of ${tgid}`}`;
  }

  private note(text: string): void {
    this.write(`${' '.repeat(stepWidth)}${this.colours.dim(text)}\n`);
  }

  private draw(cells: readonly string[]): void {
    // The library takes some ms a row that it wraps: too long for a log of a hundred thousand.
    if (cells.every((cell) => narrow.test(cell))) {
      const wrap = this.wordsFit(cells) ? wrapAtBlanks : wrapAnywhere;
      const lines = cells.map((cell, i) =>
        cell.split('\n').flatMap((line) => wrap((this.widths[i] ?? 0) - 2, line)),
      );
      this.write(plainRow(lines, this.widths));
    } else this.wrap(cells);
  }

  private wrap(cells: readonly string[]): void {
    const table = new CliTable({
      chars,
      colWidths: [...this.widths],
      colAligns: ['right'],
      wordWrap: true,
      wrapOnWordBoundary: this.wordsFit(cells),
      style: { head: [], border: [] },
    });
    const row: CellOptions[] = cells.map((content) => ({ content }));
    table.push(row);
    this.write(`${table.toString().replace(/[ \t]+$/gm, '')}\n`);
  }

  /** A word that does not fit into its column would lose its end. */
  private wordsFit(cells: readonly string[]): boolean {
    return cells.every((cell, i) =>
      stripVTControlCharacters(cell)
        .split(/\s/)
        .every((word) => word.length <= (this.widths[i] ?? 0) - 2),
    );
  }
}

/** Nothing but characters that take one place each. */
const narrow = /^[\n -~…↳→─│└├═·]*$/;

/** As the library does it: words go to the next line as a whole. */
function wrapAtBlanks(room: number, text: string): string[] {
  if (text.length <= room) return text === '' ? [] : [text];
  const lines: string[] = [];
  let line = '';
  const parts = text.split(/(\s+)/);
  for (let i = 0; i < parts.length; i += 2) {
    const word = parts[i] as string;
    const blank = line === '' ? '' : (parts[i - 1] ?? '');
    if (line.length + blank.length + word.length <= room) line += blank + word;
    else {
      if (line !== '') lines.push(line);
      line = word;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** The same where a word is longer than a line. */
function wrapAnywhere(room: number, text: string): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += room) lines.push(text.slice(at, at + room));
  return lines;
}

/** A row as the library draws it, where it need not be asked: a log has a hundred thousand of them. */
function plainRow(cells: readonly (readonly string[])[], widths: readonly number[]): string {
  const height = Math.max(1, ...cells.map(({ length }) => length));
  let text = '';
  for (let at = 0; at < height; at++) {
    const line = cells
      .map((lines, i) => {
        const room = (widths[i] ?? 0) - 2;
        const content = lines[at] ?? '';
        return ` ${i === 0 ? content.padStart(room) : content.padEnd(room)} `;
      })
      .join(chars.middle);
    text += `${line.replace(/[ \t]+$/, '')}\n`;
  }
  return text;
}
