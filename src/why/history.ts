/**
 * An execution as a graph of causes.
 *
 * What happens is a happening: a wakeup walks over a queue, an item gets onto a list, an event is
 * told. Each knows where it happened (a function inside of a function inside of a call or an
 * interrupt) and which wakeup called it; those of one object are a chain in the order of time. So a
 * happening leads back to the call that began it, and on to what became of it.
 *
 * Beside it stands what each file had ready, and since which call; and the state at two moments.
 */
import type { TraceEvent } from '../trace/events.ts';
import type { Ending, Format, Scene } from '../trace/format.ts';
import { Moments } from '../trace/moments.ts';
import { type Change, Changes } from './history/changes.ts';
import { Graph } from './history/graph.ts';
import type { Call, Happening, Scope, Sent } from './history/happening.ts';
import { Objects } from './history/objects.ts';
import { type Snapshot, snapshotOf } from './history/snapshot.ts';

export class History implements Format {
  readonly calls: readonly Call[];
  readonly happenings: readonly Happening[];
  readonly signals: readonly Sent[];
  /** At the end of the step that is asked for, and at the end of all. */
  asked: Snapshot | null = null;
  last: Snapshot | null = null;
  ending: Ending | null = null;
  /** How many steps there were. */
  steps = 0;

  private readonly objects: Objects = new Objects();
  private readonly graph: Graph;
  private readonly changes: Changes;
  private readonly moments: Moments;
  private seq = 0;

  /** `step`: the one that is asked for, if one is. */
  constructor(step: number | null = null) {
    this.graph = new Graph(this.objects, step);
    this.changes = new Changes(this.objects, this.graph);
    this.calls = this.graph.calls;
    this.happenings = this.graph.happenings;
    this.signals = this.graph.signals;
    this.moments = new Moments(({ index }) => {
      this.steps = Math.max(this.steps, index + 1);
      if (index === step) this.asked = snapshotOf(this.objects, this.seq);
    });
  }

  begin(scene: Scene): void {
    this.objects.scene = scene;
    this.moments.begin(scene);
  }

  event(event: TraceEvent): void {
    const step = event.kind === 'step' ? event.index : this.moments.index;
    const placed = { seq: event.seq, step, task: event.task };
    this.seq = event.seq;
    this.changes.look(event, placed);
    this.graph.note(event, placed);
    this.moments.event(event);
  }

  end(ending: Ending): void {
    this.moments.end();
    this.ending = ending;
    this.last = snapshotOf(this.objects, this.seq);
  }

  /** Title and kind; null before it begins. */
  get scene(): Scene | null {
    return this.objects.scene;
  }

  /** All that happened to an object, in the order of time. */
  of(object: number): readonly Happening[] {
    return this.graph.of(object);
  }

  /** How what a file has ready changed. */
  changesOf(file: number): readonly Change[] {
    return this.changes.of(file);
  }

  /** The call that made a file. */
  makerOf(file: number): Scope | null {
    return this.changes.makerOf(file);
  }

  /** What a file stands for in the kernel: a pipe, a sock. */
  sourcesOf(file: number): readonly number[] {
    return this.changes.sourcesOf(file);
  }
}
