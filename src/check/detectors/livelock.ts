/**
 * An execution that did not come to rest: the calls that a task repeats, the call that it never
 * leaves, or a timer that fires again and again.
 *
 * It is a bug if nothing comes of it: no bytes are moved and no time passes in the loop, and whoever
 * could go on did so meanwhile. Else it is work, the clock or the schedule that goes on and on.
 */
import { enabled } from '../../kernel/execute.ts';
import type { task_struct } from '../../kernel/sched.ts';
import { letItSleep, OutOfSteps } from '../../kernel/steps.ts';
import { epollFlags, errnoName } from '../../kernel/uapi/names.ts';
import { isProgress, longestRound, NothingChanges } from '../rounds.ts';
import type { CallMade } from './observations.ts';
import type { Detector, Problem } from './problem.ts';
import { distinct, listed, type Scene } from './scene.ts';

/** How often a loop must have been seen. */
const rounds = 4;
/** So many steps in one call, with no other one made and no timer fired, are a loop in the kernel. */
const manySteps = 1000;

export const livelock: Detector = (scene) => {
  const { error } = scene;
  if (!(error instanceof OutOfSteps || error instanceof NothingChanges)) return [];
  if (error instanceof OutOfSteps && error.timer !== null) return [ofTimer(error, error.timer)];
  const made = scene.observations?.made ?? [];
  const own = made.filter(({ task }) => task === error.task);
  const loop = loopOf(own);
  if (loop !== null) return [ofProgram(scene, error, loop)];
  if (error instanceof NothingChanges) return [];
  const { maxSteps, stepsAtTimer, stepsLeft } = scene.kernel;
  const stepsSince = Math.min(made.at(-1)?.stepsLeft ?? maxSteps, stepsAtTimer) - stepsLeft;
  const inKernel = error.call !== null && stepsSince >= manySteps;
  return [inKernel ? ofKernel(error, error.call ?? '') : unknown(error)];
};

/** The calls that are repeated at the end; null if none are. */
function loopOf(made: readonly CallMade[]): readonly CallMade[] | null {
  const signs = made.map(signOf);
  for (let length = 1; length <= longestRound; length++) {
    const whole = length * rounds;
    if (signs.length < whole) return null;
    const last = signs.slice(-whole);
    if (last.every((sign, i) => sign === last[i % length])) return made.slice(-length);
  }
  return null;
}

/** A call and its outcome; two of them are equal if nothing has changed. */
const signOf = ({ call, args, ret, events }: CallMade): string =>
  `${call}(${typeof args[0] === 'number' ? args[0] : ''}) = ${result(ret)}` +
  (events.length === 0 ? '' : ` [${eventsText(events).join(', ')}]`);

/** "5: EPOLLIN", for each item. */
const eventsText = (events: readonly number[]): string[] =>
  events.flatMap((fd, i) => (i % 2 === 0 ? [`${fd}: ${epollFlags(events[i + 1] ?? 0)}`] : []));

const result = (ret: number): string => (ret < 0 ? `-${errnoName(-ret)}` : String(ret));

/** What ended the execution. */
type Ending = OutOfSteps | NothingChanges;

function ofProgram(scene: Scene, error: Ending, loop: readonly CallMade[]): Problem {
  const signs = loop.map(signOf);
  const reason = excuse(scene, error, loop);
  return {
    kind: 'livelock',
    severity: reason === null ? 'bug' : 'information',
    sentence: `${error.task} goes round for ever: ${listed(signs)}${reason === null ? '' : reason}.`,
    tasks: [error.task],
    objects: [],
    cause: `livelock: ${[...signs].sort().join(', ')}`,
    details: signs,
  };
}

/** Why the loop need not be one for ever; null if it must. */
function excuse(
  { kernel, observations }: Scene,
  error: Ending,
  loop: readonly CallMade[],
): string | null {
  if (loop.some(({ call, ret }) => isProgress(call, ret)))
    return ', and gets something done each time';
  const made = observations?.made ?? [];
  const own = made.filter(({ task }) => task === error.task).slice(-loop.length * rounds);
  const first = own[0];
  if (first === undefined || first.time_ns !== kernel.hrtimers.now_ns) return ', as time goes by';
  if (isTimed(own) && !loop.some(findsSomething)) {
    return `, and waits for the clock, which stands still while it runs: ${letItSleep}`;
  }
  if (error instanceof NothingChanges) return null; // Everybody has had the turn.
  const meanwhile = made.slice(made.indexOf(first));
  const waiting = [...kernel.tasks.values()].filter(
    (task) => canGoOn(task) && !meanwhile.some((call) => call.task === task.comm),
  );
  const names = distinct(waiting.map(({ comm }) => comm));
  if (names.length > 0) return `, while ${listed(names)} could go on and did not get the turn`;
  return kernel.hrtimers.awaited > 0 ? ', while the clock stands still' : null;
}

/** Is a clock read in each round? */
const isTimed = (own: readonly CallMade[]): boolean =>
  (own.at(-1)?.clockReads ?? 0) - (own[0]?.clockReads ?? 0) >= rounds - 1;

/** Whoever is told of something each time does not wait for time to go by. */
const findsSomething = ({ call, events, ret }: CallMade): boolean =>
  events.length > 0 || (/poll|select/.test(call) && ret > 0);

const canGoOn = (task: task_struct): boolean => {
  const { execution } = task;
  if (execution === null) return false;
  return task.on_rq || execution.op === null || enabled(execution.op, task);
};

const ofKernel = ({ task, backtrace, message }: OutOfSteps, call: string): Problem => ({
  kind: 'livelock',
  severity: 'bug',
  sentence: `${task} never leaves ${call}.`,
  tasks: [task],
  objects: [],
  cause: `livelock: ${call}${backtrace.length > 0 ? ` > ${backtrace[0]}` : ''}`,
  details: [message],
});

/** Nobody has to wait for it: what the program does besides may be all that it is for. */
const ofTimer = ({ message, remedy }: OutOfSteps, timer: string): Problem => ({
  kind: 'livelock',
  severity: 'information',
  sentence:
    `The timer ${timer} fires again and again, and the execution does not come to its end` +
    `${remedy === '' ? '' : `: ${remedy}`}.`,
  tasks: [],
  objects: [],
  cause: `livelock: ${timer} fires`,
  details: [message],
});

const unknown = ({ task, message }: OutOfSteps): Problem => ({
  kind: 'livelock',
  severity: 'information',
  sentence: 'The execution was longer than it may be, and no loop is seen in it.',
  tasks: [task],
  objects: [],
  cause: 'livelock: long',
  details: [message],
});
