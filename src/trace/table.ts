/**
 * The rows of the table that a person reads: the state on the left, a column a thread, a row a
 * step.
 *
 * Only the contents: how wide and with which lines is up to whoever draws them.
 */
import type { TaskRef, TraceEvent } from './events.ts';
import type { Ending, Format, Scene, Write } from './format.ts';
import { type Moment, Moments } from './moments.ts';
import { toJson } from './values.ts';
import { type EpollView, type FileView, type MachineView, viewOf } from './view.ts';

/** A row of the table. */
export interface Row {
  /** The number of the row, from 0. */
  readonly index: number;
  /** The virtual clock after the step. */
  readonly time_ns: number;
  /** What there is to see after the step. */
  readonly state: readonly string[];
  /** What each thread did, by its pid. */
  readonly cells: ReadonlyMap<number, readonly string[]>;
}

/** Whoever draws the table. */
export interface TableListener {
  /** A scene begins, and so a table. */
  begin(scene: Scene): void;
  /** A thread, and so a column, that was not there before. */
  column(task: TaskRef): void;
  /** The next row. */
  row(row: Row): void;
  /** The scene is over. */
  end(ending: Ending): void;
}

/** Makes the rows of the table that `--format table` shows. */
export class TableRows implements Format {
  readonly functions: boolean = false;
  private readonly listener: TableListener;
  private readonly moments: Moments = new Moments((moment) => this.row(moment));
  private scene: Scene | null = null;
  private readonly columns: Set<number> = new Set();

  constructor(listener: TableListener) {
    this.listener = listener;
  }

  begin(scene: Scene): void {
    this.scene = scene;
    this.columns.clear();
    this.moments.begin(scene);
    this.listener.begin(scene);
    for (const task of scene.tasks) this.addColumn(task);
  }

  event(event: TraceEvent): void {
    this.moments.event(event);
  }

  end(ending: Ending): void {
    this.moments.end();
    this.listener.end(ending);
  }

  private addColumn(task: TaskRef): void {
    if (this.columns.has(task.pid)) return;
    this.columns.add(task.pid);
    this.listener.column(task);
  }

  private row({ index, time_ns, cells }: Moment): void {
    if (this.scene === null) return;
    for (const { task } of cells) this.addColumn(task);
    const { kernel, recorder } = this.scene;
    const view = viewOf(kernel, recorder.names);
    this.listener.row({
      index,
      time_ns,
      state: stateSummary(view),
      cells: new Map(cells.map(({ task, lines }) => [task.pid, lines])),
    });
  }
}

/** More lines than that in one row, or words in one line, are read by nobody. */
const most = 40;

const asRead = (all: readonly string[]): string[] =>
  all.length > most ? [...all.slice(0, most), `… ${all.length - most} more`] : [...all];

/** What a table has room for: who is ready, who sleeps, what waits to be read. */
export function stateSummary(view: MachineView): string[] {
  const lines = [...view.epolls.map(epollSummary), ...view.files.flatMap(fileSummary)];
  return asRead(lines);
}

function epollSummary({ name, rdllist, ovflist, wq }: EpollView): string {
  const parts = [name];
  if (rdllist.length > 0) parts.push(`ready ${inRow(rdllist.map(short))}`);
  if (ovflist !== null) parts.push(`overflow ${inRow(ovflist.map(short)) || '-'}`);
  if (wq.length > 0) parts.push(`asleep ${inRow(wq.map(({ name: task }) => task))}`);
  return parts.length === 1 ? `${name} -` : parts.join('  ');
}

const short = (item: string): string => item.slice(item.indexOf('[') + 1, -1);

const inRow = (words: readonly string[]): string => asRead(words).join(' ');

/** A file that holds something. */
function fileSummary({ name, state }: FileView): string[] {
  const { count, bytes, end, ticks, unread, waiting } = state;
  const holds = count ?? (end === 'write' ? 0 : bytes) ?? ticks ?? unread ?? waiting ?? 0;
  if (holds === 0 || holds === '0') return [];
  if (bytes !== undefined || unread !== undefined) return [`${name}  ${holds} B`];
  return [`${name}  ${waiting === undefined ? '' : 'waiting '}${holds}`];
}

/** The rows as JSON, one a line. */
export const jsonRows = (write: Write): TableRows => {
  let name: string | null = null;
  const tasks = new Map<number, string>();
  return new TableRows({
    begin(scene) {
      name = scene.name;
      tasks.clear();
    },
    column: (task) => void tasks.set(task.pid, task.comm),
    row({ index, time_ns, state, cells }) {
      const calls = Object.fromEntries([...cells].map(([pid, lines]) => [tasks.get(pid), lines]));
      write(`${toJson({ name, step: index, time_ns, state, calls })}\n`);
    },
    end({ blocked, error }) {
      write(`${toJson({ name, blocked, ...(error === null ? {} : { error }) })}\n`);
    },
  });
};
