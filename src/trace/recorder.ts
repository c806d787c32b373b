/**
 * Listens to a machine and tells of it as one typed stream of events.
 *
 * Events are handed on at once, while the machine stands still, so a listener can look at the state
 * that belongs to each. Where a function ends is found out at the next event of its context (see
 * shadow.ts), and told before that event.
 *
 * Invariants: one recorder, one machine; the machine's tracer from its first step on.
 */
import { current } from '../kernel/current.ts';
import { eppoll_entry } from '../kernel/eventpoll/types.ts';
import type { Op } from '../kernel/op.ts';
import { type rq, TASK_DEAD, type task_struct } from '../kernel/sched.ts';
import type { kernel_siginfo } from '../kernel/signal.ts';
import type { Fact, SignalFate, Tracer } from '../kernel/trace.ts';
import { SA_RESTART } from '../kernel/uapi/signal.ts';
import { wait_queue_entry } from '../kernel/wait.ts';
import type { Occasion, TaskRef, TraceEvent, TraceListener } from './events.ts';
import { Names } from './names.ts';
import { nameIn } from './renamed.ts';
import { type KernelStack, OpenCall, OpenFunction, OpenIrq, ShadowStack } from './shadow.ts';
import { stackNames } from './stack.ts';
import { snapshot } from './values.ts';

/** What a Recorder can be told. */
export interface RecorderOptions {
  /** Whether to tell of functions; finding out where they end takes time. True if absent. */
  readonly functions?: boolean;
}

/** An event without what all events have. */
type Told = TraceEvent extends infer E
  ? E extends Occasion
    ? Omit<E, keyof Occasion>
    : never
  : never;

/** mutex_trylock() is no operation: it cannot wait. */
const tried = { verb: 'mutex_lock', flavour: 0 } as const;

/** Makes a stream of events of what a machine does. */
export class Recorder implements Tracer {
  /** What objects are called in its events. */
  readonly names: Names = new Names();
  private readonly listener: TraceListener;
  private readonly functions: boolean;
  private seq = 0;
  /** One for each task, and one for each CPU's interrupt handler. */
  private readonly stacks: WeakMap<task_struct | rq, ShadowStack> = new WeakMap();
  private readonly refs: WeakMap<task_struct, TaskRef> = new WeakMap();
  private readonly ids: WeakMap<object, number> = new WeakMap();
  private lastId = 0;
  /** The operations that took the locks. */
  private readonly taken: WeakMap<object, Op> = new WeakMap();
  /** Where on the JavaScript stack the machine's frame is, and its name. */
  private base = 0;
  private machineFrame = '';

  constructor(listener: TraceListener, options: RecorderOptions = {}) {
    this.listener = listener;
    this.functions = options.functions ?? true;
  }

  /** What a task is called in events. */
  refOf(task: task_struct): TaskRef {
    let ref = this.refs.get(task);
    if (ref === undefined || ref.comm !== task.comm || ref.pid !== task.pid) {
      ref = { pid: task.pid, tgid: task.tgid, comm: task.comm };
      this.refs.set(task, ref);
    }
    return ref;
  }

  /** The system call that a task is inside of, or null. */
  callOf(task: task_struct): string | null {
    return this.stacks.get(task)?.call()?.fn ?? null;
  }

  /**
   * A step of a scenario, by its `index`, is issued, or has `settled`; not a thing that the kernel
   * could tell.
   */
  step(task: task_struct, index: number, settled: boolean): void {
    this.tell(task, { kind: 'step', index, settled });
  }

  /** A kernel function has been entered, under its name `symbol` in the sources. */
  enter(symbol: string): void {
    if (!this.functions) return;
    const fn = nameIn(symbol, current.kernel.rank);
    const stack = this.kernelStack();
    if (stack === null) return;
    // The function stands before __fentry__(), this method and kernelStack().
    const place = stack.frames.length - 4 - stack.base;
    this.leaveFunctions(stack, place);
    this.tell(current, { kind: 'enter', fn });
    const frame = stack.frames[stack.base + place] ?? '';
    this.stackOf(current).open.push(new OpenFunction(fn, place, frame));
  }

  announce(): void {
    this.look();
  }

  resume(task: task_struct): void {
    if (task.pid !== 0) this.names.runs(task);
    if (!this.functions) return;
    const frames = stackNames();
    this.base = frames.length - 1; // This method stands where the kernel's first frame will.
    this.machineFrame = frames[this.base - 1] ?? '';
  }

  note(what: string, object: object, fact: Fact | null, detail: number): void {
    this.look();
    this.tell(current, { kind: 'note', what, ...this.about(object), fact, detail });
  }

  fact(fact: Fact, object: object, detail: number): void {
    this.look();
    this.tell(current, { kind: 'fact', fact, ...this.about(object), detail });
  }

  /** A number for an object: the same whenever it is told of. */
  idOf(object: object): number {
    const subject = subjectOf(object);
    let id = this.ids.get(subject);
    if (id === undefined) this.ids.set(subject, (id = ++this.lastId));
    return id;
  }

  private about(object: object): { about: string; object: number } {
    return { about: this.names.of(object, current.kernel), object: this.idOf(object) };
  }

  op(task: task_struct, op: Op, done: boolean): void {
    const { verb, flavour, subclass } = op;
    const target = this.names.of(op.target, task.kernel);
    this.tell(task, { kind: 'op', verb, target, flavour, subclass, done });
    if (!done) return;
    this.stackOf(task).count();
    this.taken.set(op.target, op);
  }

