/**
 * An execution as the bench shows it: the moments one after the other, each with what happened and
 * what the machine was like then. It is recorded once, so that a step back is a look.
 */
import {
  defaultKernel,
  KernelBug,
  type KernelChoice,
  Machine,
  type MachineView,
  Recorder,
  Stepwise,
  sentenceOf,
  type TaskView,
  type TraceEvent,
  type Turn,
  viewOf,
} from 'epollsim';
import type { Words } from '../tasks/task.ts';
import { lineIn, type Main } from './compile.ts';

/** Something has happened. */
export interface Moment {
  /** Who did it: a task, or the interrupt on top of one. */
  readonly context: string;
  /** Its task, by name. */
  readonly task: string;
  /** What happened, in a sentence. */
  readonly sentence: string;
  readonly kind: TraceEvent['kind'];
  /** The kernel function that it happened in; null in user mode. */
  readonly fn: string | null;
  /** How many system calls and functions the context is inside of. */
  readonly depth: number;
  /** On the virtual clock, in ns. */
  readonly time_ns: number;
  /** How many steps of the schedule were taken by then, with this one. */
  readonly steps: number;
  /** What the machine is like behind it. */
  readonly view: MachineView;
  /** The line of the program that each task stands at, by name. */
  readonly lines: Readonly<Record<string, number>>;
}

/** A whole execution, as far as it went. */
export interface Recording {
  readonly moments: readonly Moment[];
  /** Every point at which somebody was chosen. */
  readonly turns: readonly Turn[];
  /** The way it went, for `play --schedule`. */
  readonly schedule: string;
  /** What ended it: an exception, a bug of the kernel; null if it came to rest. */
  readonly error: string | null;
  /** Who sleeps at the end, and in which call. */
  readonly asleep: readonly string[];
  /** There was more to it than is kept. */
  readonly cut: boolean;
  /** What the checks of a lab say of this run; null where they have not asked for it. */
  readonly verdict: Words | null;
}

export interface RecordOptions extends KernelChoice {
  /** The first steps, in words; the others are taken as they come. */
  readonly steps?: readonly string[];
  /** `stop`: nothing is done behind `steps`. */
  readonly then?: 'rest' | 'stop';
}

/** More than anybody steps through. */
const mostMoments = 3000;
const mostSteps = 20_000;

const shown: ReadonlySet<TraceEvent['kind']> = new Set([
  'call',
  'return',
  'op',
  'note',
  'wakeup',
  'irq',
  'sent',
  'signal',
  'sigreturn',
  'exit',
]);

/** What a recording is built from: all of a moment but what follows from it. */
type Begun = { -readonly [K in keyof Moment]: Moment[K] };

/** Runs a program once and keeps what happens. What the program throws is kept, too. */
export function record(main: Main, options: RecordOptions = {}): Recording {
  const { steps = [], then = 'rest', ...kernel } = options;
  const way = new Stepwise(steps, { then });
  const camera = new Camera(() => way.turns.length);
  const machine = new Machine({
    ...kernel,
    schedule: way,
    cpus: 1,
    maxSteps: mostSteps,
    tracer: camera.recorder,
  });
  camera.watch(machine);
  machine.spawn(main);
  let error: string | null = null;
  try {
    machine.run();
  } catch (thrown) {
    error = wordsOf(thrown);
  }
  return {
    moments: camera.isFull ? camera.end() : withEndFolded(camera.end()),
    turns: way.turns,
    schedule: way.text({ ...kernel, kernel: kernel.kernel ?? defaultKernel }),
    error,
    asleep: machine.asleep().map(({ call, name }) => (call === null ? name : `${name} in ${call}`)),
    cut: camera.isFull,
    verdict: null,
  };
}

function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `the program threw ${String(thrown)}`;
  if (thrown instanceof KernelBug) return `the kernel has a bug: ${thrown.message}`;
  return thrown.name === 'Error' ? thrown.message : `${thrown.name}: ${thrown.message}`;
}

/** Takes a picture of the machine wherever something has happened. */
class Camera {
  readonly recorder: Recorder;
  private readonly moments: Begun[] = [];
  private readonly lines: Record<string, number> = {};
  /** The functions that each context is inside of. */
  private readonly inside: Map<string, string[]> = new Map();
  private readonly stepsTaken: () => number;
  private machine: Machine | null = null;

  constructor(stepsTaken: () => number) {
    this.stepsTaken = stepsTaken;
    this.recorder = new Recorder((event) => this.hear(event));
  }

  watch(machine: Machine): void {
    this.machine = machine;
  }

  get isFull(): boolean {
    return this.moments.length >= mostMoments;
  }

