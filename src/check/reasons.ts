/** Why the tasks of a finding were not told of anything: the answers of src/why for their last wait. */
import { type Pausing, withoutPause } from '../sim/pause.ts';
import { Recorder } from '../trace/recorder.ts';
import { lastWaitOf } from '../why/answer.ts';
import { History } from '../why/history.ts';
import type { Finding as Because } from '../why/verdict.ts';
import type { DetectorName, Problem } from './detectors/index.ts';
import { type ExploreOptions, firstOf, type Subject } from './explore.ts';
import type { ContextId } from './order.ts';
import { Retrace } from './replay.ts';

/** Those that somebody who waits for events has to do with. */
const ofWaiting: ReadonlySet<DetectorName> = new Set<DetectorName>([
  'assertion',
  'lost-wakeup',
  'stranded-data',
  'oneshot-never-rearmed',
  'deadlock',
  'waits-for-ever',
]);

/** At most so many are told of a finding. */
const most = 3;

/** Of the execution that a path leads through: what explains the problem that it shows. */
export function* reasonsFor<T>(
  subject: Subject<T>,
  path: readonly ContextId[],
  { kind, objects, tasks }: Problem,
  options: ExploreOptions,
): Pausing<Because[]> {
  if (!ofWaiting.has(kind)) return [];
  const history = new History();
  yield* tracingInto(history, subject, path, options);
  const found = tasks.flatMap((task) => lastWaitOf(task, history));
  const speaking = found.filter(({ cause }) => cause !== 'not-ready' && cause !== 'told');
  const named = speaking.filter(({ about }) => objects.includes(about));
  return (named.length > 0 ? named : speaking).slice(0, most);
}

/** Keeps what happens in the execution that a path leads through. */
export const traceInto = <T>(
  history: History,
  subject: Subject<T>,
  path: readonly ContextId[],
  options: ExploreOptions,
): void => withoutPause(tracingInto(history, subject, path, options));

function* tracingInto<T>(
  history: History,
  subject: Subject<T>,
  path: readonly ContextId[],
  options: ExploreOptions,
): Pausing<void> {
  const traced: Subject<T> = (schedule) => {
    const trial = subject(schedule);
    const { kernel } = trial.machine;
    const recorder = new Recorder((event) => history.event(event));
    const tasks = [...kernel.tasks.values()].map((task) => recorder.refOf(task));
    history.begin({ kind: 'program', name: null, about: '', tasks, kernel, recorder });
    kernel.tracer = recorder;
    return trial;
  };
  yield* firstOf(traced, new Retrace(path), options);
  history.end({ blocked: [], error: null });
}