  release(lock: { readonly name: string }): void {
    this.look();
    const { verb, flavour } = this.taken.get(lock) ?? tried;
    const target = this.names.of(lock, current.kernel);
    this.tell(current, { kind: 'release', verb, flavour, target });
  }

  wakeup(task: task_struct): void {
    this.look();
    this.tell(current, { kind: 'wakeup', woken: this.refOf(task) });
  }

  switch(_cpu: number, from: task_struct, to: task_struct): void {
    const left = this.runner(from);
    if (from.__state === TASK_DEAD) this.exit(from);
    this.tell(left === null ? to : from, { kind: 'switch', from: left, to: this.runner(to) });
  }

  irq(name: string, entered: boolean): void {
    if (entered) {
      this.look();
      this.tell(current, { kind: 'irq', name, entered });
      this.stackOf(current).open.push(new OpenIrq(name));
    } else {
      this.leaveAll(current);
      this.stackOf(current).takeIrq();
      this.tell(current, { kind: 'irq', name, entered });
    }
  }

  sysEnter(task: task_struct, name: string, args: readonly unknown[]): void {
    this.look();
    const call = new OpenCall(name, args, args.map(snapshot), task.kernel.hrtimers.now_ns);
    this.tell(task, { kind: 'call', name, args: call.args });
    this.stackOf(task).open.push(call);
  }

  sysExit(task: task_struct, name: string, result: unknown): void {
    this.leaveAll(task);
    const call = this.stackOf(task).takeCall();
    if (call === null) return; // It began before anybody listened.
    const { args, called_ns, ops } = call;
    const filled = call.live.map(snapshot);
    this.tell(task, { kind: 'return', name, args, filled, ret: Number(result), called_ns, ops });
  }

  sysReturn(task: task_struct, ret: number): void {
    this.look();
    const call = this.stackOf(task).call();
    if (call !== null) call.ret = ret;
  }

  signal(task: task_struct, info: kernel_siginfo): void {
    const signo = info.si_signo;
    this.look();
    const call = this.stackOf(task).call();
    const flags = task.sighand.action[signo]?.flags ?? 0;
    if (call !== null) call.restarts = (flags & SA_RESTART) !== 0;
    const filled = call?.live.map(snapshot) ?? [];
    this.tell(task, { kind: 'signal', signo, info, filled, ...interrupted(call) });
  }

  sent(task: task_struct, info: kernel_siginfo, fate: SignalFate): void {
    this.look();
    this.tell(current, { kind: 'sent', info, to: this.refOf(task), fate });
  }

  sigreturn(task: task_struct, mask: bigint): void {
    this.look();
    this.tell(task, { kind: 'sigreturn', mask, ...interrupted(this.stackOf(task).call()) });
  }

  private exit(task: task_struct): void {
    this.leaveAll(task);
    const ret = this.stackOf(task).call()?.ret ?? null;
    this.stackOf(task).open.length = 0;
    const others = task.signal.threads.filter((t) => t !== task && t.exit_state === 0).length;
    const { exit_code } = task; // As wait4() has it.
    this.tell(task, { kind: 'exit', code: exit_code >> 8, signo: exit_code & 0x7f, ret, others });
  }

  private tell(task: task_struct, told: Told): void {
    const stack = this.stackOf(task);
    const event = {
      seq: this.seq++,
      time_ns: task.kernel.hrtimers.now_ns,
      cpu: task.cpu,
      task: this.refOf(task),
      irq: stack.irq(),
      depth: stack.open.length,
      ...told,
    };
    this.listener(event as TraceEvent);
  }

  /** The functions of the context that runs on the CPU of `task`: the task's, or an interrupt's. */
  private stackOf(task: task_struct): ShadowStack {
    const queue = task.kernel.runqueues[task.cpu];
    const context = queue !== undefined && queue.irq !== null && queue.curr === task ? queue : task;
    let stack = this.stacks.get(context);
    if (stack === undefined) this.stacks.set(context, (stack = new ShadowStack()));
    return stack;
  }

  /** Tells of functions that have been left by now. */
  private look(): void {
    if (!this.functions) return;
    const stack = this.kernelStack();
    if (stack !== null) this.leaveFunctions(stack, Number.POSITIVE_INFINITY);
  }

  /** Null where the machine is not running: somebody acts on it from outside. */
  private kernelStack(): KernelStack | null {
    const frames = stackNames();
    return frames[this.base - 1] === this.machineFrame ? { frames, base: this.base } : null;
  }

  private leaveFunctions(stack: KernelStack, before: number): void {
    const shadow = this.stackOf(current);
    for (let left = shadow.takeLeft(stack, before); left !== null; ) {
      this.tell(current, { kind: 'leave', fn: left.fn, ops: left.ops });
      left = shadow.takeLeft(stack, before);
    }
  }

  private leaveAll(task: task_struct): void {
    const shadow = this.stackOf(task);
    for (let left = shadow.takeFunction(); left !== null; left = shadow.takeFunction()) {
      this.tell(task, { kind: 'leave', fn: left.fn, ops: left.ops });
    }
  }

  /** Null for the idle task. */
  private runner(task: task_struct): TaskRef | null {
    return task.pid === 0 ? null : this.refOf(task);
  }
}

/** Who stands on a wait queue: a task, or the item of an epoll instance. */
function subjectOf(object: object): object {
  if (object instanceof eppoll_entry) return object.base;
  return object instanceof wait_queue_entry ? (object.private ?? object) : object;
}

const interrupted = (call: OpenCall | null): { ret: number | null; restarts: boolean } =>
  call === null ? { ret: null, restarts: false } : { ret: call.ret, restarts: call.restarts };
