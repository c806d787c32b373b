/**
 * A task sleeps although what it waits for is there: the kernel has lost a wakeup.
 *
 * In epoll_wait() that is an item of the instance which is queued and ready, or one that is level-
 * triggered, armed and ready and was never queued. What an edge-triggered item keeps to itself is
 * the program's mistake: see stranded_data.ts.
 */
import { ep_is_linked, type epitem, type eventpoll } from '../../kernel/eventpoll/types.ts';
import { EPOLLET, EPOLLEXCLUSIVE } from '../../kernel/uapi/eventpoll.ts';
import { epollFlags } from '../../kernel/uapi/names.ts';
import { epollWaits } from '../../trace/calls/kinds.ts';
import { kindOf } from '../../trace/parts.ts';
import { itemReady, queuedItems, readyNow } from '../../trace/readiness.ts';
import type { Detector, Problem } from './problem.ts';
import { callText, distinct, listed, type Scene, type Sleeping, verb } from './scene.ts';

export const lostWakeup: Detector = (scene) => {
  const found: Problem[] = [];
  for (const ep of scene.instances) {
    const waiters = scene.waitersOf(ep);
    if (waiters.length > 0) found.push(...lostInInstance(scene, ep, waiters));
  }
  for (const sleeping of scene.sleepers) found.push(...lostInCall(scene, sleeping));
  return found;
};

function lostInInstance(scene: Scene, ep: eventpoll, waiters: readonly Sleeping[]): Problem[] {
  const { task } = waiters[0] as Sleeping;
  const queued = queuedItems(ep);
  const found: Problem[] = [];
  for (const epi of ep.rbr.tree.keys) {
    const ready = itemReady(epi, task);
    const isQueued = queued.includes(epi);
    if (ready === 0 || (!isQueued && !isPromised(epi))) continue;
    const how = isQueued ? 'is on the ready list' : 'was never put on the ready list';
    const item = scene.nameOf(epi);
    const names = waiters.map(({ task: { comm } }) => comm);
    found.push({
      kind: 'lost-wakeup',
      severity: 'bug',
      sentence:
        `${listed(names)} ${verb(names.length, 'sleep')} in epoll_wait for ever although ` +
        `${scene.nameOf(epi.ffd.file)} is ready (${epollFlags(ready)}) and its item ${item} ${how}.`,
      tasks: names,
      objects: [scene.nameOf(ep), item, scene.nameOf(epi.ffd.file)],
      cause: `lost-wakeup: epoll_wait, ${item} ${how}`,
      details: [],
    });
  }
  if (found.length > 0) for (const waiter of waiters) scene.explained.add(waiter.task);
  return found;
}

/** Has the kernel promised to queue the item whenever it is ready? */
function isPromised(epi: epitem): boolean {
  // One of several exclusive ones is told; a signalfd is ready to its reader, whose signals they are.
  if ((epi.event.events & (EPOLLET | EPOLLEXCLUSIVE)) !== 0 || epi.dying) return false;
  return !ep_is_linked(epi) && kindOf(epi.ffd.file) !== 'signalfd';
}

/** The same for poll(), select(), read(), accept() … */
function lostInCall(scene: Scene, sleeping: Sleeping): Problem[] {
  const { task, call, asked, op } = sleeping;
  if (op.verb !== 'schedule' || (call !== null && epollWaits.has(call))) return [];
  const ready = asked.filter(
    ({ file, mask, exactly }) => exactly && readyNow(file, mask, task) !== 0,
  );
  if (ready.length === 0) return [];
  scene.explained.add(task);
  const names = distinct(ready.map(({ file }) => scene.nameOf(file)));
  return [
    {
      kind: 'lost-wakeup',
      severity: 'bug',
      sentence:
        `${task.comm} sleeps in ${callText(sleeping)} for ever although ${listed(names)} ` +
        `${names.length === 1 ? 'is' : 'are'} ready.`,
      tasks: [task.comm],
      objects: names,
      cause: `lost-wakeup: ${callText(sleeping)}, ${names.join(', ')}`,
      details: [],
    },
  ];
}
