import { expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import {
  fatal_signal_pending,
  schedule,
  signal_pending_state,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_NORMAL,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
  type task_struct,
  try_to_wake_up,
  wake_up_process,
} from '../../src/kernel/sched.ts';
import { sigmask } from '../../src/kernel/signal.ts';
import { SIGKILL, SIGUSR1 } from '../../src/kernel/uapi/signal.ts';
import { Machine } from '../../src/sim/machine.ts';
import { runAlone, runTogether } from '../support/run.ts';

/** A machine and threads on it that sleep in TASK_INTERRUPTIBLE until somebody wakes them. */
function sleepers(cpus: number, ...names: string[]): { tasks: task_struct[]; log: string[] } {
  const machine = new Machine({ cpus });
  const log: string[] = [];
  const tasks: task_struct[] = [];
  for (const name of names) {
    const [first] = tasks;
    const task = first === undefined ? machine.newProcess(name) : machine.newThread(first, name);
    tasks.push(task);
    const code = function* () {
      current.__state = TASK_INTERRUPTIBLE;
      yield schedule(current);
      log.push(`${current.comm} on ${current.cpu}`);
    };
    machine.start(task, name, code());
  }
  machine.settle();
  return { tasks, log };
}

/** A wakeup for interruptible sleepers must not end the wait for a mutex. */
test.each([
  [TASK_INTERRUPTIBLE, TASK_INTERRUPTIBLE, 1],
  [TASK_UNINTERRUPTIBLE, TASK_INTERRUPTIBLE, 0],
  [TASK_UNINTERRUPTIBLE, TASK_NORMAL, 1],
  [TASK_RUNNING, TASK_NORMAL, 0],
])('try_to_wake_up of a task in state %i by a wakeup for %i answers %i', (state, mode, woke) => {
  const [ret, after] = runAlone(function* () {
    current.__state = state;
    const answer = try_to_wake_up(current, mode);
    const { __state } = current;
    current.__state = TASK_RUNNING;
    return [answer, __state] as const;
  });

  expect(ret).toBe(woke);
  expect(after).toBe(woke === 1 ? TASK_RUNNING : state);
});

/** A signal ends a sleep only in the states that let it. */
test.each([
  [TASK_INTERRUPTIBLE, SIGUSR1, true],
  [TASK_UNINTERRUPTIBLE, SIGUSR1, false],
  [TASK_UNINTERRUPTIBLE, SIGKILL, false],
  [TASK_KILLABLE, SIGUSR1, false],
  [TASK_KILLABLE, SIGKILL, true],
])('signal_pending_state(%i) with signal %i pending is %s', (state, sig, ends) => {
  const ret = runAlone(function* () {
    current.pending.signal = sigmask(sig);
    current.sigpending = true;
    const answer = signal_pending_state(state, current);
    current.sigpending = false;
    return answer;
  });

  expect(ret).toBe(ends);
});

/** A thread that was killed must not fetch more events (c257a340ede0). */
test('fatal_signal_pending is true for SIGKILL and for nothing else', () => {
  const seen = runAlone(function* () {
    const answers: boolean[] = [];
    for (const sig of [SIGUSR1, SIGKILL]) {
      current.pending.signal = sigmask(sig);
      current.sigpending = true;
      answers.push(fatal_signal_pending(current));
    }
    current.sigpending = false;
    return answers;
  });

  expect(seen).toEqual([false, true]);
});

/** On one CPU threads take turns; nobody is served twice before the others were. */
test('tasks on one CPU run in the order in which they became runnable', () => {
  const machine = new Machine({ cpus: 1 });
  const order: string[] = [];
  const process = machine.newProcess('a');
  for (const name of ['a', 'b', 'c']) {
    const task = name === 'a' ? process : machine.newThread(process, name);
    const code = function* () {
      order.push(name);
    };
    machine.start(task, name, code());
  }

  machine.run();

  expect(order).toEqual(['a', 'b', 'c']);
});

/** Two threads on two CPUs run at once, which is what makes a race. */
test('new tasks are spread over the CPUs', () => {
  const { tasks } = sleepers(3, 'a', 'b', 'c', 'd');

  expect(tasks.map((task) => task.cpu)).toEqual([0, 1, 2, 0]);
});

/** A woken thread finds its data in the cache of the CPU that it ran on. */
test('a woken task goes to the CPU where it ran last while that is idle', () => {
  const { tasks } = sleepers(3, 'a', 'b', 'c');
  const b = tasks[1] as task_struct;

  wake_up_process(b);

  expect(b.kernel.runqueues.map((rq) => rq.queue.toArray())).toEqual([[], [b], []]);
});

/** Waiting behind another task while a CPU has nothing to do helps nobody. */
test('a woken task goes to an idle CPU while its own is taken', () => {
  const { tasks } = sleepers(2, 'a', 'b', 'c');
  const [a, , c] = tasks as [task_struct, task_struct, task_struct];

  wake_up_process(a); // a and c both ran on CPU 0.
  wake_up_process(c);

  expect(c.kernel.runqueues.map((rq) => rq.queue.toArray())).toEqual([[a], [c]]);
});

/** When all are busy a task waits where it ran last. */
test('a woken task queues behind the others while no CPU is idle', () => {
  const { tasks } = sleepers(1, 'a', 'b');
  const [a, b] = tasks as [task_struct, task_struct];

  wake_up_process(b);
  wake_up_process(a);

  expect(a.kernel.runqueues.map((rq) => rq.queue.toArray())).toEqual([[b, a]]);
});

/** A second wakeup must not queue a task twice. */
test('a task that was woken is not woken again before it sleeps again', () => {
  const { tasks } = sleepers(1, 'a');
  const a = tasks[0] as task_struct;

  expect(wake_up_process(a)).toBe(1);
  expect(wake_up_process(a)).toBe(0);
  expect(a.kernel.runqueues[0]?.queue.length).toBe(1);
});

/** A spinning thread that calls sched_yield() waits for somebody who has to run for that. */
test('schedule() of a task that can run on lets the tasks behind it run first', () => {
  const order: string[] = [];
  const yielding = function* () {
    for (let round = 0; round < 2; round++) {
      order.push(current.comm);
      yield schedule(current);
    }
  };

  const stuck = runTogether({ a: yielding, b: yielding }, { cpus: 1 });

  expect(stuck).toEqual([]);
  expect(order).toEqual(['a', 'b', 'a', 'b']);
});

/** Alone on a CPU there is nobody to make way for. */
test('schedule() of a task that can run on returns at once when nobody waits', () => {
  const order: string[] = [];
  const yielding = function* () {
    order.push(current.comm);
    yield schedule(current);
    order.push(current.comm);
  };

  runTogether({ a: yielding, b: yielding }, { cpus: 2 });

  expect(order).toEqual(['a', 'a', 'b', 'b']);
});
