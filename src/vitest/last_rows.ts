/** The table of what has happened, of which the last rows are kept. */

import { DrawnTable } from '../shared/table.ts';
import { count } from '../shared/words.ts';
import type { TaskRef } from '../trace/events.ts';
import { noColours, type Scene } from '../trace/format.ts';
import type { Row, TableListener } from '../trace/table.ts';

/** A failure with more than that is read by nobody. */
const mostRows = 40;
const width = 100;

export class LastRows implements TableListener {
  private columns: TaskRef[] = [];
  private rows: Row[] = [];
  private dropped = 0;

  begin(_scene: Scene): void {
    this.columns = [];
    this.rows = [];
    this.dropped = 0;
  }

  column(task: TaskRef): void {
    this.columns.push(task);
  }

  row(row: Row): void {
    this.rows.push(row);
    if (this.rows.length <= mostRows) return;
    this.rows.shift();
    this.dropped++;
  }

  end(): void {}

  /** The rows as text; empty where nothing has happened. */
  text(): string {
    const { columns, dropped, rows } = this;
    const [first] = rows;
    if (first === undefined) return '';
    let text = '';
    const table = new DrawnTable(
      (piece) => {
        text += piece;
      },
      noColours,
      width,
    );
    const left = `… ${count(dropped, 'step')} before these …`;
    table.open(dropped === 0 ? '' : left, first.time_ns);
    for (const task of columns) table.column(task);
    for (const row of rows) table.row(row);
    return text.replace(/^\n/, '').trimEnd();
  }
}
