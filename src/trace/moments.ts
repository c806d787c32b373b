/**
 * Cuts an execution into the moments that a reader looks at: in a scenario, each step with all that
 * follows from it; in a program and a concurrent scenario, each call that returns or falls asleep.
 *
 * Invariants: a call appears where it begins and, if it sleeps, again where it returns.
 */

import { signalName } from '../kernel/uapi/names.ts';
import { briefCall, briefExit, briefResult } from './calls/brief.ts';
import { begunCall, endedCall } from './calls/text.ts';
import type { CallEvent, ExitEvent, ReturnEvent, TaskRef, TraceEvent } from './events.ts';
import type { Scene } from './format.ts';

/** What one task did. */
export interface Cell {
  readonly task: TaskRef;
  readonly lines: readonly string[];
}

export interface Moment {
  /** The step of the scenario, or a count. */
  readonly index: number;
  readonly time_ns: number;
  /** In the order in which they began to act. */
  readonly cells: readonly Cell[];
}

/** A call that is under way and stands on a line. */
interface Shown {
  readonly text: string;
  readonly name: string;
  /** The line is in the moment that is being put together. */
  here: boolean;
}

export class Moments {
  private readonly listener: (moment: Moment) => void;
  /** Nobody says where a step ends: the calls do. */
  private isFree = false;
  /** Of the moment that is being put together. */
  index = 0;
  private time_ns = 0;
  private cells: Map<number, { task: TaskRef; lines: string[] }> = new Map();
  private readonly under: Map<number, Shown[]> = new Map();

  constructor(listener: (moment: Moment) => void) {
    this.listener = listener;
  }

  begin(scene: Scene): void {
    this.isFree = scene.kind !== 'scenario';
    this.index = 0;
    this.cells.clear();
    this.under.clear();
  }

  event(event: TraceEvent): void {
    this.time_ns = event.time_ns;
    switch (event.kind) {
      case 'step':
        if (!event.settled) this.index = event.index;
        else this.finish();
        break;
      case 'call':
        this.called(event);
        break;
      case 'return':
        this.returned(event);
        if (this.isFree) this.finish();
        break;
      case 'signal':
        this.cell(event.task).push(`${signalName(event.signo)} is handled`);
        break;
      case 'switch':
        if (this.isFree && event.from !== null) this.fellAsleep(event.from);
        break;
      case 'exit':
        if (this.isFree) this.ended(event);
    }
  }

  /** What the last, unfinished moment has. */
  end(): void {
    if (this.cells.size > 0) this.finish();
  }

  private called(event: CallEvent): void {
    const text = briefCall(begunCall(event));
    this.cell(event.task).push(text);
    const calls = this.under.get(event.task.pid) ?? [];
    calls.push({ text, name: event.name, here: true });
    this.under.set(event.task.pid, calls);
  }

  private returned(event: ReturnEvent): void {
    const shown = this.under.get(event.task.pid)?.pop();
    const result = briefResult(endedCall(event));
    const lines = this.cell(event.task);
    const at = shown?.here === true ? lines.lastIndexOf(shown.text) : -1;
    if (at >= 0) lines[at] = `${shown?.text} = ${result}`;
    else lines.push(`↳ ${event.name} = ${result}`);
  }

  /** A call that leaves the CPU has to be shown, unless it has been. */
  private fellAsleep(task: TaskRef): void {
    if (this.under.get(task.pid)?.some(({ here }) => here) === true) this.finish();
  }

  private ended(event: ExitEvent): void {
    this.under.delete(event.task.pid);
    this.cell(event.task).push(briefExit(event));
    this.finish();
  }

  private cell(task: TaskRef): string[] {
    let cell = this.cells.get(task.pid);
    if (cell === undefined) this.cells.set(task.pid, (cell = { task, lines: [] }));
    return cell.lines;
  }

  /** Hands the moment on; calls that are under way are marked as going on. */
  private finish(): void {
    for (const [pid, calls] of this.under) {
      const lines = this.cells.get(pid)?.lines ?? [];
      for (const call of calls) {
        const at = call.here ? lines.lastIndexOf(call.text) : -1;
        if (at >= 0) lines[at] = `${call.text} …`;
        call.here = false;
      }
    }
    const { index, time_ns } = this;
    this.listener({ index, time_ns, cells: [...this.cells.values()] });
    this.cells = new Map();
    if (this.isFree) this.index++;
  }
}
