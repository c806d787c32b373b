/**
 * As ftrace's function_graph tracer prints it: nesting by indentation, a CPU and a task a line.
 *
 *      0)  main-1001      |             |  write(3, "\1\0\0\0\0\0\0\0", 8) {
 *      0)  main-1001      |             |    eventfd_write() {
 *      0)  main-1001      |             |      _raw_spin_lock_irqsave(eventfd3->wqh.lock);
 *      0)  main-1001      |             |      _raw_spin_unlock_irqrestore(eventfd3->wqh.lock);
 *      0)  main-1001      |     1 op    |    }
 *
 * Time stands still while code runs, so the column of durations counts operations instead: locks
 * taken, sleeps, looks at shared state without a lock.
 *
 * Invariants: a function that nothing happened in takes one line; so its first line waits for what
 * comes next.
 */
import { IRQ } from '../kernel/spinlock.ts';
import { begunCall, begunText, endedCall, resultText } from './calls/text.ts';
import type {
  EnterEvent,
  LeaveEvent,
  OpEvent,
  ReleaseEvent,
  ReturnEvent,
  TraceEvent,
} from './events.ts';
import { type Ending, type Format, type Scene, titleOf, type Write } from './format.ts';

const header = `# tracer: function_graph
#
# The column OPS counts the operations that a function carried out, in place of its duration:
# the clock of the model stands still while code runs.
#
# CPU  TASK/PID          OPS            FUNCTION CALLS
# |    |    |             |             |   |   |   |
`;

const rule = ' ------------------------------------------\n';

/** Writes the functions of the kernel as a graph of calls, as ftrace's function_graph does. */
export class Graph implements Format {
  private readonly write: Write;
  private headed = false;
  /** A function that has been entered, and nothing has happened since. */
  private waiting: EnterEvent | null = null;
  /** The task that each CPU showed last. */
  private readonly shown: Map<number, string> = new Map();
  /** Tasks whose last operation could not proceed. */
  private readonly asleep: Set<number> = new Set();

  constructor(write: Write) {
    this.write = write;
  }

  begin(scene: Scene): void {
    if (!this.headed) this.write(header);
    this.headed = true;
    this.write(`# ${titleOf(scene)}\n`);
    this.shown.clear();
    this.asleep.clear();
    this.waiting = null;
  }

  event(event: TraceEvent): void {
    if (event.kind === 'leave' && this.isLeaf(event)) {
      this.waiting = null;
      this.print(event, opsText(event.ops), `${event.fn}();`);
      return;
    }
    if (event.kind === 'op' && event.verb === 'access') return; // No function of the kernel.
    this.printWaiting();
    if (event.kind === 'enter') this.waiting = event;
    else this.other(event);
  }

  end({ error, blocked }: Ending): void {
    this.printWaiting();
    if (blocked.length > 0) this.write(`# asleep at the end: ${blocked.join(', ')}\n`);
    if (error !== null) this.write(`# error: ${error}\n`);
  }

  private isLeaf(event: LeaveEvent): boolean {
    const { waiting } = this;
    return waiting !== null && waiting.task === event.task && waiting.depth === event.depth;
  }

  private printWaiting(): void {
    const { waiting } = this;
    this.waiting = null;
    if (waiting !== null) this.print(waiting, '', `${waiting.fn}() {`);
  }

  private other(event: TraceEvent): void {
    switch (event.kind) {
      case 'leave':
        this.print(event, opsText(event.ops), `} /* ${event.fn} */`);
        break;
      case 'call':
        this.print(event, '', `${begunText(begunCall(event))} {`);
        break;
      case 'return':
        this.print(event, opsText(event.ops), `} /* ${returnText(event)} */`);
        break;
      case 'op':
        this.operation(event);
        break;
      case 'release':
        this.print(event, '', `${releaseOf(event)}(${event.target});`);
        break;
      case 'note':
        this.print(event, '', `/* ${event.what} (${event.about}) */`);
        break;
      case 'wakeup':
        this.print(event, '', `/* wakes ${event.woken.comm}-${event.woken.pid} */`);
        break;
      case 'signal':
        this.print(event, '', `/* the handler of signal ${event.signo} runs */`);
        break;
      case 'exit':
        this.print(event, '', '/* ends */');
        break;
      case 'irq':
        this.print(event, '', event.entered ? `==========> | ${event.name}` : '<========== |');
        break;
      case 'switch':
        this.switched(event.cpu, event.to === null ? null : `${event.to.comm}-${event.to.pid}`);
        break;
      case 'step':
        if (!event.settled) this.write(`# step ${event.index}\n`);
    }
  }

  /** An operation is the call of the function that a kernel has for it. */
  private operation(event: OpEvent): void {
    const { verb, target, done, task } = event;
    const waited = this.asleep.delete(task.pid);
    if (!done) this.asleep.add(task.pid);
    if (verb === 'schedule') {
      if (!waited || !done) this.print(event, '', `schedule();${done ? '' : ' /* asleep */'}`);
      return;
    }
    const remark = done ? (waited ? ' /* has waited */' : '') : ' /* has to wait */';
    this.print(event, '', `${functionOf(event)}(${target});${remark}`);
  }

  private switched(cpu: number, to: string | null): void {
    const from = this.shown.get(cpu);
    if (to === null || to === from) return;
    if (from !== undefined) {
      this.write(`${rule} ${cpu})  ${from.padEnd(14)} =>  ${to}\n${rule}`);
    }
    this.shown.set(cpu, to);
  }

  private print(event: TraceEvent, ops: string, text: string): void {
    const { task, cpu, depth } = event;
    const who = task.pid === 0 ? `<idle>-${cpu}` : `${task.comm}-${task.pid}`;
    const indent = '  '.repeat(depth);
    this.write(` ${cpu})  ${who.padEnd(14)} | ${ops.padStart(9)}   |  ${indent}${text}\n`);
  }
}

const opsText = (ops: number): string => (ops === 0 ? '' : ops === 1 ? '1 op ' : `${ops} ops`);

const returnText = (event: ReturnEvent): string =>
  `${event.name} = ${resultText(endedCall(event))}`;

/** The function that takes a lock, or sleeps. */
function functionOf({ verb, flavour, subclass }: OpEvent): string {
  const nested = subclass === 0 ? '' : '_nested';
  if (isSpinning(verb)) return `_raw_${verb}${suffixes[flavour]}${nested}`;
  return verb === 'fault' ? 'handle_userfault' : `${verb}${nested}`;
}

/** The function that gives a lock back. */
function releaseOf({ verb, flavour }: ReleaseEvent): string {
  const unlock = verb.replace('lock', 'unlock');
  if (!isSpinning(verb)) return unlock;
  return `_raw_${unlock}${flavour === IRQ ? '_irqrestore' : suffixes[flavour]}`;
}

/** By flavour of spinlock. */
const suffixes: readonly string[] = ['', '_bh', '_irqsave'];

const isSpinning = (verb: string): boolean => /^(spin|read|write)_/.test(verb);
