/**
 * What happened in one execution, for a person: a column a context, a row a step, and only the steps
 * that matter.
 *
 * A step matters where it depends on a step of another context, where a call begins or returns, and
 * where the kernel decides something.
 */
import type { Touch } from '../kernel/footprint.ts';
import type { Globals } from '../kernel/globals.ts';
import { type Pausing, withoutPause } from '../sim/pause.ts';
import { briefCall, briefExit, briefResult } from '../trace/calls/brief.ts';
import { begunCall, endedCall } from '../trace/calls/text.ts';
import type { TraceEvent } from '../trace/events.ts';
import { wrapped } from '../trace/paragraphs.ts';
import { Recorder } from '../trace/recorder.ts';
import { type ExploreOptions, firstOf, type Subject } from './explore.ts';
import { folded, type Repeats } from './fold.ts';
import { type ContextId, ending, isLiberty, Order, type Taken } from './order.ts';
import { type Choosing, isAtRest, Once, Way } from './strategy.ts';
import { racingIn, type Touched } from './touched.ts';
import { returning } from './words.ts';

/** A step of the execution. */
export interface StoryRow {
  /** Its place in the execution, from 0. */
  readonly step: number;
  /** Who took it. */
  readonly context: string;
  /** What it was, as a schedule names it: `lock ep->mtx`. */
  readonly does: string;
  /**
   * What followed: calls that began or returned, decisions of the kernel, wakeups, and which variables
   * were touched that threads race for: `writes jobs`, where the program was rewritten to tell.
   */
  readonly lines: readonly string[];
  /** Whether the step has to do with what went wrong; storyText() shows no other. */
  readonly matters: boolean;
  /** Nobody else could have gone on; of such steps only whole calls are told. */
  readonly alone: boolean;
}

/** An execution as a table: a column a context, a row a step. */
export interface Story {
  /** In the order of their first steps. */
  readonly contexts: readonly string[];
  /** The steps, in their order. */
  readonly rows: readonly StoryRow[];
}

/** Follows a path, and keeps what each step was and with whom it had to do. */
class Telling extends Once {
  readonly words: string[] = [];
  readonly entangled: Set<number> = new Set();
  /** From here on more than one context could go on. */
  together = Number.POSITIVE_INFINITY;
  /** Steps in which the kernel only took no liberty. */
  readonly idle: Set<number> = new Set();
  private readonly way: Way;
  private readonly order: Order = new Order();

  constructor(path: readonly ContextId[]) {
    super();
    this.way = new Way(path);
  }

  /** The last step, or the one before in which the kernel did what is over by now. */
  get lastInKernel(): number {
    const { words } = this;
    const last = words.at(-1) ?? '';
    const context = contextOf(last);
    let step = words.length - 1;
    if (!last.startsWith(`${context}: ${returning}`)) return step;
    while (words[step] === last || contextOf(words[step] ?? last) !== context) step--;
    return step;
  }

  choose(choosing: Choosing): ContextId | null {
    const { free, possible } = choosing;
    const next = this.way.next(choosing) ?? null;
    if (next === null) return null;
    if (possible.length - free > 1 || isLiberty(next))
      this.together = Math.min(this.together, this.words.length);
    if (next === ending && isAtRest(choosing)) this.idle.add(this.words.length);
    this.words.push(choosing.describe(next));
    return next;
  }

  taken(context: ContextId, touches: readonly Touch[], enabler: number | null): void {
    const rivals: Taken[] = [];
    const { index } = this.order.append(context, touches, enabler, rivals);
    const places = rivals.map((rival) => rival.index);
    for (const place of enabler === null ? places : [...places, enabler]) {
      this.entangled.add(place);
      this.entangled.add(index);
    }
  }
}

/** Tells the execution that a path leads through. */
export const tell = <T>(
  subject: Subject<T>,
  path: readonly ContextId[],
  options: ExploreOptions = {},
): Story => withoutPause(telling(subject, path, options));

/** As tell(), with pauses. */
export function* telling<T>(
  subject: Subject<T>,
  path: readonly ContextId[],
  options: ExploreOptions = {},
): Pausing<Story> {
  const told = new Telling(path);
  const lines: (string | Touched)[][] = [];
  const touches: Touched[] = [];
  const isAlone = (): boolean => told.together === Number.POSITIVE_INFINITY;
  const note = (line: string | Touched, step = told.words.length - 1): void => {
    (lines[step] ??= []).push(line);
  };
  /** Takes the line of a call that has begun back, by its task: its result is told on the same line. */
  const takeBack: Map<number, () => void> = new Map();
  const listen = (event: TraceEvent): void => {
    if (!isAlone()) {
      const text = textOf(event);
      if (text !== null) note(text, event.kind === 'return' ? told.lastInKernel : undefined);
    } else if (event.kind === 'call' || event.kind === 'return') {
      takeBack.get(event.task.pid)?.();
      takeBack.delete(event.task.pid);
      note(setUpText(event));
      const row = lines.at(-1) ?? [];
      const at = row.length - 1;
      if (event.kind === 'call') takeBack.set(event.task.pid, () => row.splice(at, 1));
    }
  };
  const touched: Globals['touched'] = (thing, place, how) => {
    if (isAlone()) return;
    const context = contextOf(told.words.at(-1) ?? '');
    const touch = { context, thing, place, how };
    touches.push(touch);
    note(touch);
  };
  const traced: Subject<T> = (schedule) => {
    const trial = subject(schedule);
    const { kernel } = trial.machine;
    kernel.tracer = new Recorder(listen, { functions: true });
    kernel.touched = touched;
    return trial;
  };
  yield* firstOf(traced, told, options);
  const isRacing = racingIn(touches);
  const rows = told.words.flatMap((words, step): StoryRow[] => {
    if (told.idle.has(step)) return [];
    const context = contextOf(words);
    const said = linesIn(lines[step] ?? [], isRacing);
    const row = {
      step,
      context,
      does: words.slice(context.length + 2),
      lines: said,
      matters: said.length > 0 || (told.entangled.has(step) && step >= told.together),
      alone: step < told.together,
    };
    return [row];
  });
  return { contexts: [...new Set(rows.map(({ context }) => context))], rows };
}

