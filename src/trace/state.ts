/**
 * The state of a machine as text: trees, lists, queues, who sleeps where, what files hold.
 *
 * As a format it shows the state after each moment, and marks the lines: `*` changed, `+` new,
 * `-` gone.
 */

import { durationText } from './calls/words.ts';
import type { TraceEvent } from './events.ts';
import type { Write } from './format.ts';
import {
  type Colours,
  type Ending,
  type Format,
  noColours,
  type Scene,
  titleOf,
} from './format.ts';
import { type Moment, Moments } from './moments.ts';
import { toJson } from './values.ts';
import {
  type Descriptor,
  type EpollView,
  type FileView,
  type ItemView,
  type MachineView,
  type TaskView,
  type TreeNode,
  viewOf,
  type Waiter,
} from './view.ts';

export interface StateLine {
  /** The same for the same line of another state. */
  readonly key: string;
  readonly text: string;
}

/** How many items of a tree are drawn. */
const drawnItems = 64;

/** A view as lines. */
export function stateLines(view: MachineView, colours: Colours = noColours): StateLine[] {
  const process = processesOf(view);
  return [
    ...view.epolls.flatMap((ep) => epollLines(ep, process, colours)),
    ...view.files.map((file) => ({ key: file.name, text: fileText(file, process, colours) })),
    ...view.tasks.map((task) => ({
      key: `task ${task.pid}`,
      text: taskText(task, process, colours),
    })),
    ...view.timers.map(({ name, expires_ns }, i) => ({
      key: `timer ${i}`,
      text: `timer ${name} ${colours.dim(`in ${durationText(expires_ns - view.time_ns)}`)}`,
    })),
  ];
}

/** What a process is called, after its first thread; null where there is but one process. */
type ProcessName = ((tgid: number) => string) | null;

function processesOf({ tasks }: MachineView): ProcessName {
  const leaders = new Map(tasks.map(({ pid, name }) => [pid, name]));
  if (new Set(tasks.map(({ tgid }) => tgid)).size < 2) return null;
  return (tgid) => leaders.get(tgid) ?? String(tgid);
}

/** A view as text. */
export const stateText = (view: MachineView, colours: Colours = noColours): string =>
  stateLines(view, colours)
    .map(({ text }) => `${text}\n`)
    .join('');

function epollLines(ep: EpollView, process: ProcessName, colours: Colours): StateLine[] {
  const { name, items } = ep;
  const short = (item: string): string => shortName(item, name);
  const arrow = colours.dim(' → ');
  const ready = ep.rdllist.map((item) => colours.green(short(item))).join(arrow);
  const overflow = ep.ovflist?.map((item) => colours.yellow(short(item))).join(arrow);
  const held = ep.mtx === null ? '' : `  mtx held by ${ep.mtx}`;
  const count = `${items.length} item${items.length === 1 ? '' : 's'}`;
  const line = (list: string, text: string): StateLine => ({
    key: `${name} ${list}`,
    text: `  ${colours.dim(list.padEnd(10))}${text}`,
  });
  const lines: StateLine[] = [
    {
      key: name,
      text: `${colours.bold(name)}  ${openText(ep.descriptors, process)}  ${count}${held}`,
    },
    line('rdllist', ready || '-'),
  ];
  if (overflow !== undefined) lines.push(line('ovflist', overflow || 'empty, a scan is open'));
  lines.push(line('wq', waitersText(ep.wq)));
  if (ep.poll_wait.length > 0) lines.push(line('poll_wait', waitersText(ep.poll_wait)));
  return [...lines, ...treeLines(ep, colours)];
}

/** An item of the instance itself by its number alone. */
const shortName = (item: string, ep: string): string =>
  item.startsWith(`${ep}[`) ? item.slice(ep.length + 1, -1) : item;

const waitersText = (waiters: readonly Waiter[]): string =>
  waiters.map(({ name, exclusive }) => (exclusive ? `${name} (exclusive)` : name)).join(', ') ||
  '-';

function treeLines(ep: EpollView, colours: Colours): StateLine[] {
  const byName = new Map(ep.items.map((item) => [item.name, item]));
  const lines: StateLine[] = [];
  const draw = (node: TreeNode | null, head: string, tail: string): void => {
    if (node === null || lines.length >= drawnItems) return;
    const item = byName.get(node.item);
    if (item === undefined) return;
    const text = `${colours.dim(head)}${itemText(item, node, colours)}`;
    lines.push({ key: node.item, text: `  ${colours.dim('tree'.padEnd(10))}${text}` });
    draw(
      node.left,
      `${tail}${node.right === null ? '└─ ' : '├─ '}`,
      `${tail}${node.right === null ? '   ' : '│  '}`,
    );
    draw(node.right, `${tail}└─ `, `${tail}   `);
  };
  draw(ep.tree, '', '');
  if (lines.length < ep.items.length) {
    const more = `… and ${ep.items.length - lines.length} more`;
    lines.push({ key: `${ep.name} more`, text: `  ${colours.dim('tree'.padEnd(10))}${more}` });
  }
  return lines;
}

