/**
 * The calls that programs have made and not yet entered.
 *
 * `sys.close(fd);` without its `yield*` makes a call and throws it away: nothing happens, and
 * nobody hears of it. So each call has a number, and says when it is entered. One that is made
 * early and entered later is as good as any.
 *
 * Invariants: what was made last stands in `last`, all that was made before it in `earlier`, so
 * that a call which is entered at once costs a comparison. What stands in `last` and is not entered
 * was made by the running task: a task gives its CPU away only in a call, which is made later, or
 * was made earlier and is set aside.
 */
import { current } from './current.ts';
import type { task_struct } from './sched.ts';

interface MadeCall {
  readonly name: string;
  readonly task: task_struct;
}

export class MadeCalls {
  /** The number of the call that was made last; negative once that is entered. */
  private last = 0;
  private lastName = '';
  private readonly earlier: Map<number, MadeCall> = new Map();
  /** What a task has forgotten that calls by promises, in words; see src/async. */
  promised: ((task: task_struct) => string | null) | null = null;

  /** The running task makes the call `name`, as its program calls it; the call's number. */
  make(name: string): number {
    if (this.last > 0) this.setAside();
    this.lastName = name;
    this.last = 1 - this.last;
    return this.last;
  }

  /** The running task enters the call of this number. */
  enter(call: number): void {
    if (call === this.last) this.last = -call;
    else this.enterLater(call);
  }

  /** The running task goes on with something else than the call that it made last. */
  setAside(): void {
    if (this.last <= 0) return;
    this.earlier.set(this.last, { name: this.lastName, task: current });
    this.last = -this.last;
  }

  private enterLater(call: number): void {
    this.setAside();
    const made = this.earlier.get(call);
    if (made === undefined) throw new TypeError(`${current.comm}: a call can be entered once`);
    this.earlier.delete(call);
    const { name, task } = made;
    if (task === current) return;
    throw new TypeError(
      `${current.comm}: sys.${name}(…) was called by ${task.comm}: expected the thread that calls ` +
        'to enter the call',
    );
  }

  /** The first call that the task has made and not entered, in words; null if there is none. */
  forgottenBy(task: task_struct): string | null {
    this.setAside();
    for (const made of this.earlier.values()) {
      if (made.task === task) return `sys.${made.name}(…) was called without "yield*"`;
    }
    return this.promised === null ? null : this.promised(task);
  }
}
