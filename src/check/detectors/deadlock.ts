/**
 * Tasks that wait for each other, and for nobody else; and, apart from them, tasks that wait for ever
 * for what somebody else could do and does not.
 *
 * The line: a set of sleeping tasks is deadlocked if whatever could end the sleep of one of them (see
 * waits.ts) can only be done by tasks of the set. Where somebody from outside could do it, as connect
 * to a server, nothing is wrong with the wait.
 */
import type { task_struct } from '../../kernel/sched.ts';
import type { Detector, Problem } from './problem.ts';
import { callText, distinct, listed, type Scene, type Sleeping, verb } from './scene.ts';
import type { Wakers } from './waits.ts';

export const deadlock: Detector = (scene) => {
  if (scene.sleepers.length === 0) return [];
  explainWhoWaits(scene);
  return knotsOf(scene.wakers)
    .filter((knot) => !knot.some(({ task }) => scene.explained.has(task)))
    .map((knot) => {
      for (const { task } of knot) scene.explained.add(task);
      return finding(scene, knot);
    });
};

export const waitsForEver: Detector = (scene) => {
  if (scene.sleepers.length === 0) return [];
  explainWhoWaits(scene);
  const waiting = scene.sleepers.filter(({ task }) => !scene.explained.has(task));
  if (waiting.length === 0) return [];
  const each = waiting.map((sleeping) => phrase(scene, sleeping));
  return [
    {
      kind: 'waits-for-ever',
      severity: scene.strict ? 'bug' : 'information',
      sentence: `The program never ends: ${listed(each)}, and nothing more happens.`,
      tasks: waiting.map(({ task }) => task.comm),
      objects: objectsOf(scene, waiting),
      cause: `waits-for-ever: ${causeOf(scene, waiting)}`,
      details: [],
    },
  ];
};

/** Whoever waits for a task whose sleep is explained needs no other reason. */
function explainWhoWaits({ explained, wakers: graph }: Scene): void {
  for (let before = -1; before !== explained.size; ) {
    before = explained.size;
    for (const [{ task }, wakers] of graph) {
      if (wakers !== 'anybody' && wakers.some((waker) => waker !== task && explained.has(waker))) {
        explained.add(task);
      }
    }
  }
}

/** Sets of tasks, each as large as can be, of which nobody from outside could wake one. */
function knotsOf(graph: ReadonlyMap<Sleeping, Wakers>): Sleeping[][] {
  const inside = new Map<task_struct, readonly task_struct[]>();
  for (const [{ task }, wakers] of graph) if (wakers !== 'anybody') inside.set(task, wakers);
  for (let before = -1; before !== inside.size; ) {
    before = inside.size;
    for (const [task, wakers] of inside) {
      if (!wakers.every((waker) => inside.has(waker))) inside.delete(task);
    }
  }
  return connected(
    [...graph.keys()].filter(({ task }) => inside.has(task)),
    inside,
  );
}

/** Parts of the graph that have nothing to do with each other. */
function connected(
  sleepers: readonly Sleeping[],
  wakersOf: ReadonlyMap<task_struct, readonly task_struct[]>,
): Sleeping[][] {
  const parts: Sleeping[][] = [];
  for (const sleeping of sleepers) {
    const touches = (part: readonly Sleeping[]): boolean =>
      part.some(({ task }) => {
        const there = wakersOf.get(task)?.includes(sleeping.task) === true;
        return there || wakersOf.get(sleeping.task)?.includes(task) === true;
      });
    const joined = parts.filter(touches);
    for (const part of joined) parts.splice(parts.indexOf(part), 1);
    parts.push([...joined.flat(), sleeping]);
  }
  return parts;
}

function finding(scene: Scene, knot: readonly Sleeping[]): Problem {
  const names = knot.map(({ task }) => task.comm);
  const each = knot.map((sleeping) => phrase(scene, sleeping));
  const only = names.length === 1 ? names[0] : names.length === 2 ? 'these two' : 'these';
  return {
    kind: 'deadlock',
    severity: 'bug',
    sentence: `Deadlock: ${listed(each)}, and only ${only} could end ${names.length === 1 ? 'that' : 'it'}.`,
    tasks: names,
    objects: objectsOf(scene, knot),
    cause: `deadlock: ${causeOf(scene, knot)}`,
    details: [],
  };
}

/** "t1 waits in read for pipe3". */
const phrase = (scene: Scene, sleeping: Sleeping): string => {
  const what = whatFor(scene, sleeping);
  const wait = `${sleeping.task.comm} ${verb(1, 'wait')} in ${callText(sleeping)}`;
  return what.length === 0 ? wait : `${wait} for ${listed(what)}`;
};

/** What the task waits for: a lock, a thread, files. */
function whatFor(scene: Scene, { op, call, args, asked }: Sleeping): string[] {
  if (op.verb === 'join') return [op.target.name];
  if (call === 'futex') return [scene.kernel.tasks.get(args[0] as number)?.comm ?? 'a thread'];
  if (op.verb !== 'schedule') return [scene.nameOf(op.target)];
  return distinct(asked.map(({ file }) => scene.nameOf(file)));
}

const objectsOf = (scene: Scene, sleepers: readonly Sleeping[]): string[] =>
  distinct(sleepers.flatMap(({ asked }) => asked.map(({ file }) => scene.nameOf(file))));

/** Threads may change roles: what each of them waits for, and not which one it is. */
const causeOf = (scene: Scene, sleepers: readonly Sleeping[]): string =>
  sleepers
    .map((sleeping) => {
      const what = objectsOf(scene, [sleeping]).join(' ');
      return what === '' ? callText(sleeping) : `${callText(sleeping)} ${what}`;
    })
    .sort()
    .join(', ');