/** Who takes a step, of its words: `t1: lock ep->mtx`. */
const contextOf = (words: string): string => words.slice(0, Math.max(0, words.indexOf(': ')));

/** In words, what threads race for among it; what comes several times in a row, once. */
function linesIn(
  found: readonly (string | Touched)[],
  isRacing: (touch: Touched) => boolean,
): string[] {
  const lines: string[] = [];
  let last = '';
  for (const one of found) {
    if (typeof one === 'string') lines.push((last = one));
    else if (isRacing(one)) {
      const text = `${one.how} ${one.place}`;
      if (text !== last) lines.push((last = text));
    }
  }
  return lines;
}

/** Of what happens before anything runs side by side: each call, on a line with its result. */
function setUpText(event: TraceEvent & { readonly kind: 'call' | 'return' }): string {
  if (event.kind === 'call') return briefCall(begunCall(event));
  const call = endedCall(event);
  return `${briefCall(call)} = ${briefResult(call)}`;
}

/** An event in a few words; null for one that says nothing by itself. */
function textOf(event: TraceEvent): string | null {
  switch (event.kind) {
    case 'call':
      return briefCall(begunCall(event));
    case 'return':
      return `${event.name} = ${briefResult(endedCall(event))}`;
    case 'note':
      return event.what;
    case 'wakeup':
      return `wakes ${event.woken.comm}`;
    case 'exit':
      return briefExit(event);
    default:
      return null;
  }
}

/** A line of the table, before it is broken. */
interface Line {
  readonly context: string;
  readonly text: string;
  /** It begins a step. */
  readonly isStep: boolean;
}

/** So many lines are shown of a table that is longer: of its beginning, and of its end. */
const beginning = 100;
const end = 300;

/**
 * The rows that matter as a table in text, at most `width` characters wide. What repeats is said
 * once, and how many times it comes; of what is very long all the same, the middle is left out.
 */
export function storyText({ contexts, rows }: Story, width = 100): string {
  const shown = rows.filter(({ matters }) => matters).flatMap(linesOf);
  if (shown.length === 0) return 'No call was made.\n';
  const column = Math.max(16, Math.floor((width - 3 * (contexts.length - 1)) / contexts.length));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell) => cell.padEnd(column))
      .join(' │ ')
      .trimEnd();
  const out = [line(contexts), contexts.map(() => '─'.repeat(column)).join('─┼─')];
  const table: string[] = [];
  const past: Line[] = [];
  for (const one of folded(shown, ({ context, text }) => `${context}: ${text}`)) {
    if ('period' in one) table.push(repeatsText(one, past.slice(-one.period)));
    else {
      past.push(one);
      const place = contexts.indexOf(one.context);
      for (const text of broken(one.text, column))
        table.push(line(contexts.map((_, i) => (i === place ? text : ''))));
    }
  }
  return `${[...out, ...bounded(table)].join('\n')}\n`;
}

/** A step that does nothing in the kernel: what follows it is all that there is to tell. */
function linesOf({ alone, context, does, lines }: StoryRow): Line[] {
  const calls = lines.map((text) => ({ context, text: alone ? text : `  ${text}`, isStep: false }));
  if (alone || does.startsWith(returning)) return calls;
  return [{ context, text: `${does}${lines.length === 0 ? '' : ':'}`, isStep: true }, ...calls];
}

function repeatsText({ times }: Repeats, round: readonly Line[]): string {
  const steps = round.filter(({ isStep }) => isStep).length;
  const [many, noun] = steps > 0 ? [steps, 'step'] : [round.length, 'line'];
  const what = many === 1 ? `the same ${noun}` : `the same ${many} ${noun}s`;
  return `… ${what} ${times.toLocaleString('en-US')} times more …`;
}

function bounded(table: readonly string[]): readonly string[] {
  const left = table.length - beginning - end;
  if (left <= 0) return table;
  const note = `… ${left.toLocaleString('en-US')} lines left out …`;
  return [...table.slice(0, beginning), note, ...table.slice(-end)];
}

/** Lines no longer than `width`, each as far in as the text is. */
function broken(text: string, width: number): string[] {
  const indent = /^ */.exec(text)?.[0] ?? '';
  return wrapped(text, width - indent.length).map((line) => indent + line);
}