  private hear(event: TraceEvent): void {
    this.follow(event);
    if (!shown.has(event.kind)) return;
    if (this.isFull) return this.finish();
    const sentence = isWayBack(event)
      ? `${event.task.comm} goes back to its own code`
      : sentenceOf(event);
    if (sentence === null || this.machine === null) return;
    this.finish();
    if (event.kind === 'call') this.noteLine(event.task.comm);
    if (event.kind === 'exit') delete this.lines[event.task.comm];
    this.moments.push({
      context: contextOf(event),
      task: event.task.comm,
      sentence,
      kind: event.kind,
      fn: functionOf(event, this.inside.get(contextOf(event)) ?? []),
      depth: event.depth,
      time_ns: event.time_ns,
      steps: this.stepsTaken(),
      view: nothing,
      lines: { ...this.lines },
    });
  }

  /** The program stands where it has made the call: its frames are below those of the kernel. */
  private noteLine(task: string): void {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 100;
    const line = lineIn(new Error().stack ?? '');
    Error.stackTraceLimit = stackTraceLimit;
    if (line !== null) this.lines[task] = line;
  }

  private follow(event: TraceEvent): void {
    const context = contextOf(event);
    let functions = this.inside.get(context);
    if (functions === undefined) this.inside.set(context, (functions = []));
    if (event.kind === 'enter') functions.push(event.fn);
    else if (event.kind === 'leave') functions.pop();
    else if (event.kind === 'return') functions.length = 0;
  }

  /** The last moment lasts until something else happens: what is there then belongs to it. */
  private finish(): void {
    const last = this.moments.at(-1);
    if (last === undefined || last.view !== nothing || this.machine === null) return;
    const { recorder } = this;
    const { kernel } = this.machine;
    const view = viewOf(kernel, recorder.names, (task) => recorder.callOf(task));
    last.view = { ...view, tasks: view.tasks.map((task) => settled(task, kernel)) };
  }

  end(): readonly Moment[] {
    this.finish();
    return this.moments;
  }
}

const endsQuietly: ReadonlySet<TraceEvent['kind']> = new Set(['op', 'note']);

/**
 * The end of the last process as one moment: nobody is left whom a step of it could matter to. Where it
 * wakes somebody, or somebody is alive behind it, it stays as it is.
 */
function withEndFolded(moments: readonly Moment[]): readonly Moment[] {
  const last = moments.at(-1);
  if (last === undefined || !last.view.tasks.every(({ state }) => state === 'dead')) return moments;
  const isOfEnd = ({ context, kind }: Moment): boolean =>
    context === last.task && endsQuietly.has(kind);
  let begin = moments.length;
  while (begin > 0 && isOfEnd(moments[begin - 1] as Moment)) begin--;
  if (begin === moments.length || moments[begin - 1]?.kind !== 'return') return moments;
  const sentence = `${last.task} ends; its descriptors are closed`;
  return [...moments.slice(0, begin), { ...last, sentence, kind: 'exit', fn: null, depth: 0 }];
}

/**
 * Who has nothing left to do but to sleep still has its CPU while it is not its turn, as nobody else
 * needs it: a matter of the machine, and none of the program's.
 */
function settled(task: TaskView, { tasks }: Machine['kernel']): TaskView {
  const { __state, execution } = tasks.get(task.pid) ?? {};
  const op = execution?.op;
  if (task.state !== 'running' || (op?.verb !== 'schedule' && op?.verb !== 'join')) return task;
  const isUp = op.verb === 'join' ? !isAlive(op.target, tasks) : __state === 0;
  return { ...task, state: isUp ? 'runnable' : 'asleep' };
}

const isAlive = (joined: object, tasks: Machine['kernel']['tasks']): boolean =>
  [...tasks.values()].some((task) => task === joined && task.execution !== null);

const contextOf = (event: TraceEvent): string =>
  event.kind === 'irq' ? event.name : (event.irq ?? event.task.comm);

/** A step of schedules, which touches nothing that a kernel has. */
const isWayBack = (event: TraceEvent): boolean =>
  event.kind === 'op' && event.verb === 'access' && event.target === 'user mode';

/** A branch says itself where it stands. */
function functionOf(event: TraceEvent, inside: readonly string[]): string | null {
  if (isWayBack(event)) return null;
  if (event.kind === 'note') return /^(\w+):/.exec(event.what)?.[1] ?? inside.at(-1) ?? null;
  if (event.kind === 'call' || event.kind === 'return') return null;
  return inside.at(-1) ?? null;
}

const nothing: MachineView = { time_ns: 0, tasks: [], epolls: [], files: [], timers: [] };