function itemText(item: ItemView, node: TreeNode, colours: Colours): string {
  const colour = node.colour === 'red' ? colours.red('red') : 'black';
  const on = item.on === null ? '' : colours.green(`  on ${item.on}`);
  const disarmed = item.disarmed ? colours.yellow('  disarmed') : '';
  const awake = item.awake ? colours.yellow('  keeps awake') : '';
  const { fd, file, events, data } = item;
  return `${fd} ${colour}  ${file}  ${events}  data ${data}${on}${disarmed}${awake}`;
}

/** Under which numbers a file is open: `fd 3, 4`, or `fd 3 of main, child; 4 of child`. */
function openText(descriptors: readonly Descriptor[], process: ProcessName): string {
  if (descriptors.length === 0) return 'closed';
  const numbers = [...new Set(descriptors.map(({ fd }) => fd))];
  if (process === null) return `fd ${numbers.join(', ')}`;
  const ofEach = numbers.map((number) => {
    const owners = descriptors.filter(({ fd }) => fd === number);
    return `${number} of ${owners.map(({ tgid }) => process(tgid)).join(', ')}`;
  });
  return `fd ${ofEach.join('; ')}`;
}

function fileText(
  { name, descriptors, state, queues }: FileView,
  process: ProcessName,
  colours: Colours,
): string {
  const members = Object.entries(state).map(([key, value]) => `${colours.dim(key)} ${value}`);
  const watched = queues.map(
    (queue) =>
      `${colours.dim(`${queue.name.replace(`${name}->`, '')}:`)} ${waitersText(queue.waiters)}`,
  );
  return [`${colours.bold(name)}  ${openText(descriptors, process)}`, ...members, ...watched].join(
    '  ',
  );
}

function taskText(task: TaskView, process: ProcessName, colours: Colours): string {
  const { name, pid, tgid, state, call, waitsOn, holds } = task;
  const number = process === null ? '' : ` ${pid}`;
  const owner = process === null || pid === tgid ? '' : ` of ${process(tgid)}`;
  const shown = state === 'asleep' ? colours.yellow(state) : state;
  const where = call === null ? '' : ` in ${call}`;
  const on = waitsOn.length === 0 ? '' : ` on ${waitsOn.join(', ')}`;
  const held = holds.length === 0 ? '' : `, holds ${holds.join(', ')}`;
  return `${colours.cyan(name)}${number}${owner}  ${shown}${where}${on}${held}`;
}

/** Writes the state of the machine after each moment: as text, or with `json` as lines of JSON. */
export class State implements Format {
  readonly functions: boolean = false;
  private readonly write: Write;
  private readonly colours: Colours;
  private readonly json: boolean;
  private readonly moments: Moments = new Moments((moment) => this.show(moment));
  private scene: Scene | null = null;
  private before: ReadonlyMap<string, string> = new Map();

  constructor(write: Write, colours: Colours = noColours, json = false) {
    this.write = write;
    this.colours = colours;
    this.json = json;
  }

  begin(scene: Scene): void {
    this.scene = scene;
    this.before = new Map();
    this.moments.begin(scene);
    if (!this.json) this.write(`${this.colours.bold(`# ${titleOf(scene)}`)}\n`);
  }

  event(event: TraceEvent): void {
    this.moments.event(event);
  }

  end({ error }: Ending): void {
    this.moments.end();
    if (error !== null && !this.json) this.write(`${this.colours.red(`error: ${error}`)}\n`);
  }

  private show(moment: Moment): void {
    if (this.scene === null) return;
    const { kernel, recorder, name } = this.scene;
    const view = viewOf(kernel, recorder.names, (task) => recorder.callOf(task));
    if (this.json) {
      this.write(`${toJson({ name, step: moment.index, ...view })}\n`);
      return;
    }
    const acts = moment.cells.flatMap(({ task, lines }) =>
      lines.map((line) => `${task.comm}: ${line}`),
    );
    this.write(`\n${this.colours.bold(`step ${moment.index}`)}  ${acts.join('; ')}\n`);
    const { write, colours } = this;
    this.before = compareStates(this.before, stateLines(view, colours), write, colours);
  }
}

/** Writes a state with the marks of what differs from the one before; the lines, for the next time. */
export function compareStates(
  before: ReadonlyMap<string, string>,
  lines: readonly StateLine[],
  write: Write,
  colours: Colours,
): ReadonlyMap<string, string> {
  const now = new Map(lines.map(({ key, text }) => [key, text]));
  const first = before.size === 0;
  for (const { key, text } of lines) {
    const old = before.get(key);
    const mark = first || old === text ? ' ' : old === undefined ? '+' : '*';
    write(`${mark === ' ' ? mark : colours.yellow(mark)} ${text}\n`);
  }
  for (const [key, text] of before) {
    if (!now.has(key)) write(`${colours.yellow('-')} ${colours.dim(text)}\n`);
  }
  return now;
}
