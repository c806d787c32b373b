/** A listener that writes down what a kernel did, one line an event. */

import type { Tracer } from '../../src/kernel/trace.ts';
import type { MachineOptions } from '../../src/sim/machine.ts';

export class Recorder implements Tracer {
  /** Everything, in order. */
  readonly lines: string[] = [];
  /** The branches that were taken. */
  readonly notes: string[] = [];
  /** The kernel functions that were entered. */
  readonly calls: string[] = [];

  enter(fn: string): void {
    this.calls.push(fn);
    this.lines.push(`enter ${fn}`);
  }
  note(what: string): void {
    this.notes.push(what);
    this.lines.push(`note ${what}`);
  }
  op: Tracer['op'] = (task, op, done) => {
    const lock = op.subclass === 0 ? op.target.name : `${op.target.name}/${op.subclass}`;
    this.lines.push(`${task.comm}: ${op.verb} ${lock}${done ? '' : ' (must wait)'}`);
  };
  release: Tracer['release'] = (lock) => {
    this.lines.push(`release ${lock.name}`);
  };
  wakeup: Tracer['wakeup'] = (task) => {
    this.lines.push(`wakeup ${task.comm}`);
  };
  switch: Tracer['switch'] = (cpu, from, to) => {
    this.lines.push(`cpu${cpu}: ${from.comm} -> ${to.comm}`);
  };
  irq: Tracer['irq'] = (name, entered) => {
    this.lines.push(`irq ${name} ${entered ? 'starts' : 'ends'}`);
  };
  sysEnter: Tracer['sysEnter'] = (task, name) => {
    this.lines.push(`${task.comm}: ${name}(`);
  };
  sysExit: Tracer['sysExit'] = (task, name, result) => {
    this.lines.push(`${task.comm}: ${name}) = ${String(result)}`);
  };
  signal: Tracer['signal'] = (task, signo) => {
    this.lines.push(`${task.comm}: handler of signal ${signo}`);
  };

  /** Options of a machine that this recorder listens to. */
  on(options: MachineOptions = {}): MachineOptions {
    return { ...options, tracer: this };
  }
}
