/**
 * Something lies in a file that no event will tell of any more, and tasks wait for events.
 *
 * An edge-triggered item told of it once and it was not all taken; an exclusive one was passed over
 * for another instance, whose tasks did not take it; a oneshot item told of something before and was
 * not armed again. The kernel keeps its promises; the program has misread them.
 */
import { EP_PRIVATE_BITS, type epitem, type eventpoll } from '../../kernel/eventpoll/types.ts';
import type { file } from '../../kernel/file.ts';
import type { task_struct } from '../../kernel/sched.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLPRI,
  EPOLLRDHUP,
  EPOLLRDNORM,
} from '../../kernel/uapi/eventpoll.ts';
import { queuedItems, readyNow } from '../../trace/readiness.ts';
import type { Detector, DetectorName, Problem } from './problem.ts';
import { listed, type Scene, type Sleeping, verb } from './scene.ts';
import { isNotice, unread } from './unread.ts';

const isDisarmed = ({ event }: epitem): boolean => (event.events & ~EP_PRIVATE_BITS) === 0;

/** Of edge-triggered and exclusive items. */
export const strandedData: Detector = (scene) =>
  quietItems(scene, (epi, waiter) => {
    const { events } = epi.event;
    const { file: f } = epi.ffd;
    if (isDisarmed(epi) || (events & (EPOLLET | EPOLLEXCLUSIVE)) === 0 || isNotice(f)) return null;
    if ((events & (EPOLLIN | EPOLLRDNORM | EPOLLPRI)) === 0) return null;
    const left = unread(f, waiter);
    if (left === null) return null;
    const why = (events & EPOLLET) !== 0 ? 'EPOLLET' : 'EPOLLEXCLUSIVE';
    return finding(scene, 'stranded-data', epi, left, why);
  });

/** Of oneshot items that were not armed again. */
export const oneshotNeverRearmed: Detector = (scene) =>
  quietItems(scene, (epi, waiter) => {
    if (!isDisarmed(epi)) return null;
    const left = newsOf(scene, epi, waiter);
    return left === null
      ? null
      : finding(scene, 'oneshot-never-rearmed', epi, left, 'EPOLLONESHOT, disarmed');
  });

/** What has happened to the file of a disarmed item that its program does not know of. */
function newsOf({ observations }: Scene, epi: epitem, waiter: task_struct): string | null {
  const { file: f } = epi.ffd;
  const taking = observations?.takings.get(f);
  const told = observations?.deliveries.get(epi);
  if (isNotice(f)) {
    const again = taking !== undefined && told !== undefined && taking.at > told.at;
    return again && readyNow(f, EPOLLIN, waiter) !== 0 ? 'which has fired again' : null;
  }
  const left = unread(f, waiter);
  if (left !== null) return left;
  if (taking !== undefined && taking.ret <= 0) return null; // It has seen the end.
  const end = readyNow(f, EPOLLHUP | EPOLLRDHUP | EPOLLERR, waiter) !== 0;
  return end ? 'whose other end is closed' : null;
}

/** Asks of each item that is not queued, and of which somebody waits to hear. */
function quietItems(
  scene: Scene,
  ask: (epi: epitem, waiter: task_struct) => Problem | null,
): Problem[] {
  const found: Problem[] = [];
  for (const ep of scene.instances) {
    const listeners = scene.listenersOf(ep);
    if (listeners.length === 0) continue;
    const { task } = listeners[0] as Sleeping;
    const queued = queuedItems(ep);
    for (const epi of ep.rbr.tree.keys) {
      if (queued.includes(epi) || isLookedAt(scene, ep, epi)) continue;
      const finding = ask(epi, task);
      if (finding === null) continue;
      found.push(finding);
      for (const listener of listeners) scene.explained.add(listener.task);
    }
  }
  return found;
}

/** Is somebody still at work on what the item told of, or waiting for the file in another way? */
function isLookedAt({ observations, sleepers }: Scene, ep: eventpoll, epi: epitem): boolean {
  const told = observations?.deliveries.get(epi)?.task ?? null;
  return sleepers.some(({ task, asked }) => {
    if (asked.some(({ file }) => file === epi.ffd.file)) return true;
    return task === told && !asked.some(({ file }) => watches(file, ep));
  });
}

const watches = ({ private_data }: file, ep: eventpoll): boolean => {
  if (private_data === ep) return true;
  return [...ep.refs].some(({ ep: outer }) => outer === private_data);
};

function finding(
  scene: Scene,
  kind: DetectorName,
  epi: epitem,
  left: string,
  why: string,
): Problem {
  const item = scene.nameOf(epi);
  const file = scene.nameOf(epi.ffd.file);
  const names = scene.listenersOf(epi.ep).map(({ task: { comm } }) => comm);
  return {
    kind,
    severity: 'bug',
    sentence:
      `${item} (${why}) has no event left for ${file}, ${left}: ` +
      `${listed(names)} ${verb(names.length, 'sleep')} for ever.`,
    tasks: names,
    objects: [scene.nameOf(epi.ep), item, file],
    cause: `${kind}: ${item}, ${why}`,
    details: [],
  };
}
